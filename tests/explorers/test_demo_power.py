"""The demo of power: what its formulas say, and what a simulated comparison finds."""

import math

import numpy as np
import pytest

from lrlib.explorers.demos.power import bell, power, share_found, standard_error


def simulated_power(seeds, effect, correlation, paired, trials=40_000):
    """Compare so often, with standard errors that are known, and count what is found."""
    spread = [[1, correlation], [correlation, 1]]
    generator = np.random.default_rng(0)
    pairs = generator.multivariate_normal([effect, 0], spread, (trials, seeds))
    error = math.sqrt((2 - 2 * correlation * paired) / seeds)
    return np.mean(np.abs((pairs[..., 0] - pairs[..., 1]).mean(axis=1)) > 2 * error)


@pytest.mark.parametrize(("seeds", "effect"), [(2, 0.0), (8, 0.9), (20, 0.3)])
def test_power_is_what_a_simulation_of_independent_runs_finds(seeds, effect):
    expected = simulated_power(seeds, effect, 0, paired=False)
    assert share_found(effect, standard_error(seeds, 0)) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("correlation", [-0.2, 0.3, 0.9])
def test_paired_power_is_what_a_simulation_of_correlated_runs_finds(correlation):
    expected = simulated_power(8, 0.5, correlation, paired=True)
    found = share_found(0.5, standard_error(8, correlation))
    assert found == pytest.approx(expected, abs=0.01)


def test_without_an_effect_one_comparison_in_22_raises_a_false_alarm():
    assert 1 / share_found(0, 1) == pytest.approx(21.98, abs=0.01)


def test_an_effect_of_three_standard_errors_is_found_five_times_in_six():
    assert share_found(3, 1) == pytest.approx(0.8413, abs=1e-4)


def test_power_does_not_depend_on_the_sign_of_the_effect():
    assert share_found(0.7, 0.3) == share_found(-0.7, 0.3)


def test_four_times_the_seeds_halve_the_standard_error():
    assert standard_error(32, 0.4) == standard_error(8, 0.4) / 2


def test_pairing_saves_seeds_by_one_minus_the_correlation():
    assert standard_error(8, 0.75) == pytest.approx(standard_error(32, 0))


def test_without_correlation_pairing_changes_nothing():
    drawn = power(8, 0.5, 0.0)
    assert drawn["paired"] == drawn["unpaired"]


def test_the_dots_are_at_the_effect_and_at_the_number_of_seeds():
    for seeds in (2, 8, 64):
        for label in ("paired", "unpaired"):
            estimates, powers = power(seeds, 0.9, 0.7)[label]
            assert estimates.x[estimates.dot] == 0.9
            assert powers.x[powers.dot] == seeds
            assert powers.text == f"{powers.y[powers.dot]:.0f} %"


def test_a_bell_is_highest_at_its_centre_and_has_the_width_of_its_error():
    curve = bell(1.0, 0.5)
    assert max(curve.y) == curve.y[curve.dot] == 1
    at = curve.x.index(1.5)
    assert curve.y[at] == pytest.approx(math.exp(-1 / 2))


def test_the_threshold_is_two_standard_errors_from_no_effect():
    drawn = power(8, 0.9, 0.7)
    threshold, below = drawn["believed from"]
    assert below is None
    assert threshold.x == [2 * standard_error(8, 0.7)] * 2
    nothing = drawn["no effect"][0]
    assert nothing.x[nothing.dot] == 0


@pytest.mark.parametrize("correlation", [-0.2, 0.98])
@pytest.mark.parametrize("effect", [0.0, 2.0])
@pytest.mark.parametrize("seeds", [2, 64])
def test_power_grows_with_the_seeds_at_every_end_of_the_sliders(seeds, effect, correlation):
    for label in ("paired", "unpaired"):
        powers = power(seeds, effect, correlation)[label][1].y
        assert all(0 <= now <= later + 1e-9 for now, later in zip(powers, powers[1:], strict=False))
        assert powers[-1] <= 100
