"""Explorers of demos: what moves in each panel, what can be dragged, and what is refused."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup

from lrlib.explorers import demos
from lrlib.explorers.demo import Panel, explore_demo
from lrlib.explorers.sketch import Axis, Curve


def walk(start: float, length: int, slope: float = 1.0) -> dict:
    """A demo: a line in both panels, and a level in the upper one alone."""
    if length == 13:
        raise ValueError("length must not be 13, got 13")
    x = list(range(length + 1))
    main = Curve(x, [start + slope * at for at in x])
    return {
        "walk": (main, Curve(main.y, x, [0.1] * len(x))),
        "level": (Curve([0, length], [start, start], text="low"), None),
    }


PANELS = (
    Panel("height", Axis(0.0, 40.0), span=(0, 20)),
    Panel("place", Axis(0.0, 20.0), span=(-5, 35), unit="height", when=""),
)
LOOK = {
    "id": "walk",
    "title": "A walk",
    "panels": PANELS,
    "colours": {"walk": "#0072b2", "level": "#767676"},
    "start": (0.0, 10.0, 5.0),
    "length": (1, 12, 4),
}


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setattr(demos, "walk", walk, raising=False)


@pytest.fixture
def page():
    return BeautifulSoup(explore_demo(walk, **LOOK).html, "html.parser")


def test_everything_a_demo_returns_moves():
    spec = explore_demo(walk, **LOOK).spec
    main, level = spec.drawn({"start": 1.0, "length": 2})
    assert main.moves
    assert level.moves
    assert main.lines[0].values == [1.0, 2.0, 3.0]
    assert level.lines[0].text == "low"
    assert level.lines[1] is None


def test_the_page_learns_the_demo_what_is_fixed_and_the_axes(page):
    assert json.loads(page.figure["data-spec"]) == {
        "demo": "walk",
        "fixed": {},
        "axes": [[0, 40, False, 0, 20], [0, 20, False, -5, 35]],
    }
    fixed = explore_demo(walk, **LOOK, slope=2.0).spec
    assert fixed.data()["fixed"] == {"slope": 2.0}
    assert fixed.drawn({"start": 0.0, "length": 2})[0].lines[0].values == [0, 2, 4]


def test_a_panel_shows_the_labels_that_have_a_line_there(page):
    upper, lower = page.select(".explorer-panel")
    assert [each.get_text() for each in upper.select(".explorer-end")] == ["walk 9", "level low"]
    assert [each.get_text() for each in lower.select(".explorer-end")] == ["walk 4"]
    assert len(lower.select(".explorer-band")) == 1


def test_the_main_line_lies_on_top_and_alone_has_a_dot(page):
    upper = page.select_one(".explorer-panel")
    lines = upper.select(".explorer-live")
    assert [line["data-line"] for line in lines] == ["1", "0"]
    assert [dot["data-line"] for dot in upper.select(".explorer-dot")] == ["0"]


def test_panels_with_axes_of_their_own_each_have_a_foot(page):
    assert [each.get_text() for each in page.select(".explorer-unit")] == ["update", "height"]


def test_panels_that_share_an_axis_have_one_foot():
    panels = (PANELS[0], Panel("place", Axis(0.0, 20.0), span=(0, 20)))
    page = BeautifulSoup(explore_demo(walk, **LOOK | {"panels": panels}).html, "html.parser")
    assert [each.get_text() for each in page.select(".explorer-unit")] == ["update"]


def test_the_outcome_is_said_in_a_sentence_for_each_panel(page):
    said = page.select_one(".explorer-said").get_text()
    assert said.strip() == "height at the end: walk 9, level low. place: walk 4."


def test_a_whole_parameter_moves_by_one_and_can_have_a_unit():
    spec = explore_demo(walk, **LOOK, units={"length": "paces"}).spec
    start, length = spec.sliders
    assert (start.step, length.step) == (0.1, 1)
    assert (start.text(5.0), length.text(4)) == ("5.0", "4 paces")


def test_a_handle_stands_in_the_plot_where_its_slider_does():
    panels = (PANELS[0], Panel("place", Axis(0.0, 20.0), span=(0, 20)))
    explorer = explore_demo(walk, **LOOK | {"panels": panels}, handles=("length",))
    page = BeautifulSoup(explorer.html, "html.parser")
    assert [(each["data-slider"], each["style"]) for each in page.select(".explorer-handle")] == [
        ("length", "left: 20.00%")
    ] * 2


def test_a_handle_in_jupyter_stands_where_its_slider_was_moved_to():
    panels = (PANELS[0], Panel("place", Axis(0.0, 20.0), span=(0, 20)))
    explorer = explore_demo(walk, **LOOK | {"panels": panels}, handles=("length",))
    explorer.controls["length"].value = 10
    drawn = BeautifulSoup(explorer.drawing.value, "html.parser")
    assert [each["style"] for each in drawn.select(".explorer-handle")] == ["left: 50.00%"] * 2


def test_the_drawing_in_jupyter_keeps_the_first_line_beside_the_one_that_moved():
    explorer = explore_demo(walk, **LOOK)
    first = explorer.spec.first[0].lines[0].path
    explorer.controls["start"].value = 10.0
    upper = BeautifulSoup(explorer.drawing.value, "html.parser").select_one(".explorer-panel")
    moved = explorer.spec.drawn(explorer.values)[0].lines[0]
    assert upper.select_one(".explorer-first")["d"] == first
    assert upper.select_one(".explorer-live[data-line='0']")["d"] == moved.path != first
    assert upper.select_one(".explorer-value").get_text() == moved.text


def test_a_demo_that_is_not_registered_is_refused(monkeypatch):
    monkeypatch.delattr(demos, "walk")
    with pytest.raises(ValueError, match="demo must be one of .*'trial'"):
        explore_demo(walk, **LOOK)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "a b"}, "id must be letters, digits and hyphens, got 'a b'"),
        ({"stride": 1}, "walk takes start, length, slope, got the parameter 'stride'"),
        ({"units": {"stride": "m"}}, "walk takes start, length, slope, got the parameter 'stride'"),
        ({"start": 1.0, "length": 2}, r"parameters must hold one \(low, high\) at least, got none"),
        ({"start": (2.0, 1.0)}, r"start must be \(low, high\) .*, got \(2.0, 1.0\)"),
        ({"length": (1, 13)}, "length must not be 13"),
        ({"handles": ("start",)}, "handles must name parameters .* whole, got 'start'"),
        ({"handles": ("slope",)}, "handles must name parameters that move .*, got 'slope'"),
        (
            {"colours": {"walk": "#0072b2"}},
            r"colours must be of \['walk', 'level'\], in this",
        ),
        ({"panels": PANELS[:1]}, "panels must be 2, as 'walk' has curves, got 1"),
    ],
)
def test_a_bad_specification_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        explore_demo(walk, **(LOOK | change))
