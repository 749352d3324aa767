"""Gradient descent with momentum on a bowl in two directions."""

from __future__ import annotations

import math

from ..sketch import Curve

START = (1.0, 0.4)  # low enough for the overshoot of momentum to stay in the picture
EDGE = 1.5  # how far from the minimum a path is followed, in either direction
LEVELS = 5  # level lines
AROUND = 32  # points of a level line


def descent(
    rate: float, momentum: float, flat: float, steep: float, steps: int
) -> dict[str, tuple[Curve | None, ...]]:
    r"""Descend a bowl at a constant rate, and at the best rate without momentum.

    The loss is :math:`\tfrac12(\ell x^2 + L y^2)`. The best rate is :math:`2/(\ell + L)`.

    Args:
        rate: the learning rate, > 0.
        momentum: the share of the velocity that is kept, in [0, 1).
        flat: the curvature of the first direction, > 0.
        steep: the curvature of the second direction, > 0.
        steps: the number of updates.

    Returns:
        Label to the loss before each update and after the last, and to the path. The outermost
        level line is that of the start, and each has a quarter of the loss of the one around it.
    """
    curvatures = (flat, steep)
    path = descend(rate, momentum, curvatures, steps)
    best = descend(2 / (flat + steep), 0.0, curvatures, steps)
    return {
        "yours": (loss_curve(path, curvatures), path_curve(path)),
        "best, no momentum": (loss_curve(best, curvatures), None),
        "level lines": (None, level_lines(curvatures)),
    }


def descend(rate: float, momentum: float, curvatures: tuple, steps: int) -> list[tuple]:
    """Return the points that gradient descent with momentum visits, the start among them."""
    point, velocity = list(START), [0.0] * len(START)
    visited = [START]
    for _ in range(steps):
        for i, curvature in enumerate(curvatures):
            gradient = curvature * point[i]
            velocity[i] = momentum * velocity[i] + gradient
            point[i] -= rate * velocity[i]
        visited.append(tuple(point))
    return visited


def loss_at(point: tuple, curvatures: tuple) -> float:
    """Return the loss of a point of the bowl."""
    return sum(h * at * at for h, at in zip(curvatures, point, strict=True)) / 2


def loss_curve(path: list[tuple], curvatures: tuple) -> Curve:
    """Return the loss at each point of a path."""
    return Curve(list(range(len(path))), [loss_at(point, curvatures) for point in path])


def path_curve(path: list[tuple]) -> Curve:
    """Return a path, cut where it first leaves the square that is followed."""
    shown, text = [path[0]], ""
    for before, point in zip(path, path[1:], strict=False):
        share = 1.0
        for a, b in zip(before, point, strict=True):
            if abs(b) > EDGE:
                share = min(share, (math.copysign(EDGE, b) - a) / (b - a))
                text = "has left"
        shown.append(tuple(a + share * (b - a) for a, b in zip(before, point, strict=True)))
        if text:
            break
    x, y = (list(axis) for axis in zip(*shown, strict=True))
    return Curve(x, y, text=text or f"at ({x[-1]:.2g}, {y[-1]:.2g})")


def level_lines(curvatures: tuple) -> Curve:
    """Return ellipses of equal loss in one stroke, which ends at the edge of the square."""
    outermost = loss_at(START, curvatures)
    x, y = [], []
    for level in range(LEVELS):
        width, height = (math.sqrt(2 * outermost / 4**level / h) for h in curvatures)
        turns = [2 * math.pi * k / AROUND for k in range(AROUND + 1)]
        x += [width * math.cos(turn) for turn in turns]
        y += [height * math.sin(turn) for turn in turns]
    return Curve([*x, EDGE], [*y, 0.0], text="a quarter each")
