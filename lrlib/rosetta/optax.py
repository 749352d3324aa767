"""``optax.schedules``, version 0.2.8, in double precision.

These carry their own rate: ``lr`` is left out. A ramp of n updates reaches its end at step n, as
lrlib's do, and every schedule holds past its end. A value may be negative, as one that scales an
update downhill is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import schedules as ours
from ..schedules import Schedule
from ..schedules.base import (
    check_count,
    check_finite,
    check_flag,
    check_fraction,
    check_length,
    check_positive,
    check_rate,
    check_schedule,
    check_whole,
    one_of,
)
from ..schedules.shapes import cosine_fall, linear_fall
from .library import Library, check_mapping, list_of
from .parts import (
    Between,
    Constant,
    Geometric,
    Interpolation,
    Power,
    Staircase,
    ramp,
    stairs,
)

FALLS = {"linear": linear_fall, "cosine": cosine_fall}

OPTAX = Library(
    "optax",
    {
        "value": check_finite,
        "init_value": check_finite,
        "end_value": check_finite,
        "peak_value": check_finite,
        "cosine_kwargs": list_of(check_mapping),
        "boundaries_and_scales": check_mapping,
        "schedules": list_of(check_schedule),
        "boundaries": list_of(check_count),
        "power": check_positive,
        "transition_steps": check_whole,
        "transition_begin": check_whole,
        "decay_steps": check_length,
        "decay_rate": check_rate,
        "staircase": check_flag,
        "warmup_steps": check_count,
        "alpha": check_finite,
        "exponent": check_rate,
        "interpolate_type": one_of(*FALLS),
        "pct_start": check_fraction,
        "pct_final": check_fraction,
        "div_factor": check_positive,
        "final_div_factor": check_positive,
    },
)

Boundaries = Mapping[int, float] | None


def items(boundaries_and_scales: Boundaries) -> list[tuple[int, float]]:
    """Return the boundaries in order, each with its scale; JSON's keys are strings of numbers."""
    scales = {}
    for key, scale in (boundaries_and_scales or {}).items():
        boundary = int(key) if isinstance(key, str) and key.isdecimal() else key
        boundary = check_count("a boundary in boundaries_and_scales", boundary)
        scales[boundary] = check_rate(f"boundaries_and_scales[{boundary}]", scale)
    return sorted(scales.items())


@OPTAX
def constant_schedule(value: float) -> Schedule:
    """Translate ``constant_schedule``: lrlib's ``ConstantLR`` with the factor 1."""
    return Constant(value)


@OPTAX
def polynomial_schedule(
    init_value: float,
    end_value: float,
    power: float,
    transition_steps: int,
    transition_begin: int = 0,
) -> Schedule:
    """Translate ``polynomial_schedule``: lrlib's ``PolynomialLR``, late, and upwards too.

    With ``transition_steps`` of 0 or less it stays at ``init_value``, where lrlib's is over.
    """
    if transition_steps <= 0:
        return Constant(init_value)
    body = Between(init_value, end_value, ours.PolynomialLR(1.0, transition_steps, power))
    return ours.ShiftLR(body, max(0, transition_begin))


@OPTAX
def linear_schedule(
    init_value: float, end_value: float, transition_steps: int, transition_begin: int = 0
) -> Schedule:
    """Translate ``linear_schedule``: lrlib's ``LinearLR`` between two rates, late.

    With ``transition_steps`` of 0 or less it stays at ``init_value``, where lrlib's is over.
    """
    return polynomial_schedule(init_value, end_value, 1, transition_steps, transition_begin)


@OPTAX
def piecewise_constant_schedule(
    init_value: float, boundaries_and_scales: Boundaries = None
) -> Schedule:
    """Translate ``piecewise_constant_schedule``: lrlib's ``MultiStepLR``, a factor a milestone.

    A boundary acts at the step of its number. With values in place of factors it is lrlib's
    ``PiecewiseConstantLR``.
    """
    rates, steps = [init_value], []
    for boundary, scale in items(boundaries_and_scales):
        rates.append(rates[-1] * scale)
        steps.append(boundary)
    return stairs(rates, steps)


@dataclass(frozen=True)
class NoFurther(Schedule):
    """A schedule that falls no lower than a bound, or else rises no higher."""

    schedule: Schedule
    bound: float
    falls: bool

    def _rate(self, step: float) -> float:
        return (max if self.falls else min)(self.schedule(step), self.bound)


@OPTAX
def exponential_decay(
    init_value: float,
    transition_steps: int,
    decay_rate: float,
    transition_begin: int = 0,
    staircase: bool = False,
    end_value: float | None = None,
) -> Schedule:
    """Translate ``exponential_decay``: lrlib's ``ExponentialLR`` at a rate per several updates.

    It may start late, go in steps as ``StepLR`` does, rise, and stop at ``end_value``. With
    ``transition_steps`` of 0 or less, or a ``decay_rate`` of 0, it stays at ``init_value``.
    """
    if transition_steps <= 0 or decay_rate == 0:
        return Constant(init_value)
    body = Geometric(init_value, decay_rate, transition_steps)
    if staircase:
        body = Staircase(body, transition_steps)
    if end_value is not None:
        body = NoFurther(body, end_value, falls=decay_rate < 1)
    return ours.ShiftLR(body, max(0, transition_begin))


@OPTAX
def cosine_decay_schedule(
    init_value: float, decay_steps: int, alpha: float = 0.0, exponent: float = 1.0
) -> Schedule:
    """Translate ``cosine_decay_schedule``: lrlib's ``CosineAnnealingLR``, whose shape has no power.

    The floor is a share ``alpha`` of ``init_value``.
    """
    shape = Power(ours.CosineAnnealingLR(1.0, decay_steps), exponent)
    return Between(init_value, alpha * init_value, shape)


@OPTAX
def piecewise_interpolate_schedule(
    interpolate_type: str, init_value: float, boundaries_and_scales: Boundaries = None
) -> Schedule:
    """Translate ``piecewise_interpolate_schedule``: lines or half cosines from knot to knot.

    The value at a knot is ``init_value`` times the scales of all knots up to it. The lines are
    lrlib's ``PiecewiseLinearLR``; for the half cosines it joins ``CosineAnnealingLR`` by
    ``SequentialLR``.
    """
    knots, values = [0], [init_value]
    for boundary, scale in items(boundaries_and_scales):
        knots.append(boundary)
        values.append(values[-1] * scale)
    return Interpolation(tuple(knots), tuple(values), FALLS[interpolate_type])


@OPTAX
def linear_onecycle_schedule(
    transition_steps: int,
    peak_value: float,
    pct_start: float = 0.3,
    pct_final: float = 0.85,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
) -> Schedule:
    """Translate ``linear_onecycle_schedule``: lrlib's ``OneCycleLR`` of three linear phases.

    The peak is at step pT, rounded down, where lrlib's and torch's is at pT - 1; the descent ends
    at ``pct_final`` of the run, whatever the climb's length, and the last value comes at step T.
    """
    check_length("transition_steps", transition_steps)
    knots = {
        int(pct_start * transition_steps): div_factor,
        int(pct_final * transition_steps): 1.0 / div_factor,
        transition_steps: 1.0 / final_div_factor,
    }
    return piecewise_interpolate_schedule("linear", peak_value / div_factor, knots)


@OPTAX
def cosine_onecycle_schedule(
    transition_steps: int,
    peak_value: float,
    pct_start: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
) -> Schedule:
    """Translate ``cosine_onecycle_schedule``: lrlib's ``OneCycleLR``, one update later.

    The peak is at step pT, rounded down, and the last value comes at step T; lrlib and torch have
    them at pT - 1 and T - 1.
    """
    check_length("transition_steps", transition_steps)
    knots = {
        int(pct_start * transition_steps): div_factor,
        int(transition_steps): 1.0 / (div_factor * final_div_factor),
    }
    return piecewise_interpolate_schedule("cosine", peak_value / div_factor, knots)


@OPTAX
def warmup_constant_schedule(init_value: float, peak_value: float, warmup_steps: int) -> Schedule:
    """Translate ``warmup_constant_schedule``: lrlib's ``LinearWarmup``.

    With no ``warmup_steps`` it stays at ``init_value`` for ever, where lrlib's is at the peak.
    """
    return linear_schedule(init_value, peak_value, warmup_steps)


@OPTAX
def warmup_cosine_decay_schedule(
    init_value: float,
    peak_value: float,
    warmup_steps: int,
    decay_steps: int,
    end_value: float = 0.0,
    exponent: float = 1.0,
) -> Schedule:
    """Translate ``warmup_cosine_decay_schedule``: lrlib's ``WarmupWithDecay``.

    ``decay_steps`` counts the warmup too, and must exceed it. The ramp starts at ``init_value``,
    and the cosine may have a power.
    """
    if decay_steps <= warmup_steps:
        raise ValueError(
            f"decay_steps must exceed warmup_steps ({warmup_steps!r}), got {decay_steps!r}"
        )
    alpha = end_value / peak_value if peak_value else 0.0
    body = cosine_decay_schedule(peak_value, decay_steps - warmup_steps, alpha, exponent)
    return ours.SequentialLR([ramp(init_value, peak_value, warmup_steps), body], [warmup_steps])


@OPTAX
def warmup_exponential_decay_schedule(
    init_value: float,
    peak_value: float,
    warmup_steps: int,
    transition_steps: int,
    decay_rate: float,
    transition_begin: int = 0,
    staircase: bool = False,
    end_value: float | None = None,
) -> Schedule:
    """Translate ``warmup_exponential_decay_schedule``: a ramp, then ``exponential_decay``.

    lrlib joins ``LinearWarmup`` and ``ExponentialLR`` by ``SequentialLR``.
    """
    body = exponential_decay(
        peak_value, transition_steps, decay_rate, transition_begin, staircase, end_value
    )
    return ours.SequentialLR([ramp(init_value, peak_value, warmup_steps), body], [warmup_steps])


@OPTAX
def sgdr_schedule(cosine_kwargs: Sequence[Mapping[str, float]]) -> Schedule:
    """Translate ``sgdr_schedule``: one ``warmup_cosine_decay_schedule`` after another.

    lrlib's ``CosineAnnealingWarmRestarts`` has no warmup and one peak for all cycles.
    """
    if not cosine_kwargs:
        raise ValueError("cosine_kwargs must hold at least one dictionary, got none")
    parts = [OPTAX.build("warmup_cosine_decay_schedule", kwargs) for kwargs in cosine_kwargs]
    ends = [0]
    for kwargs in cosine_kwargs:
        ends.append(ends[-1] + check_length("decay_steps", kwargs["decay_steps"]))
    return ours.SequentialLR(parts, ends[1:-1])


@OPTAX
def join_schedules(schedules: Sequence[Schedule], boundaries: Sequence[int]) -> Schedule:
    """Translate ``join_schedules``: lrlib's ``SequentialLR``."""
    return ours.SequentialLR(schedules, boundaries)
