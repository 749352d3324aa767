"""The adapter writes the right rate before each update, and has none of torch's surprises."""

import io
import math
import pickle
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler as theirs
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.swa_utils import SWALR

from lrlib import (
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LinearLR,
    LinearWarmup,
    ProductLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)
from lrlib.optim import PlateauLR, ScheduledLR, driven_rates

COSINE = CosineAnnealingLR(0.3, T_max=20, eta_min=0.01)


def sgd(groups=1, lr=9.0, **options):
    return torch.optim.SGD([{"params": [torch.zeros(1)]} for _ in range(groups)], lr=lr, **options)


def sgd_at(*values, key="lr"):
    """An optimizer whose groups hold these rates, or these values of another setting."""
    return torch.optim.SGD([{"params": [torch.zeros(1)], key: value} for value in values], lr=9.0)


def adamw(betas, groups=1):
    """An optimizer whose groups all hold these very betas, as from one line of a configuration."""
    parameters = [torch.zeros(1, requires_grad=True) for _ in range(groups)]
    return torch.optim.AdamW([{"params": [each], "betas": betas} for each in parameters])


def held(optimizer, key):
    return [group[key] for group in optimizer.param_groups]


def rates(optimizer):
    return held(optimizer, "lr")


def saved(value):
    """A value after a trip through a checkpoint that may hold plain data alone."""
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def resume(before, after, first):
    """Load the states of an optimizer and its scheduler, one of them first."""
    states = saved({name: each.state_dict() for name, each in before.items()})
    for name in sorted(states, key=lambda name: name != first):
        after[name].load_state_dict(states[name])


def test_it_is_a_torch_scheduler():
    assert isinstance(ScheduledLR(sgd(), COSINE), LRScheduler)


def test_every_update_uses_the_rate_of_its_own_step():
    optimizer = sgd()
    scheduler = ScheduledLR(optimizer, COSINE)
    used = []
    for _ in range(30):
        used += rates(optimizer)
        optimizer.step()
        scheduler.step()
    assert used == COSINE.curve(30)


def test_the_update_moves_the_parameter_by_the_rate_of_its_step():
    parameter = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([parameter], lr=9.0)
    scheduler = ScheduledLR(optimizer, COSINE)
    for _ in range(5):
        parameter.grad = torch.ones_like(parameter)
        optimizer.step()
        scheduler.step()
    assert parameter.item() == pytest.approx(-sum(COSINE.curve(5)), rel=1e-12)


def test_a_step_can_be_named_and_goes_there_at_once():
    optimizer = sgd()
    ScheduledLR(optimizer, COSINE).step(10**9)
    assert rates(optimizer) == [0.01]


@given(st.integers(0, 40))
def test_a_run_resumed_at_any_step_continues_as_if_it_had_not_stopped(step):
    before = ScheduledLR(sgd(), COSINE)
    before.step(step)
    optimizer = sgd()
    after = ScheduledLR(optimizer, COSINE)
    after.load_state_dict(before.state_dict())
    assert rates(optimizer) == [COSINE(step)]
    after.step()
    assert rates(optimizer) == [COSINE(step + 1)]


def test_the_state_is_one_integer():
    scheduler = ScheduledLR(sgd(), COSINE)
    scheduler.step(7)
    assert scheduler.state_dict() == {"last_epoch": 7}


def test_loading_a_state_keeps_the_new_schedule():
    old = ScheduledLR(sgd(), COSINE)
    old.step(5)
    longer = CosineAnnealingLR(0.3, T_max=200)
    optimizer = sgd()
    ScheduledLR(optimizer, longer).load_state_dict(old.state_dict())
    assert rates(optimizer) == [longer(5)]


def test_the_state_of_a_torch_scheduler_can_be_continued():
    theirs = torch.optim.lr_scheduler.StepLR(sgd(lr=1.0), 3)
    for _ in range(4):
        theirs.optimizer.step()
        theirs.step()
    optimizer = sgd()
    ScheduledLR(optimizer, StepLR(1.0, 3)).load_state_dict(theirs.state_dict())
    assert rates(optimizer) == theirs.get_last_lr()


@pytest.mark.parametrize(
    "state",
    [None, {}, *({"last_epoch": bad} for bad in (-2, -0.5, math.nan, math.inf, "3", None, True))],
)
def test_a_state_that_is_none_is_refused_and_changes_nothing(state):
    optimizer = sgd()
    scheduler = ScheduledLR(optimizer, COSINE)
    scheduler.step(3)
    with pytest.raises(ValueError, match="last_epoch"):
        scheduler.load_state_dict(state)
    assert (scheduler.last_epoch, rates(optimizer)) == (3, [COSINE(3)])


def test_each_group_follows_its_own_schedule():
    optimizer = sgd(groups=2)
    ScheduledLR(optimizer, [COSINE, ConstantLR(0.5, 1)]).step(4)
    assert rates(optimizer) == [COSINE(4), 0.5]


def test_a_group_added_later_follows_the_one_schedule():
    optimizer = sgd()
    scheduler = ScheduledLR(optimizer, COSINE)
    optimizer.add_param_group({"params": [torch.zeros(1)]})
    scheduler.step()
    assert rates(optimizer) == [COSINE(1)] * 2


def test_a_group_added_later_without_a_schedule_of_its_own_is_an_error():
    optimizer = sgd(groups=2)
    scheduler = ScheduledLR(optimizer, [COSINE, COSINE])
    optimizer.add_param_group({"params": [torch.zeros(1)]})
    with pytest.raises(ValueError, match="3 parameter groups, got 2"):
        scheduler.step()
    assert scheduler.last_epoch == 0


def test_a_tensor_rate_is_filled_in_place():
    rate = torch.tensor(9.0)
    optimizer = sgd(lr=rate)
    scheduler = ScheduledLR(optimizer, COSINE)
    scheduler.step(2)
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == pytest.approx(COSINE(2))
    scheduler.get_last_lr()[0].fill_(5)
    assert rate.item() == pytest.approx(COSINE(2))


def test_momentum_can_be_driven_beside_the_rate():
    optimizer = sgd(momentum=0.9)
    ScheduledLR(optimizer, COSINE)
    ScheduledLR(optimizer, LinearLR(0.95, 1, 0.5, 10), key="momentum").step(10)
    group = optimizer.param_groups[0]
    assert (group["lr"], group["momentum"]) == (0.3, 0.475)


def test_the_first_of_adams_betas_can_be_driven():
    optimizer = torch.optim.AdamW([torch.zeros(1)], betas=(0.9, 0.999))
    scheduler = ScheduledLR(optimizer, LinearLR(0.95, 1, 0.5, 10), key="betas")
    assert optimizer.param_groups[0]["betas"] == (0.95, 0.999)
    scheduler.step(10)
    assert optimizer.param_groups[0]["betas"] == (0.475, 0.999)


def test_a_whole_number_as_the_first_rate_is_overwritten():
    optimizer = sgd(lr=1)
    ScheduledLR(optimizer, COSINE).step()
    assert rates(optimizer) == [COSINE(1)]


def test_an_update_that_is_skipped_keeps_its_rate_for_the_next_attempt():
    """As a gradient scaler skips updates whose gradient has overflowed."""
    parameter = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([parameter], lr=9.0)
    scheduler = ScheduledLR(optimizer, COSINE)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0)
    used = []
    for gradient in (1.0, math.inf, 1.0, math.nan, math.inf, 1.0):
        optimizer.zero_grad()
        scaler.scale(gradient * parameter.sum()).backward()
        before, rate = parameter.item(), rates(optimizer)[0]
        scaler.step(optimizer)
        scaler.update()
        if parameter.item() != before:
            used.append(rate)
            scheduler.step()
    assert used == COSINE.curve(3)


@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
def test_a_compiled_update_sees_every_rate_and_is_compiled_once():
    compilations = []

    def count(graph, _):
        compilations.append(graph)
        return graph.forward

    parameter = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([parameter], lr=torch.tensor(9.0, dtype=torch.float64))
    scheduler = ScheduledLR(optimizer, COSINE)
    update = torch.compile(optimizer.step, backend=count)
    parameter.grad = torch.ones_like(parameter)
    for _ in range(6):
        update()
        scheduler.step()
    assert parameter.item() == pytest.approx(-sum(COSINE.curve(6)), rel=1e-12)
    assert len(compilations) == 1


class Loop:
    """A training loop that knows torch's LRScheduler and nothing else, as Lightning's does."""

    def __init__(self, optimizer, scheduler):
        assert isinstance(scheduler, LRScheduler)
        assert scheduler.optimizer is optimizer
        self.optimizer, self.scheduler, self.logged = optimizer, scheduler, []

    def run(self, updates):
        for _ in range(updates):
            self.logged.append(self.scheduler.get_last_lr()[0])
            self.optimizer.step()
            self.scheduler.step()

    def parts(self):
        return {"optimizer": self.optimizer, "scheduler": self.scheduler}


def test_a_loop_that_knows_torchs_schedulers_can_drive_save_and_resume_it():
    optimizer = sgd()
    first = Loop(optimizer, ScheduledLR(optimizer, COSINE))
    first.run(12)
    optimizer = sgd()
    second = Loop(optimizer, ScheduledLR(optimizer, COSINE))
    resume(first.parts(), second.parts(), "optimizer")
    second.run(12)
    assert first.logged + second.logged == COSINE.curve(24)


def test_it_can_be_put_after_a_schedule_of_torch():
    """The optimizer's rate is overwritten, whatever drove it before."""
    optimizer = sgd(lr=1.0)
    theirs = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    optimizer.step()
    theirs.step()
    ScheduledLR(optimizer, COSINE)
    assert rates(optimizer) == [0.3]


def test_last_lr_is_what_the_optimizer_holds():
    optimizer = sgd(groups=2)
    scheduler = ScheduledLR(optimizer, COSINE)
    optimizer.param_groups[1]["lr"] = 0.125
    assert scheduler.get_last_lr() == [0.3, 0.125]


def test_it_can_be_pickled_with_its_optimizer():
    scheduler = ScheduledLR(sgd(), COSINE)
    scheduler.step(6)
    copy = pickle.loads(pickle.dumps(scheduler))
    copy.step()
    assert rates(copy.optimizer) == [COSINE(7)]


def test_the_optimizer_is_not_patched():
    optimizer = sgd()
    ScheduledLR(optimizer, COSINE)
    assert "step" not in vars(optimizer)


def test_stepping_before_the_first_update_does_not_warn():
    ScheduledLR(sgd(), COSINE).step()  # a warning is an error here


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((None, COSINE), {}, "optimizer must be a torch optimizer, got None"),
        ((sgd(), 0.1), {}, "schedule must be a Schedule or a sequence of them, got 0.1"),
        ((sgd(), []), {}, r"schedule must be a Schedule or a sequence of them, got \[\]"),
        ((sgd(), [0.1]), {}, "schedule must hold Schedules only, got 0.1"),
        ((sgd(), [COSINE] * 2), {}, "schedule must hold one .* 1 parameter groups, got 2"),
        ((sgd(), COSINE), {"key": "betas"}, "key must be in every parameter group, got 'betas'"),
        ((sgd(), COSINE), {"key": "params"}, "key must be that of a number, .* got 'params'"),
        ((sgd(), COSINE), {"key": "foreach"}, "key must .* got 'foreach': group 0 holds None"),
        ((sgd(), COSINE), {"key": "nesterov"}, "key must .* got 'nesterov': group 0 holds False"),
        ((sgd(lr=torch.tensor(1)), COSINE), {}, "key must be that of .* floating tensor .* got"),
        ((sgd(), COSINE), {"relative": 0.1}, "relative must be True or False, got 0.1"),
    ],
)
def test_a_bad_argument_is_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        ScheduledLR(*arguments, **options)


def test_driven_rates_are_those_of_the_updates_whoever_made_the_scheduler():
    step = StepLR(0.4, step_size=2, gamma=0.5)
    torchs = driven_rates(lambda o: torch.optim.lr_scheduler.StepLR(o, 2, 0.5), 0.4, 5)
    ours = driven_rates(lambda o: ScheduledLR(o, step), 9.0, 5)
    assert torchs == ours == [0.4, 0.4, 0.2, 0.2, 0.1]


def test_the_number_of_driven_rates_is_whole():
    with pytest.raises(ValueError, match="steps must be a whole number >= 0, got 1.5"):
        driven_rates(lambda o: ScheduledLR(o, COSINE), 0.1, 1.5)


# ---- the clock ----


@pytest.mark.parametrize("epoch", [0, 7, 2.75, 10**6])
def test_a_step_can_be_named_as_torch_names_it(epoch):
    optimizer = sgd()
    scheduler = ScheduledLR(optimizer, COSINE)
    scheduler.step(epoch=epoch)
    assert (scheduler.last_epoch, rates(optimizer)) == (epoch, [COSINE(epoch)])


def test_fractions_of_an_epoch_give_the_rates_of_torchs_warm_restarts():
    ours, torchs = sgd(lr=0.5), sgd(lr=0.5)
    scheduler = ScheduledLR(ours, CosineAnnealingWarmRestarts(0.5, 0.1, 3, 2))
    twin = theirs.CosineAnnealingWarmRestarts(torchs, 3, 2, eta_min=0.1)
    for epoch in range(9):
        for i in range(4):
            scheduler.step(epoch + i / 4)
            twin.step(epoch + i / 4)
            assert rates(ours) == pytest.approx(rates(torchs), rel=1e-12)
    for _ in range(3):  # without an argument both go on by a whole epoch
        scheduler.step()
        twin.step()
        assert rates(ours) == pytest.approx(rates(torchs), rel=1e-12)


def test_a_run_stopped_within_an_epoch_is_resumed_there():
    before = ScheduledLR(sgd(), COSINE)
    before.step(2.75)
    optimizer = sgd()
    ScheduledLR(optimizer, COSINE).load_state_dict(saved(before.state_dict()))
    assert rates(optimizer) == [COSINE(2.75)]


@pytest.mark.parametrize(
    ("epoch", "number"),
    [(np.int64(3), 3), (np.uint8(255), 255), (np.float32(2.5), 2.5), (3.0, 3)],
)
def test_a_foreign_step_becomes_a_number_of_python(epoch, number):
    optimizer = sgd()
    scheduler = ScheduledLR(optimizer, COSINE)
    scheduler.step(epoch)
    assert (scheduler.last_epoch, type(scheduler.last_epoch)) == (number, type(number))
    assert saved(scheduler.state_dict()) == {"last_epoch": number}
    scheduler.step()
    assert rates(optimizer) == [COSINE(number + 1)]


@pytest.mark.parametrize("epoch", [-1, -0.5, math.nan, math.inf, 10**400, "3", True])
def test_a_step_that_is_none_is_refused_and_changes_nothing(epoch):
    optimizer = sgd()
    scheduler = ScheduledLR(optimizer, COSINE)
    scheduler.step(3)
    with pytest.raises(ValueError, match="epoch must be a finite number >= 0, got"):
        scheduler.step(epoch)
    assert (scheduler.last_epoch, scheduler._step_count, rates(optimizer)) == (3, 2, [COSINE(3)])


# ---- among torch's schedulers ----


@pytest.mark.parametrize("lr", [0.25, torch.tensor(0.25)], ids=["float", "tensor"])
def test_what_clients_read_of_a_scheduler_is_what_torchs_shows(lr):
    factor = ExponentialLR(1.0, 0.5)
    ours = ScheduledLR(sgd(lr=lr, groups=2), factor, relative=True)
    torchs = theirs.LambdaLR(sgd(lr=0.25, groups=2), factor)
    for _ in range(3):
        for name in ("last_epoch", "_step_count", "base_lrs", "_last_lr"):
            assert getattr(ours, name) == getattr(torchs, name), name
        assert ours.get_last_lr() == torchs.get_last_lr()
        assert held(ours.optimizer, "initial_lr") == held(torchs.optimizer, "initial_lr")
        torchs.optimizer.step()
        torchs.step()
        ours.step()


def test_the_count_of_steps_can_be_moved_by_a_client():
    """As accelerate does while it accumulates gradients."""
    scheduler = ScheduledLR(sgd(), COSINE)
    scheduler._step_count += 1
    scheduler.step()
    assert (scheduler._step_count, scheduler.last_epoch) == (3, 1)


def test_a_client_that_moves_the_rate_by_hand_can_note_it_where_torch_does():
    scheduler = ScheduledLR(sgd_at(0.5, 0.25), StepLR(1, 2, 0.5), relative=True)
    scheduler.optimizer.param_groups[0]["lr"] = 0.125
    scheduler._last_lr = [0.125, 0.25]
    assert scheduler.get_last_lr() == [0.125, 0.25]
    scheduler.base_lrs = tuple(2 * own for own in scheduler.base_lrs)
    scheduler.step()
    assert scheduler.get_last_lr() == [1.0, 0.5]


def test_a_torch_scheduler_made_later_starts_from_the_groups_own_rate():
    optimizer = sgd_at(0.1, 0.2)
    ScheduledLR(optimizer, LinearWarmup(0.5, 3))
    assert theirs.StepLR(optimizer, 4).base_lrs == [0.1, 0.2]


def warm(optimizer):
    return ScheduledLR(optimizer, LinearWarmup(0.1, 3))


def warm_by_factor(optimizer):
    return ScheduledLR(optimizer, LinearWarmup(1, 3), relative=True)


def torchs_warm(optimizer):
    return theirs.LambdaLR(optimizer, LinearWarmup(1, 3))


def fall(optimizer):
    return ScheduledLR(optimizer, StepLR(0.1, 4))


def fall_by_factor(optimizer):
    return ScheduledLR(optimizer, StepLR(1, 4), relative=True)


def torchs_fall(optimizer):
    return theirs.StepLR(optimizer, 4)


def in_sequence(parts, milestones):
    """A maker of torch's sequence of these parts."""
    return lambda o: theirs.SequentialLR(o, [part(o) for part in parts], milestones)


WARM_FALL = SequentialLR([LinearWarmup(0.1, 3), StepLR(0.1, 4)], [3])
PAIRS = [
    (warm, torchs_fall),
    (warm, fall),
    (torchs_warm, fall),
    (warm_by_factor, torchs_fall),
    (warm, fall_by_factor),
]


@pytest.mark.parametrize("parts", PAIRS)
def test_torchs_sequence_can_hold_it(parts):
    expected = [0, 0.1 / 3, 0.2 / 3, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.001]
    assert driven_rates(in_sequence(parts, [3]), 0.1, 12) == pytest.approx(expected, rel=1e-12)
    assert WARM_FALL.curve(12) == pytest.approx(expected, rel=1e-12)


def test_torchs_sequence_can_hold_three():
    used = driven_rates(in_sequence([warm, fall, warm], [3, 8]), 0.1, 13)
    assert used == pytest.approx([*WARM_FALL.curve(8), *warm(sgd()).schedule.curve(5)], rel=1e-12)


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step:UserWarning")
def test_a_sequence_in_a_sequence_of_torch_is_what_it_is_with_schedulers_of_torch():
    ours = in_sequence([in_sequence([warm, fall], [3]), warm], [6])
    torchs = in_sequence([in_sequence([torchs_warm, torchs_fall], [3]), torchs_warm], [6])
    assert driven_rates(ours, 0.1, 12) == pytest.approx(driven_rates(torchs, 0.1, 12), rel=1e-12)


@pytest.mark.parametrize("first", ["optimizer", "scheduler"])
@pytest.mark.parametrize("stop", [0, 1, 3, 5, 8])
@pytest.mark.parametrize("parts", PAIRS)
def test_a_sequence_of_torch_is_resumed_whichever_state_is_loaded_first(parts, stop, first):
    def made():
        optimizer = sgd(lr=0.1)
        return Loop(optimizer, in_sequence(parts, [3])(optimizer))

    whole, before, after = made(), made(), made()
    whole.run(14)
    before.run(stop)
    resume(before.parts(), after.parts(), first)
    after.run(14 - stop)
    assert before.logged + after.logged == whole.logged


@pytest.mark.parametrize("first", ["optimizer", "scheduler"])
def test_a_rate_set_by_hand_is_resumed_and_holds_until_the_next_step(first):
    def made():
        optimizer = sgd()
        return {"optimizer": optimizer, "scheduler": ScheduledLR(optimizer, COSINE)}

    before, after = made(), made()
    before["scheduler"].step(5)
    before["optimizer"].param_groups[0]["lr"] = 0.007
    resume(before, after, first)
    assert rates(after["optimizer"]) == [0.007]
    after["scheduler"].step()
    assert rates(after["optimizer"]) == [COSINE(6)]


def test_the_rounding_of_a_tensor_is_not_taken_for_the_work_of_another_scheduler():
    scheduler = ScheduledLR(sgd(lr=torch.tensor(9.0)), COSINE)
    scheduler.step(7)
    assert scheduler.state_dict() == {"last_epoch": 7}


def test_torchs_chain_loses_its_factors_and_a_product_keeps_them():
    def chain(constant):
        return lambda o: theirs.ChainedScheduler([constant(o), theirs.ExponentialLR(o, 0.5)])

    meant = [0.1, 0.05, 0.25, 0.125, 0.0625]
    torchs = driven_rates(chain(lambda o: theirs.ConstantLR(o, 0.1, 2)), 1.0, 5)
    assert torchs == pytest.approx(meant, rel=1e-12)
    product = ProductLR([ConstantLR(1.0, 0.1, 2), ExponentialLR(1.0, 0.5)])
    ours = driven_rates(lambda o: ScheduledLR(o, product), 1.0, 5)
    assert ours == pytest.approx(meant, rel=1e-12)
    lost = driven_rates(chain(lambda o: ScheduledLR(o, product.schedules[0])), 1.0, 5)
    assert lost == pytest.approx([0.1, 0.05, 0.5, 0.5, 0.5], rel=1e-12)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_torchs_averaging_takes_over_at_the_rate_that_it_finds(strategy):
    def used(make):
        optimizer = sgd(lr=0.3)
        scheduler = make(optimizer)
        swa = SWALR(optimizer, swa_lr=0.05, anneal_epochs=4, anneal_strategy=strategy)
        for epoch in range(20):
            yield from rates(optimizer)
            optimizer.step()
            (swa if epoch >= 10 else scheduler).step()

    ours = list(used(lambda o: ScheduledLR(o, StepLR(0.3, 4))))
    assert ours == pytest.approx(list(used(torchs_fall)), rel=1e-12)
    assert ours[-1] == pytest.approx(0.05, rel=1e-12)


def test_steps_after_skipped_updates_do_not_warn():
    """Where a scaler skips the first updates, torch's schedulers warn."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=9.0)
    scheduler = ScheduledLR(optimizer, COSINE)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0)
    for step, gradient in enumerate((math.inf, math.inf, 1.0)):
        assert rates(optimizer) == [COSINE(step)]
        optimizer.zero_grad()
        scaler.scale(gradient * parameter.sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()


# ---- groups that differ ----


@given(st.lists(st.floats(1e-6, 10), min_size=1, max_size=4), st.floats(0.5, 1), st.integers(1, 6))
def test_a_relative_schedule_is_torchs_factor_of_each_groups_rate(own, gamma, steps):
    factor = ExponentialLR(1.0, gamma)
    ours, torchs = sgd_at(*own), sgd_at(*own)
    scheduler, twin = ScheduledLR(ours, factor, relative=True), theirs.LambdaLR(torchs, factor)
    for _ in range(steps):
        assert rates(ours) == rates(torchs)
        assert scheduler.get_lr() == scheduler.get_last_lr() == twin.get_last_lr()
        torchs.step()
        twin.step()
        scheduler.step()


def test_an_absolute_schedule_gives_all_groups_one_rate():
    optimizer = sgd_at(0.1, 0.01)
    ScheduledLR(optimizer, COSINE)
    assert rates(optimizer) == [0.3, 0.3]


def test_a_group_without_weight_decay_stays_without_under_a_relative_schedule():
    optimizer = sgd_at(0.5, 0.0, key="weight_decay")
    scheduler = ScheduledLR(optimizer, LinearLR(1, 1, 0.5, 2), key="weight_decay", relative=True)
    scheduler.step()
    assert held(optimizer, "weight_decay") == [0.375, 0.0]
    assert scheduler.base_lrs == held(optimizer, "initial_weight_decay") == [0.5, 0.0]
    assert rates(optimizer) == [9.0, 9.0]


def test_each_group_can_have_a_factor_of_its_own():
    optimizer = sgd_at(0.5, 0.25)
    ScheduledLR(optimizer, [StepLR(1, 2, 0.5), ConstantLR(1, 1)], relative=True).step(2)
    assert rates(optimizer) == [0.25, 0.25]


@pytest.mark.parametrize("key", ["lr", "weight_decay"])
def test_a_group_added_later_follows_as_a_factor_of_its_own_value(key):
    optimizer = sgd_at(0.5, 0.25, key=key)
    scheduler = ScheduledLR(optimizer, StepLR(1, 2, 0.5), key=key, relative=True)
    scheduler.step(2)
    optimizer.add_param_group({"params": [torch.zeros(1)], key: 0.125})
    optimizer.add_param_group({"params": [torch.zeros(1)]})
    default = optimizer.defaults[key]
    assert scheduler.get_last_lr() == [0.25, 0.125, 0.125, default]
    scheduler.step()
    assert held(optimizer, key) == [0.25, 0.125, 0.0625, default / 2]
    assert scheduler.base_lrs == [0.5, 0.25, 0.125, default]
    scheduler.step()
    assert held(optimizer, key) == [0.125, 0.0625, 0.03125, default / 4]


def test_a_group_taken_out_leaves_the_others_their_own_rates():
    optimizer = sgd_at(0.5, 0.25, 0.125)
    scheduler = ScheduledLR(optimizer, StepLR(1, 2, 0.5), relative=True)
    del optimizer.param_groups[1]
    scheduler.step(2)
    assert (rates(optimizer), scheduler.base_lrs) == ([0.25, 0.0625], [0.5, 0.125])


@pytest.mark.parametrize("first", ["optimizer", "scheduler"])
def test_a_relative_schedule_is_resumed_with_every_groups_own_rate(first):
    def made():
        optimizer = sgd_at(0.5, 0.25)
        scheduler = ScheduledLR(optimizer, ExponentialLR(1, 0.5), relative=True)
        return {"optimizer": optimizer, "scheduler": scheduler}

    before, after = made(), made()
    before["scheduler"].step(3)
    for each in (before, after):
        each["optimizer"].add_param_group({"params": [torch.zeros(1)], "lr": 1.0})
    before["scheduler"].step()
    resume(before, after, first)
    for exponent in (4, 5):
        assert rates(after["optimizer"]) == [own * 0.5**exponent for own in (0.5, 0.25, 1)]
        after["scheduler"].step()


def test_a_second_schedule_finds_the_groups_own_values_and_not_those_of_the_first():
    optimizer = sgd_at(0.5, 0.25)
    ScheduledLR(optimizer, COSINE).step(7)
    ScheduledLR(optimizer, ConstantLR(1, 0.5), relative=True)
    assert rates(optimizer) == [0.25, 0.125]


@pytest.mark.parametrize("first", ["optimizer", "scheduler"])
@pytest.mark.parametrize(
    "make",
    [
        lambda o: ScheduledLR(o, COSINE),
        lambda o: ScheduledLR(o, COSINE, relative=True),
        lambda o: PlateauLR(o, PLATEAU),
    ],
    ids=["absolute", "relative", "plateau"],
)
def test_a_run_stopped_when_a_group_was_added_is_resumed_as_if_it_had_not_stopped(make, first):
    def made():
        optimizer = sgd_at(0.5)
        scheduler = make(optimizer)
        optimizer.add_param_group({"params": [torch.zeros(1)], "lr": 0.25})
        return {"optimizer": optimizer, "scheduler": scheduler}

    before, after = made(), made()
    resume(before, after, first)
    assert rates(before["optimizer"]) == rates(after["optimizer"])
    assert rates(after["optimizer"])[1] == 0.25


def test_a_state_can_be_saved_when_a_group_has_no_schedule_yet():
    optimizer = sgd()
    scheduler = ScheduledLR(optimizer, [COSINE])
    optimizer.add_param_group({"params": [torch.zeros(1)]})
    assert scheduler.state_dict()["last_epoch"] == 0


def test_a_scale_of_the_rate_multiplies_it_as_in_timm():
    scales = [{"lr_scale": 0.5**layer} for layer in range(3)]
    groups = [{"params": [torch.zeros(1)]} | scale for scale in [*scales, {}]]
    optimizer = torch.optim.SGD(groups, lr=0.5)
    scheduler = ScheduledLR(optimizer, COSINE)
    for step in range(3):
        rate = COSINE(step)
        assert rates(optimizer) == scheduler.get_lr() == [rate, rate / 2, rate / 4, rate]
        scheduler.step()
    ScheduledLR(optimizer, ConstantLR(1, 0.5), relative=True)
    assert rates(optimizer) == [0.25, 0.125, 0.0625, 0.25]
    ScheduledLR(optimizer, ConstantLR(1, 0.5), key="weight_decay")
    assert held(optimizer, "weight_decay") == [0.5] * 4


def test_a_group_added_later_brings_its_scale():
    optimizer = sgd()
    scheduler = ScheduledLR(optimizer, COSINE)
    optimizer.add_param_group({"params": [torch.zeros(1)], "lr_scale": 0.125})
    scheduler.step(0)
    assert rates(optimizer) == [0.3, 0.3 / 8]


# ---- what holds a setting ----


def test_groups_that_share_a_tensor_are_told_apart():
    """torch gives its default tensor to every group."""
    shared = torch.tensor(9.0)
    optimizer = sgd(groups=3, lr=shared)
    scheduler = ScheduledLR(optimizer, [StepLR(rate, 1, 0.5) for rate in (1, 2, 4)])
    for expected in ([1, 2, 4], [0.5, 1, 2]):
        assert torch.stack(rates(optimizer)).tolist() == expected
        scheduler.step()
    assert rates(optimizer)[0] is shared


def test_tensors_that_a_checkpoint_shares_are_told_apart():
    old = sgd(groups=2, lr=torch.tensor(9.0))
    optimizer = sgd(groups=2, lr=torch.tensor(9.0))
    scheduler = ScheduledLR(optimizer, [ConstantLR(1, 1), ConstantLR(2, 1)])
    optimizer.load_state_dict(saved(old.state_dict()))
    assert rates(optimizer)[0] is rates(optimizer)[1]
    scheduler.step()
    assert torch.stack(rates(optimizer)).tolist() == [1, 2]


def test_a_group_added_later_begins_at_the_default_and_not_at_the_rate_of_the_first():
    optimizer = sgd(lr=torch.tensor(0.5))
    scheduler = ScheduledLR(optimizer, StepLR(1, 1, 0.5), relative=True)
    scheduler.step()
    for _ in range(2):
        optimizer.add_param_group({"params": [torch.zeros(1)]})
    assert torch.stack(rates(optimizer)).tolist() == [0.25, 0.5, 0.5]
    scheduler.step()
    assert torch.stack(rates(optimizer)).tolist() == [0.125] * 3
    assert optimizer.defaults["lr"].item() == 0.5


def test_the_own_rate_is_no_part_of_the_tensor_that_is_filled():
    optimizer = sgd(lr=torch.tensor(0.5))
    scheduler = ScheduledLR(optimizer, ConstantLR(0.25, 1))
    assert (held(optimizer, "initial_lr"), scheduler.base_lrs) == ([torch.tensor(0.5)], [0.5])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", [tuple, list])
def test_betas_keep_their_container_and_their_tensors(kind, dtype):
    first, second = (torch.tensor(beta, dtype=dtype) for beta in (0.9, 0.999))
    optimizer = adamw(kind([first, second]), groups=2)
    scheduler = ScheduledLR(optimizer, [ConstantLR(1, 0.5), ConstantLR(1, 0.25)], key="betas")
    scheduler.step()
    for betas, value in zip(held(optimizer, "betas"), (0.5, 0.25), strict=True):
        assert type(betas) is kind
        assert [each.dtype for each in betas] == [dtype, dtype]
        assert (betas[0].item(), betas[1]) == (value, second)
    assert held(optimizer, "betas")[0][0] is first
    scheduler.get_last_lr()[0][0].fill_(7)
    assert first.item() == 0.5


@pytest.mark.parametrize("kind", [tuple, list])
def test_betas_of_numbers_keep_their_container_and_an_update_runs(kind):
    optimizer = adamw(kind([0.9, 0.999]), groups=2)
    factors = [ConstantLR(1, 0.5), ConstantLR(1, 1)]
    scheduler = ScheduledLR(optimizer, factors, key="betas", relative=True)
    for group in optimizer.param_groups:
        group["params"][0].grad = torch.ones(1)
    optimizer.step()
    scheduler.load_state_dict(saved(scheduler.state_dict()))
    optimizer.load_state_dict(saved(optimizer.state_dict()))
    assert held(optimizer, "betas") == [kind([0.45, 0.999]), kind([0.9, 0.999])]
    assert scheduler.base_lrs == [0.9, 0.9]


class Betas(Sequence):
    """As configurations of Hydra have lists: no list, no tuple, made from either."""

    def __init__(self, items):
        self.items = list(items)

    def __getitem__(self, index):
        return self.items[index]

    def __len__(self):
        return len(self.items)


def test_betas_of_another_kind_of_sequence_keep_it():
    optimizer = adamw(Betas([0.9, 0.999]))
    ScheduledLR(optimizer, ConstantLR(1, 0.5), key="betas")
    (betas,) = held(optimizer, "betas")
    assert (type(betas), list(betas)) == (Betas, [0.5, 0.999])


@pytest.mark.parametrize("lr", [np.float64(0.5), np.float32(0.5)])
def test_a_rate_of_numpy_does_not_stay_in_the_optimizer(lr):
    optimizer = sgd_at(lr)
    ScheduledLR(optimizer, ConstantLR(1, 0.5), relative=True)
    group = saved(optimizer.state_dict())["param_groups"][0]
    assert (group["lr"], group["initial_lr"]) == (0.25, 0.5)


# ---- plateaus ----

METRICS = [3.0, 2.0, 2.0, 2.0, 1.0, math.nan, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]
PLATEAU = ReduceLROnPlateau(0.5, factor=0.5, patience=1, cooldown=1)


def test_a_plateau_drives_every_group_as_it_says():
    optimizer, follows = sgd(groups=2), ReduceLROnPlateau(0.5, factor=0.5, patience=1, cooldown=1)
    scheduler = PlateauLR(optimizer, PLATEAU)
    assert rates(optimizer) == [0.5, 0.5]
    for metric in METRICS:
        scheduler.step(torch.tensor(metric))
        assert rates(optimizer) == scheduler.get_last_lr() == [follows.update(metric)] * 2
    assert (scheduler.last_epoch, scheduler.plateau.lr) == (len(METRICS), 0.0625)
    assert PLATEAU.lr == 0.5


def test_a_relative_plateau_is_torchs():
    ours, torchs = sgd_at(0.5, 0.25), sgd_at(0.5, 0.25)
    plateau = ReduceLROnPlateau(1, factor=0.5, patience=1, cooldown=1)
    scheduler = PlateauLR(ours, plateau, relative=True)
    twin = theirs.ReduceLROnPlateau(torchs, factor=0.5, patience=1, cooldown=1)
    for metric in METRICS:
        scheduler.step(metric)
        twin.step(metric)
        for name in ("last_epoch", "_last_lr", "best", "num_bad_epochs", "cooldown_counter"):
            assert getattr(scheduler, name) == getattr(twin, name), name
        assert scheduler.in_cooldown == twin.in_cooldown
    assert rates(ours) == rates(torchs) == [0.0625, 0.03125]


def test_an_evaluation_can_be_numbered():
    scheduler = PlateauLR(sgd(), PLATEAU)
    scheduler.step(1.0, epoch=np.int64(7))
    scheduler.step(1.0)
    assert scheduler.last_epoch == 8


@pytest.mark.parametrize("first", ["optimizer", "scheduler"])
@pytest.mark.parametrize("stop", range(0, len(METRICS), 3))
def test_a_plateau_is_resumed_as_if_it_had_not_stopped(stop, first):
    def made():
        optimizer = sgd_at(1.0, 0.5)
        return {"optimizer": optimizer, "scheduler": PlateauLR(optimizer, PLATEAU, relative=True)}

    before, after = made(), made()
    for metric in METRICS[:stop]:
        before["scheduler"].step(metric)
    resume(before, after, first)
    for metric in METRICS[stop:]:
        assert rates(after["optimizer"]) == rates(before["optimizer"])
        before["scheduler"].step(metric)
        after["scheduler"].step(metric)
    assert after["scheduler"].state_dict() == before["scheduler"].state_dict()


def test_a_group_added_later_follows_the_plateau():
    optimizer = sgd_at(1.0)
    scheduler = PlateauLR(optimizer, ReduceLROnPlateau(1, factor=0.5, patience=0), relative=True)
    optimizer.add_param_group({"params": [torch.zeros(1)], "lr": 0.25})
    for _ in range(2):
        scheduler.step(1.0)
    assert rates(optimizer) == [0.5, 0.125]


class WarmedUp:
    """A plateau behind a warmup of three updates, evaluated after each update from there on."""

    def __init__(self):
        self.optimizer = sgd()
        self.plateau = PlateauLR(self.optimizer, ReduceLROnPlateau(0.3, factor=0.5, patience=0))
        self.warmup = ScheduledLR(self.optimizer, LinearWarmup(0.3, 3))
        self.used = []

    def run(self, updates):
        for _ in range(updates):
            self.used += rates(self.optimizer)
            if self.warmup.last_epoch < 3:
                self.warmup.step()
            else:
                self.plateau.step(1.0)

    def parts(self):
        return {"optimizer": self.optimizer, "plateau": self.plateau, "warmup": self.warmup}


@pytest.mark.parametrize("first", ["optimizer", "plateau", "warmup"])
@pytest.mark.parametrize("stop", range(8))
def test_a_plateau_can_stand_behind_a_warmup_and_both_are_resumed(stop, first):
    before, after = WarmedUp(), WarmedUp()
    before.run(stop)
    resume(before.parts(), after.parts(), first)
    after.run(8 - stop)
    expected = [0, 0.1, 0.2, 0.3, 0.3, 0.15, 0.075, 0.0375]
    assert before.used + after.used == pytest.approx(expected, rel=1e-12)


@runtime_checkable
class Stateful(Protocol):
    """What Lightning asks of everything that it saves."""

    def state_dict(self): ...

    def load_state_dict(self, state_dict): ...


class Epochs:
    """What Lightning 2 does with a scheduler: its checks, and who gets the metric."""

    def __init__(self, optimizer, scheduler):
        assert isinstance(scheduler, Stateful)
        assert isinstance(scheduler, LRScheduler | theirs.ReduceLROnPlateau)
        assert scheduler.optimizer in [optimizer]
        self.scheduler = scheduler
        self.on_plateau = isinstance(scheduler, theirs.ReduceLROnPlateau)

    def end_of_epoch(self, metric):
        if self.on_plateau:
            self.scheduler.step(metric)
        else:
            self.scheduler.step()


@pytest.mark.parametrize(
    ("make", "last"), [(lambda o: PlateauLR(o, PLATEAU), 0.0625), (warm, 0.1)], ids=["plateau", "s"]
)
def test_lightning_takes_it_and_a_plateau_gets_its_metric(make, last):
    optimizer = sgd()
    epochs = Epochs(optimizer, make(optimizer))
    for metric in METRICS:
        epochs.end_of_epoch(torch.tensor(metric))
    assert (epochs.scheduler.last_epoch, rates(optimizer)) == (len(METRICS), [last])


def test_torchs_sequence_and_chain_refuse_a_plateau_as_they_refuse_their_own():
    optimizer = sgd()
    parts = [PlateauLR(optimizer, PLATEAU), warm(optimizer)]
    with pytest.raises(ValueError, match="does not support `ReduceLROnPlateau`"):
        theirs.SequentialLR(optimizer, parts, [3])
    with pytest.raises(ValueError, match="does not support `ReduceLROnPlateau`"):
        theirs.ChainedScheduler(parts)


class Rising(ReduceLROnPlateau):
    """A plateau whose first updates are a warmup."""

    def curve(self, n):
        return LinearWarmup(self.lr, 5).curve(n)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, PLATEAU), "optimizer must be a torch optimizer, got None"),
        ((sgd(), COSINE), "plateau must be a ReduceLROnPlateau of lrlib, got Cosine"),
        ((sgd(), Rising(0.5)), "plateau must have no warmup, .* got .*Rising"),
    ],
)
def test_a_bad_argument_of_a_plateau_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        PlateauLR(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None,), "metrics must be a number, got None"),
        (("low",), "metrics must be a number, got 'low'"),
        ((torch.zeros(2),), r"metrics must be a number, got tensor\(\[0., 0.\]\)"),
        ((1.0, -1), "epoch must be a finite number >= 0, got -1"),
    ],
)
def test_a_metric_that_is_none_is_refused_and_changes_nothing(arguments, message):
    scheduler = PlateauLR(sgd(), PLATEAU)
    before = scheduler.state_dict()
    with pytest.raises(ValueError, match=message):
        scheduler.step(*arguments)
    assert scheduler.state_dict() == before


PLATEAU_STATE = PLATEAU.state_dict()


@pytest.mark.parametrize(
    "state",
    [
        None,
        PLATEAU_STATE,
        {"last_epoch": 1},
        {"last_epoch": 1, "plateau": None},
        {"last_epoch": 1, "plateau": {}},
        {"last_epoch": -1, "plateau": PLATEAU_STATE | {"lr": 0.25}},
        {"last_epoch": 1, "plateau": PLATEAU_STATE | {"lr": -1}},
        theirs.ReduceLROnPlateau(sgd()).state_dict(),
    ],
)
def test_a_state_of_no_plateau_is_refused_and_changes_nothing(state):
    scheduler = PlateauLR(sgd(), PLATEAU)
    before = scheduler.state_dict()
    with pytest.raises(ValueError, match=r"state_dict|last_epoch|lr must"):
        scheduler.load_state_dict(state)
    assert scheduler.state_dict() == before
    assert rates(scheduler.optimizer) == [0.5]
