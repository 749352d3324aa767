"""The power of a comparison: how often so many seeds find an effect that is there."""

from __future__ import annotations

import math

from ..sketch import Curve

THRESHOLD = 2  # standard errors from zero at which a difference is believed
MOST_SEEDS = 64  # where the curves of power end
REACH = 4  # standard errors to either side at which a bell ends
HALF = 40  # points of a bell to either side of its peak


def standard_error(seeds: int, correlation: float) -> float:
    r"""Return :math:`\sqrt{2(1 - \rho)/n}`, the error of a difference in spreads of one run."""
    return math.sqrt(2 * (1 - correlation) / seeds)


def share_found(effect: float, error: float) -> float:
    r"""Return how often an estimate lies beyond two standard errors from zero, on either side.

    :math:`\Phi(\Delta/s - 2) + \Phi(-\Delta/s - 2)` for a normal estimate around :math:`\Delta`
    with a known standard error :math:`s`.
    """
    away = effect / error
    return sum(math.erfc((THRESHOLD - side) / math.sqrt(2)) / 2 for side in (away, -away))


def power(seeds: int, effect: float, correlation: float) -> dict[str, tuple[Curve | None, ...]]:
    r"""Compare two schedules seed by seed, and as if their seeds had nothing in common.

    A difference of means over :math:`n` seeds has the standard error
    :math:`s\sqrt{2(1 - \rho)/n}`, where :math:`s` is the spread of one run and :math:`\rho` the
    correlation of the two runs of a seed; unpaired, :math:`\rho` counts as 0. Estimates are taken
    as normal and standard errors as known, which flatters a handful of seeds.

    Args:
        seeds: the number of seeds, between 2 and 64.
        effect: the true difference, in spreads of one run.
        correlation: of the two runs of a seed, below 1.

    Returns:
        Label to how likely each estimated difference is, as a share of the likeliest, and to the
        power in percent against the number of seeds. Where there is no effect the estimates
        scatter by the paired error, and are believed from two of it on.
    """
    kinds = {"paired": correlation, "unpaired": 0.0}
    drawn = {
        name: (bell(effect, standard_error(seeds, rho)), power_curve(seeds, effect, rho))
        for name, rho in kinds.items()
    }
    error = standard_error(seeds, correlation)
    edge = THRESHOLD * error
    drawn["no effect"] = bell(0.0, error), None
    drawn["believed from"] = Curve([edge, edge], [0.0, 1.0], text=f"{edge:.2f}"), None
    return drawn


def bell(centre: float, error: float) -> Curve:
    """Return how likely each estimate is, as a share of the likeliest; the dot is the likeliest."""
    away = [REACH * step / HALF for step in range(-HALF, HALF + 1)]
    return Curve(
        [centre + error * z for z in away],
        [math.exp(-z * z / 2) for z in away],
        text=f"± {error:.2f}",
        dot=HALF,
    )


def power_curve(seeds: int, effect: float, correlation: float) -> Curve:
    """Return the power in percent from 2 seeds to 64; the dot is at ``seeds``."""
    counts = list(range(2, MOST_SEEDS + 1))
    powers = [100 * share_found(effect, standard_error(n, correlation)) for n in counts]
    return Curve(counts, powers, text=f"{powers[seeds - 2]:.0f} %", dot=seeds - 2)
