"""The drawing of an explorer, as HTML: the same in a built page and in Jupyter.

In the page it is complete without scripts: the curves are drawn here once, for the sliders' first
positions, and ``explorer.js`` draws the others. In Jupyter :mod:`lrlib.explorers.widget` has it
drawn for every position. All that is text is HTML beside the SVG, so that it keeps its size while
the curves stretch with the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import jinja2
from matplotlib.ticker import LogLocator, MaxNLocator

from .sketch import Axis
from .spec import Number, Spec

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("lrlib.explorers", "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


def page_figure(spec: Spec) -> str:
    """Return the explorer as an HTML figure."""
    return _TEMPLATES.get_template("explorer.html").render(
        spec=spec,
        panels=_panels(spec, spec.start),
        data=json.dumps(spec.data(), separators=(",", ":")),
    )


def drawing(spec: Spec, values: Mapping[str, Number]) -> str:
    """Return the panels with the sliders at ``values``, as HTML."""
    return _TEMPLATES.get_template("panels.html").render(panels=_panels(spec, values))


def jupyter_head(spec: Spec) -> str:
    """Return what stands above the panels in Jupyter: the title, and the drawing's style sheet."""
    return _TEMPLATES.get_template("jupyter.html").render(spec=spec)


def _panels(spec: Spec, values: Mapping[str, Number]) -> list[dict[str, Any]]:
    """Return what ``panels.html`` writes, from top to bottom."""
    drawn = spec.drawn(values)
    panels = []
    for i, panel in enumerate(spec.panels):
        shown = [(each, each.lines[i]) for each in drawn if each.lines[i] is not None]
        low, high = panel.span
        panels.append(
            {
                "title": panel.title,
                "when": panel.when,
                "unit": panel.unit,
                "span": panel.span,
                "ticks": _ticks(panel.axis),
                "foot": [
                    (_written(x), 100 * (x - low) / (high - low)) for x in _round_numbers(low, high)
                ]
                if spec.feet[i]
                else [],
                "handles": [
                    (slider.name, 100 * (values[slider.name] - low) / (high - low))
                    for slider in spec.sliders
                    if slider.handle
                ],
                "live": [(each, line) for each, line in shown if each.moves],
                "still": [(each, line) for each, line in shown if not each.moves],
                "main": drawn[0],
                "first": spec.first[0].lines[i],
            }
        )
    return panels


@cache
def _round_numbers(low: float, high: float) -> list[float]:
    ticks = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [tick for tick in ticks.tolist() if low <= tick <= high]


@cache
def _ticks(axis: Axis) -> list[tuple[str, float]]:
    """Return the text of each tick of an axis, and its height."""
    if axis.log:
        subs = (1.0,) if axis.high / axis.low > 100 else (1.0, 3.0)
        if axis.high / axis.low < 10:
            subs = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
        ticks = LogLocator(subs=subs).tick_values(axis.low, axis.high)
        values = [tick for tick in ticks.tolist() if axis.low <= tick <= axis.high]
    else:
        values = _round_numbers(axis.low, axis.high)
    return [(_written(v), height) for v, height in zip(values, axis.heights(values), strict=True)]


def _written(x: float) -> str:
    return f"{x:,.6g}".replace("-", "\N{MINUS SIGN}")
