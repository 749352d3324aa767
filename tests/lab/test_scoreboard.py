"""The scoreboard holds every schedule against the constant rate, seed by seed."""

from types import SimpleNamespace

import numpy as np
import pytest

from lrlib import ReduceLROnPlateau, Schedule
from lrlib.catalog import CATALOG
from lrlib.course import tables
from lrlib.lab import scoreboard


@pytest.fixture
def tunes(monkeypatch):
    """Replaces the lab by one in which some rows are better than others."""
    asked = []

    def tune(candidates, optimizer):
        ((key, _),) = candidates.items()
        asked.append((key, optimizer))
        gain = {"constant": 0, "multistep": 0.1, "cosine": 0.3}[key]
        loss = np.array([0.9, 1.0, 1.1]) - gain + {"sgd": 0, "adamw": 0.05}[optimizer]
        row = {"test_loss": loss, "test_accuracy": 1 - loss / 2, "peak": "0.2 (0.2 to 0.3)"}
        return {key: SimpleNamespace(**row)}

    monkeypatch.setattr(scoreboard, "tune", tune)
    return asked


def test_a_recipe_is_of_the_class_that_the_catalog_has_under_its_key():
    for key, recipe in scoreboard.RECIPES.items():
        assert type(recipe(0.1, 100)) is CATALOG[key].schedule


def test_every_schedule_of_the_catalog_has_a_row():
    assert list(scoreboard.ROWS) == list(CATALOG)


@pytest.mark.parametrize("key", [key for key in scoreboard.ROWS if key != "plateau"])
def test_a_row_is_a_schedule_that_peaks_at_its_rate_within_any_run(key):
    for steps in (40, 1500):
        schedule = scoreboard.ROWS[key](0.3, steps)
        assert isinstance(schedule, Schedule)
        assert max(schedule.curve(steps)) == pytest.approx(0.3, rel=0.1)


def test_the_row_of_the_plateau_begins_at_its_rate_and_can_fall_several_times_in_a_run():
    plateau = scoreboard.ROWS["plateau"](0.3, 1500)
    assert isinstance(plateau, ReduceLROnPlateau)
    rates = [plateau.lr] + [plateau.update(loss) for loss in [1.0] * 9]
    assert rates[0] == 0.3
    assert len(set(rates)) > 3


def test_scores_are_paired_with_the_constant_rate(tunes):
    scores = scoreboard.scoreboard("cosine", "multistep")
    assert list(scores) == ["constant", "cosine", "multistep"]
    assert scores["constant"].against_constant.verdict == "equal"
    cosine = scores["cosine"].against_constant
    assert cosine.mean == pytest.approx(-0.3)
    assert cosine.se == pytest.approx(0, abs=1e-12)
    assert cosine.verdict == "better"
    assert cosine.among == 2
    assert scores["cosine"].loss.mean == pytest.approx(0.7)
    assert scores["cosine"].accuracy == pytest.approx(0.65)


def test_each_row_is_tuned_alone_so_that_chapters_share_it(tunes):
    scoreboard.scoreboard("multistep", "constant", "multistep", optimizer="adamw")
    scoreboard.row("cosine")
    assert tunes == [("constant", "adamw"), ("multistep", "adamw"), ("cosine", "sgd")]


def test_the_table_shows_both_optimizers_and_the_verdicts(tunes):
    _, _, *rows = tables.show_scoreboard("multistep").data.splitlines()
    difference = "−0.100\u00a0±\u00a00.000 | better"
    assert rows == [
        "| constant | SGD | 0.2 (0.2 to 0.3) | 1.000\u00a0±\u00a00.058 |  |  | 50.0 |",
        f"| multistep | SGD | 0.2 (0.2 to 0.3) | 0.900\u00a0±\u00a00.058 | {difference} | 55.0 |",
        "| constant | AdamW | 0.2 (0.2 to 0.3) | 1.050\u00a0±\u00a00.058 |  |  | 47.5 |",
        f"| multistep | AdamW | 0.2 (0.2 to 0.3) | 0.950\u00a0±\u00a00.058 | {difference} | 52.5 |",
    ]


def test_an_unknown_row_or_optimizer_is_named(monkeypatch):
    with pytest.raises(ValueError, match="keys must be one of .*'cosine'.*, got 'cosin'"):
        scoreboard.scoreboard("cosin")
    with pytest.raises(ValueError, match="key must be one of .*'cosine'.*, got 'cosin'"):
        scoreboard.row("cosin")
    with pytest.raises(ValueError, match=r"optimizer must be one of .*, got 'adam'"):
        scoreboard.row("cosine", optimizer="adam")
