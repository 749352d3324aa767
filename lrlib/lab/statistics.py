"""Means over seeds and their errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and its standard error."""

    mean: float
    se: float

    def __str__(self) -> str:
        return f"{self.mean:.3f}\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{self.se:.3f}".replace(
            "-", "−"
        )

    def above_zero(self) -> bool:
        """Say whether the mean is more than two standard errors above zero."""
        return self.mean > 2 * self.se

    def below_zero(self) -> bool:
        """Say whether the mean is more than two standard errors below zero."""
        return self.mean < -2 * self.se

    def within_noise(self) -> bool:
        """Say whether zero is within three standard errors of the mean: no difference is seen."""
        return abs(self.mean) <= 3 * self.se


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of at least two values and its standard error, s / sqrt(n).

    Raises:
        ValueError: if there are fewer than two values, or one is not finite.
    """
    values = np.asarray(values, dtype=float)
    if values.size < 2 or not np.isfinite(values).all():
        raise ValueError(f"values must be at least two finite numbers, got {values!r}")
    return Estimate(float(values.mean()), float(values.std(ddof=1) / values.size**0.5))


def paired(a: Sequence[float], b: Sequence[float]) -> Estimate:
    """Return the mean of ``a - b`` and its standard error, taken seed by seed.

    Raises:
        ValueError: if ``a`` and ``b`` differ in length, or :func:`estimate` refuses.
    """
    if len(a) != len(b):
        raise ValueError(f"a and b must have the same length, got {len(a)} and {len(b)}")
    return estimate(np.asarray(a) - np.asarray(b))
