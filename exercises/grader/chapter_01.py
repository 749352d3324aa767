"""Chapter 1: how large a constant rate may be.

In the mistakes ``h`` is a curvature, ``b`` is ``beta``.
"""

from __future__ import annotations

from math import ceil, exp, floor, log, log10, sqrt

from .engine import Write
from .predict import Predict


def bowl(rng):
    """Curvatures in no order, one or more."""
    return [10 ** rng.uniform(-2, 1) for _ in range(rng.randint(1, 5))]


def largest_stable(curvatures, beta=0.0):
    """The rate at which the steepest direction is at the edge of stability."""
    if not 0 <= beta < 1:
        raise ValueError(f"beta must lie in [0, 1), got {beta}")
    return 2 * (1 + beta) / max(curvatures)


LARGEST_STABLE = Write(
    largest_stable,
    cases={
        "Without momentum": [([1, 20],), ([0.3, 4.0, 0.01],), ([7.5],), ([5, 2, 1], 0.0)],
        "With momentum": [([1, 10], b) for b in (0.9, 0.5, 0.99)] + [([2.5, 0.4], 0.75)],
    },
    mistakes={
        "the flattest direction. The steepest one is the first to break.": (
            lambda h, b=0.0: 2 * (1 + b) / min(h)
        ),
        "the last curvature of the list. The curvatures are in no order.": (
            lambda h, b=0.0: 2 * (1 + b) / h[-1]
        ),
        "the mean curvature. One direction that grows is enough to lose the run.": (
            lambda h, b=0.0: 2 * (1 + b) * len(h) / sum(h)
        ),
        "the sum of the curvatures. Directions do not help each other to diverge.": (
            lambda h, b=0.0: 2 * (1 + b) / sum(h)
        ),
        "the best rate, not the largest. That one balances the two ends.": (
            lambda h, b=0.0: 2 / (min(h) + max(h))
        ),
        "no 2. At 1 / h the path reaches the minimum in one update; it may go as far beyond.": (
            lambda h, b=0.0: (1 + b) / max(h)
        ),
        "no momentum in it. The edge is where an eigenvalue is -1, and beta moves it.": (
            lambda h, b=0.0: 2 / max(h)
        ),
        "the effective rate. It says how far a flat direction moves, not where a steep one ends.": (
            lambda h, b=0.0: 2 * (1 - b) / max(h)
        ),
        "divided by 1 - beta. At the edge the ball turns at every update and gathers no speed.": (
            lambda h, b=0.0: 2 / (1 - b) / max(h)
        ),
    },
    drawn=lambda rng: (bowl(rng), rng.uniform(0, 0.99)),
    refused=(
        (([1, 10], 1.0), "beta"),
        (([1, 10], -0.1), "beta"),
        (([1, 10], 1.5), "beta"),
    ),
)


def roots(eta, h, b):
    """Both roots of x² - (1 + beta - eta h) x + beta, as complex numbers."""
    middle = 1 + b - eta * h
    half = complex(middle * middle - 4 * b) ** 0.5
    return (middle + half) / 2, (middle - half) / 2


def growth(eta, h, beta=0.0):
    """The size of the larger root."""
    return max(abs(root) for root in roots(eta, h, beta))


GROWTH = Write(
    growth,
    cases={
        "Without momentum": [(eta, 10, 0.0) for eta in (0.02, 0.1, 0.15, 0.2, 0.25)],
        "With roots that are complex": [(0.1, 10, 0.5), (0.1, 10, 0.9), (0.3, 4.0, 0.64)],
        "With real roots that are positive": [(0.001, 1, 0.5), (0.002, 1, 0.81), (0.01, 0.2, 0.3)],
        "With real roots that are negative": [(0.39, 10, 0.9), (0.31, 10, 0.5), (0.5, 10, 0.9)],
        "At the edge": [(0.38, 10, 0.9), (0.3, 10, 0.5)],
        "With beta left out": [(0.05, 10), (0.15, 10)],
    },
    mistakes={
        "beta has no default. Keep the first line as it is: who leaves beta out has none.": (
            lambda eta, h, b: growth(eta, h, b)
        ),
        "the default of beta. Keep the first line as it is: who leaves beta out has none.": (
            lambda eta, h, b=0.9: growth(eta, h, b)
        ),
        "the square root of beta, always. Roots that are real are not of that size.": (
            lambda eta, h, b=0.0: sqrt(b)
        ),
        "1 - eta h with its sign. A factor of -1.5 grows too: take its size.": (
            lambda eta, h, b=0.0: 1 - eta * h
        ),
        "no momentum in it. |1 - eta h| is right for beta = 0 alone.": (
            lambda eta, h, b=0.0: abs(1 - eta * h)
        ),
        "the square root of beta. Only while the roots are complex are they of that size.": (
            lambda eta, h, b=0.0: sqrt(b) if b else abs(1 - eta * h)
        ),
        "the real part alone. The size of a complex number counts both parts.": (
            lambda eta, h, b=0.0: max(abs(each.real) for each in roots(eta, h, b))
        ),
        "the smaller root. The larger one, in size, is what is left in the end.": (
            lambda eta, h, b=0.0: min(abs(each) for each in roots(eta, h, b))
        ),
        "the root with the plus sign. Where the roots are negative, the other is larger in size.": (
            lambda eta, h, b=0.0: abs(roots(eta, h, b)[0])
        ),
        "the square of the factor. That multiplies the loss; asked is the distance.": (
            lambda eta, h, b=0.0: growth(eta, h, b) ** 2
        ),
        "the product of the roots. It is beta, whatever the rate.": (
            lambda eta, h, b=0.0: b if b else abs(1 - eta * h)
        ),
        "not halved. The roots are (p ± sqrt(p² - 4 q)) / 2.": (
            lambda eta, h, b=0.0: 2 * growth(eta, h, b)
        ),
        "the sign of beta. The recursion subtracts beta times the older position.": (
            lambda eta, h, b=0.0: max(
                abs((1 + b - eta * h + sign * ((1 + b - eta * h) ** 2 + 4 * b) ** 0.5) / 2)
                for sign in (1, -1)
            )
        ),
    },
    drawn=lambda rng: (
        rng.uniform(0.02, 4.5) / (h := rng.uniform(0.1, 20)),
        h,
        rng.uniform(0.05, 0.99),
    ),
)


def best_rate(curvatures):
    """The rate at which the flattest and the steepest direction shrink alike."""
    return 2 / (min(curvatures) + max(curvatures))


BEST_RATE = Write(
    best_rate,
    cases={
        "Of two directions": [([1, 20],), ([10, 1],), ([0.2, 0.3],), ([3, 3],)],
        "Of many directions": [([1, 2, 20],), ([0.5, 9, 9, 4],), ([8],)],
    },
    mistakes={
        "the largest stable rate. There the steepest direction does not shrink at all.": (
            lambda h: 2 / max(h)
        ),
        "the best for the steepest direction. The flattest one then hardly moves.": (
            lambda h: 1 / max(h)
        ),
        "the best for the flattest direction. The steepest one explodes.": lambda h: 1 / min(h),
        "no 2. The two factors are 1 - eta l and eta L - 1; where are they equal?": (
            lambda h: 1 / (min(h) + max(h))
        ),
        "the mean of all curvatures. Those between the two ends never shrink the slowest.": (
            lambda h: len(h) / sum(h)
        ),
        "the sum of all curvatures. Only the flattest and the steepest direction matter.": (
            lambda h: 2 / sum(h)
        ),
        "one curvature is treated like the edge. Its best rate is 1 / h, as for any other.": (
            lambda h: best_rate(h) if len(h) > 1 else 2 / h[0]
        ),
        "the first and the last of the list. The curvatures are in no order.": lambda h: (
            2 / (h[0] + h[-1])
        ),
        "the geometric mean. The factors are linear in the curvature, so it is the plain one.": (
            lambda h: 1 / sqrt(min(h) * max(h))
        ),
        "the contraction, (kappa - 1) / (kappa + 1), is the next exercise. Asked is the rate.": (
            lambda h: (max(h) - min(h)) / (max(h) + min(h))
        ),
    },
    drawn=lambda rng: (bowl(rng),),
)


def updates_needed(share, condition):
    """The first update after which the slowest direction is down to a share."""
    if condition == 1:
        return 1
    factor = (condition - 1) / (condition + 1)
    n = ceil(log(share) / log(factor))
    while n and factor ** (n - 1) <= share:  # an exact hit that the logarithms have missed
        n -= 1
    return n


def slowest(share, condition):
    """The time at which the slowest direction is down to a share, not rounded."""
    return log(share) / log((condition - 1) / (condition + 1))


UPDATES_NEEDED = Write(
    updates_needed,
    cases={
        "In a short valley": [(share, 4) for share in (0.1, 1e-2)] + [(1e-5, 6), (0.5, 2)],
        "In a long valley": [(1e-3, 100), (1e-6, 250), (0.01, 31.5)],
        "In a round bowl": [(1e-3, 1), (0.5, 1)],
        # A condition at which the factor is a half, and the hit one in floating point too.
        "Where the share is met exactly": [(0.5**n, 3) for n in (1, 2, 4, 8)],
        "Where the share is just missed": [(0.12499, 3), (0.2499, 3)],
    },
    mistakes={
        "no rounding. Between two updates there is nothing; take the first that is enough.": (
            slowest
        ),
        "one update short. After this one, more than the share is left.": (
            lambda share, k: floor(slowest(share, k))
        ),
        "one update too many where the share is met exactly. At most the share is enough.": (
            lambda share, k: floor(slowest(share, k)) + 1 if k > 1 else 1
        ),
        "rounded to the nearest. The last update that is needed must be counted in full.": (
            lambda share, k: round(slowest(share, k))
        ),
        "no update at all in a round bowl. The best rate needs one.": (
            lambda share, k: updates_needed(share, k) if k > 1 else 0
        ),
        "half of the updates. That is the loss, which shrinks by the factor squared; asked is the "
        "distance.": lambda share, k: ceil(slowest(share, k) / 2),
        "the factor at the rate 1 / L. The best rate is almost twice as large.": (
            lambda share, k: ceil(log(share) / log(1 - 1 / k))
        ),
        "the rule of thumb for long valleys. It is kappa / 2 times the logarithm, nearly.": (
            lambda share, k: ceil(k / 2 * log(1 / share))
        ),
        "the factor that momentum would give, with square roots.": (
            lambda share, k: ceil(log(share) / log((sqrt(k) - 1) / (sqrt(k) + 1)))
        ),
        "two logarithms of different bases. Take the same for both.": (
            lambda share, k: ceil(log10(share) / log((k - 1) / (k + 1)))
        ),
    },
    drawn=lambda rng: (exp(rng.uniform(log(1e-7), log(0.9))), 1 + 10 ** rng.uniform(-1.5, 2)),
)

CHANCE = Predict(
    {
        "10 classes": log(10),
        "2 classes": log(2),
        "1000 classes": log(1000),
        "2 classes, 9 to 1": -(0.9 * log(0.9) + 0.1 * log(0.1)),
    },
    mistakes={
        "logarithms to base 10. Cross-entropy takes natural ones.": {
            "10 classes": 1,
            "2 classes": 0.301,
        },
        "bits. Cross-entropy in torch takes natural logarithms, not those to base 2.": {
            "2 classes": 1,
            "10 classes": 3.322,
        },
        "the accuracy of guessing. Asked is the loss, minus the logarithm of the probability.": {
            "10 classes": 0.1,
            "2 classes": 0.5,
        },
        "the sign. The logarithm of a probability is negative; the loss is minus that.": {
            "10 classes": -log(10),
        },
        "the number of classes. The loss is a logarithm.": {"10 classes": 10},
        "the mean of two logarithms. Nine examples in ten have the frequent class.": {
            "2 classes, 9 to 1": -(log(0.9) + log(0.1)) / 2,
        },
        "only the rare class is counted. Nine examples in ten have the other one.": {
            "2 classes, 9 to 1": -log(0.1),
        },
        "one half for each class. A constant may favour the class that is frequent.": {
            "10 classes": log(10),
            "2 classes, 9 to 1": log(2),
        },
        "only the frequent class is counted. One example in ten has the other one, and costs much "
        "more.": {"10 classes": log(10), "2 classes, 9 to 1": -log(0.9)},
    },
)

EXERCISES = {
    "01.largest_stable": LARGEST_STABLE,
    "01.best_rate": BEST_RATE,
    "01.updates_needed": UPDATES_NEEDED,
    "01.growth": GROWTH,
    "01.chance": CHANCE,
}
