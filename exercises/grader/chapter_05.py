"""Chapter 5: cosine, and linear to zero.

In the mistakes ``t`` is the step, ``T`` is ``T_max``, ``peak`` is ``base_lr``, ``low`` is
``eta_min``.
"""

from __future__ import annotations

from math import acos, ceil, cos, floor, pi

from lrlib import CosineAnnealingLR, LinearLR, SequentialLR

from .engine import Write
from .predict import Predict


def fall(x):
    """Half a cosine from 1 at x = 0 to 0 at x = 1, and on from there."""
    return (1 + cos(pi * x)) / 2


def along(curve):
    """Return the ``cosine`` that falls along another curve, and does not stop at T_max."""
    return lambda t, peak, T, low=0.0: low + (peak - low) * curve(t / T)


def cosine(step, base_lr, T_max, eta_min=0.0):
    """Half a cosine from base_lr down to eta_min, which is held from T_max on."""
    if eta_min > base_lr:
        raise ValueError(f"eta_min must not exceed base_lr ({base_lr}), got {eta_min}")
    return CosineAnnealingLR(base_lr, T_max, eta_min)(step)


def drawn_fall(rng):
    """Arguments of ``cosine``."""
    peak, T = 10 ** rng.uniform(-2, 1), rng.randint(1, 300)
    return rng.randint(0, T + T // 5), peak, T, peak * rng.uniform(0, 0.9)


COSINE = Write(
    cosine,
    cases={
        "Inside the period": [(t, 1.0, 100) for t in (0, 25, 50, 75, 80, 99)],
        "With a floor": [(t, 1.0, 100, 0.1) for t in (0, 25, 75, 80, 99)],
        "From T_max on": [
            (t, 1.0, 100, low) for low in (0.0, 0.1) for t in (100, 101, 150, 200, 1234)
        ],
        "At another scale": [(t, 0.4, 1500, 0.004) for t in (0, 611, 1499, 1500, 3000)],
        "With a short period": [(t, 3e-4, 7) for t in (0, 3, 6, 7, 10)],
        "With eta_min = base_lr": [(t, 0.25, 10, 0.25) for t in (0, 4, 10)],
        "With T_max = 1": [(t, 0.2, 1) for t in (0, 1, 2)],
        "With T_max = 0": [(t, 0.3, 0, 0.02) for t in (0, 5)],
    },
    mistakes={
        "off by one. The denominator is T_max - 1, so you are at the floor one update early.": (
            lambda t, peak, T, low=0.0: along(fall)(t, peak, T - 1, low)
        ),
        "off by one. You count from 1, but the first update is step 0 and uses base_lr.": (
            lambda t, peak, T, low=0.0: along(fall)(t + 1, peak, T, low)
        ),
        "degrees for radians. Half a turn is pi, not 180.": along(lambda x: 0.5 + cos(180 * x) / 2),
        "3.14 is not pi. Take math.pi.": along(lambda x: 0.5 + cos(3.14 * x) / 2),
        "a quarter of a turn. From its top the cosine falls to -1, which takes half a turn.": along(
            lambda x: cos(pi * x / 2)
        ),
        "a straight line. Where is the cosine?": along(lambda x: 1 - x),
        "off by one. The denominator is T_max + 1; from step 0 to step T_max it takes T_max.": (
            lambda t, peak, T, low=0.0: along(fall)(t, peak, T + 1, low)
        ),
        "2 pi is a whole turn. You are at the floor at T_max / 2.": along(lambda x: fall(2 * x)),
        "the bare cosine, which ends at -1. Add 1, then halve.": along(lambda x: cos(pi * x)),
        "no fall before T_max. Is there a // that is 0 until then, or are brackets missing?": (
            along(lambda x: fall(x // 1))
        ),
        "no floor in the formula. What falls is base_lr - eta_min; eta_min is added to it.": (
            lambda t, peak, T, low=0.0: peak * fall(t / T)
        ),
        "the floor added on top. Step 0 uses base_lr + eta_min; only base_lr - eta_min may fall.": (
            lambda t, peak, T, low=0.0: low + peak * fall(t / T)
        ),
        "max() cuts the curve off at the floor. Squeeze it instead: base_lr - eta_min falls.": (
            lambda t, peak, T, low=0.0: max(low, peak * fall(t / T))
        ),
        "no clamp. A cosine climbs again after T_max; hold eta_min from there on.": along(fall),
        "0 is held from T_max on. It is eta_min that is held.": (
            lambda t, peak, T, low=0.0: along(fall)(t, peak, T, low) if t < T else 0.0
        ),
    },
    drawn=drawn_fall,
    refused=(((0, 0.1, 100, 0.2), "eta_min"), ((150, 0.1, 100, 0.11), "eta_min")),
)


def first_below(share, T_max):
    """The first step at which a cosine from 1 to 0 is strictly below a share."""
    curve = CosineAnnealingLR(1.0, T_max).curve(T_max + 1)
    return next(step for step, value in enumerate(curve) if value < share)


def crossing(share, T_max):
    """The time at which the cosine passes a share, not rounded."""
    return T_max * acos(2 * share - 1) / pi


FIRST_BELOW = Write(
    first_below,
    cases={
        "For a tenth": [(0.1, T) for T in (99, 1501, 7, 9001)],
        "For another share": [(share, 1001) for share in (0.9, 0.6, 0.3, 0.01, 0.001)],
        # Periods at which the tie is one in floating point too, however the cosine is written.
        "At a tie": [(0.5, 64), (0.5, 2), (0.5, 101), (1.0, 100), (1.0, 1)],
    },
    mistakes={
        "a straight line's answer. The cosine falls below the share earlier.": (
            lambda share, T: floor((1 - share) * T) + 1
        ),
        "the bare cosine. The curve is (1 + cos x) / 2; solve that for cos x.": (
            lambda share, T: floor(T * acos(share) / pi) + 1
        ),
        "two steps after the crossing. The first whole step is enough.": (
            lambda share, T: floor(crossing(share, T)) + 2
        ),
        "one update early. This is the last step that is not yet below the share.": (
            lambda share, T: floor(crossing(share, T))
        ),
        "no rounding. The curve crosses here; the answer is the first whole step after it.": (
            crossing
        ),
        "rounded to the nearest step. The answer is the first whole step after the crossing.": (
            lambda share, T: round(crossing(share, T))
        ),
        "fallen by, not to. A tenth is gone here; asked is when less than a tenth is left.": (
            lambda share, T: first_below(1 - share, T)
        ),
        "at or below. Where the curve meets the share exactly, it is not yet below it.": (
            lambda share, T: ceil(crossing(share, T))
        ),
    },
    drawn=lambda rng: (rng.uniform(0.02, 0.98), rng.randint(5, 2000)),
)


def residual(c):
    """The share of the peak at which a cosine of c times the run is cut off."""
    return fall(1 / c) if c > 1 else 0.0


RESIDUAL = Write(
    residual,
    cases={
        "With a cosine that is too long": [(c,) for c in (1.25, 1.1, 1.5, 2, 3, 5, 40, 1.01)],
        "With a cosine that fits": [(1,)],
        "With a cosine that is too short": [(c,) for c in (0.5, 0.8, 0.4, 0.95)],
    },
    mistakes={
        "c is upside down. When the run ends, 1 / c of the half period is over.": fall,
        "this is what is gone; asked is what is left.": lambda c: 1 - fall(1 / c),
        "c - 1 is by how much the period is too long. Put the step and T_max into the cosine.": (
            lambda c: max(0.0, c - 1)
        ),
        "a straight line's answer. The cosine has less left at its end.": lambda c: 1 - 1 / c,
        "no hold. A short cosine is over before the run is; you let it climb again.": (
            lambda c: fall(1 / c)
        ),
    },
    drawn=lambda rng: (10 ** rng.uniform(-0.4, 1),),
)


def rescue(step, base_lr, T_max, now, end):
    """A cosine until now, then a straight line from where it is to 0 at end."""
    before = CosineAnnealingLR(base_lr, T_max)
    line = LinearLR(before(now), start_factor=1, end_factor=0, total_iters=end - now)
    return SequentialLR([before, line], [now])(step)


def from_now(rate):
    """Return the ``rescue`` that follows rate(height of the cosine at now, t, T, now, end)."""
    return lambda t, peak, T, now, end: (
        peak * (fall(t / T) if t < now else rate(fall(now / T), t, T, now, end))
    )


def drawn_news(rng):
    """Arguments of ``rescue``."""
    T = rng.randint(40, 200)
    end = rng.randint(2, T - 1)
    return rng.randint(0, T + 20), rng.uniform(0.01, 1), T, rng.randint(0, end), end


RESCUE = Write(
    rescue,
    cases={
        "Before the news": [(t, 1.0, 1000, 300, 500) for t in (0, 150, 299)],
        "Between now and end": [(t, 1.0, 1000, 300, 500) for t in (300, 400, 499)],
        "From end on": [(t, 1.0, 1000, 300, 500) for t in (500, 501, 700, 1000, 1500, 2000)],
        "At another scale": [(t, 0.2, 90, 10, 25) for t in (0, 9, 10, 11, 24, 25, 26, 80, 90)],
        "With now = 0": [(t, 0.5, 40, 0, 20) for t in (0, 1, 10, 19, 20, 30)],
        "With now = end": [(t, 0.5, 40, now, now) for now in (20, 0) for t in (0, 19, 20, 21, 50)],
        "With news that come late": [(t, 1.0, 100, 70, 99) for t in (69, 70, 80, 90, 98, 99)],
    },
    mistakes={
        "the line starts from base_lr, so the rate jumps up. Start from the cosine at now.": (
            from_now(lambda height, t, T, now, end: (end - t) / (end - now))
        ),
        "the line falls from step 0 on, so the rate jumps down. Count from now: step - now.": (
            from_now(lambda height, t, T, now, end: height * (end - t) / end)
        ),
        "the line is too flat. It has end - now updates, and you divide by end.": (
            from_now(lambda height, t, T, now, end: height * (1 - (t - now) / end))
        ),
        "the line ends at T_max. The run is over at end.": (
            from_now(lambda height, t, T, now, end: height * (T - t) / (T - now))
        ),
        "off by one. The line is at 0 at end - 1, one update early.": (
            from_now(lambda height, t, T, now, end: height * (end - 1 - t) / (end - 1 - now))
        ),
        "the line multiplies a cosine that goes on falling. Freeze the cosine at now.": (
            from_now(lambda height, t, T, now, end: fall(t / T) * (end - t) / (end - now))
        ),
        "no clamp. Past the end the line goes on, below 0.": (
            from_now(lambda height, t, T, now, end: height * (end - t) / (end - now))
        ),
        "past the end you are back on the cosine. The run is over: stay at 0.": (
            lambda t, peak, *news: (
                rescue(t, peak, *news) if t < news[2] else cosine(t, peak, news[0])
            )
        ),
        "off by one. The first step of the line is now, and there it is as high as the cosine.": (
            from_now(lambda height, t, T, now, end: height * (end - 1 - t) / (end - now))
        ),
        "half a cosine in place of the line.": (
            from_now(lambda height, t, T, now, end: height * fall((t - now) / (end - now)))
        ),
        "no line. The rate is held at what the cosine has at now.": (
            from_now(lambda height, t, T, now, end: height)
        ),
        "the cosine just goes on, as if there were no news.": (
            from_now(lambda height, t, T, now, end: fall(t / T))
        ),
        "the smaller of the line and the cosine. From now on the line alone counts.": (
            lambda t, peak, *news: min(rescue(t, peak, *news), cosine(t, peak, news[0]))
        ),
    },
    drawn=drawn_news,
)

CLIMB = Predict(
    {"at T_max": 0.0, "at 1.5 T_max": 0.5, "at 2 T_max": 1.0},
    mistakes={
        "a hold, as in lrlib. torch's formula has no clamp.": {"at 1.5 T_max": 0, "at 2 T_max": 0},
        "a restart. That jump back to the peak is another schedule, CosineAnnealingWarmRestarts.": {
            "at T_max": 1,
            "at 1.5 T_max": 0.5,
        },
        "a climb that stops half way. How long is the way up?": {
            "at 1.5 T_max": 0.5,
            "at 2 T_max": 0.5,
        },
        "a period of two T_max, and 1.5 T_max is half way up again. Where is the cosine there?": {
            "at 1.5 T_max": 1,
        },
        "a whole period. T_max is half of one: the way down.": {"at T_max": 1, "at 1.5 T_max": 0},
    },
)

EXERCISES = {
    "05.cosine": COSINE,
    "05.first_below": FIRST_BELOW,
    "05.residual": RESIDUAL,
    "05.rescue": RESCUE,
    "05.climb": CLIMB,
}
