"""Explorers answer at every position of their sliders, and refuse a bad specification at once."""

import ast
import json
import re
from functools import cache
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from matplotlib.figure import Figure

from lrlib import (
    ConstantLR,
    CosineAnnealingLR,
    LinearLR,
    NoamLR,
    ReduceLROnPlateau,
    StepLR,
    WarmupWithDecay,
)
from lrlib.explorers.schedules import explore
from lrlib.theory import NoisyQuadratic

BOOK = Path(__file__).parents[2] / "book"


def cells_of(path):
    """The code cells of a notebook or of a page in Markdown."""
    if path.suffix == ".ipynb":
        notebook = nbformat.read(path, as_version=4)
        return [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    fenced = re.findall(r"```\{code-cell\}.*?\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    return [re.sub(r"^:\w+:.*$", "", cell, flags=re.MULTILINE) for cell in fenced]


def explorers_in(path):
    """Every ``explore(...)`` of a page, made with the page's imports alone."""
    trees = [ast.parse(cell) for cell in cells_of(path)]
    nodes = [node for tree in trees for node in tree.body]
    imports = [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
    namespace = {}
    exec(compile(ast.Module(imports, []), path.name, "exec"), namespace)
    for node in nodes:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("explore", "explore_demo"):
            yield eval(compile(ast.Expression(call), path.name, "eval"), namespace)


@cache
def explorers_of(path):
    """The explorers of a page, made once for all tests."""
    return list(explorers_in(path))


PAGES = [BOOK / "intro.ipynb", *sorted(BOOK.glob("[0-9][0-9]_*.ipynb"))]

each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)


@each_page
def test_the_front_page_and_every_chapter_have_an_explorer(path):
    assert explorers_of(path)


@each_page
def test_the_drawing_in_jupyter_follows_every_slider_to_both_ends(path):
    for explorer in explorers_of(path):
        for slider in explorer.spec.sliders:
            control, seen = explorer.controls[slider.name], []
            for position in (slider.low, slider.high):
                control.value = position
                assert explorer.values[slider.name] == position
                seen.append(explorer.drawing.value)
            assert len(set(seen)) == 2, (explorer.spec.id, slider.name)


@each_page
def test_the_page_gets_html_that_says_what_it_shows(path):
    for explorer in explorers_of(path):
        html = BeautifulSoup(explorer.html, "html.parser")
        for slider in explorer.spec.sliders:
            control = html.select_one(f'input[name="{slider.name}"]')
            assert html.select_one(f'label[for="{control["id"]}"]').get_text() == slider.name
            assert float(control["value"]) == slider.start
        moving = [each for each in explorer.spec.drawn(explorer.spec.start) if each.moves]
        for i, panel in enumerate(html.select(".explorer-panel")):
            lines = [each.lines[i] for each in moving if each.lines[i]]
            for k, line in enumerate(lines):
                assert panel.select_one(f'.explorer-live[data-line="{k}"]')["d"] == line.path
            values = panel.select(".explorer-value")
            assert [value.get_text() for value in values] == [line.text for line in lines]


def svgs(html):
    return BeautifulSoup(html, "html.parser").select("svg")


@each_page
def test_jupyter_first_shows_what_the_page_shows_and_again_after_a_reset(path):
    for explorer in explorers_of(path):
        explorer.reset()
        assert svgs(explorer.drawing.value) == svgs(explorer.html)
        control, moved = next(iter(explorer.controls.values())), explorer.spec.sliders[0]
        control.value = moved.low if control.value == moved.high else moved.high
        assert svgs(explorer.drawing.value) != svgs(explorer.html)
        explorer.reset()
        assert svgs(explorer.drawing.value) == svgs(explorer.html)


@each_page
def test_no_matplotlib_figure_is_made_for_a_move(path, monkeypatch):
    explorers = explorers_of(path)
    monkeypatch.setattr(Figure, "__init__", lambda *_, **__: pytest.fail("a figure was made"))
    for explorer in explorers:
        for slider in explorer.spec.sliders:
            for position in (slider.low, slider.high):
                explorer.controls[slider.name].value = position


@each_page
def test_a_slider_in_jupyter_has_the_name_the_unit_and_the_span_of_the_page(path):
    for explorer in explorers_of(path):
        for slider, row in zip(explorer.spec.sliders, explorer.children[2:], strict=True):
            control, unit = row.children
            assert control is explorer.controls[slider.name]
            assert (control.description, unit.value) == (slider.name, slider.unit)
            assert (control.min, control.max, control.step) == (
                slider.low,
                slider.high,
                slider.step,
            )


def test_jupyter_gets_the_widget():
    bundle = explore(CosineAnnealingLR, id="a", title="A?", base_lr=(0.1, 0.2), T_max=9)
    bundle = bundle._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == "A? (run this cell to move its sliders)"


def test_a_notebook_opened_without_a_kernel_says_to_run_the_cell_and_a_page_is_alive(monkeypatch):
    explorer = explore(CosineAnnealingLR, id="a", title="1 < 2?", base_lr=(0.1, 0.2), T_max=9)
    saved = explorer._repr_mimebundle_()["text/html"]
    assert saved == "<p><strong>1 &lt; 2?</strong> (run this cell to move its sliders)</p>"
    monkeypatch.setenv("LRLIB_PAGES", "1")
    assert explorer._repr_mimebundle_()["text/html"] == explorer.html


def test_the_button_resets_the_sliders():
    explorer = explore(CosineAnnealingLR, id="a", title="A", base_lr=(0.1, 0.2), T_max=(9, 11))
    explorer.controls["base_lr"].value, explorer.controls["T_max"].value = 0.2, 9
    head, *_ = explorer.children
    head.children[-1].click()
    assert explorer.values == explorer.spec.start


def test_a_slider_takes_round_positions_and_starts_in_the_middle():
    spec = explore(CosineAnnealingLR, id="a", title="A", base_lr=(0.1, 0.5), T_max=(10, 20)).spec
    rate, period = spec.sliders
    assert (rate.step, rate.start, rate.text(0.25)) == (0.001, 0.3, "0.250")
    assert (period.step, period.start, period.text(1500)) == (1, 15, "1,500 updates")


def test_a_whole_parameter_counts_updates_unless_told_otherwise():
    spec = explore(
        NoamLR,
        id="a",
        title="A",
        d_model=(1, 9),
        warmup_steps=(1, 9),
        units={"d_model": "features"},
    ).spec
    assert [slider.text(4) for slider in spec.sliders] == ["4 features", "4 updates"]


def test_what_is_fixed_and_what_is_compared_reaches_the_page():
    explorer = explore(
        WarmupWithDecay,
        id="a",
        title="A",
        base_lr=(0.1, 0.2),
        warmup_steps=0,
        total_steps=50,
        decay="linear",
        steps=50,
        against={"flat": ConstantLR(0.1, 1)},
    )
    html = BeautifulSoup(explorer.html, "html.parser")
    data = json.loads(html.figure["data-spec"])
    for name, value in {"warmup_steps": 0, "total_steps": 50, "decay": "linear"}.items():
        assert data["fixed"][name] == value
    assert len(html.select(".explorer-still")) == 2


def test_a_title_is_text_and_not_markup():
    explorer = explore(CosineAnnealingLR, id="a", title="<b>&", base_lr=(0.1, 0.2), T_max=9)
    head, *_ = explorer.children
    for html in (explorer.html, head.children[0].value):
        assert BeautifulSoup(html, "html.parser").strong.get_text() == "<b>&"


def test_an_unstable_rate_leaves_the_panel_and_does_not_stretch_it():
    problem = NoisyQuadratic([1.0], [1.0])
    explorer = explore(ConstantLR, id="a", title="A", base_lr=(0.1, 5.0), factor=1, problem=problem)
    explorer.controls["base_lr"].value = 5.0
    assert explorer.spec.panels[1].axis.high < 1000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedule": StepLR(0.1, 5)}, "schedule must be a class in the catalog, got StepLR"),
        ({"schedule": ReduceLROnPlateau}, "schedule must be a class in the catalog, got .*Plateau"),
        ({"id": "a b"}, "id must be letters, digits and hyphens, got 'a b'"),
        ({"steps": 0}, "steps must be a whole number >= 1, got 0"),
        ({"steps": 2.5}, "steps must be a whole number >= 1, got 2.5"),
        ({"against": {"x": 0.1}}, r"against\['x'\] must be a schedule in the catalog, got 0.1"),
        ({"t_max": (1, 9)}, "CosineAnnealingLR takes base_lr, T_max, eta_min, got .* 't_max'"),
        ({"units": {"t_max": "s"}}, "CosineAnnealingLR takes .*, got the parameter 't_max'"),
        ({"base_lr": 0.1}, r"parameters must hold one \(low, high\) at least, got none"),
        ({"base_lr": (0.1,)}, r"base_lr must be \(low, high\) .*, got \(0.1,\)"),
        ({"base_lr": (0.2, 0.1)}, r"base_lr must be .* got \(0.2, 0.1\)"),
        ({"base_lr": (0.1, 0.2, 0.3)}, r"base_lr must be .* got \(0.1, 0.2, 0.3\)"),
        ({"base_lr": ("0.1", 0.2)}, "base_lr must be .* got \\('0.1', 0.2\\)"),
        ({"base_lr": (0.1, float("inf"))}, "base_lr must be .* finite, got"),
        ({"base_lr": (float("nan"), 0.1)}, "base_lr must be .* finite, got"),
        ({"base_lr": (0.00001, 0.5)}, "base_lr must move in steps of 0.001, got 1e-05"),
        ({"T_max": (1.5, 9)}, "T_max must move in steps of 1, got 1.5"),
        (
            {"eta_min": (-0.2, 0.4)},
            "parameters must be legal together, got .*: eta_min must be a finite number",
        ),
        ({"base_lr": (-0.1, 0.2)}, "parameters must be legal together, got base_lr=-0.1"),
        ({"T_max": None}, "parameters must be legal together, .*T_max must be a whole number"),
    ],
)
def test_a_bad_specification_is_refused_in_the_notebook(change, message):
    arguments = {"schedule": CosineAnnealingLR, "id": "a", "title": "A", "T_max": 9}
    with pytest.raises(ValueError, match=message):
        explore(**(arguments | {"base_lr": (0.1, 0.2)} | change))


def test_a_parameter_that_is_missing_is_named():
    with pytest.raises(ValueError, match="T_max"):
        explore(CosineAnnealingLR, id="a", title="A", base_lr=(0.1, 0.2))


def test_the_lines_to_compare_with_have_room():
    tall = LinearLR(3.0, 1, 0, 10)
    spec = explore(
        CosineAnnealingLR, id="a", title="A", base_lr=(0.1, 0.2), T_max=9, against={"tall": tall}
    ).spec
    assert spec.panels[0].axis.high > 3
