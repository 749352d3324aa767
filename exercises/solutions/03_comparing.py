"""Solutions of the exercises to chapter 3: comparing schedules."""

import math


def paired_se(first, second):
    """Subtract seed by seed; the rest is the standard error of a mean."""
    if len(first) != len(second):
        raise ValueError(f"second must be as long as first ({len(first)}), got {len(second)}")
    if len(first) < 2:
        raise ValueError(f"first must hold at least two losses, got {first!r}")
    differences = [a - b for a, b in zip(first, second, strict=True)]
    n = len(differences)
    mean = sum(differences) / n
    variance = sum((each - mean) ** 2 for each in differences) / (n - 1)
    return math.sqrt(variance / n)


def next_rate(rates, losses):
    """Go on in the ratio of the last two rates at the edge where the best rate lies."""
    if len(rates) < 2:
        raise ValueError(f"rates must hold at least two rates, got {rates!r}")
    finite = [loss if math.isfinite(loss) else math.inf for loss in losses]
    best = finite.index(min(finite))
    if best == 0:
        return rates[0] * rates[0] / rates[1]
    if best == len(rates) - 1:
        return rates[-1] * rates[-1] / rates[-2]
    return 0.0


def seeds_needed(effect, first_spread, second_spread, correlation):
    """Solve effect = 4 standard errors for the number of seeds, and round up."""
    if effect <= 0:
        raise ValueError(f"effect must be positive, got {effect}")
    variance = first_spread**2 + second_spread**2 - 2 * correlation * first_spread * second_spread
    seeds = 16 * variance / effect**2
    return max(2, math.ceil(seeds * (1 - 1e-12)))  # a whole number may come out a hair above


# 87.9 - 62.3 and 87.9 - 76.4. One run of each schedule leaves nothing to take a spread from.
logs = {
    "gain at 20k images": 25.6,
    "gain over the baseline's best": 11.5,
    "degrees of freedom": 0,
}
