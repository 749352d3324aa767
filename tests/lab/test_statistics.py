"""One comparison, four verdicts, and how often they are wrong."""

import numpy as np
import pytest
from scipy.stats import nct, t

from lrlib import lab
from lrlib.lab.statistics import VERDICTS, Comparison

SEEDS = (4, 8, 16, 64)


def test_an_estimate_is_a_mean_and_its_standard_error():
    assert lab.estimate([1, 2, 3, 6]) == lab.Estimate(3, pytest.approx((14 / 3 / 4) ** 0.5))


def test_an_estimate_averages_within_a_seed_first():
    of_seeds = np.random.default_rng(0).normal(size=8)
    settings = of_seeds + np.array([[0.0], [1.0], [2.0]])
    assert lab.estimate(settings) == lab.Estimate(
        pytest.approx(of_seeds.mean() + 1), pytest.approx(lab.estimate(of_seeds).se)
    )


def test_what_is_masked_does_not_count_and_neither_does_a_seed_without_anything_else():
    values = np.ma.masked_invalid([[1.0, 2.0, np.nan], [3.0, np.nan, np.nan]])
    assert lab.estimate(values) == lab.estimate([2.0, 2.0])


def test_an_estimate_reads_as_mean_and_error():
    assert str(lab.Estimate(-0.0304, 0.0071)) == "−0.030\u00a0±\u00a00.007"


@pytest.mark.parametrize("values", [[], [1.0], [1.0, np.nan], [1.0, np.inf], [[1.0], [2.0]]])
def test_an_estimate_needs_two_seeds_and_finite_values(values):
    with pytest.raises(ValueError, match="values must be finite, of two seeds at least"):
        lab.estimate(values)


def test_a_difference_is_as_sharp_as_the_pairs_agree():
    noise = np.random.default_rng(0).normal(size=20)
    difference = lab.compare(noise + 1, noise)
    assert difference.mean == pytest.approx(1)
    assert difference.se < 1e-9
    assert lab.estimate(noise).se > 0.1


@pytest.mark.parametrize("seeds", [2, *SEEDS])
def test_the_interval_is_students_at_99_percent(seeds):
    a = np.random.default_rng(0).normal(size=seeds)
    found = lab.compare(a, 0 * a)
    low, high = t.interval(0.99, seeds - 1, a.mean(), a.std(ddof=1) / seeds**0.5)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.seeds == seeds


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.03, -0.001, "better"),
        (-0.03, 0.001, "undecided"),
        (-0.001, 0.03, "undecided"),
        (0.001, 0.03, "worse"),
        (-0.009, 0.009, "equal"),
        (-0.009, -0.001, "equal"),  # told apart, and too small to care
        (-0.01, 0.01, "equal"),
        (0, 0.03, "undecided"),
    ],
)
def test_an_interval_has_one_of_four_verdicts(low, high, verdict):
    found = Comparison((low + high) / 2, 0.001, low, high, seeds=8, smallest=0.01, among=1)
    assert found.verdict == verdict
    assert verdict in VERDICTS


def test_what_counts_as_equal_is_said_by_the_caller():
    a = 0.02 + 0.001 * np.random.default_rng(0).normal(size=8)
    assert lab.compare(a, 0 * a).verdict == "worse"
    assert lab.compare(a, 0 * a, smallest=0.03).verdict == "equal"


def test_one_of_many_comparisons_has_a_wider_interval():
    a, b = np.random.default_rng(0).normal(size=(2, 8))
    found = lab.compare_all([a, b, a + b], 0 * a)
    assert [each.among for each in found] == [3, 3, 3]
    low, high = t.interval(1 - 0.01 / 3, 7, a.mean(), a.std(ddof=1) / 8**0.5)
    assert (found[0].low, found[0].high) == pytest.approx((low, high))


def test_a_comparison_reads_as_an_estimate_and_shows_its_interval():
    found = Comparison(-0.0304, 0.0071, -0.052, -0.009, seeds=8, smallest=0.01, among=1)
    assert str(found) == "−0.030\u00a0±\u00a00.007"
    assert found.interval == "−0.052 to −0.009"


def verdicts(effect, seeds, trials=4000):
    """Verdicts on simulated pairs whose differences have this mean and a deviation of 1."""
    noise = np.random.default_rng(seeds)
    for _ in range(trials):
        a, b = noise.normal(size=(2, seeds)) / 2**0.5
        yield lab.compare(a + effect, b, smallest=0).verdict


@pytest.mark.parametrize("seeds", SEEDS)
def test_without_an_effect_one_verdict_in_200_says_better(seeds):
    found = list(verdicts(0, seeds))
    for word in ("better", "worse"):
        share, error = found.count(word) / len(found), (0.005 / len(found)) ** 0.5
        assert abs(share - 0.005) < 4 * error, word
    assert "equal" not in found


@pytest.mark.parametrize("seeds", SEEDS)
def test_with_an_effect_the_power_is_as_computed(seeds):
    effect = -3 / seeds**0.5
    power = nct.cdf(-t.ppf(0.995, seeds - 1), seeds - 1, effect * seeds**0.5)
    found = list(verdicts(effect, seeds))
    error = (power * (1 - power) / len(found)) ** 0.5
    assert abs(found.count("better") / len(found) - power) < 4 * error
    assert 0.1 < power < 0.9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [1, 2, 3]), r"a and b must have the same shape, got \(2,\) and \(3,\)"),
        (([1, 2], [1, 2], -1), "smallest must be a finite number >= 0, got -1"),
        (([1, 2], [1, 2], 0.01, 0), "among must be a whole number >= 1, got 0"),
    ],
)
def test_a_bad_comparison_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        lab.compare(*arguments)


def test_a_comparison_counts_what_is_not_masked_and_only_that():
    a = np.ma.masked_equal([[1.0, 2.0, 3.0, 100.0], [1.0, 2.0, 100.0, 100.0]], 100)
    found = lab.compare(a, np.ones((2, 4)))
    assert (found.mean, found.seeds) == (1.0, 3)
    low, _ = t.interval(0.99, 2, 1, 1 / 3**0.5)
    assert found.low == pytest.approx(low)
