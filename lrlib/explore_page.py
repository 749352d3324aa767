"""What an explorer leaves in a built page: HTML that is complete without scripts.

The curves are drawn here once, for the sliders' first positions; ``explorer.js`` redraws them by
the same :mod:`lrlib.sketch`. Everything that is text is HTML beside the drawing, so that it keeps
its size while the drawing stretches with the page.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jinja2
from matplotlib.ticker import LogLocator, MaxNLocator

from .catalog import CATALOG
from .sketch import Axis

if TYPE_CHECKING:
    from .explore import Spec

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("lrlib", "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


def page_figure(spec: Spec) -> str:
    """Return the explorer as an HTML figure."""
    sketch, schedule = spec.sketch, spec.schedule(spec.start)
    lines = {spec.entry.label: schedule, **spec.against}
    panels = []
    for i, (title, axis) in enumerate(
        [("learning rate", sketch.rate_axis), ("expected loss", sketch.loss_axis)]
    ):
        drawn = [
            {"label": label, "colour": _colour(each), "line": sketch.draw(each)[i]}
            for label, each in lines.items()
        ]
        panels.append({"title": title, "ticks": _ticks(axis), "live": drawn[0], "still": drawn[1:]})
    return _TEMPLATES.get_template("explorer.html").render(
        spec=spec,
        panels=panels,
        steps=sketch.steps,
        x_ticks=[(f"{x:,.0f}", 100 * x / sketch.steps) for x in _round_numbers(0, sketch.steps)],
        summary=summary(spec),
        data=json.dumps(page_spec(spec)),
    )


def page_spec(spec: Spec) -> dict:
    """Return what the page's script needs to draw the explorer, as JSON can hold it."""
    sketch = spec.sketch
    return {
        "schedule": spec.entry.schedule.__name__,
        "fixed": dict(spec.fixed),
        "steps": sketch.steps,
        "curvatures": sketch.problem.curvatures,
        "variances": sketch.problem.variances,
        "start": sketch.problem.start,
        "rate_axis": [sketch.rate_axis.low, sketch.rate_axis.high, sketch.rate_axis.log],
        "loss_axis": [sketch.loss_axis.low, sketch.loss_axis.high, sketch.loss_axis.log],
    }


def summary(spec: Spec) -> str:
    """Return in a sentence what the explorer shows at first, for those who do not see it."""
    rate, loss = spec.sketch.draw(spec.schedule(spec.start))
    return f"After {spec.sketch.steps:,} updates: rate {rate.text}, expected loss {loss.text}."


def _colour(schedule: object) -> str:
    return next(entry.colour for entry in CATALOG.values() if entry.schedule is type(schedule))


def _round_numbers(low: float, high: float) -> list[float]:
    ticks = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [tick for tick in ticks.tolist() if low <= tick <= high]


def _ticks(axis: Axis) -> list[tuple[str, float]]:
    """Return the text of each tick of an axis, and its height."""
    if axis.log:
        subs = (1.0,) if axis.high / axis.low > 100 else (1.0, 3.0)
        ticks = LogLocator(subs=subs).tick_values(axis.low, axis.high)
        values = [tick for tick in ticks.tolist() if axis.low <= tick <= axis.high]
    else:
        values = _round_numbers(axis.low, axis.high)
    return [(f"{v:g}", height) for v, height in zip(values, axis.heights(values), strict=True)]
