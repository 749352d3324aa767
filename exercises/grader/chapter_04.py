"""Chapter 4: steps and exponentials.

In the mistakes ``t`` is the step, ``peak`` is ``base_lr``, ``T`` is ``total_steps``.
"""

from __future__ import annotations

from math import exp, log, log10

from .engine import Write
from .predict import Predict


def gamma_for(share, steps):
    """The multiplier of each update that leaves a share of the rate after so many updates."""
    if not 0 < share <= 1:
        raise ValueError(f"share must be in (0, 1], got {share!r}")
    return share ** (1 / steps)


GAMMA_FOR = Write(
    gamma_for,
    cases={
        "For a tenth": [(0.1, steps) for steps in (10, 1, 2, 1500)],
        "For another share": [(0.01, 2000), (0.5, 7), (0.25, 2), (0.9, 3), (1e-4, 90)],
        "For a share of 1": [(1, 10)],
    },
    mistakes={
        "a straight line. You take the same amount off each time; here it is the same share.": (
            lambda share, steps: 1 - (1 - share) / steps
        ),
        "the share divided by the number of updates. Their product has to be the share.": (
            lambda share, steps: share / steps
        ),
        "upside down. gamma to the power of steps is the share, so take the root.": (
            lambda share, steps: share**steps
        ),
        "off by one. After n updates there have been n multiplications, not n - 1.": (
            lambda share, steps: share ** (1 / max(steps - 1, 1))
        ),
        "fallen by, not to. The share is what is left.": (
            lambda share, steps: (1 - share) ** (1 / steps)
        ),
        "two kinds of logarithm. log10 wants a power of ten behind it, log wants exp.": (
            lambda share, steps: exp(log10(share) / steps)
        ),
        "two kinds of logarithm. log wants exp behind it, log10 a power of ten.": (
            lambda share, steps: 10 ** (log(share) / steps)
        ),
        "off by one. After n updates there have been n multiplications, not n + 1.": (
            lambda share, steps: share ** (1 / (steps + 1))
        ),
        "the logarithm of gamma. Take exp of it.": lambda share, steps: log(share) / steps,
        "e to a small power is not 1 plus that power. They are alike for many updates only.": (
            lambda share, steps: 1 + log(share) / steps
        ),
    },
    drawn=lambda rng: (exp(rng.uniform(log(1e-4), 0)), rng.randint(1, 300)),
    refused=(((0, 100), "share"), ((-0.1, 100), "share"), ((1.01, 100), "share")),
)


def half_life(gamma):
    """The number of updates in which an exponential decay halves the rate."""
    if not 0 < gamma < 1:
        raise ValueError(f"gamma must be in (0, 1), got {gamma!r}")
    return log(0.5) / log(gamma)


HALF_LIFE = Write(
    half_life,
    cases={
        "Near 1": [(gamma,) for gamma in (0.99, 0.9977, 0.95, 0.9)],
        "At a half": [(0.5,)],
        "Below a half": [(gamma,) for gamma in (0.25, 0.1)],
    },
    mistakes={
        "the time to fall to 1/e. Halving takes ln 2 times as long.": (
            lambda gamma: -1 / log(gamma)
        ),
        "1 / (1 - gamma) is about the time to fall to 1/e, not to a half.": (
            lambda gamma: 1 / (1 - gamma)
        ),
        "ln(gamma) is not gamma - 1. They are alike near 1 only.": (
            lambda gamma: log(2) / (1 - gamma)
        ),
        "a straight line. The second half does not go as fast as the first.": (
            lambda gamma: 0.5 / (1 - gamma)
        ),
        "the sign. Both logarithms are negative: divide ln(1/2) by ln(gamma).": (
            lambda gamma: log(2) / log(gamma)
        ),
        "upside down. Divide ln(1/2) by ln(gamma).": lambda gamma: log(gamma) / log(0.5),
        "two kinds of logarithm. Take the same for both.": lambda gamma: log10(0.5) / log(gamma),
        "rounded down. The half-life need not be a whole number.": (
            lambda gamma: log(0.5) // log(gamma)
        ),
        "rounded up. The half-life need not be a whole number.": (
            lambda gamma: -(-log(0.5) // log(gamma))
        ),
    },
    drawn=lambda rng: (rng.uniform(0.02, 0.98),),
    refused=(((1,), "gamma"), ((1.02,), "gamma"), ((0,), "gamma"), ((-0.5,), "gamma")),
)

DROPS = Predict(
    {
        "StepLR(1.0, 30) at 89": 0.01,
        "StepLR(1.0, 30) at 90": 0.001,
        "StepLR(1.0, 30) at 95": 0.001,
        "MultiStepLR(1.0, (30, 60)) at 60": 0.01,
        "MultiStepLR(1.0, (30, 30)) at 30": 0.01,
    },
    mistakes={
        "a drop one update late. The step of the milestone is the first at the lower rate.": {
            "StepLR(1.0, 30) at 90": 0.01,
            "StepLR(1.0, 30) at 95": 0.001,
        },
        "a drop one update early. Step 89 still belongs to the third thirty.": {
            "StepLR(1.0, 30) at 89": 0.001,
            "StepLR(1.0, 30) at 90": 0.001,
        },
        "one drop too few. 95 // 30 is 3.": {"StepLR(1.0, 30) at 95": 0.01},
        "one drop too many. The first thirty updates have the full rate.": {
            "StepLR(1.0, 30) at 95": 0.0001,
        },
        "one milestone short. At step 60 the second one is reached, too.": {
            "MultiStepLR(1.0, (30, 60)) at 60": 0.1,
        },
        "no drop at the milestone. Its step is the first at the lower rate.": {
            "MultiStepLR(1.0, (30, 30)) at 30": 1,
        },
        "a milestone given twice counted once. Both drops happen there.": {
            "MultiStepLR(1.0, (30, 30)) at 30": 0.1,
        },
        "the smooth curve. Between two drops a staircase is flat.": {
            "StepLR(1.0, 30) at 95": 0.1 ** (95 / 30),
        },
    },
    tolerance=1e-6,
)


def multistep(step, base_lr, milestones, gamma):
    """base_lr, times gamma for every milestone that is reached, in whatever order they come."""
    if gamma < 0:
        raise ValueError(f"gamma must not be negative, got {gamma!r}")
    return base_lr * gamma ** sum(step >= milestone for milestone in milestones)


def counted(count):
    """Return the ``multistep`` that drops count(t, milestones) times."""
    return lambda t, peak, milestones, gamma: peak * gamma ** count(t, milestones)


def until_one_is_ahead(t, milestones):
    """The number of milestones before the first, in the order given, that is not reached."""
    return next((i for i, m in enumerate(milestones) if t < m), len(milestones))


def as_durations(t, milestones):
    """The number of milestones reached if each counts from the one before it."""
    return sum(t >= sum(milestones[: i + 1]) for i in range(len(milestones)))


def drawn_stairs(rng):
    """Arguments of ``multistep``: some milestones, in no order, one of them perhaps twice."""
    milestones = [rng.randint(0, 90) for _ in range(rng.randint(0, 4))]
    milestones += milestones[: rng.randint(0, 1)]
    step = rng.choice([*milestones, rng.randint(0, 100)])
    return step, rng.uniform(1e-4, 1), tuple(milestones), rng.uniform(0, 1.5)


MULTISTEP = Write(
    multistep,
    cases={
        "With one milestone": [(t, 1.0, (30,), 0.1) for t in (0, 29, 30, 31, 1000)],
        "With two": [(t, 0.4, (30, 60), 0.5) for t in (0, 29, 30, 59, 60, 61, 90, 95)],
        "With three": [(t, 0.2, (10, 20, 50), 0.3) for t in (9, 10, 20, 49, 50, 80)],
        "With a repeated milestone": [(t, 1.0, (30, 30, 60), 0.1) for t in (29, 30, 59, 60)],
        "With milestones out of order": [(t, 1.0, (60, 30), 0.1) for t in (29, 30, 59, 60, 61)],
        "With a milestone at 0": [(t, 0.3, (0, 5), 0.2) for t in (0, 4, 5)],
        "With gamma = 0": [(t, 0.3, (5, 9), 0) for t in (4, 5, 6)],
        "With no milestone": [(t, 0.3, (), 0.1) for t in (0, 100)],
        "With many milestones": [(t, 1.0, (5, 7, 7, 7, 9, 11), 0.5) for t in (6, 7, 9, 11)],
        "With small rates": [(t, 3e-4, (10, 20, 30, 40), 0.07) for t in (9, 10, 30, 40, 5000)],
        "With gamma = 1 and above": [(t, 0.1, (5, 9), gamma) for gamma in (1, 2.0) for t in (5, 9)],
    },
    mistakes={
        "a drop one update late. The step of the milestone already has the lower rate: use >=.": (
            counted(lambda t, milestones: sum(t > m for m in milestones))
        ),
        "a drop one update early. The last update before the milestone has the higher rate.": (
            counted(lambda t, milestones: sum(t + 1 >= m for m in milestones))
        ),
        "a drop for that one update. The lower rate stays from the milestone on: use >=.": (
            counted(lambda t, milestones: sum(t == m for m in milestones))
        ),
        "one drop, whatever the number of milestones. Each of them multiplies by gamma.": (
            counted(lambda t, milestones: any(t >= m for m in milestones))
        ),
        "all the drops at once. Only milestones that are reached count.": (
            counted(lambda t, milestones: len(milestones) * any(t >= m for m in milestones))
        ),
        "milestones counted from one another. Each is a step of the run, not a duration.": (
            counted(as_durations)
        ),
        "a staircase of equal stairs. Only the first milestone is used, again and again.": (
            lambda t, peak, milestones, gamma: peak * gamma ** (t // milestones[0])
        ),
        "base_lr is left out. What is returned is a rate, not a share of one.": (
            lambda t, peak, milestones, gamma: multistep(t, 1.0, milestones, gamma)
        ),
        "gamma is subtracted. It multiplies.": (
            lambda t, peak, milestones, gamma: peak - gamma * sum(t >= m for m in milestones)
        ),
        "gamma is 0.1, whatever is given.": (
            lambda t, peak, milestones, gamma: multistep(t, peak, milestones, 0.1)
        ),
        "gamma times the number of drops. Two drops multiply twice: a power.": (
            lambda t, peak, milestones, gamma: (
                peak * gamma * sum(t >= m for m in milestones)
                if any(t >= m for m in milestones)
                else peak
            )
        ),
        "a repeated milestone counted once. torch multiplies once for each time it is given.": (
            counted(lambda t, milestones: sum(t >= m for m in set(milestones)))
        ),
        "milestones taken in the order given. torch sorts them: count all that are reached.": (
            counted(until_one_is_ahead)
        ),
    },
    drawn=drawn_stairs,
    refused=(
        ((0, 0.1, (30,), -0.1), "gamma"),
        ((50, 0.1, (30,), -0.1), "gamma"),
        ((0, 0.1, (), -0.1), "gamma"),
    ),
    small=1e-9,
)


def expected_loss(curvatures, rates, noise=1.0):
    """The expected loss at the end of a run from 1 in every direction, update by update."""
    total = 0.0
    for h in curvatures:
        moment = 1.0
        for rate in rates:
            moment = (1 - rate * h) ** 2 * moment + rate**2 * noise * h
        total += h * moment / 2
    return total


def after_each_drop(curvatures, base_lr, low, T, noise=1.0):
    """The expected loss at the end of a run for each step 0 to T at which the rate may drop."""
    runs = range(T + 1)
    return [expected_loss(curvatures, [base_lr] * d + [low] * (T - d), noise) for d in runs]


def losses_with(curvatures, base_lr, gamma, T, noise=lambda h: h, weight=lambda h: h):
    """The same losses for other variances, or other weights, of the directions."""
    by_direction = [
        [
            2 / h * weight(h) * loss
            for loss in after_each_drop((h,), base_lr, gamma * base_lr, T, noise(h) / h)
        ]
        for h in curvatures
    ]
    return [sum(losses) for losses in zip(*by_direction, strict=True)]


def smallest(losses):
    """The position of the smallest number."""
    return min(range(len(losses)), key=losses.__getitem__)


def best_drop(curvatures, base_lr, gamma, total_steps):
    """The milestone of one drop with the smallest expected loss at the end."""
    return smallest(after_each_drop(curvatures, base_lr, gamma * base_lr, total_steps))


def drawn_run(rng):
    """Arguments of ``best_drop``."""
    curvatures = tuple(rng.uniform(0.2, 1) for _ in range(rng.randint(1, 5)))
    return curvatures, rng.uniform(0.1, 0.5), rng.uniform(0.05, 0.5), rng.randint(10, 40)


BEST_DROP = Write(
    best_drop,
    cases={
        "In one direction": [((1.0,), rate, 0.1, 40) for rate in (0.1, 0.2, 0.15)],
        "With another factor": [((1.0,), 0.1, gamma, 40) for gamma in (0.5, 0.3)],
        "In a longer run": [((1.0,), 0.1, 0.1, 60)],
        "In three directions": [((1.0, 0.5, 0.2), rate, 0.1, 50) for rate in (0.3, 0.2)],
        "In five directions": [((1.0, 0.5, 0.2, 0.1, 0.05), rate, 0.1, 50) for rate in (0.3, 0.2)],
        "Where the loss rises before it falls": [((0.341, 0.022), 1.57, 0.03, 147)],
        "Where no drop pays": [((0.5, 0.1), 0.004, 0.1, 30)],
        "Where the drop is due at once": [((1.0,), 1.9, 0.1, 20)],
    },
    mistakes={
        "one update late. Milestone m has m updates at the high rate, steps 0 to m - 1.": (
            lambda *case: best_drop(*case) + 1
        ),
        "one update early. You return the last update at the high rate; the drop comes after it.": (
            lambda *case: best_drop(*case) - 1
        ),
        "a share of the run. The answer is a step.": lambda *case: best_drop(*case) / case[3],
        "the number of updates after the drop. Asked is the step of the drop.": (
            lambda *case: case[3] - best_drop(*case)
        ),
        "the lower rate is gamma itself. It is gamma times base_lr.": (
            lambda curvatures, base_lr, gamma, T: smallest(
                after_each_drop(curvatures, base_lr, gamma, T)
            )
        ),
        "no drop at all. Is noise missing, or do you compare losses at the drop, not at the end?": (
            lambda curvatures, base_lr, gamma, T: smallest(
                after_each_drop(curvatures, base_lr, gamma * base_lr, T, noise=0.0)
            )
        ),
        "the worst place. You take the largest of the losses.": (
            lambda curvatures, base_lr, gamma, T: smallest(
                [-loss for loss in after_each_drop(curvatures, base_lr, gamma * base_lr, T)]
            )
        ),
        "noise of variance 1 in every direction. It has the variance h.": (
            lambda curvatures, *case: smallest(losses_with(curvatures, *case, noise=lambda h: 1))
        ),
        "the moments are added as they are. The loss weighs each with its curvature.": (
            lambda curvatures, *case: smallest(losses_with(curvatures, *case, weight=lambda h: 1))
        ),
        "one direction. Add up the losses of all of them.": (
            lambda curvatures, *case: best_drop(curvatures[:1], *case)
        ),
        "a run without a drop left out. The drop may come at total_steps, after the last update.": (
            lambda *case: min(best_drop(*case), case[3] - 1)
        ),
        "a run without the high rate left out. The drop may come at step 0.": (
            lambda *case: max(best_drop(*case), 1)
        ),
    },
    drawn=drawn_run,
)

EXERCISES = {
    "04.gamma_for": GAMMA_FOR,
    "04.half_life": HALF_LIFE,
    "04.drops": DROPS,
    "04.multistep": MULTISTEP,
    "04.best_drop": BEST_DROP,
}
