"""The protocol: each schedule at its own best rate, chosen on validation, reported on test."""

from types import SimpleNamespace

import numpy as np
import pytest

from lrlib import ConstantLR, CosineAnnealingLR, ReduceLROnPlateau, lab
from lrlib.lab import protocol
from lrlib.theory import harmonic_quadratic

CANDIDATES = {"constant": lambda rate, updates: ConstantLR(rate, 1)}


@pytest.fixture
def landscape(monkeypatch):
    """Replaces training by a valley in the logarithm of the rate, with its bottom at ``best``."""
    world = SimpleNamespace(best=0.2, tried=[], wild=())

    def train_many(schedules, seeds, data, **options):
        rates = np.array([schedule(0) for schedule in schedules])
        world.tried += rates.round(6).tolist()
        world.optimizer = options["optimizer"]
        loss = np.log2(rates / world.best)[:, None] ** 2 + 0.01 * np.arange(len(seeds))
        loss[np.isin(rates, world.wild)] = np.nan
        return SimpleNamespace(
            lr=rates[:, None, None] + 0 * loss[..., None],
            train_loss=loss[..., None],
            eval_step=np.array([1]),
            val_loss=loss[..., None],
            test_loss=loss + 1,
            test_accuracy=loss,
        )

    monkeypatch.setattr(protocol, "train_many", train_many)
    monkeypatch.setattr(protocol, "data", lambda: None)
    return world


def test_the_rate_with_the_smallest_validation_loss_is_reported_on_the_test_examples(landscape):
    tuned = lab.tune(CANDIDATES, rates=(0.1, 0.2, 0.4), seeds=(0, 1))["constant"]
    assert tuned.rate == 0.2
    assert tuned.schedule == ConstantLR(0.2, 1)
    assert tuned.test_loss == pytest.approx([1, 1.01])
    assert tuned.val_loss == pytest.approx(np.array([[1, 1.01], [0, 0.01], [1, 1.01]]))
    assert landscape.tried == [0.1, 0.2, 0.4]


@pytest.mark.parametrize(
    ("best", "tried"), [(0.8, [0.1, 0.2, 0.4, 0.8, 1.6]), (0.05, [0.025, 0.05, 0.1, 0.2, 0.4])]
)
def test_a_grid_grows_until_the_best_rate_is_inside(landscape, best, tried):
    landscape.best = best
    tuned = lab.tune(CANDIDATES, rates=(0.1, 0.2, 0.4), seeds=(0, 1))["constant"]
    assert tuned.rate == pytest.approx(best)
    assert tuned.rates == pytest.approx(tried)


def test_only_the_candidate_at_the_edge_is_trained_again(landscape):
    landscape.best = 0.4
    candidates = CANDIDATES | {"doubled": lambda rate, updates: ConstantLR(2 * rate, 1)}
    tuned = lab.tune(candidates, rates=(0.1, 0.2, 0.4), seeds=(0, 1))
    assert (tuned["constant"].rate, tuned["doubled"].rate) == (0.4, 0.2)
    assert len(landscape.tried) == 7


@pytest.mark.parametrize("wild", [(0.1,), (0.4,), (0.1, 0.4)])
def test_a_rate_at_which_runs_diverge_counts_as_worst(landscape, wild):
    landscape.wild = wild
    tuned = lab.tune(CANDIDATES, rates=(0.1, 0.2, 0.4), seeds=(0, 1))["constant"]
    assert tuned.rate == 0.2
    assert landscape.tried == [0.1, 0.2, 0.4]


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_every_optimizer_has_a_grid_to_begin_with(landscape, optimizer):
    landscape.best = lab.RATES[optimizer][1]
    tuned = lab.tune(CANDIDATES, seeds=(0, 1), optimizer=optimizer)["constant"]
    assert tuned.rates.tolist() == list(lab.RATES[optimizer])
    assert landscape.optimizer == optimizer


def test_a_search_without_an_end_is_given_up_with_an_error(landscape):
    landscape.best = 1e-9
    with pytest.raises(ValueError, match="rates must reach the best rate, got .*'constant'"):
        lab.tune(CANDIDATES, rates=(0.1, 0.2, 0.4), seeds=(0, 1))


@pytest.mark.parametrize("rates", [(0.1,), (0.2, 0.1), (0.1, 0.1), (0, 0.1)])
def test_a_bad_grid_is_named(rates):
    with pytest.raises(ValueError, match="rates must be at least two positive numbers, ascending"):
        lab.tune(CANDIDATES, rates=rates)


def test_the_lab_trains_for_real():
    tuned = lab.tune(
        {"cosine": lambda rate, updates: CosineAnnealingLR(rate, updates)},
        rates=(0.01, 0.1, 1),
        seeds=(0, 1),
        total_steps=40,
    )["cosine"]
    assert tuned.schedule == CosineAnnealingLR(tuned.rate, 40)
    assert tuned.lr.tolist() == [tuned.schedule.curve(40)] * 2
    assert tuned.val_curve[:, -1].mean() == tuned.val_loss.mean(axis=1).min()
    assert tuned.test_accuracy.mean() > 0.15


def test_a_plateau_is_tuned_as_it_was_configured_and_its_rate_is_that_of_each_seed():
    tuned = lab.tune(
        {"plateau": lambda rate, updates: ReduceLROnPlateau(rate, factor=0.5, patience=0)},
        rates=(0.1, 0.8, 6.4),
        seeds=(0, 1),
        total_steps=400,
    )["plateau"]
    untouched = ReduceLROnPlateau(tuned.rate, factor=0.5, patience=0)
    assert vars(tuned.schedule) == vars(untouched)
    assert (tuned.lr[:, 0] == tuned.rate).all()
    assert tuned.lr.shape == (2, 400)
    assert tuned.lr[0].tolist() != tuned.lr[1].tolist()


def test_an_estimate_is_a_mean_and_its_standard_error():
    assert lab.estimate([1, 2, 3, 6]) == lab.Estimate(3, pytest.approx((14 / 3 / 4) ** 0.5))


def test_a_paired_difference_is_as_sharp_as_the_pairs_agree():
    noise = np.random.default_rng(0).normal(size=20)
    difference = lab.paired(noise + 1, noise)
    assert difference.mean == pytest.approx(1)
    assert difference.se < 1e-9
    assert lab.estimate(noise).se > 0.1


@pytest.mark.parametrize(
    ("mean", "above", "below", "noise"),
    [
        (3.1, True, False, False),
        (2.1, True, False, True),
        (1.9, False, False, True),
        (-1.9, False, False, True),
        (-2.1, False, True, True),
        (-3.1, False, True, False),
    ],
)
def test_a_claim_needs_two_standard_errors_and_its_denial_three(mean, above, below, noise):
    estimate = lab.Estimate(mean, 1)
    assert estimate.above_zero() == above
    assert estimate.below_zero() == below
    assert estimate.within_noise() == noise


def test_an_estimate_reads_as_mean_and_error():
    assert str(lab.Estimate(-0.0304, 0.0071)) == "−0.030\u00a0±\u00a00.007"


def test_the_quadratic_is_tuned_to_the_bottom_of_its_valley():
    problem = harmonic_quadratic(10)
    shape = CosineAnnealingLR(1.0, 100).curve(100)
    peak, loss = lab.tune_quadratic(problem, shape)
    assert loss == pytest.approx(problem.final_loss([peak * rate for rate in shape]))
    for other in (0.01, 0.1, 0.9 * peak, 1.1 * peak, 1.0):
        assert problem.final_loss([other * rate for rate in shape]) > loss


@pytest.mark.parametrize("values", [[], [1.0], [1.0, np.nan], [1.0, np.inf]])
def test_an_estimate_needs_two_finite_values(values):
    with pytest.raises(ValueError, match="values must be at least two finite numbers"):
        lab.estimate(values)


def test_pairs_need_partners():
    with pytest.raises(ValueError, match="a and b must have the same length, got 2 and 3"):
        lab.paired([1, 2], [1, 2, 3])
