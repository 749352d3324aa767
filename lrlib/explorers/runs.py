"""Explorers of recorded runs: sliders that choose among runs that were really trained.

Every position of the sliders is a run of its own; nothing in between is made up. The page carries
the drawn curves, so they should be few and short: a rate is thinned to every tenth update or so.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ..lab.statistics import estimate
from ..schedules.base import check_count
from ..training.parallel import shows_progress
from .sketch import Axis, Curve, Line
from .spec import Drawn, Number, Panel, Slider, Spec, check_id
from .widget import Explorer


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
        ValueError: if an argument is not of this form, or ``draw`` gives not one curve a panel that
            the panel can show.
    """
    check_id(id)
    check_count("steps", steps, least=1)
    if not parameters:
        raise ValueError("parameters must hold the values of one slider at least, got none")
    for name, values in parameters.items():
        if len(values) < 2:
            raise ValueError(f"{name} must hold at least two values, got {values!r}")
    still = {name: (ink, tuple(curves)) for name, (ink, curves) in (against or {}).items()}
    combinations = list(itertools.product(*parameters.values()))
    counted = tqdm(
        combinations,
        desc=title,
        unit="run",
        delay=1,  # no flicker for what is only looked up
        leave=False,
        disable=not shows_progress(),
    )
    sets = [tuple(draw(**dict(zip(parameters, values, strict=True)))) for values in counted]
    for curves in sets:
        _check_curves("draw", curves, panels)
    for label, (_, curves) in still.items():
        _check_curves(f"against[{label!r}]", curves, panels)
    shown = tuple(
        Panel(name, _fit_axis([curves[i] for curves in sets], log), (0, steps))
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
    lines = [_draw(curves, shown) for curves in sets]
    others = {name: (ink, _draw(curves, shown)) for name, (ink, curves) in still.items()}
    return Explorer(RunsSpec(id, title, sliders, shown, label, colour, lines, others))


@dataclass(frozen=True)
class RunsSpec(Spec):
    """Recorded runs, and what they are compared with; ``sets`` follow the last slider fastest."""

    id: str
    title: str
    sliders: tuple[Slider, ...]
    panels: tuple[Panel, ...]
    label: str
    colour: str
    sets: Sequence[tuple[Line, ...]]
    still: Mapping[str, tuple[str, tuple[Line, ...]]]

    def drawn(self, values: Mapping[str, Number]) -> list[Drawn]:
        """Return the run that was recorded for these positions, and what it is compared with."""
        at = 0
        for slider in self.sliders:
            at = at * len(slider.choices) + int(values[slider.name])
        return [Drawn(self.label, self.colour, self.sets[at], moves=True)] + [
            Drawn(label, colour, lines, moves=False)
            for label, (colour, lines) in self.still.items()
        ]

    def data(self) -> dict[str, Any]:
        """Return every drawn run: for each panel the one line's path, dot, text and area."""
        records = [
            [[[line.path, line.dot, line.text, line.area]] for line in lines] for lines in self.sets
        ]
        return {"records": records}


def _check_curves(name: str, curves: Sequence[Curve], panels: Sequence[tuple[str, bool]]) -> None:
    """Raise ValueError unless there is one curve for each panel, which it can show."""
    if len(curves) != len(panels):
        raise ValueError(f"{name} must give {len(panels)} curves, one a panel, got {len(curves)}")
    for curve, (panel, log) in zip(curves, panels, strict=True):
        if len(curve.x) != len(curve.y):
            lengths = f"{len(curve.y)} and {len(curve.x)}"
            raise ValueError(f"{name} must give as many y as x for {panel!r}, got {lengths}")
        y = np.asarray(curve.y, dtype=float)
        seen = y[np.isfinite(y)]
        if not seen.size or (log and seen.min() <= 0):
            wanted = "positive" if log else "finite"
            raise ValueError(f"{name} must give {wanted} values for {panel!r}, got {curve.y!r}")


def _draw(curves: Sequence[Curve], panels: Sequence[Panel]) -> tuple[Line, ...]:
    return tuple(panel.draw(_plain(each)) for each, panel in zip(curves, panels, strict=True))


def _plain(curve: Curve) -> Curve:
    """Return a curve whose arrays are lists."""
    lists = {
        name: np.asarray(values).tolist()
        for name in ("x", "y", "error")
        if (values := getattr(curve, name)) is not None
    }
    return dataclasses.replace(curve, **lists)


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
