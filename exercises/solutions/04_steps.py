"""Solutions of the exercises to chapter 4: steps and exponentials."""

import math

from lrlib import MultiStepLR
from lrlib.theory import NoisyQuadratic


def gamma_for(share, steps):
    """The root of the share, because gamma ** steps has to be the share."""
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, got {share}")
    return share ** (1 / steps)


def half_life(gamma):
    """Solve gamma ** n = 1/2 for n."""
    if not 0 < gamma < 1:
        raise ValueError(f"gamma must lie between 0 and 1, got {gamma}")
    return math.log(1 / 2) / math.log(gamma)


# The step of a milestone is the first at the lower rate, and a milestone given twice counts twice.
drops = {
    "StepLR(1.0, 30) at 89": 0.01,
    "StepLR(1.0, 30) at 90": 0.001,
    "StepLR(1.0, 30) at 95": 0.001,
    "MultiStepLR(1.0, (30, 60)) at 60": 0.01,
    "MultiStepLR(1.0, (30, 30)) at 30": 0.01,
}


def multistep(step, base_lr, milestones, gamma):
    """Count the milestones reached; their order does not matter for the count."""
    if gamma < 0:
        raise ValueError(f"gamma must not be negative, got {gamma}")
    return base_lr * gamma ** sum(step >= milestone for milestone in milestones)


def best_drop(curvatures, base_lr, gamma, total_steps):
    """Try every milestone, the one after the last update included: there the drop never comes."""
    problem = NoisyQuadratic(curvatures, variances=curvatures)

    def loss(milestone):
        return problem.final_loss(MultiStepLR(base_lr, (milestone,), gamma).curve(total_steps))

    return min(range(total_steps + 1), key=loss)
