"""What an explorer draws: two curves over the updates of a run, as numbers and as SVG paths.

The book's build runs this file to draw the figure that stands in the page, and the page runs the
same file to redraw it when a slider moves. So it uses the standard library alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .schedules import Schedule
from .theory import NoisyQuadratic

OUTSIDE = 10  # how far beyond its panel a line goes on, in percent of the panel's height


@dataclass(frozen=True)
class Axis:
    """A vertical axis, from ``low`` at the bottom to ``high`` at the top, linear or logarithmic."""

    low: float
    high: float
    log: bool = False

    def heights(self, values: list[float]) -> list[float]:
        """Return how far below the top each value lies, in percent of the axis.

        What lies outside the axis is placed a little beyond its end, and what is not a number
        where infinity would be.
        """
        low, high = self.low, self.high
        if self.log:
            values = [math.log(value) if value > 0 else -math.inf for value in values]
            low, high = math.log(low), math.log(high)
        scale = 100 / (high - low)
        return [min(max(-OUTSIDE, (high - value) * scale), 100 + OUTSIDE) for value in values]


@dataclass(frozen=True)
class Line:
    """A drawn curve.

    Args:
        x: where its values are, in updates.
        values: its values.
        path: the curve as the ``d`` of an SVG path; x counts updates, y is in percent.
        end: the last point alone, drawn as a dot.
        text: the last value, as a reader would write it.
        band: the lower and the upper edge of a band around it, if there is one.
        area: the band as the ``d`` of an SVG path.
    """

    x: list[float]
    values: list[float]
    path: str
    end: str
    text: str
    band: tuple[list[float], list[float]] | None = None
    area: str = ""


def points(x: list[float], heights: list[float]) -> list[str]:
    """Return points as SVG writes them."""
    return [f"{at} {height:.2f}" for at, height in zip(x, heights, strict=True)]


def line(values: list[float], axis: Axis) -> Line:
    """Draw ``values`` over 0, 1, 2, ... on an axis."""
    x = list(range(len(values)))
    drawn = points(x, axis.heights(values))
    return Line(x, values, "M" + "L".join(drawn), f"M{drawn[-1]}h0", f"{values[-1]:.3g}")


@dataclass(frozen=True)
class Sketch:
    """The two panels of an explorer.

    Args:
        problem: the noisy quadratic that the schedule is tried on.
        steps: the number of updates of the run.
        rate_axis: the axis of the upper panel.
        loss_axis: the axis of the lower panel.
    """

    problem: NoisyQuadratic
    steps: int
    rate_axis: Axis
    loss_axis: Axis

    def draw(self, schedule: Schedule) -> tuple[Line, Line]:
        """Return the rate under a schedule, and the expected loss that it leads to."""
        rates = schedule.curve(self.steps + 1)
        losses = self.problem.losses(rates[:-1])
        return line(rates, self.rate_axis), line(losses, self.loss_axis)
