"""What a schedule should do, computed exactly: the noisy quadratic and a convex bound.

Both take a list of rates, so they work for any schedule: ``problem.losses(schedule.curve(n))``.
Like the schedules, this file uses the standard library alone, because the pages of the book run
it as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .schedules.base import check_each, check_length, check_positive, check_rate


@dataclass(frozen=True)
class NoisyQuadratic:
    r"""A quadratic bowl whose gradient is seen through noise.

    The loss is :math:`\tfrac12\sum_i h_i\theta_i^2` and the gradient of direction :math:`i` is
    observed as :math:`h_i\theta_i + \xi_i` with :math:`\operatorname{Var}\xi_i = \sigma_i^2`. Under
    SGD the second moments :math:`A_{t,i} = \mathbb{E}\,\theta_{t,i}^2` obey, for any schedule,

    .. math:: A_{t+1,i} = (1 - \eta_t h_i)^2 A_{t,i} + \eta_t^2\sigma_i^2

    Source: :cite:t:`zhang2019algorithmic`.

    Args:
        curvatures: the curvatures :math:`h_i > 0`.
        variances: the variances :math:`\sigma_i^2 \ge 0` of the gradient noise, one for each
            curvature; a batch of size B has the variance of one example divided by B.
        start: the second moment :math:`A_{0,i} \ge 0` at which every direction starts.

    Raises:
        ValueError: if the lengths differ, there is no direction, or a number is out of range.
    """

    curvatures: tuple[float, ...]
    variances: tuple[float, ...]
    start: float = 1.0

    def __post_init__(self) -> None:
        for name, check in (("curvatures", check_positive), ("variances", check_rate)):
            object.__setattr__(self, name, check_each(name, getattr(self, name), check))
        object.__setattr__(self, "start", check_rate("start", self.start))
        if not self.curvatures or len(self.curvatures) != len(self.variances):
            raise ValueError(
                "curvatures and variances must have the same length, at least 1, got "
                f"{len(self.curvatures)} and {len(self.variances)}"
            )

    def losses(self, rates: list[float]) -> list[float]:
        """Return the expected loss before each update and after the last: ``len(rates) + 1``."""
        twice = [0.0] * (len(rates) + 1)
        for curvature, variance in zip(self.curvatures, self.variances, strict=True):
            moment = self.start
            twice[0] += curvature * moment
            for t, rate in enumerate(rates, start=1):
                keep = 1 - rate * curvature
                moment = keep * keep * moment + rate * rate * variance
                twice[t] += curvature * moment
        return [each / 2 for each in twice]

    def final_loss(self, rates: list[float]) -> float:
        """Return the expected loss after the last of ``rates``."""
        return self.losses(rates)[-1]


def harmonic_quadratic(directions: int, noise: float = 1.0) -> NoisyQuadratic:
    r"""Return the noisy quadratic with curvatures 1, 1/2, 1/3, ... and noise in proportion.

    :math:`h_i = 1/i` and :math:`\sigma_i^2 = \text{noise}\cdot h_i`, the spectrum with which
    :cite:t:`zhang2019algorithmic` mimic a neural network.

    Raises:
        ValueError: if ``directions`` is below 1 or ``noise`` is negative or not finite.
    """
    directions, noise = check_length("directions", directions), check_rate("noise", noise)
    curvatures = [1 / i for i in range(1, directions + 1)]
    return NoisyQuadratic(curvatures, [noise * curvature for curvature in curvatures])


def last_iterate_bound(
    rates: list[float], distance: float = 1.0, gradient_norm: float = 1.0
) -> float:
    r"""Bound the loss of the last iterate of SGD on any convex function.

    For :math:`\lVert x_1 - x_\star\rVert \le D` and gradients no longer than :math:`G`,

    .. math::
        \mathbb{E} f(x_T) - f_\star \le \frac{D^2}{2\sum_t\eta_t}
        + \frac{G^2\sum_t\eta_t^2}{2\sum_t\eta_t}
        + \frac{G^2}{2}\sum_{k<T}\frac{\eta_k}{\sum_{t>k}\eta_t}\,
          \frac{\sum_{t\ge k}\eta_t^2}{\sum_{t\ge k}\eta_t}

    Updates of rate 0 at the end leave the iterate where it is and are not counted. Source:
    :cite:t:`defazio2023optimal`, :cite:t:`schaipp2025surprising`.

    Args:
        rates: the rates :math:`\eta_1, \dots, \eta_T`, each >= 0.
        distance: the distance :math:`D` from the start to a minimiser.
        gradient_norm: the largest norm :math:`G` of a gradient.

    Returns:
        The bound; infinite if no rate is positive.
    """
    travel, noise = _bound_terms(rates)
    return distance**2 * travel + gradient_norm**2 * noise


def best_last_iterate_bound(
    shape: list[float], distance: float = 1.0, gradient_norm: float = 1.0
) -> tuple[float, float]:
    r"""Scale a schedule to the peak that minimises :func:`last_iterate_bound`.

    The bound of the rates :math:`\gamma\eta_t` is :math:`a/\gamma + b\gamma`, smallest at
    :math:`\gamma = \sqrt{a/b}` where it is :math:`2\sqrt{ab}`.

    Args:
        shape: the rates at peak 1.
        distance: as in :func:`last_iterate_bound`.
        gradient_norm: as in :func:`last_iterate_bound`.

    Returns:
        The best peak :math:`\gamma` and the bound there.

    Raises:
        ValueError: if no rate of ``shape`` is positive.
    """
    travel, noise = _bound_terms(shape)
    if not noise:
        raise ValueError("shape must hold a positive rate, got none")
    travel, noise = distance**2 * travel, gradient_norm**2 * noise
    return math.sqrt(travel / noise), 2 * math.sqrt(travel * noise)


def _bound_terms(rates: list[float]) -> tuple[float, float]:
    """Return the factors of D² and G² in the bound, from sums that run back from the end."""
    total = squares = tail = 0.0
    for rate in reversed(rates):
        later = total
        total += rate
        squares += rate * rate
        if later:
            tail += rate / later * squares / total
    if not total:
        return math.inf, 0.0
    return 1 / (2 * total), (squares / total + tail) / 2
