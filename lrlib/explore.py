"""Explorers of schedules: a schedule under sliders, and the expected loss that it leads to.

In Jupyter an explorer is ipywidgets sliders over a matplotlib figure. In the built book the same
object leaves a figure of its own in the page, alive without a kernel (:mod:`lrlib.explorer`).
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .catalog import CATALOG, Entry
from .explorer import Drawn, Explorer, Number, Panel, Slider, Spec, check_id
from .plotting import colour_of
from .schedules import Schedule
from .schedules.base import check_count
from .sketch import Axis, Sketch
from .theory import NoisyQuadratic, harmonic_quadratic


def make_slider(name: str, span: tuple[Number, ...], whole: bool) -> Slider:
    """Return the slider for ``(low, high)`` or ``(low, high, start)``.

    A whole number moves by one. Any other moves by the power of ten that gives it 100 to 1,000
    positions, and its span must lie on them. Without a start it begins in the middle.

    Raises:
        ValueError: if the span is not of this form.
    """
    form = f"{name} must be (low, high) or (low, high, start) with low <= start <= high"
    if len(span) not in (2, 3) or not all(isinstance(x, (int, float)) for x in span):
        raise ValueError(f"{form}, got {span!r}")
    low, high = span[:2]
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"{form}, finite, got {span!r}")
    step = 1 if whole else 10 ** math.floor(math.log10((high - low) / 100) + 1e-9)
    slider = Slider(name, low, high, low, step, "updates" if whole else "")
    middle = round((low + high) / 2, slider.decimals)
    start = span[2] if len(span) == 3 else int(middle) if whole else middle
    if not low <= start <= high:
        raise ValueError(f"{form}, got {span!r}")
    for value in (low, high, start):
        if not math.isclose(value, round(value, slider.decimals), abs_tol=1e-12):
            raise ValueError(f"{name} must move in steps of {step:g}, got {value!r}")
    return dataclasses.replace(slider, start=start)


@dataclass(frozen=True)
class ScheduleSpec(Spec):
    """A schedule and what it is compared with.

    Args:
        id: names the explorer in its page and in the page's address.
        title: stands above it.
        entry: the schedule's row of the catalog.
        sliders: the parameters that move.
        fixed: the parameters that do not.
        against: label to schedule, drawn as thin lines that stay.
        sketch: what draws the two panels.
    """

    id: str
    title: str
    entry: Entry
    sliders: tuple[Slider, ...]
    fixed: Mapping[str, Any]
    against: Mapping[str, Schedule]
    sketch: Sketch

    @property
    def steps(self) -> int:
        """The number of updates shown."""
        return self.sketch.steps

    @property
    def panels(self) -> tuple[Panel, Panel]:
        """The rate, and the expected loss."""
        rate, loss = self.sketch.rate_axis, self.sketch.loss_axis
        return Panel("learning rate", rate), Panel("expected loss", loss)

    def schedule(self, values: Mapping[str, Number]) -> Schedule:
        """Return the schedule with the sliders at ``values``."""
        return self.entry.schedule(**self.fixed, **values)

    def drawn(self, values: Mapping[str, Number]) -> list[Drawn]:
        """Return the schedule, and what it is compared with."""
        shown = {self.entry.label: self.schedule(values), **self.against}
        return [
            Drawn(label, colour_of(each), self.sketch.draw(each)) for label, each in shown.items()
        ]

    def data(self) -> dict[str, Any]:
        """Return what lrlib in the page needs to draw any schedule of the class."""
        problem, (rate, loss) = self.sketch.problem, self.panels
        return {
            "schedule": self.entry.schedule.__name__,
            "fixed": dict(self.fixed),
            "steps": self.steps,
            "curvatures": problem.curvatures,
            "variances": problem.variances,
            "start": problem.start,
            "rate_axis": [rate.axis.low, rate.axis.high, rate.axis.log],
            "loss_axis": [loss.axis.low, loss.axis.high, loss.axis.log],
        }


def explore(
    schedule: type[Schedule],
    *,
    id: str,
    title: str,
    steps: int = 200,
    against: Mapping[str, Schedule] | None = None,
    problem: NoisyQuadratic | None = None,
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
    for name in parameters:
        if name not in whole:
            allowed = ", ".join(whole)
            raise ValueError(f"{schedule.__name__} takes {allowed}, got the parameter {name!r}")
    fixed = {name: value for name, value in parameters.items() if not isinstance(value, tuple)}
    sliders = tuple(
        make_slider(name, span, whole[name])
        for name, span in parameters.items()
        if name not in fixed
    )
    if not sliders:
        raise ValueError("parameters must hold one (low, high) at least, got none")
    problem = problem or harmonic_quadratic(10)
    sketch = _fit_axes(problem, steps, [*against.values(), *_extremes(schedule, sliders, fixed)])
    spec = ScheduleSpec(id, title, entries[schedule], sliders, fixed, against, sketch)
    return Explorer(spec)


def _extremes(
    schedule: type[Schedule], sliders: tuple[Slider, ...], fixed: Mapping[str, Any]
) -> list[Schedule]:
    """Return the schedule with every slider at its low end, its start and its high end."""
    found = []
    for values in itertools.product(*((s.low, s.start, s.high) for s in sliders)):
        arguments = dict(zip((s.name for s in sliders), values, strict=True))
        try:
            found.append(schedule(**fixed, **arguments))
        except (TypeError, ValueError) as error:
            reached = ", ".join(f"{name}={value}" for name, value in arguments.items())
            raise ValueError(f"parameters must be legal together, got {reached}: {error}") from None
    return found


def _fit_axes(problem: NoisyQuadratic, steps: int, schedules: list[Schedule]) -> Sketch:
    """Return a sketch whose axes have room for all of ``schedules``."""
    curves = [schedule.curve(steps + 1) for schedule in schedules]
    losses = [problem.losses(curve[:-1]) for curve in curves]
    top = max(map(max, curves)) or 1.0
    highest = min(max(map(max, losses)), 100 * losses[0][0])  # an unstable rate leaves the panel
    lowest = min(loss for each in losses for loss in each if loss > 0)
    rate_axis, loss_axis = Axis(0.0, 1.06 * top), Axis(lowest / 1.2, 1.2 * highest, log=True)
    return Sketch(problem, steps, rate_axis, loss_axis)
