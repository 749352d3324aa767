"""A constant rate against one drop, on the noisy quadratic."""

from __future__ import annotations

import math

from ...schedules import ConstantLR, MultiStepLR
from ...theory import NoisyQuadratic, harmonic_quadratic
from ..sketch import Curve
from .noise import normals
from .trial import tried

NOISE = normals(1000)  # drawn once, so that it is the same run wherever the sliders are


def drop(
    eta: float,
    noise: float,
    batch: int,
    drop_at: int,
    factor: float,
    directions: int = 6,
    steps: int = 150,
) -> dict[str, tuple[Curve | None, ...]]:
    r"""Drop the rate of SGD on a noisy quadratic, and follow the expected loss.

    The curvatures are 1, 1/2, 1/3, ... and a batch sees the gradient of direction i with noise of
    variance :math:`\sigma_i^2 = \text{noise}^2 h_i / \text{batch}`. Under the rate :math:`\eta` its
    expected loss ends at

    .. math:: \sum_i \frac{\eta\,\sigma_i^2}{2\,(2 - \eta h_i)}

    Args:
        eta: the rate before the drop, between 0 and 2.
        noise: the standard deviation of one example's gradient where the curvature is 1.
        batch: the number of examples in a batch.
        drop_at: the first update at the lower rate.
        factor: what the drop multiplies the rate by.
        directions: the number of curvatures.
        steps: the number of updates.

    Returns:
        The rate and the expected loss with the drop and without it; the loss at which the rate of
        each update would level off; and the loss of one run.
    """
    problem = harmonic_quadratic(directions, noise * noise / batch)
    dropped = MultiStepLR(eta, (drop_at,), factor).curve(steps + 1)
    constant = ConstantLR(eta, factor=1).curve(steps + 1)
    floors = {rate: floor(problem, rate) for rate in set(dropped)}
    updates = list(range(steps + 1))
    return {
        "drop": tried(dropped, problem),
        "constant": tried(constant, problem),
        "floor": (None, Curve(updates, [floors[rate] for rate in dropped])),
        "one run": (None, Curve(updates, one_run(problem, dropped[:-1]))),
    }


def floor(problem: NoisyQuadratic, rate: float) -> float:
    """Return the expected loss at which a rate levels off."""
    pairs = zip(problem.curvatures, problem.variances, strict=True)
    return sum(rate * variance / (4 - 2 * rate * h) for h, variance in pairs)


def one_run(problem: NoisyQuadratic, rates: list[float]) -> list[float]:
    """Return the loss of a single run before each update and after the last."""
    twice = [0.0] * (len(rates) + 1)
    many = len(problem.curvatures)
    for i in range(many):
        h, deviation = problem.curvatures[i], math.sqrt(problem.variances[i])
        theta = math.sqrt(problem.start)
        twice[0] += h * theta * theta
        for t, rate in enumerate(rates):
            theta -= rate * (h * theta + deviation * NOISE[(t * many + i) % len(NOISE)])
            twice[t + 1] += h * theta * theta
    return [each / 2 for each in twice]
