"""``mmengine.optim.scheduler``, version 0.10.7: the ``LR`` classes.

The rate in the optimizer is ``lr``: it holds before step ``begin``, and what is reached at step
``end - 1`` holds from there on. The clock of a schedule starts at ``begin``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from .. import schedules as ours
from ..schedules import Schedule
from ..schedules.base import (
    check_count,
    check_flag,
    check_fraction,
    check_length,
    check_positive,
    check_rate,
    one_of,
)
from .library import Library, check_factor, list_of
from .parts import Between, Constant, Frozen, Waves, one_cycle
from .torch import FALLS, check_float_fraction, one

# What mmengine calls the end of time.
INF = 10**9

MMENGINE = Library(
    "mmengine",
    {
        "lr": check_rate,
        "begin": check_count,
        "end": check_count,
        "factor": check_fraction,
        "milestones": list_of(check_count),
        "periods": list_of(check_length),
        "restart_weights": list_of(check_rate),
        "start_factor": check_factor,
        "end_factor": check_fraction,
        "step_size": check_length,
        "gamma": check_rate,
        "power": check_positive,
        "T_max": check_count,
        "eta_min": check_rate,
        "eta_min_ratio": check_rate,
        "eta_max": one(check_rate),
        "total_steps": check_length,
        "pct_start": check_float_fraction,
        "anneal_strategy": one_of(*FALLS),
        "div_factor": check_positive,
        "final_div_factor": check_positive,
        "three_phase": check_flag,
    },
    without_effect=("by_epoch", "verbose"),
)


def length(begin: int, end: int) -> int:
    """Return the number of updates that a schedule is active for.

    Raises:
        ValueError: if there is none.
    """
    if end <= begin:
        raise ValueError(f"end must exceed begin ({begin!r}), got {end!r}")
    return end - begin


def window(lr: float, body: Schedule, begin: int, end: int) -> Schedule:
    """Return ``body`` from ``begin`` on, frozen where its window ends."""
    return ours.SequentialLR([Constant(lr), Frozen(body, length(begin, end) - 1)], [begin])


def intervals(begin: int, end: int) -> int:
    """Return the updates from the first rate to the last: one fewer than the window has.

    Of a window of one update only the first rate is seen, and any length will do.
    """
    return max(1, length(begin, end) - 1)


def floor(lr: float, eta_min: float | None, eta_min_ratio: float | None) -> float:
    """Return the least rate, given as a rate or as a share of ``lr``.

    Raises:
        ValueError: unless exactly one of the two is given.
    """
    if (eta_min is None) == (eta_min_ratio is None):
        raise ValueError(
            f"eta_min or eta_min_ratio must be given, and not both, "
            f"got {eta_min!r} and {eta_min_ratio!r}"
        )
    return lr * eta_min_ratio if eta_min is None else eta_min


@MMENGINE
def ConstantLR(lr: float, factor: float = 1 / 3, begin: int = 0, end: int = INF) -> Schedule:
    """Translate ``ConstantLR``: lrlib's, released at step ``end - 1``, its last active one.

    A factor of 0 holds for ever: mmengine cannot divide it away again.
    """
    body = ours.ConstantLR(lr, factor, intervals(begin, end)) if factor else Constant(0.0)
    return window(lr, body, begin, end)


@MMENGINE
def LinearLR(
    lr: float,
    start_factor: float = 1 / 3,
    end_factor: float = 1.0,
    begin: int = 0,
    end: int = INF,
) -> Schedule:
    """Translate ``LinearLR``: lrlib's, in one update less than its window has.

    A window of 10 updates reaches the end factor at its step 9.
    """
    body = ours.LinearLR(lr, start_factor, end_factor, intervals(begin, end))
    return window(lr, body, begin, end)


@MMENGINE
def ExponentialLR(lr: float, gamma: float, begin: int = 0, end: int = INF) -> Schedule:
    """Translate ``ExponentialLR``: lrlib's, within its window."""
    return window(lr, ours.ExponentialLR(lr, gamma), begin, end)


@MMENGINE
def StepLR(
    lr: float, step_size: int, gamma: float = 0.1, begin: int = 0, end: int = INF
) -> Schedule:
    """Translate ``StepLR``: lrlib's, within its window."""
    return window(lr, ours.StepLR(lr, step_size, gamma), begin, end)


@MMENGINE
def MultiStepLR(
    lr: float, milestones: Sequence[int], gamma: float = 0.1, begin: int = 0, end: int = INF
) -> Schedule:
    """Translate ``MultiStepLR``: lrlib's, within its window, on whose clock the milestones are."""
    return window(lr, ours.MultiStepLR(lr, milestones, gamma), begin, end)


@MMENGINE
def PolyLR(
    lr: float, eta_min: float = 0.0, power: float = 1.0, begin: int = 0, end: int = INF
) -> Schedule:
    """Translate ``PolyLR``: lrlib's ``PolynomialLR``, in one update less than its window has."""
    share = ours.PolynomialLR(1.0, intervals(begin, end), power)
    return window(lr, Between(lr, eta_min, share), begin, end)


@MMENGINE
def CosineAnnealingLR(
    lr: float,
    T_max: int | None = None,
    eta_min: float | None = None,
    begin: int = 0,
    end: int = INF,
    eta_min_ratio: float | None = None,
) -> Schedule:
    """Translate ``CosineAnnealingLR``: lrlib's, stopped one update before the floor.

    Its length is that of the window, unlike those of ``LinearLR`` and ``PolyLR``, and the last
    update of the window is one short of it. Where ``T_max`` is shorter, the rate climbs back.
    """
    if eta_min is None and eta_min_ratio is None:
        eta_min = 0.0
    waves = Waves(T_max or length(begin, end))
    return window(lr, Between(lr, floor(lr, eta_min, eta_min_ratio), waves), begin, end)


@MMENGINE
def CosineRestartLR(
    lr: float,
    periods: Sequence[int],
    restart_weights: Sequence[float] = (1,),
    eta_min: float | None = None,
    eta_min_ratio: float | None = None,
    begin: int = 0,
    end: int = INF,
) -> Schedule:
    """Translate ``CosineRestartLR``: half cosines of given lengths from given shares of ``lr``.

    lrlib's ``CosineAnnealingWarmRestarts`` has one ratio of lengths, one height, and no end. Here
    the rate stays where the last update of the last period left it, above the floor.
    """
    if len(periods) != len(restart_weights) or not periods:
        raise ValueError(
            f"restart_weights must hold one weight for each of periods ({periods!r}), "
            f"got {restart_weights!r}"
        )
    least = floor(lr, eta_min, eta_min_ratio)
    cycles = [
        Between(lr * weight, least, ours.CosineAnnealingLR(1.0, period))
        for period, weight in zip(periods, restart_weights, strict=True)
    ]
    *restarts, total = accumulate(periods)
    return window(lr, Frozen(ours.SequentialLR(cycles, restarts), total - 1), begin, end)


@MMENGINE
def OneCycleLR(
    lr: float,
    eta_max: float = 0.0,
    total_steps: int | None = None,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
    begin: int = 0,
    end: int = INF,
) -> Schedule:
    """Translate ``OneCycleLR``: torch's, within its window, whose length is the default total.

    The rate in the optimizer holds before ``begin``. As torch's, it bounces at step
    ``total_steps`` of its clock, if the window has one; at the next mmengine raises, and this
    schedule holds.
    """
    body = one_cycle(
        eta_max,
        length(begin, end) if total_steps is None else total_steps,
        pct_start,
        FALLS[anneal_strategy],
        div_factor,
        final_div_factor,
        three_phase,
    )
    return window(lr, body, begin, end)
