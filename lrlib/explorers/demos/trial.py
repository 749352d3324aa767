"""A schedule tried on a noisy quadratic."""

from __future__ import annotations

from ... import schedules
from ...theory import NoisyQuadratic
from ..sketch import Curve


def trial(
    schedule: str, label: str, steps: int, problem: list, **parameters: object
) -> dict[str, tuple[Curve, Curve]]:
    """Return the rate under a schedule, and the expected loss that it leads to.

    Args:
        schedule: the name of its class.
        label: what it is called.
        steps: the number of updates.
        problem: the arguments of the noisy quadratic.
        parameters: the arguments of the schedule.

    Returns:
        Label to the rate of each update and to the loss before each and after the last.
    """
    rates = getattr(schedules, schedule)(**parameters).curve(steps + 1)
    return {label: tried(rates, NoisyQuadratic(*problem))}


def tried(rates: list[float], problem: NoisyQuadratic) -> tuple[Curve, Curve]:
    """Return rates and the expected losses under them; the last rate only closes its curve."""
    x = list(range(len(rates)))
    return Curve(x, rates), Curve(x, problem.losses(rates[:-1]))
