"""Schedules that go one way: constant, steps, straight lines, powers, half a cosine, 1/t."""

from __future__ import annotations

from dataclasses import dataclass

from .base import (
    Schedule,
    check_count,
    check_fraction,
    check_function,
    check_length,
    check_positive,
    check_rate,
    check_steps,
)
from .shapes import cosine_fall, linear_fall


@dataclass(frozen=True)
class ConstantLR(Schedule):
    r"""A constant rate, optionally reduced by a factor for the first updates.

    .. math::
        \eta_t = \begin{cases} f\,\eta & t < n \\ \eta & t \ge n \end{cases}

    First value :math:`f\eta`, peak and last value :math:`\eta`. ``ConstantLR(base_lr, factor=1)``
    is the plain constant rate.

    Args:
        base_lr: the rate :math:`\eta`, finite and >= 0.
        factor: the multiplier :math:`f` of the first updates, in [0, 1].
        total_iters: the number :math:`n` of reduced updates, whole and >= 0.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    factor: float = 1 / 3
    total_iters: int = 5

    _checks = {"base_lr": check_rate, "factor": check_fraction, "total_iters": check_count}

    def _rate(self, step: float) -> float:
        return self.base_lr * self.factor if step < self.total_iters else self.base_lr


@dataclass(frozen=True)
class StepLR(Schedule):
    r"""Multiply the rate by ``gamma`` every ``step_size`` updates.

    .. math:: \eta_t = \eta\,\gamma^{\lfloor t/s \rfloor}

    First value :math:`\eta`, and the peak unless :math:`\gamma > 1`; tends to 0 if
    :math:`\gamma < 1`.

    Args:
        base_lr: the first rate :math:`\eta`, finite and >= 0.
        step_size: the updates :math:`s` between two drops, whole and >= 1.
        gamma: the multiplier :math:`\gamma` of each drop, finite and >= 0.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    step_size: int
    gamma: float = 0.1

    _checks = {"base_lr": check_rate, "step_size": check_length, "gamma": check_rate}

    def _rate(self, step: float) -> float:
        return self.base_lr * self.gamma ** (step // self.step_size)


@dataclass(frozen=True)
class MultiStepLR(Schedule):
    r"""Multiply the rate by ``gamma`` at each milestone.

    .. math:: \eta_t = \eta\,\gamma^{\#\{i \,:\, m_i \le t\}}

    First value :math:`\eta` (unless a milestone is 0); last value :math:`\eta\,\gamma^{k}` after
    all :math:`k` milestones. The update whose number is the milestone is the first at the new rate,
    and a milestone given twice counts twice.

    Args:
        base_lr: the first rate :math:`\eta`, finite and >= 0.
        milestones: the steps :math:`m_i` of the drops: whole, >= 0, in any order; they are kept in
            ascending order.
        gamma: the multiplier :math:`\gamma` of each drop, finite and >= 0.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    milestones: tuple[int, ...]
    gamma: float = 0.1

    _checks = {"base_lr": check_rate, "milestones": check_steps, "gamma": check_rate}

    def _rate(self, step: float) -> float:
        return self.base_lr * self.gamma ** sum(step >= m for m in self.milestones)


@dataclass(frozen=True)
class ExponentialLR(Schedule):
    r"""Multiply the rate by ``gamma`` at every update.

    .. math:: \eta_t = \eta\,\gamma^t

    First value :math:`\eta`; halves every :math:`\ln 2 / \ln(1/\gamma)` updates and tends to 0 if
    :math:`\gamma < 1`. With :math:`\gamma > 1` it grows, as in a range test.

    Args:
        base_lr: the first rate :math:`\eta`, finite and >= 0.
        gamma: the multiplier :math:`\gamma` of each update, finite and >= 0.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    gamma: float

    _checks = {"base_lr": check_rate, "gamma": check_rate}

    def _rate(self, step: float) -> float:
        return self.base_lr * self.gamma**step


@dataclass(frozen=True)
class LinearLR(Schedule):
    r"""Move the rate in a straight line from one multiple of ``base_lr`` to another.

    .. math::
        \eta_t = \eta\left(a + (b - a)\,\frac{\min(t, n)}{n}\right)

    First value :math:`a\eta`, last value :math:`b\eta`, held from step :math:`n` on.
    ``LinearLR(base_lr, 1, 0, total_iters=n)`` is the linear decay to zero. With
    ``total_iters=0`` the ramp is over at once and the rate is :math:`b\eta` (torch stays at
    :math:`a\eta` for ever). Multipliers above 1 are legal (torch refuses them).

    Args:
        base_lr: the rate :math:`\eta` that the factors multiply, finite and >= 0.
        start_factor: the first multiplier :math:`a`, finite and >= 0.
        end_factor: the last multiplier :math:`b`, finite and >= 0.
        total_iters: the length :math:`n` of the ramp in updates, whole and >= 0.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    start_factor: float = 1 / 3
    end_factor: float = 1.0
    total_iters: int = 5

    _checks = {
        "base_lr": check_rate,
        "start_factor": check_rate,
        "end_factor": check_rate,
        "total_iters": check_count,
    }

    def _rate(self, step: float) -> float:
        if step >= self.total_iters:
            return self.base_lr * self.end_factor
        fall = linear_fall(step, self.total_iters)
        return self.base_lr * (self.end_factor + (self.start_factor - self.end_factor) * fall)


@dataclass(frozen=True)
class PolynomialLR(Schedule):
    r"""Lower the rate as a power of the share of updates that are left.

    .. math::
        \eta_t = \eta_{\min} + (\eta - \eta_{\min})\left(1 - \frac{\min(t, n)}{n}\right)^p

    First value and peak :math:`\eta`, last value :math:`\eta_{\min}`, held from step :math:`n`
    on. Power 1 is the straight line; a larger power falls faster at first.

    Args:
        base_lr: the first rate :math:`\eta`, finite and >= 0.
        total_iters: the length :math:`n` of the decay in updates, whole and >= 0; 0 means
            ``min_lr`` at once.
        power: the exponent :math:`p`, finite and > 0.
        min_lr: the last rate :math:`\eta_{\min}`, between 0 and ``base_lr``.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    total_iters: int = 5
    power: float = 1.0
    min_lr: float = 0.0

    _checks = {
        "base_lr": check_rate,
        "total_iters": check_count,
        "power": check_positive,
        "min_lr": check_rate,
    }
    _at_most = {"min_lr": "base_lr"}

    def _rate(self, step: float) -> float:
        if step >= self.total_iters:
            return self.min_lr
        fall = linear_fall(step, self.total_iters) ** self.power
        return self.min_lr + (self.base_lr - self.min_lr) * fall


@dataclass(frozen=True)
class CosineAnnealingLR(Schedule):
    r"""Move the rate along half a cosine, flat at both ends.

    .. math::
        \eta_t = \eta_{\min} + (\eta_{\max} - \eta_{\min})\,
                 \tfrac12\left(1 + \cos\frac{\pi t}{T}\right), \qquad t < T

    First value :math:`\eta_{\max}`; :math:`\eta_{\min}` from step :math:`T` on (torch goes back
    along the cosine). Where :math:`\eta_{\min}` is the larger one the rate climbs, as torch's does.
    Source: :cite:t:`loshchilov2017sgdr`.

    Args:
        base_lr: the first rate :math:`\eta_{\max}`, finite and >= 0.
        T_max: the half period :math:`T` in updates, whole and >= 0; 0 means ``eta_min`` at once.
        eta_min: the last rate :math:`\eta_{\min}`, finite and >= 0.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    T_max: int
    eta_min: float = 0.0

    _checks = {"base_lr": check_rate, "T_max": check_count, "eta_min": check_rate}

    def _rate(self, step: float) -> float:
        if step >= self.T_max:
            return self.eta_min
        return self.eta_min + (self.base_lr - self.eta_min) * cosine_fall(step, self.T_max)


@dataclass(frozen=True)
class InverseTimeLR(Schedule):
    r"""Divide the rate by a number that grows in a straight line: the 1/t decay.

    .. math:: \eta_t = \frac{\eta}{1 + r\,t/n}

    First value and peak :math:`\eta`; half of it at step :math:`n/r`; tends to 0 as :math:`1/t`.
    Source: :cite:t:`robbins1951stochastic`.

    Args:
        base_lr: the first rate :math:`\eta`, finite and >= 0.
        decay_steps: the updates :math:`n` in which the divisor grows by ``rate``, whole and >= 1.
        rate: the growth :math:`r` of the divisor, finite and >= 0.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    decay_steps: int
    rate: float

    _checks = {"base_lr": check_rate, "decay_steps": check_length, "rate": check_rate}

    def _rate(self, step: float) -> float:
        return self.base_lr / (1 + self.rate * step / self.decay_steps)


@dataclass(frozen=True)
class LambdaLR(Schedule):
    r"""Multiply the rate by any function of the step.

    .. math:: \eta_t = \eta\,\lambda(t)

    Args:
        base_lr: the rate :math:`\eta` that the function multiplies, finite and >= 0.
        lr_lambda: the function :math:`\lambda`. It must give a finite number >= 0 for every step,
            and should hold its last value past its end.

    Raises:
        ValueError: if ``base_lr`` lies outside its range or ``lr_lambda`` cannot be called.
    """

    base_lr: float
    lr_lambda: object

    _checks = {"base_lr": check_rate, "lr_lambda": check_function}

    def _rate(self, step: float) -> float:
        return self.base_lr * float(self.lr_lambda(step))
