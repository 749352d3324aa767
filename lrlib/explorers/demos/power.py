"""The power of a comparison: how often so many seeds find an effect that is there."""

from __future__ import annotations

import math

from ..sketch import Curve

LEVEL = 0.99  # of the interval that has to exclude zero, as in the lab
COUNTS = (*range(2, 12), *range(12, 24, 2), *range(24, 65, 8))  # of seeds, on a curve of power
NODES = 20  # estimates of a standard error that are averaged over
DEPTH = 6  # how far down their density they go, as a power of e
REACH = 4  # standard errors to either side at which a bell ends
HALF = 40  # points of a bell to either side of its peak
ROOT_HALF = math.sqrt(0.5)

_reaches: dict[int, tuple[list[float], list[float]]] = {}  # by the number of seeds, once computed


def standard_error(seeds: int, correlation: float) -> float:
    r"""Return :math:`\sqrt{2(1 - \rho)/n}`, the error of a difference in spreads of one run."""
    return math.sqrt(2 * (1 - correlation) / seeds)


def interval_reach(seeds: int) -> float:
    r"""Return how many standard errors the interval reaches to either side, :math:`t_{n-1}`."""
    freedom, low, high = seeds - 1, 0.0, math.pi / 2
    for _ in range(40):
        angle = (low + high) / 2
        if share_within(angle, freedom) < LEVEL:
            low = angle
        else:
            high = angle
    return math.sqrt(freedom) * math.tan(low)


def share_within(angle: float, freedom: int) -> float:
    r"""Return how often Student's :math:`|t|` is at most :math:`\sqrt\nu\tan\alpha`.

    A sum of powers of :math:`\cos\alpha`, which ends for whole degrees of freedom :math:`\nu`.
    """
    odd, cosine = freedom % 2, math.cos(angle)
    term, total = cosine if odd else 1.0, 0.0
    for exponent in range(odd, freedom - 1, 2):
        total += term
        term *= cosine * cosine * (exponent + 1) / (exponent + 2)
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if odd else total


def estimated_reach(seeds: int) -> tuple[list[float], list[float]]:
    r"""Return how far the interval may reach, in true standard errors, and how likely each is.

    The error is estimated from the same seeds, as :math:`q = \sqrt{\chi^2_\nu/\nu}` true ones with
    :math:`\nu = n - 1`; at :math:`u = \ln q` the density goes as
    :math:`e^{\nu(u - (e^{2u} - 1)/2)}`.
    """
    if seeds not in _reaches:
        freedom, ends = seeds - 1, []

        def height(u: float) -> float:
            return freedom * (u - (math.exp(2 * u) - 1) / 2)

        for end in (-math.sqrt(DEPTH / freedom), math.sqrt(DEPTH / freedom)):
            for _ in range(8):  # of Newton's steps to where the density has fallen so far
                end -= (height(end) + DEPTH) / (freedom * (1 - math.exp(2 * end)))
            ends.append(end)
        places = [ends[0] + (ends[1] - ends[0]) * (i + 0.5) / NODES for i in range(NODES)]
        weights = [math.exp(height(u)) for u in places]
        total, reach = sum(weights), interval_reach(seeds)
        _reaches[seeds] = (
            [reach * math.exp(u) for u in places],
            [weight / total for weight in weights],
        )
    return _reaches[seeds]


def share_found(away: float, seeds: int) -> float:
    r"""Return how often the interval excludes zero, on either side.

    The mean of :math:`\Phi(\Delta - r) + \Phi(-\Delta - r)` over what the interval may reach,
    :math:`r`, for an effect of :math:`\Delta` true standard errors.

    Args:
        away: the effect :math:`\Delta`.
        seeds: the number of seeds.
    """
    found = 0.0
    for reach, weight in zip(*estimated_reach(seeds), strict=True):
        near, far = (reach - away) * ROOT_HALF, (reach + away) * ROOT_HALF
        found += weight * (math.erfc(near) + math.erfc(far))
    return found / 2


def power(seeds: int, effect: float, correlation: float) -> dict[str, tuple[Curve | None, ...]]:
    r"""Compare two schedules seed by seed, and as if their seeds had nothing in common.

    A mean difference over :math:`n` seeds has the standard error
    :math:`s\sqrt{2(1 - \rho)/n}`, where :math:`s` is the spread of one run and :math:`\rho` the
    correlation of the two runs of a seed; unpaired, each run is held against that of another seed,
    and :math:`\rho` is 0. The error is estimated from the same seeds, and the effect is found where
    the interval of 99 % by Student's t excludes zero. Losses are taken as normal.

    Args:
        seeds: the number of seeds, between 2 and 64.
        effect: the true difference, in spreads of one run.
        correlation: of the two runs of a seed, below 1.

    Returns:
        Label to how likely each estimated difference is, as a share of the likeliest, and to the
        power in percent against the number of seeds. Where there is no effect the estimates
        scatter by the paired error; where that is estimated as it is, they are believed from
        :math:`t_{n-1}` of it on.
    """
    kinds = {"paired": correlation, "unpaired": 0.0}
    drawn = {
        name: (bell(effect, standard_error(seeds, rho)), power_curve(seeds, effect, rho))
        for name, rho in kinds.items()
    }
    error = standard_error(seeds, correlation)
    edge = interval_reach(seeds) * error
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
    counts = sorted({*COUNTS, seeds})
    powers = [100 * share_found(effect / standard_error(n, correlation), n) for n in counts]
    dot = counts.index(seeds)
    return Curve(counts, powers, text=f"{powers[dot]:.0f} %", dot=dot)
