"""Hugging Face ``transformers.get_scheduler``, version 5.23, by the names that it takes.

The rate in the optimizer is ``lr``. But for ``cosine_warmup_with_min_lr`` and
``warmup_stable_decay``, the ramp starts at 0 and reaches ``lr`` at step ``num_warmup_steps``, as
lrlib's does. Unlike lrlib, a warmup may be longer than the run: the run counts as one update long
from there on.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import schedules as ours
from ..schedules import Schedule
from ..schedules.base import (
    check_count,
    check_finite,
    check_length,
    check_positive,
    check_rate,
    one_of,
)
from ..schedules.shapes import FALLS, cosine_fall
from .library import Library
from .parts import Backwards, Between, Constant, Falling, Frozen, Waves, ramp

SHAPES = ("linear", "cosine", "1-sqrt")

TRANSFORMERS = Library(
    "transformers",
    {
        "lr": check_rate,
        "num_warmup_steps": check_count,
        "num_training_steps": check_count,
        "num_stable_steps": check_count,
        "num_decay_steps": check_count,
        "num_cycles": check_finite,
        "lr_end": check_rate,
        "power": check_positive,
        "timescale": check_length,
        "min_lr": check_rate,
        "min_lr_rate": check_rate,
        "warmup_lr_rate": check_rate,
        "min_lr_ratio": check_rate,
        "warmup_type": one_of(*SHAPES),
        "decay_type": one_of(*SHAPES),
    },
)


def warmed(lr: float, warmup: int, body: Schedule) -> Schedule:
    """Return ``body`` behind a ramp from 0."""
    return ours.SequentialLR([ours.LinearWarmup(lr, warmup), body], [warmup])


def floor(lr: float, min_lr: float | None, min_lr_rate: float | None) -> float:
    """Return the least rate, given as a rate or as a share of ``lr``.

    Raises:
        ValueError: unless exactly one of the two is given.
    """
    if (min_lr is None) == (min_lr_rate is None):
        raise ValueError(
            f"min_lr or min_lr_rate must be given, and not both, got {min_lr!r} and {min_lr_rate!r}"
        )
    return lr * min_lr_rate if min_lr is None else min_lr


@TRANSFORMERS
def constant(
    lr: float, num_warmup_steps: int | None = None, num_training_steps: int | None = None
) -> Schedule:
    """Translate ``constant``: lrlib's ``ConstantLR`` with the factor 1, and no warmup at all."""
    return Constant(lr)


@TRANSFORMERS
def constant_with_warmup(
    lr: float, num_warmup_steps: int, num_training_steps: int | None = None
) -> Schedule:
    """Translate ``constant_with_warmup``: lrlib's ``LinearWarmup``."""
    return ours.LinearWarmup(lr, num_warmup_steps)


@TRANSFORMERS
def linear(lr: float, num_warmup_steps: int, num_training_steps: int) -> Schedule:
    """Translate ``linear``: lrlib's ``WarmupWithDecay`` with the linear decay."""
    decay = max(0, num_training_steps - num_warmup_steps)
    return warmed(lr, num_warmup_steps, ours.LinearLR(lr, 1.0, 0.0, decay))


@TRANSFORMERS
def cosine(
    lr: float, num_warmup_steps: int, num_training_steps: int, num_cycles: float = 0.5
) -> Schedule:
    """Translate ``cosine``: lrlib's ``WarmupWithDecay``, but past its end the rate climbs again.

    ``num_cycles`` counts whole waves, down and up; the half is the usual decay.
    """
    return cosine_with_min_lr(lr, num_warmup_steps, num_training_steps, num_cycles, min_lr=0.0)


@dataclass(frozen=True)
class HardRestarts(Schedule):
    """``cycles`` half cosines from 1 to 0 in ``length`` updates, then 0.

    Whether an update begins a cycle is left to the rounding of the library's own arithmetic.
    """

    length: int
    cycles: float

    def _rate(self, step: float) -> float:
        progress = step / self.length
        return cosine_fall(self.cycles * progress % 1.0, 1) if progress < 1 else 0.0


@TRANSFORMERS
def cosine_with_restarts(
    lr: float, num_warmup_steps: int, num_training_steps: int, num_cycles: float = 1
) -> Schedule:
    """Translate ``cosine_with_restarts``: equal cycles share the run, and 0 follows.

    lrlib's ``CosineAnnealingWarmRestarts`` takes the length of the first cycle, not their number,
    and has no end.
    """
    length = max(1, num_training_steps - num_warmup_steps)
    return warmed(lr, num_warmup_steps, Between(lr, 0.0, HardRestarts(length, num_cycles)))


@TRANSFORMERS
def polynomial(
    lr: float,
    num_warmup_steps: int,
    num_training_steps: int,
    lr_end: float = 1e-7,
    power: float = 1.0,
) -> Schedule:
    """Translate ``polynomial``: a ramp, then lrlib's ``PolynomialLR`` down to ``lr_end``, not 0.

    ``lr`` must exceed ``lr_end``. A decay of no length, by which transformers divides, never comes:
    it raises when the ramp is over, and this schedule holds.
    """
    if lr <= lr_end:
        raise ValueError(f"lr_end must be less than lr ({lr!r}), got {lr_end!r}")
    if num_warmup_steps == num_training_steps:
        check_length("num_training_steps", num_training_steps)
        return Frozen(ours.LinearWarmup(lr, num_warmup_steps), num_warmup_steps - 1)
    decay = max(0, num_training_steps - num_warmup_steps)
    return warmed(lr, num_warmup_steps, ours.PolynomialLR(lr, decay, power, lr_end))


@TRANSFORMERS
def inverse_sqrt(
    lr: float,
    num_warmup_steps: int,
    timescale: int | None = None,
    num_training_steps: int | None = None,
) -> Schedule:
    """Translate ``inverse_sqrt``: lrlib's ``InverseSqrtLR``; with no warmup the time is 10,000."""
    return ours.InverseSqrtLR(lr, num_warmup_steps, timescale or num_warmup_steps or 10_000)


@TRANSFORMERS
def cosine_with_min_lr(
    lr: float,
    num_warmup_steps: int,
    num_training_steps: int,
    num_cycles: float = 0.5,
    min_lr: float | None = None,
    min_lr_rate: float | None = None,
) -> Schedule:
    """Translate ``cosine_with_min_lr``: ``cosine`` above a floor; past its end it climbs again."""
    length = max(1, num_training_steps - num_warmup_steps)
    body = Between(lr, floor(lr, min_lr, min_lr_rate), Waves(length, 2 * num_cycles))
    return warmed(lr, num_warmup_steps, body)


@TRANSFORMERS
def cosine_warmup_with_min_lr(
    lr: float,
    num_warmup_steps: int,
    num_training_steps: int,
    num_cycles: float = 0.5,
    min_lr: float | None = None,
    min_lr_rate: float | None = None,
    warmup_lr_rate: float | None = None,
) -> Schedule:
    """Translate ``cosine_warmup_with_min_lr``: everything comes one update early.

    The ramp is (t + 1)/W, or starts at the share ``warmup_lr_rate`` of ``lr``; either way it peaks
    at step W - 1, where lrlib peaks at W. The floor is reached at T - 1, and from T on the rate
    climbs again.
    """
    W, T = num_warmup_steps, num_training_steps
    if warmup_lr_rate is None:
        head = ours.ShiftLR(ours.LinearWarmup(lr, W), -1)
    else:
        head = ramp(lr * warmup_lr_rate, lr, max(1, W - 1))
    waves = Waves(max(1, T - W), 2 * num_cycles)
    body = Between(lr, floor(lr, min_lr, min_lr_rate), ours.ShiftLR(waves, -1))
    return ours.SequentialLR([head, body], [W])


@TRANSFORMERS
def warmup_stable_decay(
    lr: float,
    num_warmup_steps: int,
    num_decay_steps: int,
    num_training_steps: int | None = None,
    num_stable_steps: int | None = None,
    warmup_type: str = "linear",
    decay_type: str = "cosine",
    min_lr_ratio: float = 0.0,
    num_cycles: float = 0.5,
) -> Schedule:
    """Translate ``warmup_stable_decay``: lrlib's, but the ramp starts at the floor, not at 0.

    The decay is a cosine by default, and a cosine of ``num_cycles`` other than the half jumps to
    the floor at its end. ``num_stable_steps`` outranks ``num_training_steps``; one must be given.
    If the run has no room for the decay, it starts in the middle of it.
    """
    W, D = num_warmup_steps, num_decay_steps
    if num_stable_steps is None:
        if num_training_steps is None:
            raise ValueError("num_training_steps or num_stable_steps must be given")
        num_stable_steps = num_training_steps - W - D
    least = lr * min_lr_ratio
    rise = Backwards(Falling(FALLS[warmup_type], W), W)
    if decay_type == "cosine":
        fall = Waves(max(1, D), 2 * num_cycles)
    else:
        fall = Falling(FALLS[decay_type], D)
    decay = ours.SequentialLR([Between(lr, least, fall), Constant(least)], [D])
    late = ours.ShiftLR(decay, num_stable_steps)
    if num_stable_steps > 0:
        late = ours.SequentialLR([Constant(lr), decay], [num_stable_steps])
    return ours.SequentialLR([Between(lr, least, rise), late], [W])
