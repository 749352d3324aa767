"""The falls from 1 to 0 that timm draws, each a function of the time and of its length."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class CosineFall:
    """Half a cosine in the k-th power of the time."""

    k: float

    def __call__(self, t: float, n: float) -> float:
        """Fall from 1 at ``t = 0`` to 0 at ``t = n``."""
        return 0.5 * (1 + math.cos(math.pi * t**self.k / n**self.k))


@dataclass(frozen=True)
class PolyFall:
    """A power of what is left of the k-th power of the time."""

    power: float
    k: float

    def __call__(self, t: float, n: float) -> float:
        """Fall from 1 at ``t = 0`` to 0 at ``t = n``."""
        # Where the cycle is one too small, rounding may leave less than nothing.
        return max(0.0, 1 - t**self.k / n**self.k) ** self.power


@dataclass(frozen=True)
class TanhFall:
    """The hyperbolic tangent between two of its arguments: it starts below 1 and ends above 0."""

    lb: float
    ub: float

    def __call__(self, t: float, n: float) -> float:
        """Fall from nearly 1 at ``t = 0`` to nearly 0 at ``t = n``."""
        return 0.5 * (1 - math.tanh(self.lb * (1 - t / n) + self.ub * t / n))


@dataclass(frozen=True)
class PowerDecay:
    """One minus a power of the time."""

    power: float

    def __call__(self, t: float, n: float) -> float:
        """Fall from 1 at ``t = 0`` to 0 at ``t = n``."""
        return 1 - (t / n) ** self.power


@dataclass(frozen=True)
class ExponentialDecay:
    """An exponential decay to ``ratio``, stretched so that it reaches 0."""

    ratio: float

    def __call__(self, t: float, n: float) -> float:
        """Fall from 1 at ``t = 0`` to 0 at ``t = n``."""
        return (self.ratio ** (t / n) - self.ratio) / (1 - self.ratio)


@dataclass(frozen=True)
class OfShare:
    """Any function of the share of the time."""

    function: Callable[[float], float]

    def __call__(self, t: float, n: float) -> float:
        """Return the function of ``t / n``."""
        return float(self.function(t / n))
