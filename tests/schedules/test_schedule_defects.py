"""Defects found in the schedules of other libraries: here what is right, in torch what happens."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_schedules_torch import driven
from torch.optim import lr_scheduler as theirs

import lrlib as ours
from lrlib.optim import ScheduledLR

# ---- one cycle ----


def test_after_a_linear_cycle_the_rate_holds_and_torchs_is_negative():
    past = driven(1.0, lambda o: theirs.OneCycleLR(o, 1.0, 100, anneal_strategy="linear"), 101)
    assert past[100] == pytest.approx(-0.01428, abs=1e-5)
    curve = ours.OneCycleLR(1.0, 100, anneal_strategy="linear").curve(200)
    assert curve[99:] == [pytest.approx(4e-6)] * 101


def test_after_a_cosine_cycle_the_rate_holds_and_torchs_bounces_then_raises():
    past = driven(1.0, lambda o: theirs.OneCycleLR(o, 1.0, 100), 101)
    assert past[100] == pytest.approx(127 * past[99], rel=0.01)
    with pytest.raises(ValueError, match="Tried to step 101 times"):
        driven(1.0, lambda o: theirs.OneCycleLR(o, 1.0, 100), 102)
    assert ours.OneCycleLR(1.0, 100).curve(200)[99:] == [pytest.approx(4e-6)] * 101


@pytest.mark.parametrize(("total_steps", "pct_start"), [(10, 0.1), (4, 0.25), (100, 0.01)])
def test_a_climb_that_ends_at_the_first_update_starts_at_the_peak_and_torch_divides_by_zero(
    total_steps, pct_start
):
    with pytest.raises(ZeroDivisionError):
        driven(1.0, lambda o: theirs.OneCycleLR(o, 1.0, total_steps, pct_start=pct_start), 1)
    assert ours.OneCycleLR(1.0, total_steps, pct_start)(0) == 1.0


def test_a_cycle_without_a_climb_starts_at_its_peak_and_torchs_below_it():
    assert driven(1.0, lambda o: theirs.OneCycleLR(o, 1.0, 10, pct_start=0.0), 1)[0] < 0.98
    assert ours.OneCycleLR(1.0, 10, 0.0)(0) == 1.0


def test_a_cycle_without_a_descent_still_ends_low_and_torch_divides_by_zero():
    make = lambda o: theirs.OneCycleLR(o, 1.0, 10, pct_start=1.0)  # noqa: E731
    assert driven(1.0, make, 10)[9] == 1.0
    with pytest.raises(ZeroDivisionError):
        driven(1.0, make, 11)
    assert ours.OneCycleLR(1.0, 10, 1.0).curve(20)[9:] == [pytest.approx(4e-6)] * 11


def test_a_warmup_before_a_cycle_is_as_asked_and_torchs_is_at_a_fiftieth():
    """The constructor of torch's one-cycle overwrites the rate that the warmup scales."""

    def warmed(optimizer):
        parts = [theirs.LinearLR(optimizer, 0.5, 1.0, 10), theirs.OneCycleLR(optimizer, 1.0, 90)]
        return theirs.SequentialLR(optimizer, parts, [10])

    assert driven(1.0, warmed, 1)[0] == pytest.approx(0.02)
    parts = [ours.LinearLR(1.0, 0.5, 1.0, 10), ours.OneCycleLR(1.0, 90)]
    assert ours.SequentialLR(parts, [10])(0) == 0.5


# ---- phases of no updates, factors of zero ----


def test_a_linear_ramp_of_no_updates_is_over_and_torch_never_starts_it():
    assert driven(1.0, lambda o: theirs.LinearLR(o, 0.1, 1, total_iters=0), 5) == [0.1] * 5
    assert ours.LinearLR(1.0, 0.1, 1, total_iters=0).curve(5) == [1.0] * 5


def test_a_reduced_phase_of_no_updates_is_over_and_torch_never_leaves_it():
    assert driven(1.0, lambda o: theirs.ConstantLR(o, 0.1, total_iters=0), 5) == [0.1] * 5
    assert ours.ConstantLR(1.0, 0.1, total_iters=0).curve(5) == [1.0] * 5


def test_a_cosine_of_no_updates_is_over_and_torch_divides_by_zero():
    with pytest.raises(ZeroDivisionError):
        driven(1.0, lambda o: theirs.CosineAnnealingLR(o, 0), 2)
    assert ours.CosineAnnealingLR(1.0, 0, 0.25).curve(2) == [0.25] * 2


def test_a_rate_comes_back_from_zero_and_torch_divides_by_zero():
    with pytest.raises(ZeroDivisionError):
        driven(1.0, lambda o: theirs.ConstantLR(o, 0.0, total_iters=2), 3)
    assert ours.ConstantLR(1.0, 0.0, total_iters=2).curve(3) == [0.0, 0.0, 1.0]


@given(st.integers(0, 50))
def test_a_warmup_as_long_as_the_run_never_divides_by_zero(n):
    """Where it does: the polynomial decay of Hugging Face."""
    assert ours.WarmupWithDecay(1.0, n, n)(n) == 0
    assert ours.SequentialLR([ours.LinearWarmup(1.0, n), ours.PolynomialLR(1.0, 0)], [n])(n) == 0


# ---- restarts ----


@pytest.mark.parametrize(
    ("t_0", "t_mult", "restart"),
    [(1, 3, 121), (7, 3, 847), (1, 10, 111), (1, 10, 111_111)],
)
def test_a_restart_is_at_the_peak_and_torchs_jump_to_it_finds_the_minimum(t_0, t_mult, restart):
    """A cycle's number from the floor of a logarithm is one too low at these restarts."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = theirs.CosineAnnealingWarmRestarts(optimizer, t_0, t_mult)
    scheduler.step(restart)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0, abs=1e-9)
    assert ours.CosineAnnealingWarmRestarts(1.0, 0.0, t_0, t_mult)(restart) == 1.0


@given(st.integers(1, 50), st.integers(1, 12), st.integers(0, 12))
def test_every_restart_is_at_the_peak(t_0, t_mult, cycles):
    restart = t_0 * sum(t_mult**i for i in range(cycles))
    schedule = ours.CosineAnnealingWarmRestarts(1.0, 0.0, t_0, t_mult)
    assert schedule(restart) == 1.0
    assert schedule(restart + t_0 * t_mult**cycles) == 1.0
    assert schedule(restart + t_0 * t_mult**cycles - 1) < 1.0 or t_0 * t_mult**cycles == 1


# ---- past the end ----


def test_past_the_end_of_a_cosine_the_rate_holds_and_torchs_climbs_back():
    past = driven(1.0, lambda o: theirs.CosineAnnealingLR(o, 10), 21)
    assert past[20] == pytest.approx(1)
    assert ours.CosineAnnealingLR(1.0, 10).curve(21)[10:] == [0] * 11


@given(st.integers(1, 100), st.floats(0.1, 5), st.floats(0, 1e4))
def test_past_its_end_a_polynomial_is_a_real_number(n, power, beyond):
    """Where it is complex: fvcore, which takes the power of a negative share."""
    assert ours.PolynomialLR(1.0, n, power)(n + beyond) == 0.0


@pytest.mark.parametrize("milestone", [10**6, 2 * 10**6, 10**7, 10**12])
def test_a_late_milestone_is_neither_early_nor_late(milestone):
    """Where it is early: fvcore, which adds a millionth of the run before it compares."""
    for schedule in (
        ours.MultiStepLR(1.0, [milestone]),
        ours.StepLR(1.0, milestone),
        ours.SequentialLR([ours.ConstantLR(1.0, 1), ours.ConstantLR(0.1, 1)], [milestone]),
    ):
        assert (schedule(milestone - 1), schedule(milestone)) == (1.0, 0.1)


@pytest.mark.parametrize("factor", [0.5, 2, 3])
def test_a_stretched_warmup_meets_its_decay_at_the_peak(factor):
    """Where it jumps: composer, which stretches the warmup but not the step at which it ends."""
    stretched = ours.StretchLR(ours.WarmupWithDecay(1.0, 100, 1000), factor)
    around = [stretched(100 * factor + beside) for beside in (-1, 0, 1)]
    assert around == pytest.approx([1, 1, 1], abs=0.03)
    assert around[1] == 1


# ---- what a run changes on the way ----


def test_a_scheduler_rebuilt_in_mid_run_follows_its_schedule_and_torchs_is_at_half_height():
    """torch scales the new decay by the rate of the moment, and keeps the old one's base."""

    def halfway(make):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        scheduler = make(optimizer)
        for _ in range(50):
            optimizer.step()
            scheduler.step()
        make(optimizer)
        return optimizer.param_groups[0]["lr"]

    assert halfway(lambda o: theirs.CosineAnnealingLR(o, 100)) == pytest.approx(0.5)
    schedule = ours.CosineAnnealingLR(1.0, 100)
    assert halfway(lambda o: ScheduledLR(o, schedule)) == schedule(0) == 1.0


def test_factors_multiply_rates_of_any_kind_and_torch_overwrites_them():
    """torch's chain is a product only of schedulers that multiply the rate they find."""

    def chained(optimizer):
        constant = theirs.ConstantLR(optimizer, 0.1, 100)
        return theirs.ChainedScheduler([constant, theirs.LambdaLR(optimizer, lambda t: 1.0)])

    assert driven(1.0, chained, 3)[2] == 1.0
    product = ours.ProductLR([ours.ConstantLR(1.0, 0.1, 100), ours.LambdaLR(1.0, lambda t: 1.0)])
    assert product(2) == 0.1


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_a_warmed_decay_has_the_same_rates_for_any_number_of_parameter_groups(groups):
    """Where it has not: ignite, which warms every group up once for each group."""
    weights = [{"params": [torch.zeros(1, requires_grad=True)]} for _ in range(groups)]
    optimizer = torch.optim.SGD(weights, lr=1.0)
    parts = [ours.LinearWarmup(1.0, 2), ours.ExponentialLR(1.0, 0.5)]
    scheduler = ScheduledLR(optimizer, ours.SequentialLR(parts, [2]))
    seen = []
    for _ in range(5):
        seen.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    assert seen == [[rate] * groups for rate in (0.0, 0.5, 1.0, 0.5, 0.25)]


def test_the_floor_of_a_decay_is_a_rate_whatever_the_optimizers_rate_is():
    """Where it is not: Hugging Face, which divides it by the optimizer's default rate."""
    weights = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in (1.0, 0.01)]
    optimizer = torch.optim.SGD(weights, lr=0.1)
    ScheduledLR(optimizer, [ours.PolynomialLR(lr, 10, min_lr=0.005) for lr in (1.0, 0.01)]).step(99)
    assert [group["lr"] for group in optimizer.param_groups] == [0.005, 0.005]


# ---- what documentation says ----


def chained(optimizer):
    constant = theirs.ConstantLR(optimizer, 0.1, 20)
    return theirs.ChainedScheduler([constant, theirs.ExponentialLR(optimizer, 0.9)])


@pytest.mark.parametrize(
    ("schedule", "make_torch", "documented"),
    [
        (
            ours.PolynomialLR(0.05, 50, 0.9),
            lambda o: theirs.PolynomialLR(o, 50, 0.9),
            [0.0490, 0.0481, 0.0472],
        ),
        (
            ours.LinearLR(0.05, 0.05, 1.0, 40),
            lambda o: theirs.LinearLR(o, 0.05, 1.0, 40),
            [0.003687, 0.004875, 0.006062],
        ),
        (
            ours.ProductLR([ours.ConstantLR(0.05, 0.1, 20), ours.ExponentialLR(1.0, 0.9)]),
            chained,
            [0.05, 0.0450, 0.0405],
        ),
    ],
    ids=["polynomial", "linear", "chained"],
)
def test_the_first_values_are_torchs_and_not_those_that_its_documentation_lists(
    schedule, make_torch, documented
):
    first = driven(0.05, make_torch, 3)
    assert schedule.curve(3) == pytest.approx(first, rel=1e-12)
    for value, said in zip(first, documented, strict=True):
        assert value != pytest.approx(said, rel=0.01)
