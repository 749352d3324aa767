"""What an explorer leaves in a built page: HTML that is complete without scripts.

The curves are drawn here once, for the sliders' first positions; ``explorer.js`` draws the others.
Everything that is text is HTML beside the drawing, so that it keeps its size while the drawing
stretches with the page.
"""

from __future__ import annotations

import json

import jinja2
from matplotlib.ticker import LogLocator, MaxNLocator

from .sketch import Axis
from .spec import Spec

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("lrlib.explorers", "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


def page_figure(spec: Spec) -> str:
    """Return the explorer as an HTML figure."""
    drawn = spec.drawn(spec.start)
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
                    (slider.name, 100 * (slider.start - low) / (high - low))
                    for slider in spec.sliders
                    if slider.handle
                ],
                "live": [(each, line) for each, line in shown if each.moves],
                "still": [(each, line) for each, line in shown if not each.moves],
                "main": drawn[0],
            }
        )
    return _TEMPLATES.get_template("explorer.html").render(
        spec=spec, panels=panels, data=json.dumps(spec.data(), separators=(",", ":"))
    )


def _round_numbers(low: float, high: float) -> list[float]:
    ticks = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [tick for tick in ticks.tolist() if low <= tick <= high]


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
