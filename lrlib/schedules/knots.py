"""Schedules through given values at given steps."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Schedule, check_milestones, check_rates
from .shapes import line


@dataclass(frozen=True)
class PiecewiseConstantLR(Schedule):
    r"""Hold one rate after another, each from a step of its own.

    .. math:: \eta_t = \eta_{m_k}, \qquad m_k \le t < m_{k+1}, \quad m_0 = 0

    First value the first one given, last value the last one. The update whose number is a
    milestone is the first at the new rate; of two equal milestones the second counts.

    Args:
        milestones: the steps :math:`m_1, m_2, \dots` of the changes: whole, >= 0, not decreasing.
        values: the rates :math:`\eta_{m_0}, \eta_{m_1}, \dots`, one more than there are milestones,
            finite and >= 0.

    Raises:
        ValueError: if an argument lies outside its range, or their lengths do not fit.
    """

    milestones: tuple[int, ...]
    values: tuple[float, ...]

    _checks = {"milestones": check_milestones, "values": check_rates}

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.values) != len(self.milestones) + 1:
            raise ValueError(
                f"values must hold {len(self.milestones) + 1} rates, one more than milestones, "
                f"got {self.values!r}"
            )

    def _rate(self, step: float) -> float:
        return self.values[sum(step >= milestone for milestone in self.milestones)]


@dataclass(frozen=True)
class PiecewiseLinearLR(Schedule):
    r"""Go in straight lines from knot to knot.

    .. math::
        \eta_t = \eta_{m_k} + (\eta_{m_{k+1}} - \eta_{m_k})\,\frac{t - m_k}{m_{k+1} - m_k},
        \qquad m_k \le t < m_{k+1}

    The first value holds before the first knot, the last one from the last knot on. At a knot that
    is given twice the rate jumps to the second of its values. It is ``numpy.interp(t, knots,
    values)``.

    Args:
        knots: the steps :math:`m_0, m_1, \dots`: whole, >= 0, not decreasing, at least one.
        values: the rates :math:`\eta_{m_0}, \eta_{m_1}, \dots` there, one for each knot, finite and
            >= 0.

    Raises:
        ValueError: if an argument lies outside its range, or their lengths differ.
    """

    knots: tuple[int, ...]
    values: tuple[float, ...]

    _checks = {"knots": check_milestones, "values": check_rates}

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.knots:
            raise ValueError("knots must hold at least one step, got none")
        if len(self.values) != len(self.knots):
            raise ValueError(
                f"values must hold {len(self.knots)} rates, one for each of knots, "
                f"got {self.values!r}"
            )

    def _rate(self, step: float) -> float:
        start, before = 0, self.values[0]
        for knot, value in zip(self.knots, self.values, strict=True):
            if step < knot:
                return line(before, value, step - start, knot - start)
            start, before = knot, value
        return before
