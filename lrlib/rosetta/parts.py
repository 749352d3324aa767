"""The few shapes that the libraries need and :mod:`lrlib.schedules` does not hold.

Where a schedule is said to have *shares* for its rates, they are dimensionless, mostly in [0, 1]:
any schedule of :mod:`lrlib` with a base rate of 1.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..schedules import LinearWarmup, Schedule, SequentialLR

Fall = Callable[[float, float], float]


@dataclass(frozen=True)
class Constant(Schedule):
    """The same value for ever, of either sign."""

    value: float

    def _rate(self, step: float) -> float:
        return self.value


def ramp(start: float, end: float, steps: int) -> Schedule:
    """Return a straight line from ``start`` to ``end``, up or down, in ``steps`` updates."""
    return Between(end, start, LinearWarmup(1, steps))


def stairs(values: Sequence[float], boundaries: Sequence[int]) -> Schedule:
    """Return constant rates, each but the first from its boundary on."""
    return SequentialLR([Constant(value) for value in values], boundaries)


@dataclass(frozen=True)
class Between(Schedule):
    """From ``low`` at share 0 to ``high`` at share 1, whichever is the larger."""

    high: float
    low: float
    share: Schedule

    def _rate(self, step: float) -> float:
        return self.low + (self.high - self.low) * self.share(step)


@dataclass(frozen=True)
class Waves(Schedule):
    """Half cosines from 1 to 0 and back, for ever: ``halves`` of them in ``length`` updates."""

    length: float
    halves: float = 1

    def _rate(self, step: float) -> float:
        return (1 + math.cos(math.pi * self.halves * step / self.length)) / 2


@dataclass(frozen=True)
class Geometric(Schedule):
    """The rate times ``ratio``, which may exceed 1, in every ``period`` updates."""

    base_lr: float
    ratio: float
    period: float = 1

    def _rate(self, step: float) -> float:
        return self.base_lr * self.ratio ** (step / self.period)


@dataclass(frozen=True)
class PowerLaw(Schedule):
    """The rate over a power of the time, counted in units of ``timescale`` updates from 1 on."""

    base_lr: float
    timescale: float
    exponent: float

    def _rate(self, step: float) -> float:
        return self.base_lr * (1 + step / self.timescale) ** -self.exponent


@dataclass(frozen=True)
class Power(Schedule):
    """A power of the shares of another schedule."""

    share: Schedule
    exponent: float

    def _rate(self, step: float) -> float:
        return self.share(step) ** self.exponent


@dataclass(frozen=True)
class Falling(Schedule):
    """A fall from 1 to 0 in ``steps`` updates, after which it holds."""

    fall: Fall
    steps: float

    def _rate(self, step: float) -> float:
        return self.fall(min(step, self.steps), self.steps) if step > 0 else 1.0


@dataclass(frozen=True)
class Backwards(Schedule):
    """A schedule from its step ``steps`` back to its step 0."""

    schedule: Schedule
    steps: int

    def _rate(self, step: float) -> float:
        return self.schedule(max(0, self.steps - step))


@dataclass(frozen=True)
class Frozen(Schedule):
    """A schedule that stands still from step ``last`` on."""

    schedule: Schedule
    last: int

    def _rate(self, step: float) -> float:
        return self.schedule(min(step, self.last))


@dataclass(frozen=True)
class Staircase(Schedule):
    """A schedule that is looked up once in ``period`` updates."""

    schedule: Schedule
    period: float

    def _rate(self, step: float) -> float:
        return self.schedule(step // self.period * self.period)


@dataclass(frozen=True)
class Multiplied(Schedule):
    """The rate times the function's value at every step from 1 on."""

    base_lr: float
    lr_lambda: Callable[[int], float]

    def _rate(self, step: float) -> float:
        factors = (float(self.lr_lambda(s)) for s in range(1, int(step) + 1))
        return math.prod(factors, start=self.base_lr)


@dataclass(frozen=True)
class Triangle(Schedule):
    """From 0 up to 1 in ``up`` updates and back in ``down``, which may be none, for ever."""

    up: int
    down: int

    def _rate(self, step: float) -> float:
        position = step % (self.up + self.down)
        if position <= self.up:
            return position / self.up
        return 1 - (position - self.up) / self.down


@dataclass(frozen=True)
class OfCycle(Schedule):
    """A function of the number of the cycle, from 1 on."""

    function: Callable[[int], float]
    length: int

    def _rate(self, step: float) -> float:
        return float(self.function(int(step // self.length) + 1))


@dataclass(frozen=True)
class Interpolation(Schedule):
    """Through the values at the knots, the first at step 0; the last value holds."""

    knots: tuple[int, ...]
    values: tuple[float, ...]
    fall: Fall

    def _rate(self, step: float) -> float:
        i = bisect_right(self.knots, step)
        if i == len(self.knots):
            return self.values[-1]
        start, end = self.knots[i - 1], self.knots[i]
        before, after = self.values[i - 1], self.values[i]
        return after + (before - after) * self.fall(step - start, end - start)


@dataclass(frozen=True)
class Phases(Schedule):
    """One cycle as torch draws it: phases by their last steps, and one update too many.

    At step ``total`` the last phase is drawn on past its end. Further the libraries do not go; the
    schedule holds. A last phase of no length, by which they would divide, is left out.
    """

    ends: tuple[float, ...]
    values: tuple[float, ...]
    fall: Fall
    total: int

    def _rate(self, step: float) -> float:
        step = min(step, self.total)
        phase, start = 0, 0.0
        while step > self.ends[phase] and phase < len(self.ends) - 1:
            start = self.ends[phase]
            phase += 1
        before, after = self.values[phase : phase + 2]
        length = self.ends[phase] - start
        return after + (before - after) * self.fall(step - start, length) if length else before


def one_cycle(
    max_lr: float,
    total: int,
    pct_start: float,
    fall: Fall,
    div_factor: float,
    final_div_factor: float,
    three_phase: bool,
) -> Schedule:
    """Return one cycle as torch and mmengine draw it.

    Raises:
        ValueError: if the climb has no length: the libraries divide by it.
    """
    climb = pct_start * total
    if climb == 1:
        raise ValueError(
            f"pct_start must not make a climb of one update, which divides by zero: "
            f"got {pct_start!r} of {total!r} updates"
        )
    first = max_lr / div_factor
    last = first / final_div_factor
    if three_phase:
        ends, values = (climb - 1, 2 * climb - 2, total - 1), (first, max_lr, first, last)
    else:
        ends, values = (climb - 1, total - 1), (first, max_lr, last)
    return Phases(ends, values, fall, total)
