"""What an explorer draws: curves, as numbers and as SVG paths.

The book's build runs this file to draw the figure that stands in the page, and the page runs the
same file to redraw it when a slider moves. So it uses the standard library alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

OUTSIDE = 10  # how far beyond its panel a line goes on, in percent of the panel


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
class Curve:
    """Something to draw in a panel, in the units of its axes.

    Args:
        x: where, of length n.
        y: the values, of length n.
        error: the half height of a band around them, of length n; None for no band.
        text: what stands in the panel's head; the value at the dot by default.
        dot: the position in ``y`` of the point that is drawn as a dot; the last by default.
    """

    x: list[float]
    y: list[float]
    error: list[float] | None = None
    text: str = ""
    dot: int = -1


@dataclass(frozen=True)
class Line:
    """A drawn curve.

    Args:
        values: its values.
        path: the curve as the ``d`` of an SVG path; x keeps its units, y is in percent.
        dot: the point that is drawn as a dot, as such a path.
        text: what stands in the panel's head.
        area: a band around the curve, as such a path; empty for no band.
    """

    values: list[float]
    path: str
    dot: str
    text: str
    area: str = ""


def points(x: list[float], heights: list[float]) -> list[str]:
    """Return points as SVG writes them."""
    return [f"{at:.6g} {height:.2f}" for at, height in zip(x, heights, strict=True)]


def line(curve: Curve, axis: Axis, span: tuple[float, float]) -> Line:
    """Draw a curve on a vertical axis over a horizontal span."""
    low, high = span
    room = (high - low) * OUTSIDE / 100
    x = [min(max(low - room, at), high + room) for at in curve.x]
    drawn = points(x, axis.heights(curve.y))
    text = curve.text or f"{curve.y[curve.dot]:.3g}"
    area = ""
    if curve.error is not None:
        both = list(zip(curve.y, curve.error, strict=True))
        band = [y - e for y, e in both], [y + e for y, e in both]
        lower, upper = (points(x, axis.heights(edge)) for edge in band)
        area = "M" + "L".join(upper + lower[::-1]) + "Z"
    path, dot = "M" + "L".join(drawn), f"M{drawn[curve.dot]}h0"
    return Line(curve.y, path, dot, text, area)
