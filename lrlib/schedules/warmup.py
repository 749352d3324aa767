"""Schedules that start gently."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .base import (
    Schedule,
    check_count,
    check_length,
    check_positive,
    check_rate,
    one_of,
    or_none,
)
from .shapes import FALLS, cosine_fall, geometric, line


@dataclass(frozen=True)
class LinearWarmup(Schedule):
    r"""Raise the rate in a straight line, then hold it.

    .. math:: \eta_t = \eta_0 + (\eta - \eta_0)\,\frac{\min(t, W)}{W}

    First value :math:`\eta_0`; peak and last value :math:`\eta`, first reached at step :math:`W`.
    Source: :cite:t:`goyal2017accurate`.

    Args:
        base_lr: the peak :math:`\eta`, finite and >= 0.
        warmup_steps: the length :math:`W` of the ramp in updates, whole and >= 0.
        start_lr: the rate :math:`\eta_0` of the first update, between 0 and ``base_lr``.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    warmup_steps: int
    start_lr: float = 0.0

    _checks = {"base_lr": check_rate, "warmup_steps": check_count, "start_lr": check_rate}
    _at_most = {"start_lr": "base_lr"}

    def _rate(self, step: float) -> float:
        if step >= self.warmup_steps:
            return self.base_lr
        return line(self.start_lr, self.base_lr, step, self.warmup_steps)


@dataclass(frozen=True)
class ExponentialWarmup(Schedule):
    r"""Raise the rate by the same ratio at every update, then hold it.

    .. math:: \eta_t = \eta_0\left(\frac{\eta}{\eta_0}\right)^{\min(t, W)/W}

    First value :math:`\eta_0`; peak and last value :math:`\eta`, first reached at step :math:`W`.
    Half way stands the geometric mean of the two.

    Args:
        base_lr: the peak :math:`\eta`, finite and > 0.
        warmup_steps: the length :math:`W` of the ramp in updates, whole and >= 0.
        start_lr: the rate :math:`\eta_0` of the first update, > 0 and at most ``base_lr``: no
            ratio leads away from 0.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    warmup_steps: int
    start_lr: float = 1e-7

    _checks = {"base_lr": check_positive, "warmup_steps": check_count, "start_lr": check_positive}
    _at_most = {"start_lr": "base_lr"}

    def _rate(self, step: float) -> float:
        if step >= self.warmup_steps:
            return self.base_lr
        return geometric(self.start_lr, self.base_lr, step / self.warmup_steps)


@dataclass(frozen=True)
class CosineWarmup(Schedule):
    r"""Raise the rate along half a cosine, flat at both ends, then hold it.

    .. math::
        \eta_t = \eta_0 + (\eta - \eta_0)\,
                 \tfrac12\left(1 - \cos\frac{\pi\min(t, W)}{W}\right)

    First value :math:`\eta_0`; peak and last value :math:`\eta`, first reached at step :math:`W`.

    Args:
        base_lr: the peak :math:`\eta`, finite and >= 0.
        warmup_steps: the length :math:`W` of the ramp in updates, whole and >= 0.
        start_lr: the rate :math:`\eta_0` of the first update, between 0 and ``base_lr``.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    warmup_steps: int
    start_lr: float = 0.0

    _checks = {"base_lr": check_rate, "warmup_steps": check_count, "start_lr": check_rate}
    _at_most = {"start_lr": "base_lr"}

    def _rate(self, step: float) -> float:
        if step >= self.warmup_steps:
            return self.base_lr
        rise = 1 - cosine_fall(step, self.warmup_steps)
        return self.start_lr + (self.base_lr - self.start_lr) * rise


@dataclass(frozen=True)
class WarmupWithDecay(Schedule):
    r"""Raise the rate in a straight line, then lower it to a minimum.

    .. math::
        \eta_t = \begin{cases}
            \eta_0 + (\eta - \eta_0)\, t / W & t < W \\
            \eta_{\min} + (\eta - \eta_{\min})\,\phi\!\left(\frac{t - W}{T - W}\right)
                & W \le t < T \\
            \eta_{\min} & t \ge T
        \end{cases}

    with :math:`\phi(x)` equal to :math:`\tfrac12(1 + \cos \pi x)` for ``"cosine"``, :math:`1 - x`
    for ``"linear"``, :math:`1 - \sqrt{x}` for ``"1-sqrt"`` and :math:`(1 - x)/(1 - x/2)` for
    ``"rex"``. First value :math:`\eta_0` (:math:`\eta` if :math:`W = 0`), peak :math:`\eta` at step
    :math:`W`, last value :math:`\eta_{\min}`. With :math:`W = T` nothing is left for the decay and
    :math:`\eta_{\min}` follows the ramp. A ramp of the form :math:`(t + 1)/W`, which wastes no
    update on a rate of 0, starts at :math:`\eta/W` and has the length :math:`W - 1`. Sources of the
    last two shapes: :cite:t:`hagele2024scaling` and :cite:t:`chen2022rex`.

    Args:
        base_lr: the peak :math:`\eta`, finite and >= 0.
        warmup_steps: the length :math:`W` of the ramp in updates, whole, between 0 and
            ``total_steps``.
        total_steps: the step :math:`T` at which the minimum is reached, whole and >= 0.
        min_lr: the last rate :math:`\eta_{\min}`, between 0 and ``base_lr``.
        decay: the shape of the fall: ``"cosine"``, ``"linear"``, ``"1-sqrt"`` or ``"rex"``.
        start_lr: the rate :math:`\eta_0` of the first update, between 0 and ``base_lr``.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    warmup_steps: int
    total_steps: int
    min_lr: float = 0.0
    decay: str = "cosine"
    start_lr: float = 0.0

    _checks = {
        "base_lr": check_rate,
        "warmup_steps": check_count,
        "total_steps": check_count,
        "min_lr": check_rate,
        "decay": one_of(*FALLS),
        "start_lr": check_rate,
    }
    _at_most = {"warmup_steps": "total_steps", "min_lr": "base_lr", "start_lr": "base_lr"}

    def _rate(self, step: float) -> float:
        if step < self.warmup_steps:
            return line(self.start_lr, self.base_lr, step, self.warmup_steps)
        if step >= self.total_steps:
            return self.min_lr
        fall = FALLS[self.decay](step - self.warmup_steps, self.total_steps - self.warmup_steps)
        return self.min_lr + (self.base_lr - self.min_lr) * fall


@dataclass(frozen=True)
class InverseSqrtLR(Schedule):
    r"""Raise the rate in a straight line, then lower it as one over a square root.

    .. math::
        \eta_t = \begin{cases}
            \eta_0 + (\eta - \eta_0)\, t / W & t < W \\
            \eta \left(1 + \frac{t - W}{\tau}\right)^{-1/2} & t \ge W
        \end{cases}

    First value :math:`\eta_0` (:math:`\eta` if :math:`W = 0`), peak :math:`\eta` at step :math:`W`;
    half of it :math:`3\tau` updates later; tends to 0. With :math:`\tau = W` the second line is
    :math:`\eta\sqrt{W/t}`. Source of the root: :cite:t:`zinkevich2003online`.

    Args:
        base_lr: the peak :math:`\eta`, finite and >= 0.
        warmup_steps: the length :math:`W` of the ramp in updates, whole and >= 0.
        timescale: the time :math:`\tau` of the fall in updates, whole and >= 1; None means
            ``warmup_steps``, or 1 if there is no warmup, which gives :math:`\eta/\sqrt{t + 1}`.
        start_lr: the rate :math:`\eta_0` of the first update, between 0 and ``base_lr``.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    warmup_steps: int
    timescale: int | None = None
    start_lr: float = 0.0

    _checks = {
        "base_lr": check_rate,
        "warmup_steps": check_count,
        "timescale": or_none(check_length),
        "start_lr": check_rate,
    }
    _at_most = {"start_lr": "base_lr"}

    def _rate(self, step: float) -> float:
        if step < self.warmup_steps:
            return line(self.start_lr, self.base_lr, step, self.warmup_steps)
        timescale = self.timescale or max(1, self.warmup_steps)
        return self.base_lr / math.sqrt(1 + (step - self.warmup_steps) / timescale)


@dataclass(frozen=True)
class NoamLR(Schedule):
    r"""Follow the first Transformer: a straight ramp, then one over the square root of the step.

    .. math:: \eta_t = c\, d^{-1/2} \min\left(t^{-1/2},\; t\, W^{-3/2}\right)

    First value 0, peak :math:`c / \sqrt{d W}` at step :math:`W`, half of it at step :math:`4W`;
    tends to 0. The rate is tied to the width of the model and to the warmup.
    Source: :cite:t:`vaswani2017attention`.

    Args:
        d_model: the width :math:`d` of the model, whole and >= 1.
        warmup_steps: the length :math:`W` of the ramp in updates, whole and >= 1: without a ramp
            the peak would be infinite.
        factor: the multiplier :math:`c`, finite and >= 0.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    d_model: int
    warmup_steps: int
    factor: float = 1.0

    _checks = {"d_model": check_length, "warmup_steps": check_length, "factor": check_rate}

    def _rate(self, step: float) -> float:
        peak = self.factor / math.sqrt(self.d_model * self.warmup_steps)
        if step < self.warmup_steps:
            return peak * step / self.warmup_steps
        return peak * math.sqrt(self.warmup_steps / step)


@dataclass(frozen=True)
class WarmupStableDecay(Schedule):
    r"""Raise the rate, hold it for most of the run, then lower it to a minimum.

    .. math::
        \eta_t = \begin{cases}
            \eta_0 + (\eta - \eta_0)\, t / W & t < W \\
            \eta & W \le t < W + S \\
            \eta_{\min} + (\eta - \eta_{\min})\,\phi\!\left(\frac{t - W - S}{D}\right)
                & W + S \le t < W + S + D \\
            \eta_{\min} & t \ge W + S + D
        \end{cases}

    with :math:`\phi` as in :class:`WarmupWithDecay`. First value :math:`\eta_0` (:math:`\eta` if
    :math:`W = 0`), peak :math:`\eta`, last value :math:`\eta_{\min}`. Update :math:`W + S`, the
    first of the decay, still has the peak. Source: :cite:t:`hu2024minicpm`.

    Args:
        base_lr: the peak :math:`\eta`, finite and >= 0.
        warmup_steps: the length :math:`W` of the ramp in updates, whole and >= 0.
        stable_steps: the length :math:`S` of the plateau in updates, whole and >= 0.
        decay_steps: the length :math:`D` of the fall in updates, whole and >= 0; 0 means
            ``min_lr`` at once.
        min_lr: the last rate :math:`\eta_{\min}`, between 0 and ``base_lr``.
        decay: the shape of the fall: ``"cosine"``, ``"linear"``, ``"1-sqrt"`` or ``"rex"``.
        start_lr: the rate :math:`\eta_0` of the first update, between 0 and ``base_lr``.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    warmup_steps: int
    stable_steps: int
    decay_steps: int
    min_lr: float = 0.0
    decay: str = "1-sqrt"
    start_lr: float = 0.0

    _checks = {
        "base_lr": check_rate,
        "warmup_steps": check_count,
        "stable_steps": check_count,
        "decay_steps": check_count,
        "min_lr": check_rate,
        "decay": one_of(*FALLS),
        "start_lr": check_rate,
    }
    _at_most = {"min_lr": "base_lr", "start_lr": "base_lr"}

    def _rate(self, step: float) -> float:
        if step < self.warmup_steps:
            return line(self.start_lr, self.base_lr, step, self.warmup_steps)
        decayed = step - self.warmup_steps - self.stable_steps
        if decayed < 0:
            return self.base_lr
        if decayed >= self.decay_steps:
            return self.min_lr
        fall = FALLS[self.decay](decayed, self.decay_steps)
        return self.min_lr + (self.base_lr - self.min_lr) * fall
