"""``keras.optimizers.schedules``, version 3.15, in double precision.

These carry their own rate, which may be negative: ``lr`` is left out. The argument ``name`` of
Keras has no place here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .. import schedules as ours
from ..schedules import Schedule
from ..schedules.base import (
    check_count,
    check_divisor,
    check_finite,
    check_flag,
    check_length,
    check_milestones,
    check_positive,
    check_rate,
)
from ..schedules.shapes import cosine_fall
from .library import Library, list_of
from .parts import Between, Geometric, Power, Staircase, ramp, stairs

KERAS = Library(
    "keras",
    {
        "initial_learning_rate": check_finite,
        "boundaries": check_milestones,
        "values": list_of(check_finite),
        "decay_steps": check_length,
        "decay_rate": check_rate,
        "staircase": check_flag,
        "end_learning_rate": check_finite,
        "power": check_positive,
        "cycle": check_flag,
        "alpha": check_finite,
        "warmup_target": check_finite,
        "warmup_steps": check_count,
        "first_decay_steps": check_length,
        "t_mul": check_divisor,
        "m_mul": check_rate,
    },
)


@KERAS
def ExponentialDecay(
    initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False
) -> Schedule:
    """Translate ``ExponentialDecay``: lrlib's ``ExponentialLR`` at a rate per ``decay_steps``.

    With ``staircase`` it is lrlib's ``StepLR``.
    """
    smooth = Geometric(initial_learning_rate, decay_rate, decay_steps)
    return Staircase(smooth, decay_steps) if staircase else smooth


@KERAS
def PiecewiseConstantDecay(boundaries: Sequence[int], values: Sequence[float]) -> Schedule:
    """Translate ``PiecewiseConstantDecay``: lrlib's ``PiecewiseConstantLR``, one update late.

    At the step of a boundary the old value still holds.
    """
    if not boundaries:
        raise ValueError("boundaries must hold at least one step, got none")
    if len(values) != len(boundaries) + 1:
        raise ValueError(
            f"values must hold {len(boundaries) + 1} rates, one more than boundaries, "
            f"got {values!r}"
        )
    return stairs(values, [boundary + 1 for boundary in boundaries])


@dataclass(frozen=True)
class Sawtooth(Schedule):
    """From 1 down to 0 in ``length`` updates, then again from half height in twice the time."""

    length: int

    def _rate(self, step: float) -> float:
        return 1 - step / (self.length * max(1, math.ceil(step / self.length)))


@KERAS
def PolynomialDecay(
    initial_learning_rate: float,
    decay_steps: int,
    end_learning_rate: float = 1e-4,
    power: float = 1.0,
    cycle: bool = False,
) -> Schedule:
    """Translate ``PolynomialDecay``: lrlib's ``PolynomialLR``, whose end is 0 by default.

    With ``cycle`` it jumps up past its end: the decay counts as long as the next multiple of
    ``decay_steps``.
    """
    share = Sawtooth(decay_steps) if cycle else ours.PolynomialLR(1.0, decay_steps)
    return Between(initial_learning_rate, end_learning_rate, Power(share, power))


@KERAS
def InverseTimeDecay(
    initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False
) -> Schedule:
    """Translate ``InverseTimeDecay``: lrlib's ``InverseTimeLR``, in steps with ``staircase``."""
    share = ours.InverseTimeLR(1.0, decay_steps, decay_rate)
    smooth = Between(initial_learning_rate, 0.0, share)
    return Staircase(smooth, decay_steps) if staircase else smooth


@KERAS
def CosineDecay(
    initial_learning_rate: float,
    decay_steps: int,
    alpha: float = 0.0,
    warmup_target: float | None = None,
    warmup_steps: int = 0,
) -> Schedule:
    """Translate ``CosineDecay``: lrlib's ``CosineAnnealingLR``, or ``WarmupWithDecay``.

    With a ``warmup_target`` the first argument becomes the start of the ramp, and the peak is the
    target; ``decay_steps`` does not count the warmup. Without, ``warmup_steps`` is idle. The floor
    is a share ``alpha`` of the peak.
    """
    peak = initial_learning_rate if warmup_target is None else warmup_target
    decay = Between(peak, alpha * peak, ours.CosineAnnealingLR(1.0, decay_steps))
    if warmup_target is None:
        return decay
    head = ramp(initial_learning_rate, warmup_target, warmup_steps)
    return ours.SequentialLR([head, decay], [warmup_steps])


@dataclass(frozen=True)
class Restarts(Schedule):
    """Half cosines, each ``t_mul`` times as long and ``m_mul`` times as high as the last."""

    length: int
    t_mul: float
    m_mul: float

    def _rate(self, step: float) -> float:
        cycle, length = 0, self.length
        if self.t_mul == 1:
            cycle, step = divmod(step, length)
        while step >= length:
            step -= length
            length *= self.t_mul
            cycle += 1
        return self.m_mul**cycle * cosine_fall(step, length)


@KERAS
def CosineDecayRestarts(
    initial_learning_rate: float,
    first_decay_steps: int,
    t_mul: float = 2.0,
    m_mul: float = 1.0,
    alpha: float = 0.0,
) -> Schedule:
    """Translate ``CosineDecayRestarts``: lrlib's ``CosineAnnealingWarmRestarts``.

    The peaks may shrink or grow by ``m_mul``, and the ratio ``t_mul`` need not be whole; below 1
    the cycles would run out, and Keras then gives no number. The floor is a share ``alpha`` of the
    rate. Keras finds the cycle by a rounded logarithm in single precision, and can take the wrong
    one at a restart; this one does not.
    """
    least = alpha * initial_learning_rate
    return Between(initial_learning_rate, least, Restarts(first_decay_steps, t_mul, m_mul))
