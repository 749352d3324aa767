"""Chapter 2: gradient noise, and why the rate must fall.

In the mistakes ``s`` is the variance of the gradient noise, ``A`` the second moment at the start.
"""

from __future__ import annotations

from lrlib.theory import NoisyQuadratic

from .engine import Write
from .predict import Predict


def last_moment(rates, h, variance, start):
    """The second moment after the last update."""
    return 2 / h * NoisyQuadratic((h,), (variance,), start).final_loss(rates)


def problem(rng):
    """A curvature, a variance of the noise and a moment at the start."""
    return rng.uniform(0.2, 4), rng.uniform(0.1, 2), rng.uniform(0.1, 5)


def drawn_rates(rng):
    """Arguments of ``last_moment``: rates, and the rest."""
    h, variance, start = problem(rng)
    rates = [rng.uniform(0.05, 1.7) / h for _ in range(rng.randint(1, 6))]
    return rates, h, variance, start


def by(update):
    """Return the ``last_moment`` whose updates are update(A, eta, h, s)."""

    def last(rates, h, s, A):
        for eta in rates:
            A = update(A, eta, h, s)
        return A

    return last


ONE_BY_ONE = [0.5, 0.2, 0.1, 0.05]

LAST_MOMENT = Write(
    last_moment,
    cases={
        "Without noise": [([0.5], 1.0, 0.0, 1.0), ([0.5, 0.3], 0.8, 0.0, 2.0)],
        "From the minimum": [([0.5], 1.0, 1.0, 0.0), ([0.3, 0.1], 1.0, 0.4, 0.0)],
        "In one update": [([0.5], 1.0, 1.0, 1.0), ([0.3], 0.7, 0.4, 4.0)],
        "In several updates": [
            (ONE_BY_ONE, 1.0, 1.0, 1.0),
            (ONE_BY_ONE, 0.7, 0.4, 4.0),
            ([0.3] * 20, 2.0, 0.1, 0.5),
        ],
        "With a rate above 1 / h": [([1.5, 1.2], 1.0, 0.5, 1.0), ([2.5], 1.0, 0.5, 1.0)],
        "Without an update": [([], 1.0, 1.0, 3.0)],
    },
    mistakes={
        "the factor is not squared. It multiplies theta, and A is the mean of theta squared.": by(
            lambda A, eta, h, s: (1 - eta * h) * A + eta**2 * s
        ),
        "eta is not squared in the noise. It multiplies xi, and xi is squared.": by(
            lambda A, eta, h, s: (1 - eta * h) ** 2 * A + eta * s
        ),
        "the variance is squared. It is the mean of a square already.": by(
            lambda A, eta, h, s: (1 - eta * h) ** 2 * A + eta**2 * s**2
        ),
        "the noise shrinks with h. The update subtracts eta * xi, whatever the curvature.": by(
            lambda A, eta, h, s: (1 - eta * h) ** 2 * A + (eta * h) ** 2 * s
        ),
        "the noise is taken away. It is added: a square has no sign.": by(
            lambda A, eta, h, s: (1 - eta * h) ** 2 * A - eta**2 * s
        ),
        "no noise. Each update adds eta ** 2 * variance.": by(
            lambda A, eta, h, s: (1 - eta * h) ** 2 * A
        ),
        "the mixed term is kept. Its mean is 0, because the noise of an update is fresh.": by(
            lambda A, eta, h, s: (
                (1 - eta * h) ** 2 * A + 2 * eta * (1 - eta * h) * (s * A) ** 0.5 + eta**2 * s
            )
        ),
        "h in the noise. The update subtracts eta * xi, whatever the curvature.": by(
            lambda A, eta, h, s: (1 - eta * h) ** 2 * A + eta**2 * h * s
        ),
        "only the last update counts. The moment after an update is the start of the next.": (
            lambda rates, *others: last_moment(rates[-1:], *others)
        ),
        "from the last rate to the first. rates[0] is that of the first update.": (
            lambda rates, *others: last_moment(rates[::-1], *others)
        ),
        "the first update is left out. Start with rates[0].": (
            lambda rates, *others: last_moment(rates[1:], *others)
        ),
        "the last update is left out. The result is the moment after all of them.": (
            lambda rates, *others: last_moment(rates[:-1], *others)
        ),
        "this is the loss, h / 2 times the moment. Asked is the moment.": (
            lambda rates, h, s, A: h / 2 * last_moment(rates, h, s, A)
        ),
        "the start counts too much. It is a second moment already; do not square it.": (
            lambda rates, h, s, A: last_moment(rates, h, s, A * A)
        ),
    },
    drawn=drawn_rates,
)


def noise_floor(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    """The second moment that heavy ball leaves as it is."""
    if (1 - dampening) * eta * h >= 2 * (1 + beta):
        raise ValueError("eta")
    return level(eta, h, variance, batch, beta, dampening)


def level(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    """The same formula, stable or not: dampening acts like a lower rate."""
    eta = (1 - dampening) * eta
    return (1 + beta) / (1 - beta) * eta * variance / (h * batch * (2 * (1 + beta) - eta * h))


def drawn_floor(rng):
    """Arguments of ``noise_floor`` with a floor."""
    h, variance, _ = problem(rng)
    beta, dampening = rng.uniform(0.01, 0.95), rng.choice((0.0, rng.uniform(0, 0.95)))
    eta = rng.uniform(0.02, 0.98) * 2 * (1 + beta) / h / (1 - dampening)
    return eta, h, variance, rng.randint(1, 64), beta, dampening


NOISE_FLOOR = Write(
    noise_floor,
    cases={
        "Without momentum": [(0.5, 1.0, 1.0), (0.05, 1.0, 1.0), (1.5, 1.0, 1.0)],
        "With another curvature and variance": [(0.5, 0.7, 0.4), (0.2, 3.0, 2.0), (0.1, 0.01, 1.0)],
        "With a batch": [(0.5, 1.0, 1.0, 64), (0.2, 3.0, 2.0, 10)],
        "With momentum": [
            (0.05, 0.7, 0.4, 1, 0.9),
            (0.05, 1.0, 1.0, 1, 0.5),
            (0.02, 3.0, 2.0, 10, 0.9),
        ],
        "With momentum and a large rate": [(0.2, 3.0, 2.0, 10, 0.9), (3.0, 1.0, 1.0, 1, 0.9)],
        "Without noise": [(0.5, 1.0, 0.0), (0.1, 1.0, 0.0, 4, 0.5)],
        "Just below the largest rate": [(1.99, 1.0, 1.0), (0.74, 4.0, 1.0, 1, 0.5)],
        "With dampening": [(0.05, 0.7, 0.4, 1, 0.9, 0.9), (0.2, 3.0, 2.0, 10, 0.5, 0.25)],
        "With dampening and a large rate": [(5.0, 1.0, 1.0, 1, 0.5, 0.5)],
    },
    mistakes={
        "this is the floor of the loss, h / 2 times the one asked for.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: h / 2 * level(eta, h, s, B, b, d)
        ),
        "the approximation for small rates. Keep the term with eta * h.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: eta * s / (2 * h * B * (1 - b))
        ),
        "this is what one update adds. It adds up: divide by what an update forgets.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: eta**2 * s / B
        ),
        "the factor is not squared, so an update forgets too little.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: eta * s / (h * B)
        ),
        "no h in the denominator. A flat direction forgets slowly and has the higher floor.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: h * level(eta, h, s, B, b, d)
        ),
        "the variance is squared. It is the mean of a square already.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: level(eta, h, s * s, B, b, d)
        ),
        "2 is what is left of 2 (1 + beta). With momentum a run bears a larger rate.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: (
                (1 + b) / (1 - b) * eta * s / (h * B * (2 - eta * h))
            )
        ),
        "1 / (1 - beta) multiplies the floor. That is the limit of small rates.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: level(eta, h, s, B) / (1 - b)
        ),
        "no batch. The mean over B examples has a B-th of the variance.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: level(eta, h, s, 1, b, d)
        ),
        "the batch counts twice. It is the variance that is divided by it, not the deviation.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: level(eta, h, s, B * B, b, d)
        ),
        "the root of the batch. That is for the deviation; a variance is divided by B itself.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: level(eta, h, s, B**0.5, b, d)
        ),
        "no momentum. It multiplies the floor by about 1 / (1 - beta).": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: level(eta, h, s, B)
        ),
        "eta / (1 - beta) is the limit of small rates. Keep the whole formula.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: level(eta / (1 - b), h, s, B)
        ),
        "damped momentum. torch does not multiply the gradient by 1 - beta.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: level(eta * (1 - b), h, s, B, b)
        ),
        "dampening is not used. It takes a share of every gradient away from the velocity.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: level(eta, h, s, B, b)
        ),
        "dampening itself multiplies the gradient. It is 1 - dampening that does.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: level(eta, h, s, B, b, 1 - d if d else 0.0)
        ),
        "the floor times 1 - dampening. That is its limit for small rates; keep the formula.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: (1 - d) * level(eta, h, s, B, b)
        ),
        "dampening acts on the noise alone. The curvature pulls by the same gradient.": (
            lambda eta, h, s, B=1, b=0.0, d=0.0: (1 - d) ** 2 * level(eta, h, s, B, b)
        ),
    },
    drawn=drawn_floor,
    refused=(
        ((2.5, 1.0, 1.0), "eta"),
        ((2.5, 1.0, 0.0), "eta"),
        ((1.0, 4.0, 1.0, 1, 0.9), "eta"),
        ((2.0, 1.0, 1.0), "eta"),
        ((0.75, 4.0, 1.0, 1, 0.5), "eta"),
        ((6.0, 1.0, 1.0, 1, 0.5, 0.5), "eta"),
    ),
)


def best_moment(steps, h, variance, start):
    """The second moment after so many updates, each at the best rate."""
    return start * variance / (variance + steps * h * h * start)


def greedy(moves):
    """Return the ``best_moment`` whose rates are moves(A, h, s)."""

    def best(steps, h, s, A):
        for _ in range(steps):
            eta = moves(A, h, s)
            A = (1 - eta * h) ** 2 * A + eta * eta * s
        return A

    return best


BEST_MOMENT = Write(
    best_moment,
    cases={
        "After a few updates": [(1, 1.0, 1.0, 1.0), (1, 0.7, 0.4, 4.0), (2, 0.7, 0.4, 4.0)],
        "Without an update": [(0, 0.7, 0.4, 4.0)],
        "After many updates": [(50, 0.7, 0.4, 4.0), (1000, 1.0, 1.0, 1.0)],
        "In a flat direction": [(10, 0.01, 1.0, 1.0), (1000, 0.01, 1.0, 1.0)],
        "In a steep direction": [(3, 5.0, 2.0, 0.3)],
        "From the minimum": [(5, 1.0, 1.0, 0.0)],
    },
    mistakes={
        "the start is left out. 1 / A grows from 1 / start.": (
            lambda n, h, s, A: s / (n * h * h) if n else A
        ),
        "this is 1 / A. It is the reciprocal that grows in a straight line.": (
            lambda n, h, s, A: 1 / A + n * h * h / s if A else None
        ),
        "h is not squared. Each update adds h ** 2 / variance to 1 / A.": (
            lambda n, h, s, A: best_moment(n, h**0.5, s, A)
        ),
        "one update too many.": lambda n, h, s, A: best_moment(n + 1, h, s, A),
        "one update too few.": lambda n, h, s, A: best_moment(max(n - 1, 0), h, s, A),
        "h ** 2 and the variance are swapped. More noise must leave more.": (
            lambda n, h, s, A: 1 / (1 / A + n * s / h**2) if A else 0.0
        ),
        "this is the loss, h / 2 times the moment. Asked is the moment.": (
            lambda n, h, s, A: h / 2 * best_moment(n, h, s, A)
        ),
        "the best first rate, kept. It has to be worked out anew from each moment.": (
            lambda n, h, s, A: by(lambda A_t, eta, h, s: (1 - eta * h) ** 2 * A_t + eta**2 * s)(
                (h * A / (h * h * A + s),) * n, h, s, A
            )
        ),
        "a rate of 1 / h in every update, the best without noise.": greedy(lambda A, h, s: 1 / h),
    },
    drawn=lambda rng: (rng.randint(1, 80), *problem(rng)),
)

POWER = Predict(
    {
        "eta = 0.2 / t": -0.4,
        "eta = 0.4 / t": -0.8,
        "eta = 2 / t": -1.0,
        "eta = 0.5 / t ** 0.3": -0.3,
        "eta = 0.5 / t ** 1.5": 0.0,
    },
    mistakes={
        "every 1/t taken to give 1/t. With a constant that is too small, the start is forgotten "
        "more slowly than that.": {"eta = 0.2 / t": -1, "eta = 0.4 / t": -1},
        "only the noise's part. With so small a constant the start is forgotten more slowly.": {
            "eta = 0.4 / t": -1,
        },
        "the factor 1 - eta * h not squared. A forgets twice as fast as theta.": {
            "eta = 0.2 / t": -0.2,
            "eta = 0.4 / t": -0.4,
        },
        "only the start's part. The noise leaves a 1/t, and the slower of the two remains.": {
            "eta = 0.2 / t": -0.4,
            "eta = 2 / t": -4,
        },
        "no convergence without a finite sum of squares. The floor follows the rate down.": {
            "eta = 0.5 / t ** 0.3": 0
        },
        "the square of the rate. The floor is in proportion to the rate itself.": {
            "eta = 0.5 / t ** 0.3": -0.6
        },
        "travel taken for granted. The sum of these rates is finite.": {
            "eta = 0.5 / t ** 1.5": -1.5
        },
        "the sign. A falls, so the power is negative.": {"eta = 0.2 / t": 0.4},
    },
)

AVERAGE = Predict(
    {"twice n": 0.5, "twice eta": 1.0, "twice h": 0.25, "twice the variance": 2.0},
    mistakes={
        "this is the last iterate. Its floor grows with the rate; the average does not.": {
            "twice n": 1,
            "twice eta": 2,
            "twice h": 0.5,
        },
        "the floor of the last iterate divided by n. Neighbouring iterates are not independent.": {
            "twice n": 0.5,
            "twice eta": 2,
        },
        "upside down. Of more iterates, or in a steeper bowl, less noise is left.": {
            "twice n": 2,
            "twice h": 4,
        },
        "this is how the start is forgotten. Take n so large that noise alone is left.": {
            "twice n": 0.25,
        },
        "only one h. The noise is divided by h before it is squared.": {"twice h": 0.5},
        "no h at all. The noise is divided by h.": {"twice h": 1},
        "the root of n. That is how the deviation shrinks; asked is its square.": {"twice n": 0.71},
        "the deviation squared twice. A variance is a square already.": {"twice the variance": 4},
    },
)

EXERCISES = {
    "02.last_moment": LAST_MOMENT,
    "02.noise_floor": NOISE_FLOOR,
    "02.best_moment": BEST_MOMENT,
    "02.power": POWER,
    "02.average": AVERAGE,
}
