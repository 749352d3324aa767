"""The demo of power: what its formulas say, and what a simulated comparison finds."""

import math

import numpy as np
import pytest
from scipy import stats

from lrlib.explorers.demos.power import (
    LEVEL,
    bell,
    interval_reach,
    power,
    share_found,
    standard_error,
)
from lrlib.lab import compare, statistics


def simulated_power(seeds, effect, correlation, trials=20_000):
    """Compare so often, each time with the error that the seeds themselves give."""
    spread = [[1, correlation], [correlation, 1]]
    generator = np.random.default_rng(0)
    pairs = generator.multivariate_normal([effect, 0], spread, (trials, seeds))
    apart = pairs[..., 0] - pairs[..., 1]
    error = apart.std(axis=1, ddof=1) / math.sqrt(seeds)
    return np.mean(np.abs(apart.mean(axis=1)) > interval_reach(seeds) * error)


@pytest.mark.parametrize(
    ("seeds", "effect", "correlation"),
    [(3, 2.0, 0.9), (8, 0.9, 0.7), (8, 0.5, -0.2), (20, 0.3, 0.0), (64, 0.5, 0.0)],
)
def test_power_is_what_a_simulation_finds(seeds, effect, correlation):
    found = share_found(effect / standard_error(seeds, correlation), seeds)
    assert found == pytest.approx(simulated_power(seeds, effect, correlation), abs=0.015)


@pytest.mark.parametrize("seeds", [*range(2, 20), 33, 64])
def test_the_interval_is_that_of_the_lab(seeds):
    assert statistics.LEVEL == LEVEL
    assert interval_reach(seeds) == pytest.approx(stats.t.ppf((1 + LEVEL) / 2, seeds - 1), rel=1e-6)
    comparison = compare(np.arange(seeds), np.zeros(seeds))
    reach = (comparison.high - comparison.mean) / comparison.se
    assert interval_reach(seeds) == pytest.approx(reach, rel=1e-6)


@pytest.mark.parametrize(("seeds", "tolerance"), [(2, 0.01), (3, 2e-3), (8, 1e-3), (64, 1e-3)])
def test_power_is_that_of_the_noncentral_distribution_of_student(seeds, tolerance):
    edge = stats.t.ppf((1 + LEVEL) / 2, seeds - 1)
    for away in (0, 0.5, 1, 2, 3, 5, 8):
        theirs = stats.nct.sf(edge, seeds - 1, away) + stats.nct.sf(edge, seeds - 1, -away)
        assert share_found(away, seeds) == pytest.approx(theirs, abs=tolerance)


@pytest.mark.parametrize("seeds", [4, 16, 64])
def test_without_an_effect_one_comparison_in_a_hundred_raises_a_false_alarm(seeds):
    assert share_found(0, seeds) == pytest.approx(0.01, abs=1e-3)


def test_power_does_not_depend_on_the_sign_of_the_effect():
    assert share_found(2.3, 8) == pytest.approx(share_found(-2.3, 8), rel=1e-12)


def test_four_times_the_seeds_halve_the_standard_error():
    assert standard_error(32, 0.4) == standard_error(8, 0.4) / 2


def test_pairing_saves_seeds_by_one_minus_the_correlation():
    assert standard_error(8, 0.75) == pytest.approx(standard_error(32, 0))


def test_without_correlation_pairing_changes_nothing():
    drawn = power(8, 0.5, 0.0)
    assert drawn["paired"] == drawn["unpaired"]


@pytest.mark.parametrize("seeds", [2, 8, 17, 64])
def test_the_dots_are_at_the_effect_and_at_the_number_of_seeds(seeds):
    for label in ("paired", "unpaired"):
        estimates, powers = power(seeds, 0.9, 0.7)[label]
        assert estimates.x[estimates.dot] == 0.9
        assert powers.x == sorted(set(powers.x))
        assert powers.x[powers.dot] == seeds
        assert powers.text == f"{powers.y[powers.dot]:.0f} %"


def test_a_bell_is_highest_at_its_centre_and_has_the_width_of_its_error():
    curve = bell(1.0, 0.5)
    assert max(curve.y) == curve.y[curve.dot] == 1
    at = curve.x.index(1.5)
    assert curve.y[at] == pytest.approx(math.exp(-1 / 2))


def test_an_estimate_is_believed_as_far_from_no_effect_as_the_interval_reaches():
    drawn = power(8, 0.9, 0.7)
    threshold, below = drawn["believed from"]
    assert below is None
    assert threshold.x == [interval_reach(8) * standard_error(8, 0.7)] * 2
    nothing = drawn["no effect"][0]
    assert nothing.x[nothing.dot] == 0


@pytest.mark.parametrize("correlation", [-0.2, 0.98])
@pytest.mark.parametrize("effect", [0.0, 2.0])
@pytest.mark.parametrize("seeds", [2, 64])
def test_power_grows_with_the_seeds_at_every_end_of_the_sliders(seeds, effect, correlation):
    for label in ("paired", "unpaired"):
        powers = power(seeds, effect, correlation)[label][1].y
        slack = 1e-9 if effect else 0.2  # of a percent, where all are the false alarms
        assert all(
            0 <= now <= later + slack for now, later in zip(powers, powers[1:], strict=False)
        )
        assert powers[-1] <= 100 + 1e-9
