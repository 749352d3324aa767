import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrlib import ConstantLR, CosineAnnealingLR, LinearLR
from lrlib.theory import (
    NoisyQuadratic,
    best_last_iterate_bound,
    harmonic_quadratic,
    last_iterate_bound,
)

rate_lists = st.lists(st.floats(0.001, 2), min_size=1, max_size=30)


def test_the_expected_loss_is_the_mean_of_simulated_runs():
    problem = NoisyQuadratic([1.0, 0.3], [1.0, 0.2], start=2.0)
    rates = CosineAnnealingLR(0.8, 40).curve(30)
    rng = np.random.default_rng(0)
    h, deviation = np.array(problem.curvatures), np.sqrt(problem.variances)
    theta = rng.normal(0, math.sqrt(2.0), (200_000, 2))
    for rate in rates:
        theta -= rate * (h * theta + deviation * rng.normal(size=theta.shape))
    losses = (h * theta**2).sum(axis=1) / 2
    error = losses.std() / math.sqrt(len(losses))
    assert abs(losses.mean() - problem.final_loss(rates)) < 4 * error


@given(st.floats(0.05, 1.5), st.floats(0.1, 1), st.floats(0, 3))
def test_a_constant_rate_ends_on_the_noise_floor(rate, curvature, variance):
    problem = NoisyQuadratic([curvature], [variance])
    floor = rate * variance / (2 * (2 - rate * curvature))
    assert problem.final_loss([rate] * 5000) == pytest.approx(floor, rel=1e-6, abs=1e-12)


def test_losses_start_before_the_first_update_and_end_after_the_last():
    problem = harmonic_quadratic(3)
    assert problem.losses([]) == [pytest.approx((1 + 1 / 2 + 1 / 3) / 2)]
    assert len(problem.losses([0.1] * 7)) == 8
    assert problem.final_loss([0.1] * 7) == problem.losses([0.1] * 7)[-1]


def test_the_harmonic_quadratic_has_noise_in_proportion_to_curvature():
    problem = harmonic_quadratic(4, noise=0.5)
    assert problem.curvatures == (1, 1 / 2, 1 / 3, 1 / 4)
    assert problem.variances == (1 / 2, 1 / 4, 1 / 6, 1 / 8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "curvatures and variances must have the same length, at least 1, got 0 and 0"),
        (([1.0], [1.0, 2.0]), "got 1 and 2"),
        ((1.0, 1.0), "curvatures must be a sequence, got 1.0"),
        ((["1"], [1.0]), r"curvatures\[0\] must be a finite number > 0, got '1'"),
        (([1.0], [True]), r"variances\[0\] must be a finite number >= 0, got True"),
        (([0.0], [1.0]), r"curvatures\[0\] must be a finite number > 0, got 0.0"),
        (([math.nan], [1.0]), r"curvatures\[0\] must be a finite number > 0, got nan"),
        (([1.0], [-1.0]), r"variances\[0\] must be a finite number >= 0, got -1.0"),
        (([1.0], [math.inf]), r"variances\[0\] must be a finite number >= 0, got inf"),
        (([1.0], [1.0], -2.0), "start must be a finite number >= 0, got -2.0"),
    ],
)
def test_an_impossible_quadratic_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        NoisyQuadratic(*arguments)


def test_a_quadratic_of_foreign_numbers_is_that_of_pythons():
    made = NoisyQuadratic(np.array([1, 2]), np.array([0.5, 0.25], np.float32), np.float64(1))
    assert repr(made) == repr(NoisyQuadratic([1.0, 2.0], [0.5, 0.25], 1.0))
    assert repr(harmonic_quadratic(np.int8(3), np.float32(0.5))) == repr(harmonic_quadratic(3, 0.5))


@pytest.mark.parametrize("directions", [0, -1, 2.5])
def test_a_quadratic_without_directions_is_refused(directions):
    with pytest.raises(
        ValueError, match=f"directions must be a whole number >= 1, got {directions}"
    ):
        harmonic_quadratic(directions)


def bound_as_printed(rates, D, G):
    """The three sums as the theorem states them, each taken from scratch."""
    total = sum(rates)
    bound = D**2 / (2 * total) + G**2 * sum(r * r for r in rates) / (2 * total)
    for k in range(len(rates) - 1):
        tail = rates[k:]
        bound += G**2 / 2 * rates[k] / sum(rates[k + 1 :]) * sum(r * r for r in tail) / sum(tail)
    return bound


@given(rate_lists, st.floats(0.1, 10), st.floats(0.1, 10))
def test_the_bound_is_the_theorem_as_printed(rates, D, G):
    assert last_iterate_bound(rates, D, G) == pytest.approx(bound_as_printed(rates, D, G))


@given(rate_lists, st.integers(1, 5))
def test_updates_of_rate_zero_at_the_end_change_nothing(rates, idle):
    assert last_iterate_bound(rates + [0.0] * idle) == last_iterate_bound(rates)


def test_the_bound_without_any_update_is_infinite():
    assert last_iterate_bound([0.0, 0.0]) == math.inf
    with pytest.raises(ValueError, match="shape must hold a positive rate"):
        best_last_iterate_bound([0.0, 0.0])


@given(rate_lists, st.floats(0.2, 5), st.floats(0.2, 5), st.floats(0.5, 2))
def test_no_other_peak_has_a_smaller_bound(shape, D, G, factor):
    peak, bound = best_last_iterate_bound(shape, D, G)
    assert last_iterate_bound([peak * r for r in shape], D, G) == pytest.approx(bound)
    assert last_iterate_bound([factor * peak * r for r in shape], D, G) >= bound * (1 - 1e-12)


@pytest.mark.parametrize(
    ("schedule", "bound"),
    [
        (LinearLR(1, 1, 0, 1000), 2.006),
        (CosineAnnealingLR(1, 1000), 2.063),
        (ConstantLR(1, 1), 2.913),
    ],
)
def test_bounds_at_a_thousand_steps(schedule, bound):
    assert best_last_iterate_bound(schedule.curve(1000))[1] * 1000**0.5 == pytest.approx(
        bound, abs=5e-4
    )


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1))
def test_the_bound_holds_on_sums_of_absolute_values(seed, peak):
    """f(x) = |a_1·x| + ... has its minimum 0 at x = 0 and gradients of norm at most G."""
    rng = np.random.default_rng(seed)
    rows, x = rng.normal(size=(5, 3)), rng.normal(size=3)
    G, D = np.linalg.norm(rows, axis=1).sum(), np.linalg.norm(x)
    rates = [peak * rate for rate in LinearLR(1, 1, 0.1, 30).curve(30)]
    for rate in rates[:-1]:
        x = x - rate * np.sign(rows @ x) @ rows
    assert np.abs(rows @ x).sum() <= last_iterate_bound(rates, D, G)
