"""Means over seeds, and the one way in which two results are compared.

Runs that share a seed are not independent, so every function takes the seeds along the last axis
and averages over the others first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from ..schedules.base import check_length, check_rate

LEVEL = 0.99  # of the interval of a comparison: a chapter makes dozens of them
SMALLEST = 0.01  # a difference of the loss, in nats, that a reader would care for
VERDICTS = ("better", "worse", "equal", "undecided")


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and its standard error."""

    mean: float
    se: float

    def __str__(self) -> str:
        return _signed(f"{self.mean:.3f}\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{self.se:.3f}")


@dataclass(frozen=True)
class Comparison(Estimate):
    r"""What a loss is against another, seed by seed.

    The interval is :math:`\bar d \pm t_{n-1}\, s / \sqrt n` of the :math:`n` differences :math:`d`,
    with Student's :math:`t` at 99 %; if it is one of :math:`m` comparisons with one reference, at
    :math:`1 - 0.01 / m`, so that all of them hold together as often as one alone would.

    Args:
        mean: the mean difference.
        se: its standard error.
        low: the lower end of its interval.
        high: the upper end.
        seeds: the number :math:`n` of pairs.
        smallest: a difference below which two results are called equal.
        among: the number :math:`m` of comparisons made with the same reference.
    """

    low: float
    high: float
    seeds: int
    smallest: float
    among: int

    @property
    def verdict(self) -> str:
        """The verdict, ``"equal"``, ``"better"``, ``"worse"`` or ``"undecided"``.

        Equal, if the whole interval lies within plus or minus ``smallest``; else better (a lower
        loss) or worse, if the interval excludes zero; else undecided.
        """
        if -self.smallest <= self.low and self.high <= self.smallest:
            return "equal"
        return "better" if self.high < 0 else "worse" if self.low > 0 else "undecided"

    @property
    def interval(self) -> str:
        """The interval as text."""
        return _signed(f"{self.low:.3f} to {self.high:.3f}")


def estimate(values: ArrayLike) -> Estimate:
    r"""Return the mean over seeds and its standard error, :math:`s / \sqrt n`.

    Args:
        values: of shape [..., seeds], at least two seeds. Each seed is averaged first, over what is
            not masked of a masked array; a seed of which all is masked does not count.

    Raises:
        ValueError: if there are fewer than two seeds, or a value is not finite.
    """
    seen = _by_seed(values)
    return Estimate(float(seen.mean()), float(seen.std(ddof=1) / seen.size**0.5))


def compare(a: ArrayLike, b: ArrayLike, smallest: float = SMALLEST, among: int = 1) -> Comparison:
    """Compare a loss with another, seed by seed, and say which of four verdicts holds.

    Args:
        a: losses of shape [..., seeds]; each seed is averaged first, as :func:`estimate` does.
        b: the losses that they are held against, of the same shape, the same seeds in the same
            order.
        smallest: a difference below which two losses are called equal, finite and >= 0.
        among: how many comparisons with this reference are made, whole and >= 1.

    Raises:
        ValueError: if the shapes differ, an argument is outside its range, or :func:`estimate`
            refuses the differences.
    """
    a, b = np.ma.asarray(a, dtype=float), np.ma.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"a and b must have the same shape, got {a.shape} and {b.shape}")
    smallest, among = check_rate("smallest", smallest), check_length("among", among)
    difference, seeds = estimate(a - b), len(_by_seed(a - b))
    reach = _quantile(1 - (1 - LEVEL) / among, seeds - 1) * difference.se
    low, high = difference.mean - reach, difference.mean + reach
    return Comparison(difference.mean, difference.se, low, high, seeds, smallest, among)


def compare_all(
    losses: Sequence[ArrayLike], reference: ArrayLike, smallest: float = SMALLEST
) -> list[Comparison]:
    """Compare each of several losses with one reference; every comparison says how many they are.

    Args:
        losses: as ``a`` of :func:`compare`.
        reference: as ``b`` of :func:`compare`.
        smallest: as of :func:`compare`.
    """
    return [compare(each, reference, smallest, among=len(losses)) for each in losses]


def _by_seed(values: ArrayLike) -> np.ndarray:
    """Return the mean of each seed that is not masked altogether."""
    seen = np.ma.asarray(values, dtype=float)
    if seen.ndim > 1:
        seen = seen.mean(axis=tuple(range(seen.ndim - 1)))
    seen = np.ma.compressed(seen)
    if seen.size < 2 or not np.isfinite(seen).all():
        raise ValueError(f"values must be finite, of two seeds at least, got {values!r}")
    return seen


@cache
def _quantile(level: float, freedom: int) -> float:
    """Return where Student's t leaves ``1 - level`` outside, half of it on either side."""
    return float(student.ppf((1 + level) / 2, freedom))


def _signed(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
