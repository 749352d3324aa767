"""Chapter 7: reduce on plateau.

In the mistakes ``p`` is the patience, ``m`` a metric, ``b`` the best so far.
"""

from __future__ import annotations

from math import exp, inf, log

from lrlib import ReduceLROnPlateau

from .engine import Write
from .predict import Predict


def false_alarm(n, k):
    """The probability that k flat evaluations after n hold no new best."""
    if n < 1:
        raise ValueError(f"n must be >= 1, got {n}")
    return n / (n + k)


FALSE_ALARM = Write(
    false_alarm,
    cases={
        "For patience": [(20, 11), (10, 11), (50, 11), (1, 9), (3, 200)],
        "Before the next evaluation": [(n, 1) for n in (1, 2, 20, 1000)],
        "With k = 0": [(n, 0) for n in (1, 20)],
    },
    mistakes={
        "the other event. This is the probability that there is a new best.": (
            lambda n, k: k / (n + k)
        ),
        "the probability that the best is at one given place. It may be at any of the first n.": (
            lambda n, k: 1 / (n + k)
        ),
        "only the last evaluation is asked. None of the k may be a new best.": (
            lambda n, k: 1 - 1 / (n + k)
        ),
        "the chance of a new best does not stay at 1/n; it shrinks with every evaluation.": (
            lambda n, k: (1 - 1 / n) ** k
        ),
        "the chance of a new best does not stay at 1/(n + 1); it shrinks with every evaluation.": (
            lambda n, k: (1 - 1 / (n + 1)) ** k
        ),
        "off by one. There are n evaluations and then k more, n + k in all.": (
            lambda n, k: n / (n + k - 1)
        ),
        "off by one at the other end. It takes k evaluations after n, not k + 1.": (
            lambda n, k: n / (n + k + 1)
        ),
    },
    drawn=lambda rng: (rng.randint(1, 500), rng.randint(0, 500)),
    refused=(((0, 5), "n"), ((-3, 5), "n")),
)


def harmonic(count):
    """1 + 1/2 + ... + 1/count."""
    return sum(1 / i for i in range(1, count + 1))


def first_alarm(patience):
    """The mean number of flat evaluations up to the first drop."""
    if patience < 0:
        raise ValueError(f"patience must be >= 0, got {patience}")
    return exp(harmonic(patience + 1))


FIRST_ALARM = Write(
    first_alarm,
    cases={
        "With patience": [(p,) for p in (1, 2, 3, 5)],
        "With much patience": [(p,) for p in (10, 20, 100)],
        "Without patience": [(0,)],
    },
    mistakes={
        "off by one. The last term is 1/(p + 1), because a drop takes p + 1 bad evaluations.": (
            lambda p: exp(harmonic(p))
        ),
        "off by one. The last term is 1/(p + 1), and range(1, n) ends before n already.": (
            lambda p: exp(harmonic(p + 2))
        ),
        "this is the exponent. The mean is e to its power.": lambda p: harmonic(p + 1),
        "e to the power p + 1. The exponent is a sum of reciprocals.": lambda p: exp(p + 1),
        "the best case: one best, then p + 1 bad ones. On average a new best comes in between.": (
            lambda p: p + 2
        ),
        "the approximation for much patience. For little patience it is not good enough.": (
            lambda p: exp(0.5772156649015329) * (p + 1.5)
        ),
        "a sum from 1/2 on, it seems. The first term is 1.": lambda p: exp(harmonic(p + 1) - 1),
    },
    drawn=lambda rng: (rng.randint(0, 100),),
    refused=(((-1,), "patience"), ((-5,), "patience")),
)

FLAT = Predict(
    {
        "torch: first drop after evaluation": 4,
        "torch: drops": 3,
        "Keras: drops": 5,
        "torch with cooldown=2: drops": 2,
    },
    mistakes={
        "you count the first evaluation as bad. There is no best before it, so it is good.": {
            "torch: first drop after evaluation": 3,
            "torch: drops": 4,
        },
        "torch drops when the count exceeds the patience, not when it reaches it.": {
            "torch: first drop after evaluation": 3,
            "torch: drops": 5,
        },
        "one drop too many. After the first, each takes three bad evaluations.": {
            "torch: first drop after evaluation": 4,
            "torch: drops": 4,
        },
        "the first evaluation is good in Keras, too, and each drop takes two bad ones.": {
            "Keras: drops": 6,
        },
        "the cooldown ends. After it the count begins anew.": {
            "torch with cooldown=2: drops": 1,
        },
        "Keras drops when the count reaches the patience, one evaluation earlier than torch.": {
            "torch: drops": 3,
            "Keras: drops": 3,
        },
        "the count starts anew after a drop, so a drop takes three bad evaluations each time.": {
            "torch: first drop after evaluation": 4,
            "torch: drops": 9,
        },
        "a cooldown comes on top of the patience: two evaluations that do not count, then three.": {
            "torch: drops": 3,
            "torch with cooldown=2: drops": 3,
        },
    },
)


def plateau(metrics, base_lr, factor, patience):
    """The rate after the last of the metrics, of which smaller is better."""
    if patience < 0:
        raise ValueError(f"patience must be >= 0, got {patience}")
    watcher = ReduceLROnPlateau(base_lr, factor=factor, patience=patience, threshold=0.0, eps=0.0)
    for metric in metrics:
        watcher.update(metric)
    return watcher.lr


def machine(
    is_good=lambda m, best, last: m < best,
    is_over=lambda count, patience: count > patience,
    first_best=inf,
    after_good=lambda count: 0,
    after_drop=lambda count: 0,
):
    """Return the ``plateau`` with some of its habits changed."""

    def watch(metrics, base_lr, factor, patience):
        lr, best, last, count = base_lr, first_best, inf, 0
        for m in metrics:
            if is_good(m, best, last):
                best, count = m, after_good(count)
            else:
                count += 1
            if is_over(count, patience):
                lr, count = lr * factor, after_drop(count)
            last = m
        return lr

    return watch


def forgetful(metrics, base_lr, factor, patience):
    """A plateau that forgets its best at every drop."""
    lr, best, count = base_lr, inf, 0
    for m in metrics:
        if m < best:
            best, count = m, 0
        else:
            count += 1
        if count > patience:
            lr, best, count = lr * factor, inf, 0
    return lr


def one_drop(metrics, base_lr, factor, patience):
    """A plateau that drops once."""
    return max(plateau(metrics, base_lr, factor, patience), base_lr * factor)


FLAT_METRIC = [1.0] * 12
NOISY = [0.9, 0.7, 0.8, 0.6, 0.75, 0.65, 0.62, 0.61, 0.59, 0.63, 0.6, 0.64, 0.66, 0.58, 0.7, 0.6]
LUCKY = [0.9, 0.2, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.22, 0.21]


def drawn_metrics(rng):
    """Arguments of ``plateau``: metrics of any size and sign that fall and tremble."""
    size, shift, fall = 10 ** rng.uniform(-6, 6), rng.uniform(-2, 2), rng.uniform(0, 0.1)
    count = rng.randint(1, 25)
    metrics = [size * (shift - fall * i + rng.uniform(0, 0.3)) for i in range(count)]
    return metrics, 10 ** rng.uniform(-4, 0), rng.uniform(0.3, 0.9), rng.randint(0, 3)


PLATEAU = Write(
    plateau,
    cases={
        "While the metric improves": [([0.9, 0.8, 0.7, 0.6], 0.2, 0.5, p) for p in (0, 2)],
        "On a flat metric": [(FLAT_METRIC[:n], 1.0, 0.5, 2) for n in (1, 3, 4, 6, 7, 12)],
        "After a lucky evaluation": [(LUCKY[:n], 1.0, 0.1, 2) for n in (4, 5, 7, 8, 10)],
        "With good and bad ones": [(NOISY[:n], 0.4, 0.5, 1) for n in (4, 6, 7, 11, 12, 16)],
        "Without patience": [(NOISY, 1.0, 0.8, 0), (LUCKY, 1.0, 0.8, 0)],
        "With a negative metric": [([-1.0, -1.5, -1.4, -1.3, -1.2], 1.0, 0.5, 2)],
        "Without an evaluation": [([], 0.3, 0.5, 2)],
        "With a large metric": [([3e300] * n, 1.0, 0.5, 1) for n in (1, 2, 3)],
        "With a metric of 0": [([0.0, 0.1, 0.05], 1.0, 0.5, 1), ([0.0] * 4, 1.0, 0.5, 1)],
        "With a negative metric that is flat": [([-1.0] * n, 1.0, 0.5, 1) for n in (2, 3)],
        "With a small metric": [([3e-30, 2e-30, 1e-30, 1e-31], 1.0, 0.5, 1)],
        "With more patience": [([1.0] * n, 1.0, 0.5, 5) for n in (6, 7, 13)],
        "With improvements that are small": [([1, 1 - 1e-12, 1 - 2e-12, 1 - 3e-12], 1.0, 0.5, 1)],
    },
    mistakes={
        "the rate drops when the count reaches the patience, as in Keras. It must exceed it.": (
            machine(is_over=lambda count, patience: count >= max(1, patience))
        ),
        "the count need only reach the patience, and a good evaluation may drop the rate too.": (
            machine(is_over=lambda count, patience: count >= patience)
        ),
        "the count is not set back after a drop, so every bad evaluation after it drops too.": (
            machine(after_drop=lambda count: count)
        ),
        "the count is not set back by a good evaluation. Bad ones count only in a row.": (
            machine(after_good=lambda count: count)
        ),
        "the comparison is with the evaluation before. Only a good one may become the best.": (
            machine(is_good=lambda m, best, last: m < last)
        ),
        "a tie is taken for an improvement. Good is strictly smaller than the best.": (
            machine(is_good=lambda m, best, last: m <= best)
        ),
        "the best starts at 0, which no loss beats. The first evaluation is always good.": (
            machine(first_best=0.0)
        ),
        "the best starts at a number that a metric may exceed. The first evaluation is always "
        "good.": machine(first_best=1000.0),
        "a best of 0 is taken for none. Ask if it is None, or start from infinity.": (
            machine(is_good=lambda m, best, last: not best or m < best)
        ),
        "a threshold, as torch has by default. Every smaller metric is good, however little.": (
            machine(is_good=lambda m, best, last: m < best - 1e-4 * abs(best) or best == inf)
        ),
        "a drop makes it forget the best. It does not.": forgetful,
        "the first evaluation is compared with itself, and counts as bad. It is good.": (
            lambda metrics, *knobs: machine()(metrics[:1] + metrics, *knobs)
        ),
        "it stops at the first drop. Go on: there may be more.": one_drop,
        "one bad evaluation too many. More than the patience is enough.": (
            machine(is_over=lambda count, patience: count > patience + 1)
        ),
        "the count starts from 1 after a drop. It starts anew.": machine(
            after_drop=lambda count: 1
        ),
        "factor is subtracted. It multiplies.": (
            lambda metrics, base_lr, factor, patience: (
                base_lr - factor * round(log(plateau(metrics, 1.0, 0.5, patience), 0.5))
            )
        ),
        "larger is taken for better. The metric is a loss.": (
            machine(is_good=lambda m, best, last: best == inf or m > best)
        ),
    },
    drawn=drawn_metrics,
    refused=(((FLAT_METRIC, 1.0, 0.5, -1), "patience"), (([], 1.0, 0.5, -1), "patience")),
    small=1e-9,
)


def falls(rates):
    """The updates whose rate is lower than the one before."""
    return [step for step in range(1, len(rates)) if rates[step] < rates[step - 1]]


def milestone(rates, k):
    """The first update at the rate that the k-th drop left."""
    drops = falls(rates)
    if not 1 <= k <= len(drops):
        raise ValueError(f"k must be between 1 and {len(drops)}, got {k}")
    return drops[k - 1]


def changes(rates):
    """The updates whose rate differs from the one before."""
    return [step for step in range(1, len(rates)) if rates[step] != rates[step - 1]]


STAIRS = [0.2] * 5 + [0.1] * 7 + [0.05] + [0.025] * 3
WARMED = [0.05, 0.1, 0.15, 0.2, 0.2, 0.2, 0.1, 0.1, 0.05]


def drawn_record(rng):
    """Arguments of ``milestone``: rates that stay, rise and fall, and which drop."""
    rates = [rng.uniform(0.1, 1)]
    while len(rates) < 60 or not falls(rates):
        rates.append(rates[-1] * rng.choice((1, 1, 1, 1.1, rng.uniform(0.5, 0.9999))))
    return rates, rng.randint(1, len(falls(rates)))


MILESTONE = Write(
    milestone,
    cases={
        "On a staircase": [(STAIRS, k) for k in (1, 2, 3)],
        "With equal steps": [([0.4, 0.4, 0.2, 0.2, 0.1, 0.1], k) for k in (1, 2)],
        "After a warmup": [(WARMED, k) for k in (1, 2)],
        "With drops that are small": [([0.2, 0.2, 0.1999, 0.1999, 0.1998], k) for k in (1, 2)],
        "With a drop at once": [([1.0, 0.5], 1), ([1.0, 0.5, 0.5, 0.25], 2)],
    },
    mistakes={
        "off by one. This is the last update at the old rate; MultiStepLR wants the first at the "
        "new one.": lambda rates, k: milestone(rates, k) - 1,
        "off by one. Steps count from 0, and you return the number of the update counted from 1.": (
            lambda rates, k: milestone(rates, k) + 1
        ),
        "k counts from 1: the first drop is k = 1.": lambda rates, k: falls(rates)[k],
        "a rise is counted as a drop. Ask for a smaller rate, not for another one.": (
            lambda rates, k: changes(rates)[k - 1]
        ),
        "a rate that stays is counted as a drop. Ask for a smaller one.": (
            lambda rates, k: [i for i in range(1, len(rates)) if rates[i] <= rates[i - 1]][k - 1]
        ),
        "below the first rate is not below the one before.": (
            lambda rates, k: [i for i in range(1, len(rates)) if rates[i] < rates[0]][k - 1]
        ),
        "this is the rate after the drop. Asked is the step.": (
            lambda rates, k: rates[milestone(rates, k)]
        ),
        "this counts from the drop before. MultiStepLR counts from the start of the run.": (
            lambda rates, k: (
                milestone(rates, k) - milestone(rates, k - 1) if k > 1 else milestone(rates, k)
            )
        ),
        "the k-th is counted from the end.": lambda rates, k: falls(rates)[-k],
    },
    drawn=drawn_record,
    refused=(
        ((STAIRS, 4), "k"),
        (([0.1, 0.1], 1), "k"),
        (([0.1], 1), "k"),
        (([], 1), "k"),
        ((STAIRS, 0), "k"),
        ((STAIRS, -1), "k"),
    ),
)

EXERCISES = {
    "07.false_alarm": FALSE_ALARM,
    "07.first_alarm": FIRST_ALARM,
    "07.flat": FLAT,
    "07.plateau": PLATEAU,
    "07.milestone": MILESTONE,
}
