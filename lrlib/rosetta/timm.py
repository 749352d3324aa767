"""``timm.scheduler``, version 1.0.31: the clock is that of ``step_update``.

The rate in the optimizer is ``lr``. The first update has the rate that the constructor writes,
``lr`` or ``warmup_lr_init``, whatever the formula says of step 0. By default cosine, tanh and
poly are not moved behind the warmup (``warmup_prefix=False``): the ramp aims at ``lr``, and the
schedule goes on from where it is by then. Past the last cycle ``lr_min`` holds. The noise that
timm can add is random, and no part of these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .. import schedules as ours
from ..schedules import Schedule
from ..schedules.base import (
    check_choice,
    check_count,
    check_finite,
    check_flag,
    check_length,
    check_milestones,
    check_positive,
    check_rate,
    one_of,
)
from ..schedules.shapes import FALLS
from .falls import CosineFall, ExponentialDecay, OfShare, PolyFall, PowerDecay, TanhFall
from .library import Library
from .parts import Constant, Fall, Falling, Geometric, PowerLaw, Staircase, ramp


def check_share(name: str, value: object) -> float:
    """Return a number as a float; raise ValueError unless it lies in (0, 1)."""
    share = check_positive(name, value)
    if share >= 1:
        raise ValueError(f"{name} must be a number in (0, 1), got {value!r}")
    return share


TIMM = Library(
    "timm",
    {
        "lr": check_rate,
        "t_initial": check_length,
        "lr_min": check_rate,
        "cycle_mul": check_positive,
        "cycle_decay": check_rate,
        "cycle_limit": check_count,
        "warmup_t": check_count,
        "warmup_lr_init": check_rate,
        "warmup_prefix": check_flag,
        "k_decay": check_positive,
        "power": check_rate,
        "lb": check_finite,
        "ub": check_finite,
        "decay_rate": check_rate,
        "stable_fn": one_of("constant", "rsqrt", "power"),
        "stable_timescale": check_positive,
        "stable_power": check_positive,
        "decay_power": check_positive,
        "decay_ratio": check_share,
    },
    without_effect=("t_in_epochs", "initialize", "noise_pct", "noise_std", "noise_seed"),
)


def warmed(
    lr: float,
    body: Schedule,
    warmup_t: int,
    warmup_lr_init: float,
    warmup_prefix: bool,
    target: float | None = None,
) -> Schedule:
    """Return ``body`` behind the ramp, or behind the first rate, which the constructor writes."""
    first = max(1, warmup_t)
    head = Constant(lr)
    if warmup_t:
        head = ramp(warmup_lr_init, lr if target is None else target, warmup_t)
    skipped = first - warmup_t if warmup_prefix else first
    return ours.SequentialLR([head, ours.ShiftLR(body, -skipped)], [first])


@dataclass(frozen=True)
class Cycles(Schedule):
    """Falls from the rate to ``lr_min``, each ``cycle_mul`` times as long as the last.

    Which cycle an update is in comes from a rounded-down logarithm, as in timm: at some restarts
    it is one too small, and the update has ``lr_min`` in place of the peak.
    """

    base_lr: float
    lr_min: float
    t_initial: int
    cycle_mul: float
    cycle_decay: float
    cycle_limit: int
    fall: Fall

    def _rate(self, step: float) -> float:
        m, first = self.cycle_mul, self.t_initial
        if m == 1:
            cycle, position = divmod(step, first)
            length = first
        else:
            growth = 1 - step / first * (1 - m)
            # Cycles that shrink are all over at some step; there timm's logarithm fails.
            if growth <= 0:
                return self.lr_min
            cycle = math.floor(math.log(growth, m))
            length = m**cycle * first
            # Rounding may leave less than nothing, which has no k-th power.
            position = max(0.0, step - (1 - m**cycle) / (1 - m) * first)
        if cycle >= self.cycle_limit:
            return self.lr_min
        peak = self.base_lr * self.cycle_decay**cycle
        return self.lr_min + (peak - self.lr_min) * self.fall(position, length)


@TIMM
def CosineLRScheduler(
    lr: float,
    t_initial: int,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: int = 1,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    k_decay: float = 1.0,
) -> Schedule:
    """Translate ``CosineLRScheduler``: lrlib's ``CosineAnnealingLR``, in one or more cycles.

    With the default ``warmup_prefix=False`` the peak is never used: the cosine has gone down
    during the warmup. With ``True`` it is lrlib's ``WarmupWithDecay`` over ``warmup_t + t_initial``
    updates.
    """
    fall = CosineFall(k_decay)
    body = Cycles(lr, lr_min, t_initial, cycle_mul, cycle_decay, cycle_limit, fall)
    return warmed(lr, body, warmup_t, warmup_lr_init, warmup_prefix)


@TIMM
def TanhLRScheduler(
    lr: float,
    t_initial: int,
    lb: float = -7.0,
    ub: float = 3.0,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: int = 1,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
) -> Schedule:
    """Translate ``TanhLRScheduler``, which lrlib lacks: a fall along a hyperbolic tangent.

    The curve reaches neither end: it jumps down to ``lr_min`` when the cycle is over. Its ramp
    alone aims at where the curve will be, not at ``lr``, unless ``warmup_prefix``.
    """
    if lb >= ub:
        raise ValueError(f"lb must be less than ub ({ub!r}), got {lb!r}")
    body = Cycles(lr, lr_min, t_initial, cycle_mul, cycle_decay, cycle_limit, TanhFall(lb, ub))
    target = lr if warmup_prefix else body(warmup_t)
    return warmed(lr, body, warmup_t, warmup_lr_init, warmup_prefix, target)


@TIMM
def PolyLRScheduler(
    lr: float,
    t_initial: int,
    power: float = 0.5,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: int = 1,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    k_decay: float = 1.0,
) -> Schedule:
    """Translate ``PolyLRScheduler``: lrlib's ``PolynomialLR``, whose power is 1 by default.

    With the default ``warmup_prefix=False`` the fall starts at step 0, under the warmup.
    """
    fall = PolyFall(power, k_decay)
    body = Cycles(lr, lr_min, t_initial, cycle_mul, cycle_decay, cycle_limit, fall)
    return warmed(lr, body, warmup_t, warmup_lr_init, warmup_prefix)


@TIMM
def StepLRScheduler(
    lr: float,
    decay_t: float,
    decay_rate: float = 1.0,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = True,
) -> Schedule:
    """Translate ``StepLRScheduler``: lrlib's ``StepLR`` behind a ramp.

    With the default ``decay_rate`` of 1 it never falls. ``decay_t`` need not be whole.
    """
    decay_t = check_positive("decay_t", decay_t)
    body = Staircase(Geometric(lr, decay_rate, decay_t), decay_t)
    return warmed(lr, body, warmup_t, warmup_lr_init, warmup_prefix)


@TIMM
def MultiStepLRScheduler(
    lr: float,
    decay_t: Sequence[int],
    decay_rate: float = 1.0,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = True,
) -> Schedule:
    """Translate ``MultiStepLRScheduler``: lrlib's ``MultiStepLR``, one update early.

    The milestone m acts at step m - 1 of the schedule's own clock. The default ``decay_rate`` of 1
    does nothing.
    """
    steps = [max(0, milestone - 1) for milestone in check_milestones("decay_t", decay_t)]
    body = ours.MultiStepLR(lr, steps, decay_rate)
    return warmed(lr, body, warmup_t, warmup_lr_init, warmup_prefix)


@dataclass(frozen=True)
class Above(Schedule):
    """What a schedule has above ``lr_min``, times shares."""

    schedule: Schedule
    lr_min: float
    share: Schedule

    def _rate(self, step: float) -> float:
        return self.lr_min + (self.schedule(step) - self.lr_min) * self.share(step)


@TIMM
def WSDLRScheduler(
    lr: float,
    t_initial: int,
    decay_t: int,
    lr_min: float = 0.0,
    stable_fn: str = "constant",
    stable_timescale: float | None = None,
    stable_power: float = 0.5,
    decay_fn: str | Callable[[float], float] = "1-sqrt",
    decay_power: float = 0.5,
    decay_ratio: float = 0.1,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
) -> Schedule:
    """Translate ``WSDLRScheduler``: lrlib's ``WarmupStableDecay``, whose plateau may fall too.

    ``t_initial`` counts the plateau and the decay, not the warmup. The last of the ``decay_t``
    updates is still above ``lr_min``, which holds from the next on.
    """
    decay_t = check_length("decay_t", decay_t)
    if decay_t > t_initial:
        raise ValueError(f"decay_t must not exceed t_initial ({t_initial!r}), got {decay_t!r}")
    stable = Constant(max(lr, lr_min))
    if stable_fn != "constant":
        timescale = warmup_t if stable_timescale is None else stable_timescale
        check_positive("stable_timescale", timescale)
        exponent = 0.5 if stable_fn == "rsqrt" else stable_power
        stable = ours.ClampLR(PowerLaw(lr, timescale, exponent), lr_min, max(lr, lr_min))
    if callable(decay_fn):
        fall = OfShare(decay_fn)
    else:
        falls = {name: FALLS[name] for name in ("linear", "1-sqrt", "cosine")}
        falls |= {"power": PowerDecay(decay_power), "exp": ExponentialDecay(decay_ratio)}
        check_choice("decay_fn", decay_fn, tuple(falls))
        fall = falls[decay_fn]
    decay = ours.ShiftLR(Falling(fall, decay_t), t_initial - decay_t)
    return warmed(lr, Above(stable, lr_min, decay), warmup_t, warmup_lr_init, True)
