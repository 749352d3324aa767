"""Solutions of the exercises to chapter 1: how large a constant rate may be."""

import math


def largest_stable(curvatures, beta=0.0):
    """The steepest direction sets the edge, where p(-1) = 2 (1 + beta) - eta h is 0."""
    if not 0 <= beta < 1:
        raise ValueError(f"beta must lie in [0, 1), got {beta}")
    return 2 * (1 + beta) / max(curvatures)


def best_rate(curvatures):
    """The rate at which 1 - eta l and eta L - 1 are equal."""
    return 2 / (min(curvatures) + max(curvatures))


def updates_needed(share, condition):
    """Solve factor ** n = share for n, and take the next whole number."""
    factor = (condition - 1) / (condition + 1)
    if factor == 0:  # a round bowl: the first update reaches the minimum
        return 1
    n = math.ceil(math.log(share) / math.log(factor))
    while n and factor ** (n - 1) <= share:  # rounding has put an exact hit a hair too late
        n -= 1
    return n


def growth(eta, h, beta=0.0):
    """The larger root in size; complex roots share the size sqrt(beta), their product's root."""
    middle = 1 + beta - eta * h
    square = middle**2 - 4 * beta
    if square < 0:
        return math.sqrt(beta)
    return (abs(middle) + math.sqrt(square)) / 2


# Minus the sum of p ln p. With nine to one it pays to bet on the frequent class.
chance = {
    "10 classes": math.log(10),
    "2 classes": math.log(2),
    "1000 classes": math.log(1000),
    "2 classes, 9 to 1": -(0.9 * math.log(0.9) + 0.1 * math.log(0.1)),
}
