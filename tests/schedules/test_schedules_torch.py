"""Driven through a real optimizer, schedules equal their torch twins; where not, both are shown."""

import re
import warnings
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler as theirs

import lrlib as ours
from lrlib.catalog import CATALOG
from lrlib.optim import ScheduledLR

rate = st.floats(1e-5, 10)
fraction = st.floats(0, 1)
growth = st.floats(0, 1) | st.floats(1, 3)
length = st.integers(1, 60)


def driven(base_lr, make_scheduler, steps, key="lr"):
    """The rates, or another setting, that an optimizer holds at each of its updates."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base_lr, momentum=0.5)
    scheduler = make_scheduler(optimizer)
    values = []
    with warnings.catch_warnings():
        # SequentialLR passes an epoch, which torch itself deprecates.
        warnings.filterwarnings("ignore", "The epoch parameter", UserWarning)
        for step in range(steps):
            values.append(optimizer.param_groups[0][key])
            if step < steps - 1:
                optimizer.step()
                scheduler.step()
    return values


def assert_same(schedule, base_lr, make_torch, steps, key="lr"):
    """Where torch's value is rounding alone, the largest rate sets the scale."""
    mine = driven(base_lr, lambda optimizer: ScheduledLR(optimizer, schedule, key=key), steps, key)
    torchs = driven(base_lr, make_torch, steps, key)
    assert mine == pytest.approx(torchs, rel=1e-12, abs=1e-14 * max(base_lr, *mine))


# torch multiplies its way back from the factor, and cannot from zero or nearly zero.
@given(rate, st.floats(0.01, 1), st.integers(1, 30))
def test_constant(base_lr, factor, n):
    schedule = ours.ConstantLR(base_lr, factor, n)
    assert_same(schedule, base_lr, lambda o: theirs.ConstantLR(o, factor, n), 80)


@given(rate, length, growth)
def test_step(base_lr, step_size, gamma):
    schedule = ours.StepLR(base_lr, step_size, gamma)
    assert_same(schedule, base_lr, lambda o: theirs.StepLR(o, step_size, gamma), 80)


@given(rate, st.lists(st.integers(0, 70), max_size=5), growth)
def test_multistep(base_lr, milestones, gamma):
    schedule = ours.MultiStepLR(base_lr, milestones, gamma)
    assert_same(schedule, base_lr, lambda o: theirs.MultiStepLR(o, milestones, gamma), 80)


@given(rate, growth)
def test_exponential(base_lr, gamma):
    schedule = ours.ExponentialLR(base_lr, gamma)
    assert_same(schedule, base_lr, lambda o: theirs.ExponentialLR(o, gamma), 80)


@given(rate, length, st.floats(0.1, 5))
def test_polynomial(base_lr, n, power):
    schedule = ours.PolynomialLR(base_lr, n, power)
    assert_same(schedule, base_lr, lambda o: theirs.PolynomialLR(o, n, power), 80)


@given(rate, length, length)
def test_lambda(base_lr, warmup, period):
    def factor(t):
        return min(1, t / warmup) / (1 + t % period)

    schedule = ours.LambdaLR(base_lr, factor)
    assert_same(schedule, base_lr, lambda o: theirs.LambdaLR(o, factor), 80)


@given(rate, st.floats(0.01, 1), fraction, length)
def test_linear(base_lr, start, end, n):
    schedule = ours.LinearLR(base_lr, start, end, n)
    assert_same(schedule, base_lr, lambda o: theirs.LinearLR(o, start, end, n), 80)


@given(rate, length, st.floats(0, 3))
def test_cosine_within_its_horizon(base_lr, n, last):
    schedule = ours.CosineAnnealingLR(base_lr, n, last * base_lr)
    make = lambda o: theirs.CosineAnnealingLR(o, n, last * base_lr)  # noqa: E731
    assert_same(schedule, base_lr, make, n + 1)


@given(rate, st.integers(1, 20), st.integers(1, 4), fraction)
def test_warm_restarts(base_lr, t_0, t_mult, floor):
    schedule = ours.CosineAnnealingWarmRestarts(base_lr, floor * base_lr, t_0, t_mult)
    make = lambda o: theirs.CosineAnnealingWarmRestarts(o, t_0, t_mult, floor * base_lr)  # noqa: E731
    assert_same(schedule, base_lr, make, 120)


MODES = ["triangular", "triangular2", "exp_range"]
cycles = given(
    st.sampled_from(MODES), rate, fraction, length, st.none() | length, st.floats(0.9, 1)
)


@cycles
def test_cyclic(mode, max_lr, floor, up, down, gamma):
    schedule = ours.CyclicLR(floor * max_lr, max_lr, up, mode, gamma, down)
    make = lambda o: theirs.CyclicLR(o, floor * max_lr, max_lr, up, down, mode, gamma)  # noqa: E731
    assert_same(schedule, max_lr, make, 200)


@cycles
def test_cyclic_momentum(mode, max_lr, floor, up, down, gamma):
    schedule = ours.CyclicLR(floor * max_lr, max_lr, up, mode, gamma, down)
    make = lambda o: theirs.CyclicLR(o, floor * max_lr, max_lr, up, down, mode, gamma)  # noqa: E731
    assert_same(schedule.momentum(), 1, make, 200, "momentum")


@st.composite
def one_cycles(draw):
    """A one-cycle schedule whose climb has a length in torch too, and its arguments for torch."""
    total_steps, three_phase = draw(st.integers(4, 100)), draw(st.booleans())
    most = 0.5 if three_phase else 0.999
    arguments = {
        "max_lr": draw(rate),
        "total_steps": total_steps,
        "pct_start": draw(st.floats(1.01 / total_steps, most)),
        "anneal_strategy": draw(st.sampled_from(["cos", "linear"])),
        "div_factor": draw(st.floats(1, 100)),
        "final_div_factor": draw(st.floats(1, 1e5)),
        "three_phase": three_phase,
    }
    return ours.OneCycleLR(**arguments), arguments


@given(one_cycles())
def test_one_cycle(drawn):
    schedule, arguments = drawn
    make = lambda o: theirs.OneCycleLR(o, **arguments)  # noqa: E731
    assert_same(schedule, schedule.max_lr, make, schedule.total_steps)


@given(one_cycles())
def test_one_cycle_momentum(drawn):
    schedule, arguments = drawn
    make = lambda o: theirs.OneCycleLR(o, **arguments)  # noqa: E731
    assert_same(schedule.momentum(), 1, make, schedule.total_steps, "momentum")


@given(st.floats(0, 0.5), st.floats(0.5, 1))
def test_momentum_between_other_bounds(low, high):
    schedule = ours.OneCycleLR(1, 40).momentum(low, high)
    make = lambda o: theirs.OneCycleLR(o, 1, 40, base_momentum=low, max_momentum=high)  # noqa: E731
    assert_same(schedule, 1, make, 40, "momentum")


@given(rate, st.floats(0.01, 1), length, fraction, length)
def test_chained_factors_are_a_product(base_lr, factor, n, gamma, step_size):
    schedule = ours.ProductLR(
        [
            ours.ConstantLR(1, factor, n),
            ours.ExponentialLR(base_lr, gamma),
            ours.StepLR(1, step_size, 0.5),
        ]
    )

    def make(optimizer):
        parts = [
            theirs.ConstantLR(optimizer, factor, n),
            theirs.ExponentialLR(optimizer, gamma),
            theirs.StepLR(optimizer, step_size, 0.5),
        ]
        return theirs.ChainedScheduler(parts)

    assert_same(schedule, base_lr, make, 80)


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


def test_an_exponential_range_test_is_torchs():
    """From 1e-5 to 1.3 in 240 updates, as range tests are written with torch."""
    schedule = ours.ExponentialLR(1e-5, 1.05)
    assert_same(schedule, 1e-5, lambda o: theirs.ExponentialLR(o, 1.05), 241)
    assert schedule(240) == pytest.approx(1.22, rel=0.01)


def test_a_line_may_rise_above_the_rate_and_torch_refuses_it():
    with pytest.raises(ValueError, match="expected to be between 0 and 1"):
        driven(0.1, lambda o: theirs.LinearLR(o, 1, 10, 5), 1)
    assert ours.LinearLR(0.1, 1, 10, 5).curve(7) == pytest.approx(
        [0.1, 0.28, 0.46, 0.64, 0.82, 1, 1]
    )


def test_past_its_end_the_cosine_stays_and_torch_climbs_back():
    past = driven(1.0, lambda o: theirs.CosineAnnealingLR(o, 10), 21)
    assert past[20] == pytest.approx(1)
    assert ours.CosineAnnealingLR(1.0, 10).curve(21)[10:] == [0] * 11


def test_every_twin_in_the_catalog_is_driven_beside_its_schedule():
    driven_here = Path(__file__).read_text("utf-8")
    driven_here += Path(__file__).with_name("test_plateau.py").read_text("utf-8")
    for entry in CATALOG.values():
        if entry.torch:
            assert re.search(rf"\b{entry.torch}\(\s*(o\b|optimizer\b)", driven_here), entry.torch
