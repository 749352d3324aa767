"""Chapter 3: which of two schedules is better, and what a comparison can show.

In the mistakes ``a`` and ``b`` are ``first`` and ``second``, ``n`` is the number of seeds.
"""

from __future__ import annotations

from math import ceil, floor, inf, isfinite, nan, sqrt

from .engine import Predict, Write


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


LINEAR = (0.690, 0.686, 0.709, 0.686, 0.718, 0.669, 0.717, 0.687)
COSINE = (0.717, 0.688, 0.724, 0.702, 0.719, 0.684, 0.715, 0.705)

PAIRED_SE = Write(
    paired_se,
    cases={
        "With three seeds": [
            ((0.5, 0.7, 0.6), (0.4, 0.3, 0.5)),
            ((0.5, 0.6, 0.9), (0.6, 0.8, 0.9)),
        ],
        "With eight seeds": [(LINEAR, COSINE), (COSINE, LINEAR)],
        "With the seeds in another order": [(LINEAR[::-1], COSINE[::-1])],
        "With other partners": [(LINEAR, COSINE[3:] + COSINE[:3]), (LINEAR, COSINE[::-1])],
        "With partners that differ by a constant": [((0.5, 0.9, 0.8), (0.4, 0.8, 0.7))],
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
        "sorted first. Then the partners are no longer runs of the same seed.": (
            lambda a, b: paired_se(sorted(a), sorted(b))
        ),
    },
    refused=((((0.5, 0.6, 0.7), (0.5, 0.6)), "second"), (((0.5,), (0.4,)), "first")),
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


GRID = (0.1, 0.2, 0.4)

NEXT_RATE = Write(
    next_rate,
    cases={
        "Best inside the grid": [(GRID, (0.8, 0.6, 0.9)), ((0.01, 0.1, 0.2, 1.0), (9, 3, 2, 4))],
        "Best at the upper edge": [(GRID, (0.8, 0.6, 0.5)), ((0.03, 0.1), (0.8, 0.7))],
        "Best at the lower edge": [(GRID, (0.5, 0.6, 0.9)), ((0.01, 0.03, 0.1, 0.2), (1, 2, 3, 4))],
        "With a grid of unequal steps": [
            ((0.1, 0.2, 0.6), (3, 2, 1)),
            ((0.1, 0.2, 0.6), (1, 2, 3)),
        ],
        "With a run that diverged": [
            (GRID, (0.8, 0.6, nan)),
            (GRID, (nan, 0.6, 0.7)),
            (GRID, (0.8, 0.7, inf)),
            ((0.1, 0.2), (0.8, nan)),
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
        "nan counts as the best. A run that diverged is the worst there is.": (
            lambda rates, losses: beyond(
                rates, next((i for i, x in enumerate(losses) if x != x), best(losses))
            )
        ),
        "nan is compared with a number, which is never true. Treat it as infinite first.": (
            lambda rates, losses: beyond(rates, losses.index(min(losses)))
        ),
    },
    refused=((((0.1,), (0.7,)), "rates"),),
)


def exact_seeds(effect, spread, correlation, errors=4):
    """The number of seeds, not rounded, at which the effect is so many standard errors."""
    return errors**2 * 2 * spread**2 * (1 - correlation) / effect**2


def seeds_needed(effect, spread, correlation):
    """The fewest seeds, at least two, at which the effect is four standard errors or more."""
    if effect <= 0:
        raise ValueError("effect must be positive")
    return max(2, ceil(exact_seeds(effect, spread, correlation)))


def whole(exact):
    """Return the ``seeds_needed`` that rounds up another number of seeds."""
    return lambda effect, spread, correlation: max(2, ceil(exact(effect, spread, correlation)))


SEEDS_NEEDED = Write(
    seeds_needed,
    cases={
        "Unpaired": [(0.01, 0.021, 0.0), (0.03, 0.022, 0.0), (0.5, 0.7, 0.0)],
        "Paired": [(0.01, 0.021, 0.7), (0.01, 0.019, 0.95), (0.03, 0.023, 0.35), (0.2, 0.9, 0.4)],
        "With runs that pull apart": [(0.01, 0.021, -0.15)],
        "With a large effect": [(0.5, 0.02, 0.0), (0.4, 0.1, 0.9)],
    },
    mistakes={
        "three standard errors. Asked are four, or half of the comparisons miss the effect.": (
            whole(lambda e, s, r: exact_seeds(e, s, r, errors=3))
        ),
        "the spread of one run. A difference of two runs has twice the variance.": (
            whole(lambda e, s, r: exact_seeds(e, s, r) / 2)
        ),
        "no square. Half the error costs four times the seeds.": (
            whole(lambda e, s, r: sqrt(exact_seeds(e, s, r)))
        ),
        "rounded down. With one seed less than needed the effect is below four errors.": (
            lambda e, s, r: max(2, floor(exact_seeds(e, s, r)))
        ),
        "rounded to the nearest. The number must be large enough: round up.": (
            lambda e, s, r: max(2, round(exact_seeds(e, s, r)))
        ),
        "not rounded. One cannot train a part of a run.": (
            lambda e, s, r: max(2, exact_seeds(e, s, r))
        ),
        "the correlation is not used. Paired runs need fewer seeds.": (
            whole(lambda e, s, r: exact_seeds(e, s, 0))
        ),
        "the correlation has the wrong sign. Runs that are alike need fewer seeds, not more.": (
            whole(lambda e, s, r: exact_seeds(e, s, -r))
        ),
        "the correlation is squared. It enters the variance as it is.": (
            whole(lambda e, s, r: exact_seeds(e, s, r * r))
        ),
        "one seed has no spread. Without a second there is no standard error.": (
            lambda e, s, r: ceil(exact_seeds(e, s, r))
        ),
    },
    refused=(((0.0, 0.02, 0.5), "effect"), ((-0.1, 0.02, 0.5), "effect")),
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
