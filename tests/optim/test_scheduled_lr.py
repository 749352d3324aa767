"""The adapter writes the right rate before each update, and has none of torch's surprises."""

import math
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from optimizers import COSINE, Loop, rates, resume, saved, sgd
from torch.optim import lr_scheduler as theirs
from torch.optim.lr_scheduler import LRScheduler

from lrlib import ConstantLR, CosineAnnealingLR, CosineAnnealingWarmRestarts, LinearLR, StepLR
from lrlib.optim import ScheduledLR, driven_rates


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
