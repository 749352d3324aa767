"""The protocol: a rate is chosen by some seeds and reported with others."""

from types import SimpleNamespace

import numpy as np
import pytest

from lrlib import ConstantLR, CosineAnnealingLR, ReduceLROnPlateau, lab
from lrlib.lab import protocol
from lrlib.theory import harmonic_quadratic
from lrlib.training.updates import BETA2

CANDIDATES = {"constant": lambda rate, updates: ConstantLR(rate, 1)}
GRID = (0.1, 0.2, 0.4)
FINER = [0.1, 0.1414, 0.1682, 0.2, 0.2378, 0.2828, 0.4]  # what is tried around a best rate of 0.2


@pytest.fixture
def landscape(monkeypatch):
    """Replaces training by a valley in the logarithm of the rate, with its bottom at ``best``.

    The losses of the seeds differ by ``noise`` from one to the next for each octave that the rate
    is above 0.2.
    """
    world = SimpleNamespace(best=0.2, noise=0.0, tried=[], wild=(), seeds=[])

    def train_many(schedules, seeds, data, **options):
        rates = np.array([schedule(0) for schedule in schedules])
        world.tried += rates.round(4).tolist()
        world.seeds.append(tuple(seeds))
        world.options = options
        seed = np.arange(len(seeds)) - (len(seeds) - 1) / 2
        valley = np.log2(rates / world.best)[:, None] ** 2
        loss = valley + world.noise * seed * np.log2(rates / 0.2)[:, None]
        loss[np.isin(rates, world.wild)] = np.nan
        return SimpleNamespace(
            lr=rates[:, None, None] + 0 * loss[..., None],
            train_loss=loss[..., None],
            eval_step=np.array([1]),
            val_loss=loss[..., None],
            val_accuracy=loss[..., None],
            test_loss=loss + 1,
            test_accuracy=loss,
        )

    monkeypatch.setattr(protocol, "train_many", train_many)
    monkeypatch.setattr(protocol, "data", lambda: None)
    return world


def test_the_rate_is_chosen_by_some_seeds_and_reported_with_others(landscape):
    tuned = lab.tune(CANDIDATES, rates=GRID, seeds=(0, 1), report=(2, 3, 4))["constant"]
    assert tuned.rate == 0.2
    assert tuned.schedule == ConstantLR(0.2, 1)
    assert landscape.seeds == [(0, 1)] * 3 + [(2, 3, 4)]
    assert tuned.val_loss.shape == (7, 2)
    assert tuned.test_loss == pytest.approx([1, 1, 1])


def test_by_default_no_seed_of_the_report_took_part_in_the_choice():
    assert not set(lab.SEEDS) & set(lab.CHOICE_SEEDS)
    with pytest.raises(ValueError, match=r"report must hold no seed by which .*, got \[2\]"):
        lab.tune(CANDIDATES, seeds=(1, 2), report=(2, 3))


def test_the_grid_is_refined_around_the_best_rate_to_a_ratio_of_a_fourth_of_an_octave(landscape):
    tuned = lab.tune(CANDIDATES, rates=GRID)["constant"]
    assert tuned.rates == pytest.approx(FINER, abs=1e-4)
    assert sorted(landscape.tried) == sorted([*FINER, 0.2])  # each once, and the best again


def test_a_best_rate_between_the_points_of_the_first_grid_is_found(landscape):
    landscape.best = 0.2 * 2**-0.3
    assert lab.tune(CANDIDATES, rates=GRID)["constant"].rate == pytest.approx(0.2 * 2**-0.25)


@pytest.mark.parametrize(("best", "beyond"), [(0.8, {0.8, 1.6}), (0.05, {0.05, 0.025})])
def test_a_grid_grows_until_the_best_rate_is_inside(landscape, best, beyond):
    landscape.best = best
    tuned = lab.tune(CANDIDATES, rates=GRID)["constant"]
    assert tuned.rate == pytest.approx(best)
    assert beyond <= set(tuned.rates.round(4))


def test_only_the_candidate_at_the_edge_is_trained_beyond_it(landscape):
    landscape.best = 0.4
    candidates = CANDIDATES | {"doubled": lambda rate, updates: ConstantLR(2 * rate, 1)}
    tuned = lab.tune(candidates, rates=GRID)
    assert (tuned["constant"].rate, tuned["doubled"].rate) == (0.4, 0.2)
    highest = [each.rates.max() for each in tuned.values()]
    assert highest == pytest.approx([0.8, 0.4])


@pytest.mark.parametrize("wild", [(0.1,), (0.4,), (0.1, 0.4)])
def test_a_rate_at_which_runs_diverge_counts_as_worst(landscape, wild):
    landscape.wild = wild
    assert lab.tune(CANDIDATES, rates=GRID)["constant"].rate == 0.2
    assert set(landscape.tried) == set(FINER)


def test_the_range_holds_the_rates_within_one_standard_error_seed_by_seed(landscape):
    landscape.noise = 0.9
    tuned = lab.tune(CANDIDATES, rates=GRID, seeds=(0, 1))["constant"]
    above = tuned.val_loss - tuned.val_loss[3]  # the best is the fourth
    near = above.mean(axis=1) <= above.std(axis=1, ddof=1) / 2**0.5
    assert near.tolist() == [False, False, True, True, True, False, False]
    assert (tuned.low, tuned.high) == pytest.approx((0.1682, 0.2378), abs=1e-4)
    assert tuned.peak == "0.2 (0.17 to 0.24)"


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_every_optimizer_has_a_grid_to_begin_with_and_its_settings(landscape, optimizer):
    setting = lab.OPTIMIZERS[optimizer]
    landscape.best = setting.rates[1]
    tuned = lab.tune(CANDIDATES, optimizer=optimizer)["constant"]
    assert set(setting.rates) <= set(tuned.rates)
    assert setting.options.items() <= landscape.options.items()


def test_adamw_decays_the_weights_and_says_so():
    adamw = lab.OPTIMIZERS["adamw"]
    assert adamw.options["weight_decay"] > 0
    assert f"weight decay {adamw.options['weight_decay']:g}" in adamw.label
    assert f"betas {adamw.options['momentum']:g} and {BETA2:g}" in adamw.label


def test_without_an_effect_chosen_rates_give_no_more_false_verdicts_than_promised(monkeypatch):
    """Two equal candidates, a loss that no rate changes: what the choice alone can do."""
    noise = np.random.default_rng(0)

    def train_many(schedules, seeds, data, **options):
        loss = noise.normal(size=(len(schedules), len(seeds)))
        each = dict.fromkeys(("lr", "train_loss", "val_loss", "val_accuracy"), loss[..., None])
        return SimpleNamespace(eval_step=[1], test_loss=loss, test_accuracy=loss, **each)

    monkeypatch.setattr(protocol, "train_many", train_many)
    monkeypatch.setattr(protocol, "data", lambda: None)
    candidates = {name: CANDIDATES["constant"] for name in "ab"}
    trials, false, chosen_by_the_same = 500, 0, 0
    for _ in range(trials):
        a, b = lab.tune(candidates, rates=(0.01, 0.1, 1, 10)).values()
        false += lab.compare(a.test_loss, b.test_loss).verdict in ("better", "worse")
        own, other = a.val_loss[a.rates == a.rate][0], noise.normal(size=8)
        chosen_by_the_same += lab.compare(own, other).verdict == "better"
    assert false <= 0.01 * trials + 3 * (0.01 * trials) ** 0.5
    assert chosen_by_the_same > 3 * (0.01 * trials) ** 0.5 + 0.01 * trials  # the winner's curse


def test_a_search_without_an_end_is_given_up_with_an_error(landscape):
    landscape.best = 1e-9
    with pytest.raises(ValueError, match="rates must reach the best rate, got .*'constant'"):
        lab.tune(CANDIDATES, rates=(0.1, 0.2, 0.4), seeds=(0, 1))


@pytest.mark.parametrize("rates", [(0.1,), (0.2, 0.1), (0.1, 0.1)])
def test_a_bad_grid_is_named(rates):
    with pytest.raises(ValueError, match="rates must be at least two positive numbers, ascending"):
        lab.tune(CANDIDATES, rates=rates)


def test_the_lab_trains_for_real():
    tuned = lab.tune(
        {"cosine": lambda rate, updates: CosineAnnealingLR(rate, updates)},
        rates=(0.01, 0.1, 1),
        seeds=(0, 1),
        report=(2, 3, 4),
        total_steps=40,
    )["cosine"]
    assert tuned.schedule == CosineAnnealingLR(tuned.rate, 40)
    assert tuned.lr.tolist() == [tuned.schedule.curve(40)] * 3
    assert tuned.val_loss.mean(axis=1).argmin() == tuned.rates.tolist().index(tuned.rate)
    assert tuned.val_curve.shape == (3, 2)
    assert tuned.test_accuracy.mean() > 0.15


def test_a_plateau_is_tuned_as_it_was_configured_and_its_rate_is_that_of_each_seed():
    tuned = lab.tune(
        {"plateau": lambda rate, updates: ReduceLROnPlateau(rate, factor=0.5, patience=0)},
        rates=(0.1, 0.8, 6.4),
        seeds=(0, 1),
        report=(2, 3),
        total_steps=400,
    )["plateau"]
    untouched = ReduceLROnPlateau(tuned.rate, factor=0.5, patience=0)
    assert vars(tuned.schedule) == vars(untouched)
    assert (tuned.lr[:, 0] == tuned.rate).all()
    assert tuned.lr.shape == (2, 400)
    assert tuned.lr[0].tolist() != tuned.lr[1].tolist()


def test_the_quadratic_is_tuned_to_the_bottom_of_its_valley():
    problem = harmonic_quadratic(10)
    shape = CosineAnnealingLR(1.0, 100).curve(100)
    peak, loss = lab.tune_quadratic(problem, shape)
    assert loss == pytest.approx(problem.final_loss([peak * rate for rate in shape]))
    for other in (0.01, 0.1, 0.9 * peak, 1.1 * peak, 1.0):
        assert problem.final_loss([other * rate for rate in shape]) > loss


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"candidates": {}}, "candidates must hold one at least, got none"),
        ({"candidates": {"a": 1}}, r"candidates\['a'\] must make a schedule, got 1"),
        ({"rates": 0.1}, "rates must be a sequence, got 0.1"),
        ({"seeds": [0, 2**64]}, r"seeds\[1\] must be below 2\*\*64"),
        ({"report": 5}, "report must be a sequence, got 5"),
        ({"candidates": {"a": min}}, r"candidates\['a'\] must make a schedule, got 0.1"),
        ({"rates": (0, 0.1)}, "rates\\[0\\] must be a finite number > 0, got 0"),
        ({"rates": ("a", "b")}, "rates\\[0\\] must be a finite number > 0, got 'a'"),
        ({"seeds": (0,)}, "seeds must be two at least, each once, got \\(0,\\)"),
        ({"seeds": (0, 0, 1)}, "seeds must be two at least, each once, got \\(0, 0, 1\\)"),
        ({"seeds": (0, 1.5)}, "seeds\\[1\\] must be a whole number >= 0, got 1.5"),
        ({"report": ()}, "report must be two at least, each once, got \\(\\)"),
        ({"report": (100, 100)}, "report must be two at least, each once, got"),
        ({"total_steps": 0}, "total_steps must be a whole number >= 1, got 0"),
        ({"optimizer": "lion"}, "optimizer must be one of 'sgd', 'adamw', got 'lion'"),
    ],
)
def test_a_bad_argument_is_named_before_anything_is_trained(landscape, change, message):
    with pytest.raises(ValueError, match=message):
        lab.tune(**{"candidates": CANDIDATES, "rates": GRID} | change)
    assert landscape.tried == []
