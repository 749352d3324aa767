"""Where two drops of the rate should stand."""

from __future__ import annotations

from ...schedules import ConstantLR, LinearLR, MultiStepLR
from ...theory import harmonic_quadratic
from ..sketch import Curve
from .trial import tried


def milestones(
    base_lr: float, gamma: float, first: int, second: int, steps: int
) -> dict[str, tuple[Curve, ...]]:
    r"""Return a run with two drops, and the same peak without a drop and along a straight line.

    .. math:: \eta_t = \eta\,\gamma^{\#\{i \,:\, m_i \le t\}}

    The loss is the expected one on the noisy quadratic with ten directions of curvature 1, 1/2,
    1/3, ...

    Args:
        base_lr: the first rate :math:`\eta`.
        gamma: the multiplier :math:`\gamma` of each drop.
        first: the step of a drop, in updates.
        second: the step of another drop, in updates; either may be the earlier one.
        steps: the length of the run, in updates.

    Returns:
        Label to the rate of each update and to the loss before each and after the last.
    """
    shown = {
        "two drops": MultiStepLR(base_lr, tuple(sorted((first, second))), gamma),
        "linear": LinearLR(base_lr, 1, 0, steps),
        "no drop": ConstantLR(base_lr, factor=1),
    }
    problem = harmonic_quadratic(10)
    return {label: tried(schedule.curve(steps + 1), problem) for label, schedule in shown.items()}
