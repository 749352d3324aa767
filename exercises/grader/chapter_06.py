"""Chapter 6: powers, one over t, one over the square root of t.

In the mistakes ``t`` is the step, ``T`` is the length, ``W`` the warmup, ``C`` the cooldown,
``peak`` is ``base_lr``, ``low`` is ``min_lr``, ``d`` is ``d_model``.
"""

from __future__ import annotations

from math import sqrt

from lrlib import InverseSqrtLR, NoamLR, PolynomialLR, ProductLR, WarmupStableDecay

from .engine import Write
from .predict import Predict

NUMBERS = Predict(
    {
        "peak, in ten-thousandths": 1e4 / sqrt(512 * 4000),
        "step of half the peak": 16_000,
        "peak at width 1024 ÷ peak at width 512": sqrt(0.5),
        "REX at half of the run": 2 / 3,
    },
    mistakes={
        "a power of ten. The peak is asked in ten-thousandths, so it lies between 1 and 10.": {
            "peak, in ten-thousandths": 1e4 / sqrt(512 * 4000) / 1e4
        },
        "the width is left out. What is 1 / sqrt(4000) to be multiplied by?": {
            "peak, in ten-thousandths": 1e4 / sqrt(4000)
        },
        "twice the step. A root is halved when the number under it is four times as large.": {
            "step of half the peak": 8000
        },
        "the way up. Half the peak is there at half the warmup, too; asked is the way down.": {
            "step of half the peak": 2000
        },
        "counted from the peak. The step itself is asked, and it counts from 0.": {
            "step of half the peak": 12_000
        },
        "half the rate for twice the width. The width stands under a root.": {
            "peak at width 1024 ÷ peak at width 512": 0.5
        },
        "upside down. A wider model gets a lower rate.": {
            "peak at width 1024 ÷ peak at width 512": sqrt(2)
        },
        "a square, not a root. The formula divides by the root of the width.": {
            "peak at width 1024 ÷ peak at width 512": 0.25
        },
        "the denominator is 1 + z. REX divides by 1 - z/2.": {"REX at half of the run": 1 / 3},
        "the straight line's half. REX divides by 1 - z/2, and that is less than 1.": {
            "REX at half of the run": 0.5
        },
    },
)


def noam(step, d_model, warmup_steps):
    """Noam's rate."""
    return NoamLR(d_model, warmup_steps)(step)


def noam_of(shape):
    """Return the ``noam`` that multiplies d ** -0.5 by a shape of t and W."""
    return lambda t, d, W: shape(t, W) / sqrt(d)


NOAM = Write(
    noam,
    cases={
        "On the ramp and on the root": [(t, 3, 16) for t in (1, 5, 12, 15, 16, 17, 25, 64, 400)],
        "At step 0": [(0, 3, 16), (0, 512, 4000)],
        "At another width": [(t, d, 16) for d in (1, 64, 100) for t in (3, 40)],
        "With warmup_steps = 1": [(t, 9, 1) for t in (0, 1, 2, 4)],
        "At the published size": [(t, 512, 4000) for t in (3000, 4000, 16_000)],
    },
    mistakes={
        "max for min. Of the two curves the smaller one is the rate.": noam_of(
            lambda t, W: max(t**-0.5, t * W**-1.5)
        ),
        "off by one. You count from 1, but lrlib's step 0 is the first update, at rate 0.": (
            lambda t, d, W: noam(t + 1, d, W)
        ),
        "the ramp has the wrong slope. At t = W it must meet 1 / sqrt(W): what power of W?": (
            noam_of(lambda t, W: min(t**-0.5 if t else 0, t * W**-0.5))
        ),
        "the ramp ends at 1, not at 1 / sqrt(W). Then the rate falls off a cliff.": noam_of(
            lambda t, W: t / W if t < W else t**-0.5
        ),
        "the rate stays at its peak. After the ramp it falls like one over the root.": noam_of(
            lambda t, W: min(t, W) * W**-1.5
        ),
        "one over the step after the ramp. It is one over the root of the step.": noam_of(
            lambda t, W: t * W**-1.5 if t < W else W**0.5 / t
        ),
        "the ramp has the wrong slope. Is the exponent -3/2 rounded, by // perhaps?": noam_of(
            lambda t, W: min(t**-0.5 if t else 0, t * W**-2.0)
        ),
        "the root counts from the end of the ramp. It is the root of the step itself.": noam_of(
            lambda t, W: t * W**-1.5 if t < W else (t - W + 1) ** -0.5
        ),
        "the peak is 1 / sqrt(d). The warmup is part of the peak: it is 1 / sqrt(d W).": noam_of(
            lambda t, W: t / W if t < W else sqrt(W / t)
        ),
        "d_model is not under a root. The rate is multiplied by d ** -0.5.": (
            lambda t, d, W: noam(t, d, W) / sqrt(d)
        ),
        "d_model multiplies. It divides: a wider model gets a lower rate.": (
            lambda t, d, W: noam(t, d, W) * d
        ),
        "the width is missing.": lambda t, d, W: noam(t, 1, W),
        "0 ** -0.5 does not exist. At step 0 the ramp is at 0, and only the ramp is needed.": (
            noam_of(lambda t, W: min(t**-0.5, t * W**-1.5))
        ),
    },
    drawn=lambda rng: (rng.randint(0, 2000), rng.randint(1, 1024), rng.randint(1, 1000)),
    refused=(
        ((0, 512, 0), "warmup_steps"),
        ((7, 512, 0), "warmup_steps"),
        ((7, 512, -5), "warmup_steps"),
    ),
    small=1e-6,
)


def regret_bound(rates, distance, gradient_norm):
    """The bound on the regret under rates that do not increase."""
    if rates != sorted(rates, reverse=True):
        raise ValueError("rates")
    return distance**2 / (2 * rates[-1]) + gradient_norm**2 * sum(rates) / 2


def bound(first, second):
    """Return the ``regret_bound`` with other terms: of the rates and D, and of the rates and G."""
    return lambda rates, D, G: first(rates, D) + second(rates, G)


def first_term(rates, D):
    """The first term of the bound as it should be."""
    return D**2 / (2 * rates[-1])


def second_term(rates, G):
    """The second term of the bound as it should be."""
    return G**2 * sum(rates) / 2


def drawn_decay(rng):
    """Arguments of ``regret_bound``: rates that do not increase, and two norms."""
    rates = sorted((rng.uniform(0.01, 1) for _ in range(rng.randint(1, 7))), reverse=True)
    return rates, rng.uniform(0.2, 4), rng.uniform(0.2, 4)


REGRET = Write(
    regret_bound,
    cases={
        "With one update": [([0.5], 1.0, 1.0), ([0.25], 1.0, 1.0)],
        "With a constant rate": [([0.1] * 4, 1.0, 1.0), ([0.02] * 3, 1.0, 1.0)],
        "With falling rates": [([0.5, 0.4, 0.2], 1.0, 1.0), ([1.0, 0.25], 1.0, 1.0)],
        "With another distance": [([0.5, 0.4, 0.2], 3.0, 1.0)],
        "With another gradient": [([0.5, 0.4, 0.2], 1.0, 5.0), ([0.3, 0.1], 0.5, 2.0)],
    },
    mistakes={
        "a half is missing in the first term: it is D² over twice the last rate.": bound(
            lambda rates, D: D**2 / rates[-1], second_term
        ),
        "a half is missing in the second term: it is half of G² for each rate.": bound(
            first_term, lambda rates, G: G**2 * sum(rates)
        ),
        "the first rate for the last. The sum telescopes to the last rate.": bound(
            lambda rates, D: D**2 / (2 * rates[0]), second_term
        ),
        "the travel under D². That is the bound of the last iterate; here it is the last rate.": (
            bound(lambda rates, D: D**2 / (2 * sum(rates)), second_term)
        ),
        "the last rate is left out of the sum.": bound(
            first_term, lambda rates, G: G**2 * sum(rates[:-1]) / 2
        ),
        "the first rate is left out of the sum.": bound(
            first_term, lambda rates, G: G**2 * sum(rates[1:]) / 2
        ),
        "the last rate multiplies. D² is divided by it.": bound(
            lambda rates, D: D**2 * rates[-1] / 2, second_term
        ),
        "D and G are swapped.": lambda rates, D, G: regret_bound(rates, G, D),
        "the squares of the rates. One of the two factors was lost in dividing by 2η.": bound(
            first_term, lambda rates, G: G**2 * sum(rate**2 for rate in rates) / 2
        ),
        "the mean of the rates for their sum. Regret is a sum over all updates.": bound(
            first_term, lambda rates, G: G**2 * sum(rates) / len(rates) / 2
        ),
        "the distance is not squared.": bound(lambda rates, D: D / (2 * rates[-1]), second_term),
        "the norm of the gradient is not squared.": bound(
            first_term, lambda rates, G: G * sum(rates) / 2
        ),
    },
    drawn=drawn_decay,
    refused=(
        (([0.1, 0.2], 1.0, 1.0), "rates"),
        (([0.3, 0.1, 0.2], 1.0, 1.0), "rates"),
        (([0.3, 0.2, 0.25, 0.1], 1.0, 1.0), "rates"),
        (([0.3, 0.2, 0.2, 0.21], 1.0, 1.0), "rates"),
        (([0.3, 0.2, 0.2001], 1.0, 1.0), "rates"),
    ),
)


def polynomial(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    """A power of what is left, from base_lr to min_lr, which is held."""
    return PolynomialLR(base_lr, total_iters, power, min_lr)(step)


def left(t, T):
    """The share of the decay that is left."""
    return max(0.0, 1 - t / T)


def of_left(rate):
    """Return the ``polynomial`` whose rate is made from what is left, peak, power and floor."""
    return lambda t, peak, T, p=1.0, low=0.0: rate(left(t, T), peak, p, low)


def drawn_power(rng):
    """Arguments of ``polynomial``."""
    peak, T = rng.uniform(0.01, 1), rng.randint(1, 300)
    step = rng.randint(0, T + T // 5)
    return step, peak, T, 10 ** rng.uniform(-0.8, 0.7), peak * rng.uniform(0, 0.9)


POLYNOMIAL = Write(
    polynomial,
    cases={
        "With power 1": [(t, 1.0, 100) for t in (0, 25, 50, 99)],
        "With another power": [
            (t, 1.0, 100, power) for power in (2.0, 3.0, 0.5) for t in (0, 25, 64, 99)
        ],
        "With a floor": [(t, 1.0, 100, 2.0, 0.1) for t in (0, 50, 99)],
        "From total_iters on": [
            (t, 1.0, 100, power, 0.1) for power in (1.0, 2.0, 0.5) for t in (100, 101, 150, 1000)
        ],
        "At another scale": [(t, 0.3, 1500, 1.5, 0.003) for t in (0, 700, 1499, 1500, 4000)],
        "With min_lr = base_lr": [(t, 0.25, 10, 2.0, 0.25) for t in (0, 4, 10)],
        "With total_iters = 1": [(t, 0.2, 1, 2.0) for t in (0, 1, 2)],
        "With total_iters = 0": [(t, 0.3, 0, 2.0, 0.02) for t in (0, 5)],
    },
    mistakes={
        "off by one. The denominator is total_iters - 1: you are at the end one update early.": (
            lambda t, peak, T, p=1.0, low=0.0: of_left(polynomial_of)(t, peak, T - 1, p, low)
        ),
        "off by one. You count from 1, but the first update is step 0 and uses base_lr.": (
            lambda t, peak, T, p=1.0, low=0.0: of_left(polynomial_of)(t + 1, peak, T, p, low)
        ),
        "the power of what is over. Take the power of what is left, 1 - t / total_iters.": of_left(
            lambda e, peak, p, low: low + (peak - low) * (1 - (1 - e) ** p)
        ),
        "the power is applied to the rate, base_lr included. Only the share takes the power.": (
            of_left(lambda e, peak, p, low: (low + (peak - low) * e) ** p)
        ),
        "power multiplies. It is an exponent.": of_left(
            lambda e, peak, p, low: low + (peak - low) * e * p
        ),
        "the power is upside down: you take the root where a power is asked.": of_left(
            lambda e, peak, p, low: low + (peak - low) * e ** (1 / p)
        ),
        "power is not used.": of_left(lambda e, peak, p, low: low + (peak - low) * e),
        "no floor in the formula. What falls is base_lr - min_lr; min_lr is added to it.": (
            lambda t, peak, T, p=1.0, low=0.0: peak * left(t, T) ** p if t < T else low
        ),
        "the floor added on top. Step 0 uses base_lr + min_lr; only base_lr - min_lr may fall.": (
            of_left(lambda e, peak, p, low: low + peak * e**p)
        ),
        "max() cuts the curve off at the floor. Squeeze it instead: base_lr - min_lr falls.": (
            of_left(lambda e, peak, p, low: max(low, peak * e**p))
        ),
        "0 is held from total_iters on. It is min_lr that is held.": (
            lambda t, peak, T, p=1.0, low=0.0: polynomial(t, peak, T, p, low) if t < T else 0.0
        ),
        "no clamp. Past the end 1 - t / total_iters is negative, and so is its power.": (
            lambda t, peak, T, p=1.0, low=0.0: low + (peak - low) * (1 - t / T) ** p
        ),
    },
    drawn=drawn_power,
    refused=(((0, 0.1, 100, 1.0, 0.2), "min_lr"), ((150, 0.1, 100, 1.0, 0.2), "min_lr")),
)


def polynomial_of(e, peak, p, low):
    """The right rate from what is left."""
    return low + (peak - low) * e**p


def landed(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    """A root after a ramp, times a line to 0 over the last updates before total_steps."""
    stable = total_steps - cooldown_steps
    down = WarmupStableDecay(1, 0, stable, cooldown_steps, decay="linear")
    return ProductLR([InverseSqrtLR(base_lr, warmup_steps), down])(step)


def root(t, peak, W):
    """The root without a landing."""
    return InverseSqrtLR(peak, W)(t)


def landing(rate):
    """Return the ``landed`` that is the root until the cooldown, then rate(t, peak, W, T, C)."""
    return lambda t, peak, W, T, C: root(t, peak, W) if t < T - C else rate(t, peak, W, T, C)


def drawn_landing(rng):
    """Arguments of ``landed``."""
    T = rng.randint(20, 300)
    step, cooldown = rng.randint(0, T + 10), rng.randint(0, T)
    return step, rng.uniform(0.01, 1), rng.randint(1, 50), T, cooldown


LANDED = Write(
    landed,
    cases={
        "Before the cooldown": [(t, 1.0, 100, 1000, 200) for t in (0, 50, 100, 400, 799)],
        "In the cooldown": [(t, 1.0, 100, 1000, 200) for t in (800, 801, 850, 900, 999)],
        "From total_steps on": [(t, 1.0, 100, 1000, 200) for t in (1000, 1001, 5000)],
        "At another scale": [(t, 0.3, 9, 64, 14) for t in (0, 4, 9, 36, 50, 57, 63, 64, 80)],
        "With a cooldown of the whole run": [(t, 0.5, 4, 20, 20) for t in (0, 2, 4, 10, 19, 20)],
        "With warmup_steps = 1": [(t, 0.5, 1, 20, 5) for t in (0, 1, 4, 16)],
        "With cooldown_steps = 0": [(t, 0.5, 4, 20, 0) for t in (0, 4, 16, 19, 20, 30)],
    },
    mistakes={
        "no ramp. Before the warmup is over the rate is a share of base_lr, from 0 on.": (
            lambda t, peak, W, T, C: (
                landed(max(t, W), peak, W, T, C) if t < T - C else (landed(t, peak, W, T, C))
            )
        ),
        "no root. After the ramp the rate falls like sqrt(W / t).": (
            lambda t, peak, W, T, C: (
                landed(t, peak, W, T, C) if t < W else landed(t, peak * sqrt(t / W), W, T, C)
            )
        ),
        "one over the step. It is one over its root.": (
            lambda t, peak, W, T, C: (
                landed(t, peak, W, T, C) if t < W else landed(t, peak * sqrt(W / t), W, T, C)
            )
        ),
        "no cooldown. The root just goes on.": lambda t, peak, W, T, C: root(t, peak, W),
        "frozen. The root goes on falling under the line; you stopped it when the line began.": (
            landing(lambda t, peak, W, T, C: root(T - C, peak, W) * max(0, T - t) / C)
        ),
        "the line starts from base_lr, so the rate jumps up. The line multiplies the root.": (
            landing(lambda t, peak, W, T, C: peak * max(0, T - t) / C)
        ),
        "the line runs over the whole run, not over the last cooldown_steps.": (
            lambda t, peak, W, T, C: root(t, peak, W) * max(0, 1 - t / T)
        ),
        "the line begins with the cooldown, but is as flat as if it had begun at step 0.": (
            landing(lambda t, peak, W, T, C: root(t, peak, W) * max(0, T - t) / T)
        ),
        "off by one. You are at 0 at total_steps - 1, one update early.": landing(
            lambda t, peak, W, T, C: root(t, peak, W) * max(0, T - 1 - t) / (C - 1)
        ),
        "upside down: the line rises. What is left is total_steps - step.": landing(
            lambda t, peak, W, T, C: root(t, peak, W) * min(1, (t - T + C) / C)
        ),
        "the root starts its clock after the warmup. It is sqrt(W / t), with t the step.": (
            lambda t, peak, W, T, C: (
                landed(t, peak, W, T, C)
                if t < W
                else landed(t, peak, W, T, C) * sqrt(t / W) / sqrt(t - W + 1)
            )
        ),
        "no clamp. Past total_steps the line goes on below 0.": (
            landing(lambda t, peak, W, T, C: root(t, peak, W) * (T - t) / C)
        ),
        "past the end you are back on the root. The run is over: stay at 0.": (
            lambda t, peak, W, T, C: landed(t, peak, W, T, C) if t < T else root(t, peak, W)
        ),
    },
    drawn=drawn_landing,
)

EXERCISES = {
    "06.numbers": NUMBERS,
    "06.noam": NOAM,
    "06.regret_bound": REGRET,
    "06.polynomial": POLYNOMIAL,
    "06.landed": LANDED,
}
