"""Explorers of schedules: a schedule under sliders, and the expected loss that it leads to.

In Jupyter an explorer is a drawing over ipywidgets sliders (:mod:`lrlib.explorers.widget`). In the
built book the same object leaves that drawing in the page, alive without a kernel
(:mod:`lrlib.explorers.page`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ..catalog import CATALOG
from ..plotting import colour_of
from ..schedules import Schedule
from ..schedules.base import check_count
from ..theory import NoisyQuadratic, harmonic_quadratic
from .demo import DemoSpec, make_slider, positions
from .demos.trial import trial, tried
from .sketch import Axis, Curve
from .spec import Panel, check_id
from .widget import Explorer


def explore(
    schedule: type[Schedule],
    *,
    id: str,
    title: str,
    steps: int = 200,
    against: Mapping[str, Schedule] | None = None,
    problem: NoisyQuadratic | None = None,
    units: Mapping[str, str] | None = None,
    **parameters: Any,
) -> Explorer:
    """Put a schedule under sliders.

    The upper panel shows the rate of each update, the lower one the expected loss on a noisy
    quadratic. The axes hold still while the sliders move, so that what moves is the curve. ::

        explore(CosineAnnealingLR, id="cosine", title="A cosine", base_lr=(0.02, 0.4), T_max=200)

    Args:
        schedule: the class, one of those in the catalog.
        id: names the explorer in its page: letters, digits and hyphens.
        title: stands above it.
        steps: the number of updates shown.
        against: label to schedule: lines to compare with, which stay where they are.
        problem: the noisy quadratic; by default ten directions with curvatures 1, 1/2, 1/3, ...
        units: what whole parameters count that do not count updates.
        parameters: the schedule's parameters: ``(low, high)`` or ``(low, high, start)`` for one
            that moves, anything else for one that does not.

    Raises:
        ValueError: if an argument is not of this form, the schedule has no such parameter, none
            moves, or the schedule refuses what the sliders allow.
    """
    entries = {
        entry.schedule: entry for entry in CATALOG.values() if issubclass(entry.schedule, Schedule)
    }
    if schedule not in entries:
        raise ValueError(f"schedule must be a class in the catalog, got {schedule!r}")
    check_id(id)
    check_count("steps", steps, least=1)
    against = dict(against or {})
    for label, other in against.items():
        if type(other) not in entries:
            raise ValueError(f"against[{label!r}] must be a schedule in the catalog, got {other!r}")
    whole = {field.name: field.type == "int" for field in dataclasses.fields(schedule)}
    units = dict.fromkeys((name for name in whole if whole[name]), "updates") | dict(units or {})
    for name in [*parameters, *units]:
        if name not in whole:
            allowed = ", ".join(whole)
            raise ValueError(f"{schedule.__name__} takes {allowed}, got the parameter {name!r}")
    fixed = {name: value for name, value in parameters.items() if not isinstance(value, tuple)}
    sliders = tuple(
        make_slider(name, span, whole[name], units.get(name, ""))
        for name, span in parameters.items()
        if name not in fixed
    )
    if not sliders:
        raise ValueError("parameters must hold one (low, high) at least, got none")

    problem = problem or harmonic_quadratic(10)
    label = entries[schedule].label
    fixed = {
        "schedule": schedule.__name__,
        "label": label,
        "steps": int(steps),
        "problem": [problem.curvatures, problem.variances, problem.start],
    } | fixed
    shown = []
    for values in positions(sliders):
        try:
            shown.append(trial(**fixed, **values)[label])
        except (TypeError, ValueError) as error:
            reached = ", ".join(f"{name}={value}" for name, value in values.items())
            raise ValueError(f"parameters must be legal together, got {reached}: {error}") from None
    others = {name: tried(other.curve(steps + 1), problem) for name, other in against.items()}
    panels = _fit_panels([*others.values(), *shown], steps)
    still = {
        name: (
            colour_of(against[name]),
            tuple(panel.draw(each) for panel, each in zip(panels, curves, strict=True)),
        )
        for name, curves in others.items()
    }
    colours = {label: colour_of(schedule)}
    return Explorer(DemoSpec(id, title, trial, sliders, fixed, panels, colours, still))


def _fit_panels(shown: Sequence[tuple[Curve, Curve]], steps: int) -> tuple[Panel, Panel]:
    """Return the panels of the rate and the loss, with room for all that can be shown."""
    rates, losses = ([curve.y for curve in curves] for curves in zip(*shown, strict=True))
    top = max(map(max, rates)) or 1.0
    highest = min(max(map(max, losses)), 100 * losses[0][0])  # an unstable rate leaves the panel
    lowest = min(loss for each in losses for loss in each if loss > 0)
    return (
        Panel("learning rate", Axis(0.0, 1.06 * top), (0, steps)),
        Panel("expected loss", Axis(lowest / 1.2, 1.2 * highest, log=True), (0, steps)),
    )
