"""What a learning-rate range test found, and the rules by which people choose a rate from it."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from ..plotting import in_book_style, label_ends
from ..schedules.base import as_number, check_divisor


@dataclass(frozen=True)
class MinimumOver:
    r"""Suggest the rate of the lowest smoothed loss, divided.

    .. math:: \eta = \eta_m / d, \qquad m = \arg\min_t \bar\ell_t

    At the minimum itself the loss is about to rise. Dividing by 3 or 4 is what
    :cite:t:`smith2017cyclical` does; dividing by 10 is cautious.

    Args:
        divisor: the number :math:`d`, finite and >= 1.

    Raises:
        ValueError: if ``divisor`` lies outside its range.
    """

    divisor: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "divisor", check_divisor("divisor", self.divisor))

    def rate(self, test: RangeTest) -> float:
        """Return the rate; raise ValueError where the loss has no minimum inside the sweep."""
        return test.lr[_minimum(test)] / self.divisor


@dataclass(frozen=True)
class SteepestDescent:
    r"""Suggest the rate at which the smoothed loss falls fastest from update to update.

    .. math:: \eta = \eta_t, \qquad t = \arg\min_{0 < t < m} (\bar\ell_{t+1} - \bar\ell_{t-1})

    with :math:`m` the update of the lowest smoothed loss: what falls later falls from a spike. In
    an exponential sweep this is the steepest slope over the logarithm of the rate.
    """

    def rate(self, test: RangeTest) -> float:
        """Return the rate; raise ValueError without a minimum that has two updates before it."""
        low = _minimum(test)
        if low < 2:
            raise ValueError(
                f"rule must have two updates before the lowest loss to find a slope, got {low}"
            )
        slopes = test.smoothed[2 : low + 1] - test.smoothed[: low - 1]
        return float(test.lr[1 + np.argmin(slopes)])


#: The rules that people use, by their names in tables and on the command line.
RULES = {"min/10": MinimumOver(10), "min/4": MinimumOver(4), "steepest": SteepestDescent()}


@dataclass(frozen=True)
class Bounds:
    """The bounds between which a cyclical rate moves; see :meth:`RangeTest.bounds`."""

    base_lr: float
    max_lr: float


@dataclass(frozen=True, eq=False)
class RangeTest:
    """What a range test saw, up to and with the update at which it stopped.

    Args:
        lr: the rate of each update, shape [updates].
        loss: the loss of each update's batch, before the update, shape [updates].
        smoothed: its moving average, shape [updates].
        diverged: whether the test was stopped because the smoothed loss rose above the limit or
            was no longer finite.
        classes: the number of classes.
        sweep: ``"exponential"`` or ``"linear"``.
    """

    lr: np.ndarray
    loss: np.ndarray
    smoothed: np.ndarray
    diverged: bool
    classes: int
    sweep: str

    @property
    def dead(self) -> bool:
        r"""Whether the network learned and then, without diverging, fell back to guessing.

        That is: some loss lay below :math:`0.9 \ln C`, and the median of the last tenth of the
        losses does not lie below :math:`0.95 \ln C`, the loss of guessing among :math:`C` classes.
        ReLU networks often end so: every unit is off, no gradient is left, and the loss never
        explodes.
        """
        guess = math.log(self.classes)
        last = self.loss[-max(1, len(self.loss) // 10) :]
        return bool(
            not self.diverged and self.loss.min() < 0.9 * guess and np.median(last) >= 0.95 * guess
        )

    def suggest(self, rule: MinimumOver | SteepestDescent) -> float:
        """Return the rate that a rule suggests.

        Args:
            rule: one of :class:`MinimumOver` and :class:`SteepestDescent`, which state their rule.

        Raises:
            ValueError: if the lowest smoothed loss is the first or the last, so that the sweep has
                no minimum inside, or the rule needs more updates before it.
        """
        return float(rule.rate(self))

    def bounds(self, tolerance: float = 0.1) -> Bounds:
        r"""Return where the loss starts to fall and where it stops: bounds for a cyclical rate.

        Let :math:`m` be the update of the lowest smoothed loss, :math:`p \le m` that of the highest
        before it, and :math:`\Delta = \bar\ell_p - \bar\ell_m` the whole fall.

        .. math::
            \eta_{\mathrm{base}} &= \eta_b, \quad
                b = \max\{t < m : \bar\ell_t \ge \bar\ell_p - \epsilon\Delta\} \\
            \eta_{\max} &= \eta_e, \quad
                e = \min\{t > b : \bar\ell_t \le \bar\ell_m + \epsilon\Delta\}

        So the lower bound is the last rate at which less than the share :math:`\epsilon` of the
        fall is done, and the upper one is the first at which less than that share is left: where
        learning sets in and where it ends, as in :cite:t:`smith2017cyclical`, who reads both off
        the accuracy by eye.

        Args:
            tolerance: the share :math:`\epsilon`, between 0 and 1/2, both excluded.

        Raises:
            ValueError: if ``tolerance`` lies outside its range, or the lowest smoothed loss is the
                first or the last, so that the sweep has no minimum inside.
        """
        share = as_number(tolerance)
        if share is None or not 0 < share < 0.5:
            raise ValueError(f"tolerance must lie between 0 and 0.5, got {tolerance!r}")
        low = _minimum(self)
        falling = self.smoothed[: low + 1]
        margin = share * (falling.max() - falling[low])
        base = int(np.flatnonzero(falling >= falling.max() - margin)[-1])
        end = base + int(np.argmax(falling[base:] <= falling[low] + margin))
        return Bounds(float(self.lr[base]), float(self.lr[end]))

    @in_book_style
    def plot(self) -> Figure:
        """Draw the losses over the rate, and what each of :data:`RULES` suggests, if anything.

        A title says so where the network is :attr:`dead`.
        """
        figure = Figure(layout="constrained")
        ax = figure.subplots()
        ax.plot(self.lr, self.loss, color="#999999", linewidth=0.8, label="loss")
        ax.plot(self.lr, self.smoothed, color="#0072B2", label="smoothed")
        ax.set_xscale("log" if self.sweep == "exponential" else "linear")
        ax.set(xlabel="learning rate", ylabel="training loss (nats)")
        ax.margins(x=0)
        ax.set_ylim(0, 2 * math.log(self.classes))
        if self.dead:
            ax.set_title("the network is dead: it is back at guessing")
        for name, rule in RULES.items():
            with suppress(ValueError):
                rate = self.suggest(rule)
                ax.axvline(rate, color="#D55E00", linewidth=1, linestyle=":")
                ax.annotate(
                    name,
                    (rate, 1),
                    xycoords=ax.get_xaxis_transform(),
                    ha="right",
                    va="top",
                    rotation=90,
                    color="#D55E00",
                )
        label_ends(ax)
        return figure


def _minimum(test: RangeTest) -> int:
    """Return the update of the lowest smoothed loss; raise ValueError unless it is inside."""
    low = int(np.argmin(np.where(np.isfinite(test.smoothed), test.smoothed, np.inf)))
    if low == 0:
        raise ValueError(
            f"low must be a rate at which the loss still falls, got {float(test.lr[0])!r}: "
            "the smoothed loss is lowest at the first update"
        )
    if low == len(test.lr) - 1:
        raise ValueError(
            f"high must be a rate at which the loss rises again, got {float(test.lr[-1])!r}: "
            "the smoothed loss is lowest at the last update"
        )
    return low
