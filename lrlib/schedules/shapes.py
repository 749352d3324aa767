"""The shapes that schedules are drawn with: how a rate falls, and how it grows."""

from __future__ import annotations

import math


def cosine_fall(t: float, n: float) -> float:
    """Fall from 1 at ``t = 0`` to 0 at ``t = n`` along half a cosine, flat at both ends."""
    return (1 + math.cos(math.pi * t / n)) / 2


def linear_fall(t: float, n: float) -> float:
    """Fall from 1 at ``t = 0`` to 0 at ``t = n`` in a straight line."""
    return 1 - t / n


def one_minus_sqrt_fall(t: float, n: float) -> float:
    """Fall from 1 at ``t = 0`` to 0 at ``t = n`` as 1 - sqrt(t/n), steep at the start."""
    return 1 - math.sqrt(t / n)


def rex_fall(t: float, n: float) -> float:
    """Fall from 1 at ``t = 0`` to 0 at ``t = n`` as (1 - t/n) / (1 - t/(2n)), steep at the end."""
    return (n - t) / (n - t / 2)


FALLS = {
    "cosine": cosine_fall,
    "linear": linear_fall,
    "1-sqrt": one_minus_sqrt_fall,
    "rex": rex_fall,
}


def line(low: float, high: float, t: float, n: float) -> float:
    """Go from ``low`` at ``t = 0`` to ``high`` at ``t = n`` in a straight line."""
    return low + (high - low) * t / n


def geometric(low: float, high: float, share: float) -> float:
    """Go from ``low`` at share 0 to ``high`` at share 1, by equal ratios for equal shares."""
    return low ** (1 - share) * high**share
