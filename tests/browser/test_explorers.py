"""Explorers in the built page: alive without a kernel, and right to the last digit."""

import itertools
import json
import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from built import CHAPTERS, PLAYED, soup
from visit import open_page

from lrlib import CosineAnnealingLR
from lrlib.explorers import demos
from lrlib.explorers.schedules import explore
from lrlib.explorers.sketch import Axis, line


@pytest.fixture(scope="module", params=PLAYED)
def name(request):
    """A page with explorers."""
    return request.param


@pytest.fixture(scope="module")
def opened(name, site, new_tab):
    """The page, opened from the disk once for all that is played with on it."""
    with new_tab() as (tab, complaints):
        open_page(tab, f"{site.as_uri()}/{name}")
        yield tab
    assert not complaints


def specs(site, name, recorded=False):
    """The explorers of a page that compute, or that recorded: id, specification, sliders."""
    for figure in soup(site / name).select("figure.explorer"):
        sliders = {
            each["name"]: {at: float(each[at]) for at in ("min", "max", "value")}
            for each in figure.select("input")
        }
        spec = json.loads(figure["data-spec"])
        if ("records" in spec) == recorded:
            yield figure["id"].removeprefix("explorer-"), spec, sliders


def drawn_by_cpython(spec, values):
    """The moving lines of each panel of an explorer, computed here."""
    whole = {each: int(x) if x == int(x) else x for each, x in values.items()}
    demo = getattr(demos, spec["demo"])(**spec["fixed"], **whole)
    return [
        [line(curves[i], Axis(*axis[:3]), axis[3:]) for curves in demo.values() if curves[i]]
        for i, axis in enumerate(spec["axes"])
    ]


def shown(page, id, values):
    """What the page shows once its sliders stand at ``values``."""
    page.wait_for_function(
        "([id, values]) => { const shown = window.explorers[id]?.values; return shown &&"
        " Object.entries(values).every(([name, value]) => shown[name] === value) }",
        arg=[id, values],
    )
    return page.evaluate("id => window.explorers[id]", id)


def move(page, id, name, value):
    slider = page.locator(f"#{id}-{name}")
    slider.evaluate(
        "(slider, value) => { slider.value = value;"
        " for (const kind of ['input', 'change'])"
        " slider.dispatchEvent(new Event(kind, { bubbles: true })) }",
        value,
    )


def attributes(page, id, selector, attribute):
    lines = page.locator(f"#explorer-{id} {selector}")
    return lines.evaluate_all("(all, a) => all.map(each => each.getAttribute(a))", attribute)


def lines_in(page, id, panel):
    """The paths of what moves in a panel, the main line first."""
    paths = page.locator(f"#explorer-{id} .explorer-panel").nth(panel).locator(".explorer-live")
    return paths.evaluate_all(
        "all => all.sort((a, b) => a.dataset.line - b.dataset.line)"
        ".map(each => each.getAttribute('d'))"
    )


def assert_drawn_as_cpython_computes(page, id, spec, values):
    """Assert that numbers, lines and written ends are those of CPython; return the numbers."""
    numbers = shown(page, id, values)["lines"]
    expected = drawn_by_cpython(spec, values)
    for i in range(len(spec["axes"])):
        for theirs, mine in zip(numbers[i], expected[i], strict=True):
            assert theirs[4] == pytest.approx(mine.values, rel=1e-12, abs=1e-300)
        assert lines_in(page, id, i) == [each.path for each in expected[i]]
    ends = page.locator(f"#explorer-{id} .explorer-value").all_inner_texts()
    assert ends == [each.text for lines in expected for each in lines]
    return numbers


def test_moving_each_slider_to_both_ends_redraws_what_cpython_computes(opened, site, name):
    found = list(specs(site, name))
    assert found
    for id, spec, sliders in found:
        values = {each: at["value"] for each, at in sliders.items()}
        panels = range(len(spec["axes"]))
        before = [lines_in(opened, id, i) for i in panels]
        for slider, at in sliders.items():
            drawn = set()
            for end in ("min", "max", "value"):
                move(opened, id, slider, at[end])
                values[slider] = at[end]
                numbers = assert_drawn_as_cpython_computes(opened, id, spec, values)
                drawn.add(json.dumps(numbers))
            assert len(drawn) >= 2, slider
        assert [lines_in(opened, id, i) for i in panels] == before


def test_reset_brings_the_first_curve_back(opened, site, name):
    for id, _, sliders in specs(site, name):
        first = {each: at["value"] for each, at in sliders.items()}
        for slider, at in sliders.items():
            move(opened, id, slider, at["min"])
        shown(opened, id, {slider: at["min"] for slider, at in sliders.items()})
        opened.locator(f"#explorer-{id} button").click()
        shown(opened, id, first)


def test_a_slider_over_recorded_runs_shows_the_run_of_each_position(opened, site, name):
    for id, spec, sliders in specs(site, name, recorded=True):
        sizes = {slider: int(at["max"]) + 1 for slider, at in sliders.items()}
        positions = list(itertools.product(*map(range, sizes.values())))
        assert len(spec["records"]) == len(positions)
        for at in (0, len(positions) // 2, len(positions) - 1):
            values = dict(zip(sizes, positions[at], strict=True))
            for slider, value in values.items():
                move(opened, id, slider, value)
            shown(opened, id, values)
            record = spec["records"][at]
            shown_paths = attributes(opened, id, ".explorer-live", "d")
            assert shown_paths == [line[0] for (line,) in record]
            ends = opened.locator(f"#explorer-{id} .explorer-value").all_inner_texts()
            assert ends == [line[2] for (line,) in record]


def test_a_question_answers_each_choice_by_keyboard(opened, name):
    questions = opened.locator(".Quiz").all()
    assert questions or name not in CHAPTERS
    for question in questions:
        choices, seen = question.locator("label"), set()
        choices.first.locator("input").focus()
        opened.keyboard.press("Space")
        for _ in range(choices.count()):
            seen.add(question.locator(".Feedback").inner_text())
            opened.keyboard.press("ArrowDown")
        assert len(seen) == choices.count()
        assert question.locator(".Feedback").get_attribute("role") == "status"
        assert "" not in seen


def test_the_keyboard_moves_a_slider_and_the_address_remembers_it(page, served, site, name):
    page.goto(f"{served}/{name}")
    for id, spec, sliders in specs(site, name):
        slider, at = next(iter(sliders.items()))
        page.locator(f"#{id}-{slider}").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("End")
        values = {each: at["value"] for each, at in sliders.items()} | {slider: at["max"]}
        assert_drawn_as_cpython_computes(page, id, spec, values)
        address = page.evaluate("location.href")
        assert f"#{id}?" in address
        assert re.search(rf"[?&]{slider}={at['max']:g}\b", address)
    page.reload()
    shown(page, id, values)


def test_a_handle_is_dragged_in_the_plot_and_its_slider_goes_along(page, served):
    page.goto(f"{served}/book/04_steps.html")
    page.mouse.move(300, 300)
    handle = page.locator("#explorer-milestones .explorer-handle[data-slider=first]").first
    handle.scroll_into_view_if_needed()
    box, plot = handle.bounding_box(), handle.locator("..").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(plot["x"] + 0.2 * plot["width"], box["y"] + 20, steps=4)
    shown(page, "milestones", {"first": 20, "second": 75})
    page.mouse.move(plot["x"] - 50, box["y"] + 20)
    page.mouse.up()
    shown(page, "milestones", {"first": 0, "second": 75})
    assert "first=0" in page.evaluate("location.hash")
    assert handle.evaluate("handle => handle.style.left") == "0%"


def test_an_address_opens_its_curve_and_nonsense_in_it_is_ignored(page, served):
    page.goto(f"{served}/book/05_cosine.html#cosine?T_max=125&base_lr=nonsense&other=7&eta_min=")
    assert shown(page, "cosine", {"T_max": 125})["values"] == {
        "base_lr": 0.3,
        "T_max": 125,
        "eta_min": 0,
    }
    page.evaluate("location.hash = '#cosine?T_max=9999'")
    assert shown(page, "cosine", {"T_max": 500})
    page.evaluate("location.hash = '#derivation'")
    assert page.locator("#cosine-T_max").input_value() == "500"


def test_a_slider_says_its_value_and_the_outcome_to_a_screen_reader(page, served):
    page.goto(f"{served}/book/05_cosine.html")
    move(page, "cosine", "T_max", 200)
    shown(page, "cosine", {"T_max": 200})
    assert page.locator("#cosine-T_max").get_attribute("aria-valuetext") == "200 updates"
    assert page.locator('output[for="cosine-T_max"]').inner_text() == "200 updates"
    said = page.locator("#explorer-cosine [role=status]")
    page.wait_for_function(
        "said => said.textContent.includes('learning rate at the end: cosine 0.15')",
        arg=said.element_handle(),
    )


def test_python_waits_for_a_reader(page, served):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    open_page(page, f"{served}/book/05_cosine.html")
    assert not [url for url in asked if "brython" in url]
    page.mouse.move(300, 300)
    page.wait_for_function("typeof startExplorer !== 'undefined'")


def test_curves_that_cannot_follow_say_why(new_tab, site):
    with new_tab() as (tab, _):
        tab.route("**/brython.js", lambda route: route.abort())
        open_page(tab, f"{site.as_uri()}/{CHAPTERS[-1]}")
        figure = tab.locator("figure.explorer:not([data-spec*=records])").first
        said = figure.locator("[role=status]")
        assert said.bounding_box()["height"] < 2
        figure.locator("input").first.press("ArrowRight")
        figure.get_by_text("brython.js did not load").wait_for()
        assert said.bounding_box()["height"] > 10


def test_without_scripts_the_first_curve_stands_and_no_dead_slider(new_tab, site, name):
    with new_tab(java_script_enabled=False) as (tab, complaints):
        tab.goto(f"{site.as_uri()}/{name}")
        figure = tab.locator("figure.explorer").first
        assert figure.locator("svg").first.is_visible()
        assert not figure.locator("input").first.is_visible()
        assert "With scripts switched on" in figure.inner_text()
    assert not complaints


# A colour as red, green and blue, however it is written.
PIXEL = """colour => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


@pytest.mark.parametrize(
    ("ground", "text", "as_named"), [("#fff", "#000d", True), ("#111", "#fffd", False)]
)
def test_the_drawing_in_jupyter_reads_on_either_ground(new_tab, ground, text, as_named):
    explorer = explore(CosineAnnealingLR, id="a", title="A", base_lr=(0.1, 0.2), T_max=9)
    head, drawing = explorer.children[0].children[0].value, explorer.drawing.value
    with new_tab() as (tab, complaints):
        tab.set_content(
            f'<body style="background: {ground}; color: {text}">'
            f"<div class=lrlib-explorer>{head}{drawing}</div>"
        )
        line = tab.locator(".explorer-live").first
        named, drawn = (
            tab.evaluate(PIXEL, line.evaluate(f"line => getComputedStyle(line){each}"))
            for each in (".getPropertyValue('--line')", ".stroke")
        )
        assert (drawn == named) == as_named
        tab.evaluate(AXE_SCRIPT)
        found = AxeResults(tab.evaluate("axe.run('.lrlib-explorer')"))
        assert not found.violations_count, found.generate_report()
    assert not complaints
