"""Solutions of the exercises to chapter 7: reduce on plateau."""

import math


def false_alarm(n, k):
    """No new best among the last k of n + k means that the best is among the first n."""
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    return n / (n + k)


def first_alarm(patience):
    """Raise e to the sum of the first patience + 1 reciprocals."""
    if patience < 0:
        raise ValueError(f"patience must not be negative, got {patience}")
    return math.exp(sum(1 / i for i in range(1, patience + 2)))


# The first evaluation is the best. torch then needs three bad ones, Keras two, each time;
# a cooldown of two makes it three bad ones after two that do not count: after 4 and 9.
flat = {
    "torch: first drop after evaluation": 4,
    "torch: drops": 3,
    "Keras: drops": 5,
    "torch with cooldown=2: drops": 2,
}


def plateau(metrics, base_lr, factor, patience):
    """Judge each metric, count the bad ones in a row, drop and count anew."""
    if patience < 0:
        raise ValueError(f"patience must not be negative, got {patience}")
    lr, best, bad = base_lr, float("inf"), 0
    for metric in metrics:
        if metric < best:
            best, bad = metric, 0
        else:
            bad += 1
        if bad > patience:
            lr, bad = lr * factor, 0
    return lr


def milestone(rates, k):
    """Compare each rate with the one before it."""
    drops = [
        step for step, (old, new) in enumerate(zip(rates, rates[1:], strict=False), 1) if new < old
    ]
    if not 1 <= k <= len(drops):
        raise ValueError(f"k must be between 1 and {len(drops)}, got {k}")
    return drops[k - 1]
