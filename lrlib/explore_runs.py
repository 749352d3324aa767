"""Explorers of recorded runs: sliders that choose among runs that were really trained.

Every position of the sliders is a run of its own; nothing in between is made up. The page carries
the drawn curves, so they should be few and short: a rate is thinned to every tenth update or so.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .explorer import Drawn, Explorer, Number, Panel, Slider, Spec, check_id
from .lab import estimate
from .schedules.base import check_count
from .sketch import Axis, Line, points


@dataclass(frozen=True)
class Curve:
    """Something recorded over the updates of a run.

    Args:
        x: where, in updates, of length n.
        y: the values, of length n.
        error: the half height of a band around them, of length n; None for no band.
        text: what stands in the panel's head; the last value by default.
    """

    x: Sequence[float]
    y: Sequence[float]
    error: Sequence[float] | None = None
    text: str = ""


def rate_curve(lr: Sequence[float], points: int = 150) -> Curve:
    """Return the rate of each update, thinned to about so many points; the last one stays."""
    every = max(1, len(lr) // points)
    at = np.unique(np.append(np.arange(0, len(lr), every), len(lr) - 1))
    return Curve(at, np.asarray(lr)[at])


def mean_curve(x: Sequence[float], runs: np.ndarray) -> Curve:
    """Return the mean over seeds and its standard error, of values of shape [seeds, n]."""
    seen = [estimate(values) for values in np.asarray(runs).T]
    return Curve(x, [each.mean for each in seen], [each.se for each in seen], str(seen[-1]))


def explore_runs(
    draw: Callable[..., Sequence[Curve]],
    *,
    id: str,
    title: str,
    steps: int,
    panels: Sequence[tuple[str, bool]] = (("learning rate", False), ("validation loss", True)),
    label: str,
    colour: str,
    against: Mapping[str, tuple[str, Sequence[Curve]]] | None = None,
    start: Mapping[str, object] | None = None,
    **parameters: Sequence[object],
) -> Explorer:
    """Put recorded runs under sliders.

    Args:
        draw: the curves of the run at one position of the sliders, one curve for each panel; called
            once for every combination, with the parameters by name.
        id: names the explorer in its page: letters, digits and hyphens.
        title: stands above it.
        steps: the number of updates shown.
        panels: of each panel what it shows, and whether its axis is logarithmic.
        label: what moves, in the panels' heads.
        colour: its colour.
        against: label to colour and curves: lines that stay.
        start: where sliders begin that do not begin at their first value.
        parameters: the values of each slider, in order.

    Raises:
        ValueError: if an argument is not of this form, or ``draw`` gives not one curve a panel.
    """
    check_id(id)
    check_count("steps", steps, least=1)
    if not parameters:
        raise ValueError("parameters must hold the values of one slider at least, got none")
    for name, values in parameters.items():
        if len(values) < 2:
            raise ValueError(f"{name} must hold at least two values, got {values!r}")
    still = {name: (ink, tuple(curves)) for name, (ink, curves) in (against or {}).items()}
    sets = [
        tuple(draw(**dict(zip(parameters, values, strict=True))))
        for values in itertools.product(*parameters.values())
    ]
    for curves in [*sets, *(curves for _, curves in still.values())]:
        if len(curves) != len(panels):
            raise ValueError(f"draw must give {len(panels)} curves, one a panel, got {len(curves)}")
    shown = tuple(
        Panel(name, _fit_axis([curves[i] for curves in sets], log))
        for i, (name, log) in enumerate(panels)
    )
    start = {name: values[0] for name, values in parameters.items()} | dict(start or {})
    for name, value in start.items():
        if value not in parameters.get(name, ()):
            raise ValueError(f"start must hold values of the sliders, got {value!r} for {name}")
    sliders = tuple(
        Slider(
            name,
            low=0,
            high=len(values) - 1,
            start=list(values).index(start[name]),
            step=1,
            choices=tuple(map(_written, values)),
        )
        for name, values in parameters.items()
    )
    return Explorer(RunsSpec(id, title, int(steps), sliders, shown, label, colour, sets, still))


@dataclass(frozen=True)
class RunsSpec(Spec):
    """Recorded runs, and what they are compared with; ``sets`` follow the last slider fastest."""

    id: str
    title: str
    steps: int
    sliders: tuple[Slider, ...]
    panels: tuple[Panel, ...]
    label: str
    colour: str
    sets: Sequence[tuple[Curve, ...]]
    still: Mapping[str, tuple[str, tuple[Curve, ...]]]

    def drawn(self, values: Mapping[str, Number]) -> list[Drawn]:
        """Return the run that was recorded for these positions, and what it is compared with."""
        at = 0
        for slider in self.sliders:
            at = at * len(slider.choices) + int(values[slider.name])
        moving = Drawn(self.label, self.colour, self._lines(self.sets[at]))
        return [moving] + [
            Drawn(label, colour, self._lines(curves))
            for label, (colour, curves) in self.still.items()
        ]

    def data(self) -> dict[str, Any]:
        """Return every drawn run: for each panel its path, its dot, its text and its band."""
        records = [
            [[line.path, line.end, line.text, line.area] for line in self._lines(curves)]
            for curves in self.sets
        ]
        return {"steps": self.steps, "records": records}

    def _lines(self, curves: Sequence[Curve]) -> tuple[Line, ...]:
        return tuple(
            _line(curve, panel.axis) for curve, panel in zip(curves, self.panels, strict=True)
        )


def _line(curve: Curve, axis: Axis) -> Line:
    x, y = [np.asarray(each).tolist() for each in (curve.x, curve.y)]
    drawn = points(x, axis.heights(y))
    text = curve.text or f"{y[-1]:.3g}"
    band, area = None, ""
    if curve.error is not None:
        error = np.asarray(curve.error)
        band = (np.subtract(y, error).tolist(), np.add(y, error).tolist())
        upper, lower = (points(x, axis.heights(edge)) for edge in (band[1], band[0]))
        area = "M" + "L".join(upper + lower[::-1]) + "Z"
    return Line(x, y, "M" + "L".join(drawn), f"M{drawn[-1]}h0", text, band, area)


def _fit_axis(curves: Sequence[Curve], log: bool) -> Axis:
    """Return an axis with room for all finite values."""
    values = np.concatenate([np.asarray(curve.y, dtype=float) for curve in curves])
    values = values[np.isfinite(values)]
    low, high = float(values.min()), float(values.max())
    if log:
        return Axis(low / 1.1, high * 1.1, log=True)
    room = 0.06 * (high - low or abs(high) or 1.0)
    return Axis(0.0 if low >= 0 else low - room, high + room)


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
