"""Chapter 3: which of two schedules is better, and what a comparison can show.

In the mistakes ``a`` and ``b`` are ``first`` and ``second``, ``n`` is the number of seeds.
"""

from __future__ import annotations

from math import ceil, floor, inf, isfinite, nan, sqrt

from .engine import Write
from .predict import Predict


def mean(values):
    """The mean of some numbers."""
    return sum(values) / len(values)


def spread(values, lost=1):
    """The standard deviation; ``lost`` is what the mean took from the number of values."""
    centre = mean(values)
    return sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - lost))


def apart(a, b):
    """The differences, seed by seed."""
    return [x - y for x, y in zip(a, b)]  # noqa: B905 - mistakes may come in other lengths


def paired_se(first, second):
    """The standard error of the mean difference, taken seed by seed."""
    if len(first) != len(second):
        raise ValueError("second must be as long as first")
    if len(first) < 2:
        raise ValueError("first must hold two losses or more")
    return spread(apart(first, second)) / sqrt(len(first))


LINEAR = [0.690, 0.686, 0.709, 0.686, 0.718, 0.669, 0.717, 0.687]
COSINE = [0.717, 0.688, 0.724, 0.702, 0.719, 0.684, 0.715, 0.705]


def drawn_losses(rng):
    """The losses of two schedules, for two seeds or more."""
    seeds = range(rng.randint(2, 12))
    return [rng.uniform(0.4, 0.9) for _ in seeds], [rng.uniform(0.4, 0.9) for _ in seeds]


PAIRED_SE = Write(
    paired_se,
    cases={
        "With three seeds": [
            ([0.5, 0.7, 0.6], [0.4, 0.3, 0.5]),
            ([0.5, 0.6, 0.9], [0.6, 0.8, 0.9]),
        ],
        "With eight seeds": [(LINEAR, COSINE), (COSINE, LINEAR)],
        "With the seeds in another order": [(LINEAR[::-1], COSINE[::-1])],
        "With other partners": [(LINEAR, COSINE[3:] + COSINE[:3]), (LINEAR, COSINE[::-1])],
        "With partners that differ by a constant": [([0.5, 0.9, 0.8], [0.4, 0.8, 0.7])],
        "With two seeds": [([0.5, 0.9], [0.4, 0.5]), ([0.7, 0.6], [0.6, 0.8])],
    },
    mistakes={
        "the partners are lost. Subtract seed by seed first, then take the spread.": (
            lambda a, b: sqrt((spread(a) ** 2 + spread(b) ** 2) / len(a))
        ),
        "the spread of one difference, not the error of their mean. Divide by the root of n.": (
            lambda a, b: spread(apart(a, b))
        ),
        "divided by n. The error of a mean shrinks with the root of n.": (
            lambda a, b: spread(apart(a, b)) / len(a)
        ),
        "n for n - 1. The mean was taken from the same numbers, so one of them is not free.": (
            lambda a, b: spread(apart(a, b), lost=0) / sqrt(len(a))
        ),
        "n - 1 twice. The spread has it; the mean is still one of n numbers.": (
            lambda a, b: spread(apart(a, b)) / sqrt(len(a) - 1)
        ),
        "a root is missing. This is the square of the standard error.": (
            lambda a, b: spread(apart(a, b)) ** 2 / len(a)
        ),
        "this is the mean difference. Asked is how far it may be off.": (
            lambda a, b: mean(apart(a, b))
        ),
        "the errors of two means, subtracted. Errors do not subtract; losses do.": (
            lambda a, b: abs(spread(a) - spread(b)) / sqrt(len(a))
        ),
        "the mean is not taken away. A difference that is the same for all seeds has no error.": (
            lambda a, b: sqrt(sum(d * d for d in apart(a, b)) / (len(a) - 1)) / sqrt(len(a))
        ),
        "the differences have lost their signs. Seeds may differ in which schedule is better.": (
            lambda a, b: spread([abs(d) for d in apart(a, b)]) / sqrt(len(a))
        ),
        "the sums of partners. The spread that is asked is that of their differences.": (
            lambda a, b: spread([x + y for x, y in zip(a, b)]) / sqrt(len(a))  # noqa: B905
        ),
        "sorted first. Then the partners are no longer runs of the same seed.": (
            lambda a, b: paired_se(sorted(a), sorted(b))
        ),
    },
    drawn=drawn_losses,
    refused=(
        (([0.5, 0.6, 0.7], [0.5, 0.6]), "second"),
        (([0.5], [0.4]), "first"),
        (([0.5, 0.6], [0.5, 0.6, 0.7]), "second"),
        (([], []), "first"),
    ),
)


def worst_if_diverged(losses):
    """The losses, with infinity for what is not a number."""
    return [loss if isfinite(loss) else inf for loss in losses]


def next_rate(rates, losses):
    """The rate beyond the edge at which the best rate lies, or 0 if it lies inside."""
    if len(rates) < 2:
        raise ValueError("rates must hold two rates or more")
    return beyond(rates, best(losses))


def best(losses):
    """The position of the smallest loss."""
    losses = worst_if_diverged(losses)
    return losses.index(min(losses))


def beyond(rates, at):
    """The rate to try next if the best is at this position."""
    if at == 0:
        return rates[0] ** 2 / rates[1]
    return rates[-1] ** 2 / rates[-2] if at == len(rates) - 1 else 0.0


def by_edge(low, high, inside=lambda rates, at: 0.0):
    """Return the ``next_rate`` that answers each place of the best by a function of its own."""

    def mistake(rates, losses):
        at = best(losses)
        rule = low if at == 0 else high if at == len(rates) - 1 else inside
        return rule(rates, at)

    return mistake


GRID = [0.1, 0.2, 0.4]


def drawn_grid(rng):
    """Rates in unequal ratios and their losses, of which one or two are not finite."""
    rates = [rng.uniform(1e-3, 0.1)]
    while len(rates) < rng.randint(3, 6):
        rates.append(rates[-1] * rng.uniform(1.3, 4))
    size = 10 ** rng.uniform(-1, 4)
    losses = [size * rng.uniform(1, 2) for _ in rates]
    losses[rng.randrange(len(rates))] = rng.choice((nan, inf))
    return rates, losses


NEXT_RATE = Write(
    next_rate,
    cases={
        "Best inside the grid": [(GRID, [0.8, 0.6, 0.9]), ([0.01, 0.1, 0.2, 1.0], [9, 3, 2, 4])],
        "Best at the upper edge": [(GRID, [0.8, 0.6, 0.5]), ([0.03, 0.1], [0.8, 0.7])],
        "Best at the lower edge": [(GRID, [0.5, 0.6, 0.9]), ([0.01, 0.03, 0.1, 0.2], [1, 2, 3, 4])],
        "With a grid of unequal steps": [
            ([0.1, 0.2, 0.6], [3, 2, 1]),
            ([0.1, 0.2, 0.6], [1, 2, 3]),
        ],
        "With a run that diverged": [
            (GRID, [0.8, 0.6, nan]),
            (GRID, [nan, 0.6, 0.7]),
            (GRID, [0.8, 0.7, inf]),
            ([0.1, 0.2], [0.8, nan]),
            ([0.1, 0.2], [nan, 0.8]),
        ],
        "With a run that diverged, and large losses": [
            (GRID, [2e300, 3e300, nan]),
            (GRID, [nan, 30.0, 20.0]),
        ],
    },
    mistakes={
        "this is the best rate so far. Asked is the next to try, or 0 if the search is over.": (
            lambda rates, losses: rates[best(losses)]
        ),
        "at an edge you stop at the edge. Return a rate that was not tried yet.": (
            by_edge(lambda r, at: r[0], lambda r, at: r[-1])
        ),
        "the largest loss is taken for the best. Losses should be small.": (
            lambda rates, losses: beyond(rates, losses.index(max(losses)))
        ),
        "only the upper edge is watched. The best rate may be below the grid as well.": (
            by_edge(lambda r, at: 0.0, lambda r, at: r[-1] ** 2 / r[-2])
        ),
        "only the lower edge is watched. The best rate may be above the grid as well.": (
            by_edge(lambda r, at: r[0] ** 2 / r[1], lambda r, at: 0.0)
        ),
        "the step is added. Rates go by factors: multiply by the ratio of the last two.": (
            by_edge(lambda r, at: 2 * r[0] - r[1], lambda r, at: 2 * r[-1] - r[-2])
        ),
        "always by a factor of two. Take the ratio that the grid has at that edge.": (
            by_edge(lambda r, at: r[0] / 2, lambda r, at: 2 * r[-1])
        ),
        "the ratio at the wrong edge. Below the grid it is that of the first two rates.": (
            by_edge(lambda r, at: r[0] * r[-2] / r[-1], lambda r, at: r[-1] ** 2 / r[-2])
        ),
        "the ratio at the wrong edge. Above the grid it is that of the last two rates.": (
            by_edge(lambda r, at: r[0] ** 2 / r[1], lambda r, at: r[-1] * r[1] / r[0])
        ),
        "nan counts as the best. A run that diverged is the worst there is.": (
            lambda rates, losses: beyond(
                rates, next((i for i, x in enumerate(losses) if x != x), best(losses))
            )
        ),
        "a number in place of nan that a loss may exceed. Infinity is the only one that is safe.": (
            lambda rates, losses: beyond(rates, best([x if isfinite(x) else 10 for x in losses]))
        ),
        "nan is compared with a number, which is never true. Treat it as infinite first.": (
            lambda rates, losses: beyond(rates, losses.index(min(losses)))
        ),
    },
    drawn=drawn_grid,
    refused=((([0.1], [0.7]), "rates"), (([], []), "rates")),
)


def exact_seeds(effect, first_spread, second_spread, correlation, errors=4):
    """The number of seeds, not rounded, at which the effect is so many standard errors."""
    covariance = correlation * first_spread * second_spread
    return errors**2 * (first_spread**2 + second_spread**2 - 2 * covariance) / effect**2


def seeds_needed(effect, first_spread, second_spread, correlation):
    """The fewest seeds, at least two, at which the effect is four standard errors or more."""
    if effect <= 0:
        raise ValueError("effect must be positive")
    return whole(exact_seeds)(effect, first_spread, second_spread, correlation)


def whole(exact):
    """Return the ``seeds_needed`` that rounds up another number of seeds, whole ones as they are.

    In floating point a whole number may come out a hair above itself.
    """
    return lambda *case: max(2, ceil(exact(*case) * (1 - 1e-12)))


SEEDS_NEEDED = Write(
    seeds_needed,
    cases={
        "With equal spreads": [(0.01, 0.021, 0.021, 0.0), (0.5, 0.7, 0.7, 0.0)],
        "With two spreads": [(0.01, 0.021, 0.03, 0.0), (0.03, 0.05, 0.022, 0.0)],
        "Paired": [
            (0.01, 0.021, 0.021, 0.7),
            (0.01, 0.019, 0.024, 0.95),
            (0.03, 0.041, 0.023, 0.35),
            (0.2, 0.9, 0.7, 0.4),
        ],
        "With runs that pull apart": [(0.01, 0.021, 0.017, -0.15)],
        "With a large effect": [(0.5, 0.02, 0.02, 0.0), (0.4, 0.1, 0.1, 0.9)],
        # Numbers at which the hit is one in floating point too, however the formula is written.
        "Where four standard errors are met exactly or just missed": [
            (0.25, 0.5, 0.500001, 0.0),
            (0.25, 0.75, 1.0, 0.0),
            (0.5, 0.75, 1.0, 0.0),
            (0.25, 0.5, 0.5, 0.5),
        ],
        "With runs that differ by a constant": [(0.3, 0.5, 0.5, 1.0)],
    },
    mistakes={
        "three standard errors. Asked are four, or half of the comparisons miss the effect.": (
            whole(lambda *case: exact_seeds(*case, errors=3))
        ),
        "the spread of one run. A difference of two runs has the variances of both.": (
            whole(lambda e, a, b, r: exact_seeds(e, a, a, 0.5))
        ),
        "half the variance. A difference has the sum of two variances, not their mean.": (
            whole(lambda *case: exact_seeds(*case) / 2)
        ),
        "no square. Half the error costs four times the seeds.": (
            whole(lambda *case: sqrt(exact_seeds(*case)))
        ),
        "one seed too many where four standard errors are met exactly. That is enough.": (
            lambda *case: max(2, floor(exact_seeds(*case)) + 1)
        ),
        "rounded down. With one seed less than needed the effect is below four errors.": (
            lambda *case: max(2, floor(exact_seeds(*case)))
        ),
        "rounded to the nearest. The number must be large enough: round up.": (
            lambda *case: max(2, round(exact_seeds(*case)))
        ),
        "not rounded. One cannot train a part of a run.": lambda *case: max(2, exact_seeds(*case)),
        "the first spread for both. The second schedule has its own.": (
            whole(lambda e, a, b, r: exact_seeds(e, a, a, r))
        ),
        "the mean of the two spreads. It is the variances that add up.": (
            whole(lambda e, a, b, r: exact_seeds(e, (a + b) / 2, (a + b) / 2, r))
        ),
        "the spreads are added before they are squared. Add the variances.": (
            whole(lambda e, a, b, r: exact_seeds(e, a, b, -1))
        ),
        "the correlation is not used. Paired runs need fewer seeds.": (
            whole(lambda e, a, b, r: exact_seeds(e, a, b, 0))
        ),
        "the correlation has the wrong sign. Runs that are alike need fewer seeds, not more.": (
            whole(lambda e, a, b, r: exact_seeds(e, a, b, -r))
        ),
        "the correlation is squared. It enters the covariance as it is.": (
            whole(lambda e, a, b, r: exact_seeds(e, a, b, r * r))
        ),
        "the covariance is subtracted once. It stands there twice.": (
            whole(lambda e, a, b, r: exact_seeds(e, a, b, r / 2))
        ),
        "1 - correlation multiplies everything. Only equal spreads allow that.": (
            whole(lambda e, a, b, r: exact_seeds(e, a, b, 0) * (1 - r))
        ),
        "one seed has no spread. Without a second there is no standard error.": (
            lambda *case: ceil(exact_seeds(*case))
        ),
    },
    drawn=lambda rng: (
        10 ** rng.uniform(-3, -1),
        rng.uniform(0.01, 0.1),
        rng.uniform(0.01, 0.1),
        rng.uniform(-1, 1),
    ),
    refused=(((0.0, 0.02, 0.02, 0.5), "effect"), ((-0.1, 0.02, 0.02, 0.5), "effect")),
)

LOGS = Predict(
    {
        "gain at 20k images": 25.6,
        "gain over the baseline's best": 11.5,
        "degrees of freedom": 0,
    },
    mistakes={
        "the sign is turned. The gain is the cycle's accuracy less the baseline's.": {
            "gain at 20k images": -25.6,
        },
        "a ratio. Asked is a difference in points of accuracy.": {"gain at 20k images": 1.41},
        "another row. Read the line of 20k images.": {"gain at 20k images": 9.4},
        "the two are swapped. The last accuracy is what the table compares.": {
            "gain at 20k images": 11.5,
            "gain over the baseline's best": 25.6,
        },
        "this is how far the baseline fell. Compare the cycle with what the baseline had before.": {
            "gain over the baseline's best": 14.1,
        },
        "two runs, but of two schedules. A spread needs two runs of the same schedule.": {
            "degrees of freedom": 1,
        },
        "the other rows are other experiments. A spread needs runs that differ by their seed.": {
            "degrees of freedom": 4,
        },
        "the evaluations are not runs, and a mean takes one number away.": {
            "degrees of freedom": 801,
        },
        "the evaluations of one run are not runs. They share one start and one order.": {
            "degrees of freedom": 800,
        },
    },
)

EXERCISES = {
    "03.paired_se": PAIRED_SE,
    "03.next_rate": NEXT_RATE,
    "03.seeds_needed": SEEDS_NEEDED,
    "03.logs": LOGS,
}
