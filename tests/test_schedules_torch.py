"""Driven through a real optimizer, schedules equal their torch twins; where not, both are shown."""

import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler as theirs

import lrlib as ours
from lrlib.optim import ScheduledLR

rate = st.floats(1e-5, 10)
fraction = st.floats(0, 1)
length = st.integers(1, 60)


def driven(base_lr, make_scheduler, steps):
    """The rates that an optimizer holds at each of its updates."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base_lr)
    scheduler = make_scheduler(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        with (
            warnings.catch_warnings()
        ):  # SequentialLR passes an epoch, which torch itself deprecates
            warnings.filterwarnings("ignore", "The epoch parameter", UserWarning)
            scheduler.step()
    return rates


def assert_same(schedule, base_lr, make_torch, steps):
    mine = driven(base_lr, lambda optimizer: ScheduledLR(optimizer, schedule), steps)
    assert mine == pytest.approx(driven(base_lr, make_torch, steps), rel=1e-12, abs=1e-14 * base_lr)


# torch multiplies its way back from the factor, and cannot from zero or nearly zero.
@given(rate, st.floats(0.01, 1), st.integers(1, 30))
def test_constant(base_lr, factor, n):
    schedule = ours.ConstantLR(base_lr, factor, n)
    assert_same(schedule, base_lr, lambda o: theirs.ConstantLR(o, factor, n), 80)


@given(rate, length, fraction)
def test_step(base_lr, step_size, gamma):
    schedule = ours.StepLR(base_lr, step_size, gamma)
    assert_same(schedule, base_lr, lambda o: theirs.StepLR(o, step_size, gamma), 80)


@given(rate, st.floats(0.01, 1), fraction, length)
def test_linear(base_lr, start, end, n):
    schedule = ours.LinearLR(base_lr, start, end, n)
    assert_same(schedule, base_lr, lambda o: theirs.LinearLR(o, start, end, n), 80)


@given(rate, length, fraction)
def test_cosine_within_its_horizon(base_lr, n, floor):
    schedule = ours.CosineAnnealingLR(base_lr, n, floor * base_lr)
    make = lambda o: theirs.CosineAnnealingLR(o, n, floor * base_lr)  # noqa: E731
    assert_same(schedule, base_lr, make, n + 1)


@given(rate, st.integers(1, 20), st.integers(1, 20))
def test_sequential(base_lr, warmup, decay):
    schedule = ours.SequentialLR(
        [ours.LinearLR(base_lr, 0.1, 1, warmup), ours.CosineAnnealingLR(base_lr, decay)], [warmup]
    )

    def make(optimizer):
        parts = [
            theirs.LinearLR(optimizer, 0.1, 1, warmup),
            theirs.CosineAnnealingLR(optimizer, decay),
        ]
        return theirs.SequentialLR(optimizer, parts, [warmup])

    assert_same(schedule, base_lr, make, warmup + decay + 1)


def test_past_its_end_the_cosine_stays_and_torch_climbs_back():
    past = driven(1.0, lambda o: theirs.CosineAnnealingLR(o, 10), 21)
    assert past[20] == pytest.approx(1)
    assert ours.CosineAnnealingLR(1.0, 10).curve(21)[10:] == [0] * 11


def test_a_linear_ramp_of_no_updates_is_over_and_torch_never_starts_it():
    stuck = driven(1.0, lambda o: theirs.LinearLR(o, 0.1, 1, total_iters=0), 5)
    assert stuck == [0.1] * 5
    assert ours.LinearLR(1.0, 0.1, 1, total_iters=0).curve(5) == [1.0] * 5


def test_a_cosine_of_no_updates_is_over_and_torch_divides_by_zero():
    with pytest.raises(ZeroDivisionError):
        driven(1.0, lambda o: theirs.CosineAnnealingLR(o, 0), 2)
    assert ours.CosineAnnealingLR(1.0, 0, 0.25).curve(2) == [0.25] * 2
