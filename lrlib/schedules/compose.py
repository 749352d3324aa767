"""Schedules made of schedules."""

from __future__ import annotations

from dataclasses import dataclass

from .base import (
    LARGEST,
    Schedule,
    check_milestones,
    check_positive,
    check_rate,
    check_schedule,
    check_schedules,
    check_whole,
)

ROUNDINGS = 2.0**-52  # by how much a number may be off, relative to itself, after two of them


@dataclass(frozen=True)
class SequentialLR(Schedule):
    r"""Run several schedules one after another, each on its own clock.

    .. math:: \eta_t = s_k(t - m_{k-1}), \qquad m_{k-1} \le t < m_k, \quad m_{-1} = 0

    Part :math:`k` takes over exactly at its milestone and sees that step as its own step 0. The
    last part runs for ever. Two equal milestones skip the part between them.

    Args:
        schedules: the parts :math:`s_0, s_1, \dots`, at least one.
        milestones: the first step of each part but the first: whole, >= 0, not decreasing, one
            fewer than there are parts.

    Raises:
        ValueError: if a part is not a schedule, or the milestones are not as above.
    """

    schedules: tuple[Schedule, ...]
    milestones: tuple[int, ...]

    _checks = {"schedules": check_schedules, "milestones": check_milestones}

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.milestones) != len(self.schedules) - 1:
            raise ValueError(
                f"milestones must hold {len(self.schedules) - 1} steps, one fewer than "
                f"schedules, got {self.milestones!r}"
            )

    def _rate(self, step: float) -> float:
        part, start = self.schedules[0], 0
        for schedule, milestone in zip(self.schedules[1:], self.milestones, strict=True):
            if step >= milestone:
                part, start = schedule, milestone
        return part(step - start)


@dataclass(frozen=True)
class ProductLR(Schedule):
    r"""Multiply several schedules, all on one clock.

    .. math:: \eta_t = \prod_k s_k(t)

    One of them carries the rate; the others are factors, with a ``base_lr`` of 1. So
    ``ProductLR([ExponentialLR(0.1, 0.9), LinearWarmup(1, 100)])`` warms an exponential decay up.

    Args:
        schedules: the factors :math:`s_0, s_1, \dots`, at least one.

    Raises:
        ValueError: if there is no factor, or one is not a schedule.
    """

    schedules: tuple[Schedule, ...]

    _checks = {"schedules": check_schedules}

    def _rate(self, step: float) -> float:
        product = 1.0
        for schedule in self.schedules:
            product = min(product * schedule(step), LARGEST)
        return product


@dataclass(frozen=True)
class ShiftLR(Schedule):
    r"""Start a schedule later, or as if it had already begun.

    .. math:: \eta_t = s(\max(0,\, t - n))

    For :math:`n > 0` the first value stands for :math:`n` updates more; for :math:`n < 0` the
    first :math:`-n` values are left out.

    Args:
        schedule: the schedule :math:`s`.
        steps: the number :math:`n` of updates by which it is late, whole, of either sign.

    Raises:
        ValueError: if an argument is not of its kind.
    """

    schedule: Schedule
    steps: int

    _checks = {"schedule": check_schedule, "steps": check_whole}

    def _rate(self, step: float) -> float:
        return self.schedule(max(0, min(step - self.steps, LARGEST)))


@dataclass(frozen=True)
class StretchLR(Schedule):
    r"""Run a schedule on a slower or faster clock.

    .. math:: \eta_t = s(t / c)

    A schedule that counts epochs, stretched by the number of updates in an epoch, can be driven by
    updates: at the start of each epoch it has the very value that it has for that epoch, and in
    between it moves on instead of waiting. A factor such as 1.1 is rounded, and so is a quotient:
    one that is a whole number up to these two roundings counts as that number. So what happens at
    a whole step of the schedule happens at its multiple, not an update later.

    Args:
        schedule: the schedule :math:`s`.
        factor: the updates :math:`c` for each of its steps, finite and > 0.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    schedule: Schedule
    factor: float

    _checks = {"schedule": check_schedule, "factor": check_positive}

    def _rate(self, step: float) -> float:
        quotient = min(step / self.factor, LARGEST)
        whole = round(quotient)
        if abs(quotient - whole) <= whole * ROUNDINGS:
            quotient = whole
        return self.schedule(quotient)


@dataclass(frozen=True)
class ScaleLR(Schedule):
    r"""Multiply the rate of a schedule.

    .. math:: \eta_t = c\,s(t)

    Args:
        schedule: the schedule :math:`s`.
        factor: the multiplier :math:`c`, finite and >= 0.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    schedule: Schedule
    factor: float

    _checks = {"schedule": check_schedule, "factor": check_rate}

    def _rate(self, step: float) -> float:
        return self.schedule(step) * self.factor


@dataclass(frozen=True)
class ClampLR(Schedule):
    r"""Keep the rate of a schedule between two bounds.

    .. math:: \eta_t = \min(\max(s(t),\, \eta_{\min}),\, \eta_{\max})

    Args:
        schedule: the schedule :math:`s`.
        min_lr: the lower bound :math:`\eta_{\min}`, between 0 and ``max_lr``.
        max_lr: the upper bound :math:`\eta_{\max}`, finite and >= 0.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    schedule: Schedule
    min_lr: float
    max_lr: float

    _checks = {"schedule": check_schedule, "max_lr": check_rate, "min_lr": check_rate}
    _at_most = {"min_lr": "max_lr"}

    def _rate(self, step: float) -> float:
        return min(max(self.schedule(step), self.min_lr), self.max_lr)
