"""The adapter among torch's own schedulers, and what clients of those expect of it."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from optimizers import COSINE, Loop, held, rates, resume, sgd, sgd_at, warm
from torch.optim import lr_scheduler as theirs
from torch.optim.swa_utils import SWALR

from lrlib import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LinearWarmup,
    ProductLR,
    SequentialLR,
    StepLR,
)
from lrlib.optim import ScheduledLR, driven_rates


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


def by_factor(schedule):
    return (
        lambda o: ScheduledLR(o, schedule, relative=True),
        lambda o: theirs.LambdaLR(o, schedule),
    )


def both(make):
    return make, make


# A part for our row of parts, and the same for torch's.
PARTS = [
    by_factor(LinearWarmup(1, 4, 0.1)),
    by_factor(CosineAnnealingLR(1, 7, 0.05)),
    by_factor(StepLR(1, 2, 0.5)),
    both(lambda o: theirs.LinearLR(o, 0.2, total_iters=4)),
    both(lambda o: theirs.CosineAnnealingLR(o, 7)),
    both(lambda o: theirs.ExponentialLR(o, 0.7)),
]


@given(
    st.lists(st.tuples(st.sampled_from(PARTS), st.integers(1, 6)), min_size=1, max_size=3),
    st.lists(st.sampled_from([0.01, 0.1, 0.5]), min_size=1, max_size=3),
    st.integers(0, 16),
    st.sampled_from(["optimizer", "scheduler"]),
)
def test_in_any_sequence_stopped_anywhere_it_does_what_torchs_factor_does(parts, own, stop, first):
    milestones = [sum(length for _, length in parts[: i + 1]) for i in range(len(parts) - 1)]

    def made(side):
        optimizer = sgd_at(*own)
        schedulers = [part[side](optimizer) for part, _ in parts]
        return Loop(optimizer, theirs.SequentialLR(optimizer, schedulers, milestones))

    before, after, torchs = made(0), made(0), made(1)
    torchs.run(18)
    before.run(stop)
    resume(before.parts(), after.parts(), first)
    after.run(18 - stop)
    assert before.logged + after.logged == pytest.approx(torchs.logged, rel=1e-12)
    assert rates(after.optimizer) == pytest.approx(rates(torchs.optimizer), rel=1e-12)


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
