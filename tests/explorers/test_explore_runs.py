"""Explorers of recorded runs show the runs that were recorded, and nothing in between."""

import json
import math

import numpy as np
import pytest
from bs4 import BeautifulSoup
from tqdm import tqdm

from lrlib.explorers import runs
from lrlib.explorers.runs import explore_runs, mean_curve, rate_curve
from lrlib.explorers.sketch import Curve

STEPS = 100
LOOK = {"id": "runs", "title": "Runs", "steps": STEPS, "label": "run", "colour": "#0072B2"}


def draw(peak, seeds):
    """A made-up run: what it shows depends on both sliders."""
    losses = np.linspace(2, peak, 5) + 0.1 * np.arange(seeds)[:, None]
    return rate_curve([peak] * STEPS), mean_curve([0, 25, 50, 75, 100], losses)


@pytest.fixture
def explorer():
    return explore_runs(
        draw,
        peak=(0.1, 0.2, 0.4),
        seeds=(2, 8),
        against={"flat": ("#767676", (Curve([0, 99], [0.3, 0.3]), Curve([0, 100], [2, 1])))},
        **LOOK,
    )


def test_every_position_shows_its_own_run(explorer):
    for i, peak in enumerate((0.1, 0.2, 0.4)):
        for j, seeds in enumerate((2, 8)):
            moving, still = explorer.spec.drawn({"peak": i, "seeds": j})
            rate, loss = draw(peak, seeds)
            assert moving.lines[0].values == rate.y.tolist()
            assert moving.lines[1].values == loss.y
            assert moving.lines[1].text == loss.text
            assert still.label == "flat"


def test_the_page_holds_every_run_in_the_order_of_the_sliders(explorer):
    data = json.loads(BeautifulSoup(explorer.html, "html.parser").figure["data-spec"])
    assert len(data["records"]) == 6
    for i in range(3):
        for j in range(2):
            lines = explorer.spec.drawn({"peak": i, "seeds": j})[0].lines
            assert data["records"][2 * i + j] == [
                [[line.path, line.dot, line.text, line.area]] for line in lines
            ]


def test_a_slider_says_the_value_and_not_its_position(explorer):
    html = BeautifulSoup(explorer.html, "html.parser")
    slider = html.select_one('input[name="peak"]')
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "2", "0")
    assert json.loads(slider["data-choices"]) == ["0.1", "0.2", "0.4"]
    assert slider["aria-valuetext"] == "0.1"


def test_the_drawing_in_jupyter_follows_the_sliders(explorer):
    seen = []
    for name, control in explorer.controls.items():
        for position in range(len(control.options)):
            explorer.controls[name].value = position
            seen.append(explorer.drawing.value)
    assert len(set(seen)) == 4  # the last position of one slider is where the next begins


def test_runs_that_are_only_trained_when_drawn_show_how_many_are_left(monkeypatch, capsys):
    at_once = {"delay": 0, "mininterval": 0, "leave": True}
    monkeypatch.setattr(runs, "tqdm", lambda each, **options: tqdm(each, **options | at_once))
    monkeypatch.setattr(runs, "shows_progress", lambda: True)
    explore_runs(draw, peak=(0.1, 0.2), seeds=(2, 3), **LOOK)
    shown = capsys.readouterr().err
    for text in ("Runs", "1/4", "4/4"):
        assert text in shown


def test_a_slider_begins_where_it_is_told_to():
    explorer = explore_runs(draw, start={"peak": 0.2}, peak=(0.1, 0.2), seeds=(2, 3), **LOOK)
    assert explorer.values == {"peak": 1, "seeds": 0}


def test_a_mean_has_a_band_of_its_standard_error():
    curve = mean_curve([0, 10], np.array([[1.0, 2.0], [3.0, 6.0]]))
    assert (list(curve.y), list(curve.error), curve.text) == (
        [2, 4],
        [1, 2],
        "4.000\u00a0±\u00a02.000",
    )


def test_the_band_is_drawn_in_the_page(explorer):
    html = BeautifulSoup(explorer.html, "html.parser")
    (band,) = html.select(".explorer-band")
    assert band["data-line"] == "0"
    assert band["d"] == explorer.spec.drawn(explorer.spec.start)[0].lines[1].area


def test_a_rate_is_thinned_but_keeps_its_values_and_its_end():
    rates = np.linspace(1, 0, 1500)
    curve = rate_curve(rates, points=100)
    assert len(curve.x) <= 102
    assert curve.x[-1] == 1499
    assert curve.y.tolist() == rates[curve.x].tolist()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "a b"}, "id must be letters, digits and hyphens, got 'a b'"),
        ({"steps": 0}, "steps must be a whole number >= 1, got 0"),
        ({"peak": (0.1,)}, r"peak must hold at least two values, got \(0.1,\)"),
        ({"start": {"peak": 0.3}}, "start must hold values of the sliders, got 0.3 for peak"),
        ({"start": {"peaks": 0.1}}, "start must hold values of the sliders, got 0.1 for peaks"),
        ({"panels": (("rate", False),)}, "draw must give 1 curves, one a panel, got 2"),
    ],
)
def test_a_bad_specification_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        explore_runs(draw, **({"peak": (0.1, 0.2), "seeds": (2, 3)} | LOOK | change))


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        ([1.0, 0.0], r"must give positive values for 'validation loss', got \[1.0, 0.0\]"),
        ([math.nan, math.inf], "must give positive values for 'validation loss', got"),
        ([1.0], "must give as many y as x for 'validation loss', got 1 and 2"),
    ],
)
def test_curves_that_a_panel_cannot_show_are_named(losses, message):
    curves = (Curve([0, 1], [0.1, 0.1]), Curve([0, 1], losses))
    options = LOOK | {"panels": (("learning rate", False), ("validation loss", True))}
    with pytest.raises(ValueError, match=f"draw {message}"):
        explore_runs(lambda peak: curves, peak=(0.1, 0.2), **options)
    options["against"] = {"a": ("grey", curves)}
    with pytest.raises(ValueError, match=rf"against\['a'\] {message}"):
        explore_runs(draw, peak=(0.1, 0.2), seeds=(2, 3), **options)


def test_runs_without_a_slider_are_refused():
    with pytest.raises(ValueError, match="parameters must hold the values of one slider"):
        explore_runs(draw, **LOOK)
