"""Answers to the exercises of chapter 4: wrong ones that students give, and other right ones."""

import bisect
import math

import numpy as np
import pytest
from answers import Answers, assert_accepted, assert_rejected
from grader import grade

from lrlib import MultiStepLR, StepLR
from lrlib.theory import NoisyQuadratic

ANSWERS = Answers()
wrong, right = ANSWERS.wrong, ANSWERS.right


# 04.gamma_for


@wrong("04.gamma_for", "gamma_for(share=0.1, steps=10) returned 0.91;", "a straight line")
def gamma_of_a_straight_line(share, steps):
    return 1 - (1 - share) / steps


@wrong("04.gamma_for", "returned 0.01;", "the share divided by the number of updates")
def gamma_by_division(share, steps):
    return share / steps


@wrong("04.gamma_for", "upside down")
def gamma_upside_down(share, steps):
    return share**steps


@wrong("04.gamma_for", "returned 0.774264; expected 0.794328.", "off by one")
def gamma_that_is_there_one_update_early(share, steps):
    return share ** (1 / (steps - 1)) if steps > 1 else share


@wrong("04.gamma_for", "fallen by, not to")
def gamma_that_falls_by_the_share(share, steps):
    return (1 - share) ** (1 / steps)


@wrong("04.gamma_for", "two kinds of logarithm")
def gamma_by_two_kinds_of_logarithm(share, steps):
    return math.exp(math.log10(share) / steps)


@wrong("04.gamma_for", "returned -0.230259;", "Take exp of it")
def gamma_left_as_a_logarithm(share, steps):
    return math.log(share) / steps


@wrong("04.gamma_for", "steps=1)", "the same for all arguments")
def gamma_typed_in(share, steps):
    return 0.1 ** (1 / 10)


@wrong("04.gamma_for", "For another share", "share=0.01, steps=2000)")
def gamma_that_knows_one_share(share, steps):
    return 0.1 ** (1 / steps)


@wrong("04.gamma_for", "returned 0.7943; expected 0.794328.")
def gamma_rounded(share, steps):
    return round(share ** (1 / steps), 4)


@wrong("04.gamma_for", "All numbers are right.", "share=0,", "a ValueError that names share")
def gamma_that_refuses_nothing(share, steps):
    return max(share, 0) ** (1 / steps)


@wrong("04.gamma_for", "For a share of 1", "raised ValueError: share; expected 1.")
def gamma_that_refuses_a_constant_rate(share, steps):
    if not 0 < share < 1:
        raise ValueError("share")
    return share ** (1 / steps)


@wrong("04.gamma_for", "its text must name share")
def gamma_that_names_shares(share, steps):
    if not 0 < share <= 1:
        raise ValueError("shares lie between 0 and 1")
    return share ** (1 / steps)


@wrong("04.gamma_for", "rounded to 5 digits")
def gamma_rounded_to_five_digits(share, steps):
    return round(share ** (1 / steps), 5)


@right("04.gamma_for")
def gamma_by_logarithms(share, steps):
    if share <= 0 or share > 1:
        raise ValueError(f"no gamma reaches a share of {share}")
    return math.exp(math.log(share) / steps)


@right("04.gamma_for")
def gamma_in_numpy(share, steps):
    if not 0 < share <= 1:
        raise ValueError(f"share: {share}")
    return np.power(10, np.log10(np.float64(share)) / steps)


# 04.half_life


@wrong("04.half_life", "half_life(gamma=0.99) returned 99.4992;", "the time to fall to 1/e")
def half_life_to_a_third(gamma):
    return 1 / -math.log(gamma)


@wrong("04.half_life", "returned 100;", "1 / (1 - gamma) is about")
def half_life_that_is_a_mean_life(gamma):
    return 1 / (1 - gamma)


@wrong("04.half_life", "returned 69.3147; expected 68.9676.", "alike near 1 only")
def half_life_by_the_rule_of_seventy(gamma):
    return math.log(2) / (1 - gamma)


@wrong("04.half_life", "returned 50;", "a straight line")
def half_life_of_a_straight_line(gamma):
    return 0.5 / (1 - gamma)


@wrong("04.half_life", "returned -68.9676;", "the sign")
def half_life_before_the_start(gamma):
    return math.log(2) / math.log(gamma)


@wrong("04.half_life", "upside down")
def half_life_upside_down(gamma):
    return math.log(gamma, 0.5)


@wrong("04.half_life", "returned 69;", "rounded up")
def half_life_in_whole_updates(gamma):
    return math.ceil(math.log(0.5, gamma))


@wrong("04.half_life", "half_life(gamma=0.99) returned 13.5134;", "same for all arguments")
def half_life_typed_in(gamma):
    return 13.513407333964874


@wrong("04.half_life", "All numbers are right.", "half_life(gamma=1) raised ZeroDivisionError")
def half_life_that_divides_by_the_logarithm_of_one(gamma):
    return math.log(0.5) / math.log(gamma)


@wrong("04.half_life", "half_life(gamma=1.02) returned -35.0028. It must raise")
def half_life_that_refuses_the_constant_alone(gamma):
    if gamma == 1:
        raise ValueError("gamma must not be 1")
    return math.log(0.5) / math.log(gamma)


@wrong("04.half_life", "half_life(gamma=-0.5) raised", "its text must name gamma")
def half_life_that_leaves_a_negative_gamma_to_the_logarithm(gamma):
    if gamma == 0 or gamma >= 1:
        raise ValueError(f"gamma={gamma}")
    return math.log(0.5) / math.log(gamma)


@wrong("04.half_life", "Every result is 2 times what is expected")
def half_life_twice(gamma):
    return 2 * math.log(0.5) / math.log(gamma)


@right("04.half_life")
def half_life_in_base_two(gamma):
    if gamma <= 0 or gamma >= 1:
        raise ValueError(f"gamma={gamma} never halves the rate")
    return -1 / math.log2(gamma)


@right("04.half_life")
def half_life_in_numpy(gamma):
    if not 0 < gamma < 1:
        raise ValueError("gamma")
    return np.log(2) / np.log(1 / np.float64(gamma))


# 04.multistep


@wrong("04.multistep", "step=30,", "returned 1; expected 0.1.", "one update late", "use >=")
def multistep_that_is_late(step, base_lr, milestones, gamma):
    return base_lr * gamma ** sum(step > m for m in milestones)


@wrong("04.multistep", "step=29,", "returned 0.1; expected 1.", "one update early")
def multistep_that_is_early(step, base_lr, milestones, gamma):
    return base_lr * gamma ** bisect.bisect_right(sorted(milestones), step + 1)


@wrong("04.multistep", "step=31,", "a drop for that one update")
def multistep_that_comes_back(step, base_lr, milestones, gamma):
    return base_lr * gamma if step in milestones else base_lr


@wrong("04.multistep", "With two", "step=60,", "one drop, whatever the number")
def multistep_that_drops_once(step, base_lr, milestones, gamma):
    return base_lr * gamma if milestones and step >= min(milestones) else base_lr


@wrong("04.multistep", "With two", "step=30,", "all the drops at once")
def multistep_that_drops_all_at_once(step, base_lr, milestones, gamma):
    if not milestones or step < min(milestones):
        return base_lr
    return base_lr * gamma ** len(milestones)


@wrong("04.multistep", "With two", "step=60,", "Each is a step of the run, not a duration")
def multistep_of_durations(step, base_lr, milestones, gamma):
    for duration in milestones:
        if step < duration:
            break
        step -= duration
        base_lr *= gamma
    return base_lr


@wrong("04.multistep", "With one milestone", "step=1000,", "a staircase of equal stairs")
def multistep_of_equal_stairs(step, base_lr, milestones, gamma):
    return base_lr * gamma ** (step // milestones[0]) if milestones else base_lr


@wrong("04.multistep", "With two", "step=60,", "Two drops multiply twice")
def multistep_that_adds_drops(step, base_lr, milestones, gamma):
    count = sum(step >= m for m in milestones)
    return base_lr * gamma * count if count else base_lr


@wrong("04.multistep", "With a repeated milestone", "returned 0.1; expected 0.01.", "counted once")
def multistep_of_a_set(step, base_lr, milestones, gamma):
    return base_lr * gamma ** len([m for m in {*milestones} if m <= step])


@wrong("04.multistep", "With milestones out of order", "step=30,", "taken in the order given")
def multistep_that_stops_at_the_first_ahead(step, base_lr, milestones, gamma):
    for m in milestones:
        if m > step:
            break
        base_lr = base_lr * gamma
    return base_lr


@wrong("04.multistep", "With no milestone", "raised IndexError")
def multistep_that_needs_a_milestone(step, base_lr, milestones, gamma):
    milestones = sorted(milestones)
    if step < milestones[0]:
        return base_lr
    return MultiStepLR(base_lr, tuple(milestones), gamma)(step)


@wrong("04.multistep", "All numbers are right.", "must raise a ValueError that names gamma")
def multistep_that_refuses_nothing(step, base_lr, milestones, gamma):
    return base_lr * gamma ** bisect.bisect_right(sorted(milestones), step)


@wrong("04.multistep", "step=50, base_lr=0.1", "returned -0.01. It must raise a ValueError")
def multistep_that_refuses_at_the_start_only(step, base_lr, milestones, gamma):
    if step == 0 and gamma < 0:
        raise ValueError("gamma")
    return base_lr * gamma ** sum(step >= m for m in milestones)


RATES = {}


@wrong("04.multistep", "Called again", "something is remembered")
def multistep_that_multiplies_a_global(step, base_lr, milestones, gamma):
    RATES.setdefault(milestones, base_lr)
    if step in milestones:
        RATES[milestones] *= gamma ** milestones.count(step)
    return RATES[milestones]


def reached(step, milestones):
    return sum(step >= milestone for milestone in milestones)


@wrong("04.multistep", "With small rates", "rounded to 8 digits")
def multistep_rounded(step, base_lr, milestones, gamma):
    if gamma < 0:
        raise ValueError("gamma")
    return round(base_lr * gamma ** reached(step, milestones), 8)


@wrong("04.multistep", "gamma=2.0) raised ValueError", "these arguments are allowed")
def multistep_that_only_decays(step, base_lr, milestones, gamma):
    if not 0 <= gamma <= 1:
        raise ValueError(f"gamma must lie in [0, 1], got {gamma}")
    return base_lr * gamma ** reached(step, milestones)


@wrong("04.multistep", "With many milestones", "step=7")
def multistep_of_three_drops_at_most(step, base_lr, milestones, gamma):
    if gamma < 0:
        raise ValueError("gamma")
    return base_lr * gamma ** min(3, reached(step, milestones))


@wrong("04.multistep", "milestones=(), gamma=-0.1) returned 0.1. It must raise")
def multistep_that_asks_at_a_milestone(step, base_lr, milestones, gamma):
    for _ in milestones:
        if gamma < 0:
            raise ValueError("gamma")
    return base_lr * gamma ** reached(step, milestones)


@right("04.multistep")
def multistep_update_by_update(step, base_lr, milestones, gamma):
    if gamma < 0:
        raise ValueError(f"gamma is {gamma}")
    for t in range(step + 1):
        base_lr = base_lr * gamma ** list(milestones).count(t)
    return base_lr


@right("04.multistep")
def multistep_in_numpy(step, base_lr, milestones, gamma):
    if np.sign(gamma) == -1:
        raise ValueError("gamma < 0")
    return base_lr * np.prod(np.where(np.asarray(milestones) <= step, gamma, 1))


# 04.best_drop


def final(curvatures, rates):
    return NoisyQuadratic(curvatures, curvatures).final_loss(rates)


def losses(curvatures, base_lr, low, total_steps):
    runs = range(total_steps + 1)
    return [final(curvatures, [base_lr] * d + [low] * (total_steps - d)) for d in runs]


@wrong("04.best_drop", "returned 26; expected 25.", "one update late")
def best_drop_counted_from_one(curvatures, base_lr, gamma, total_steps):
    found = losses(curvatures, base_lr, gamma * base_lr, total_steps)
    return min(enumerate(found, start=1), key=lambda pair: pair[1])[0]


@wrong("04.best_drop", "returned 24; expected 25.", "one update early")
def best_drop_that_is_the_last_high_update(curvatures, base_lr, gamma, total_steps):
    return int(np.argmin(losses(curvatures, base_lr, gamma * base_lr, total_steps))) - 1


@wrong("04.best_drop", "returned 0.625;", "The answer is a step")
def best_drop_as_a_share(curvatures, base_lr, gamma, total_steps):
    found = losses(curvatures, base_lr, gamma * base_lr, total_steps)
    return np.argmin(found) / total_steps


@wrong("04.best_drop", "In five directions")
def best_drop_of_the_first_three(curvatures, base_lr, gamma, total_steps):
    found = losses(curvatures[:3], base_lr, gamma * base_lr, total_steps)
    return found.index(min(found))


@wrong("04.best_drop", "Where the loss rises before it falls", "returned 0; expected 6.")
def best_drop_that_stops_at_the_first_rise(curvatures, base_lr, gamma, total_steps):
    found = losses(curvatures, base_lr, gamma * base_lr, total_steps)
    return next((i for i in range(total_steps) if found[i + 1] > found[i]), total_steps)


@wrong("04.best_drop", "returned 15;", "the number of updates after the drop")
def best_drop_counted_from_the_end(curvatures, base_lr, gamma, total_steps):
    found = losses(curvatures, base_lr, gamma * base_lr, total_steps)[::-1]
    return found.index(min(found))


@wrong("04.best_drop", "the lower rate is gamma itself")
def best_drop_to_gamma(curvatures, base_lr, gamma, total_steps):
    found = losses(curvatures, base_lr, gamma, total_steps)
    return found.index(min(found))


@wrong("04.best_drop", "returned 40; expected 25.", "Is noise missing")
def best_drop_without_noise(curvatures, base_lr, gamma, total_steps):
    quiet = NoisyQuadratic(curvatures, [0.0] * len(curvatures))
    runs = [MultiStepLR(base_lr, (d,), gamma).curve(total_steps) for d in range(total_steps + 1)]
    return min(range(total_steps + 1), key=lambda d: quiet.final_loss(runs[d]))


@wrong("04.best_drop", "returned 40;", "do you compare losses at the drop, not at the end")
def best_drop_where_the_high_rate_is_lowest(curvatures, base_lr, gamma, total_steps):
    return min(range(total_steps + 1), key=lambda d: final(curvatures, [base_lr] * d))


@wrong("04.best_drop", "the worst place")
def best_drop_that_is_the_worst(curvatures, base_lr, gamma, total_steps):
    return np.argmax(losses(curvatures, base_lr, gamma * base_lr, total_steps))


@wrong("04.best_drop", "In three directions", "Add up the losses of all of them")
def best_drop_of_the_first_direction(curvatures, base_lr, gamma, total_steps):
    return np.argmin(losses(curvatures[:1], base_lr, gamma * base_lr, total_steps))


@wrong("04.best_drop", "Where no drop pays", "returned 29; expected 30.", "may come at total_steps")
def best_drop_that_always_drops(curvatures, base_lr, gamma, total_steps):
    return np.argmin(losses(curvatures, base_lr, gamma * base_lr, total_steps)[:-1])


@wrong("04.best_drop", "due at once", "returned 1; expected 0.", "may come at step 0")
def best_drop_that_never_starts_low(curvatures, base_lr, gamma, total_steps):
    return 1 + np.argmin(losses(curvatures, base_lr, gamma * base_lr, total_steps)[1:])


@wrong("04.best_drop", "base_lr=0.2,", "returned 25; expected 10.", "same for all arguments")
def best_drop_typed_in(curvatures, base_lr, gamma, total_steps):
    return 25


@wrong("04.best_drop", "In three directions", "noise of variance 1 in every direction")
def best_drop_under_equal_noise(curvatures, base_lr, gamma, total_steps):
    problem = NoisyQuadratic(curvatures, [1.0] * len(curvatures))
    rates = [MultiStepLR(base_lr, (m,), gamma).curve(total_steps) for m in range(total_steps + 1)]
    losses = [problem.final_loss(each) for each in rates]
    return losses.index(min(losses))


@right("04.best_drop")
def best_drop_by_schedules_of_equal_stairs(curvatures, base_lr, gamma, total_steps):
    found = [final(curvatures, [gamma * base_lr] * total_steps)]
    for d in range(1, total_steps + 1):
        stairs = StepLR(base_lr, d, gamma)
        found.append(final(curvatures, [stairs(min(t, d)) for t in range(total_steps)]))
    return found.index(min(found))


@right("04.best_drop")
def best_drop_in_numpy(curvatures, base_lr, gamma, total_steps):
    h = np.array(curvatures)[:, None]
    at = np.arange(total_steps + 1)
    moments = np.ones((len(h), total_steps + 1))
    for t in range(total_steps):
        rate = np.where(t < at, base_lr, gamma * base_lr)
        moments = (1 - rate * h) ** 2 * moments + rate**2 * h
    return np.argmin((h * moments).sum(axis=0))


# The tests


@pytest.mark.parametrize(("name", "answer", "fragments"), ANSWERS.wrong_ones)
def test_a_wrong_answer_is_rejected_for_what_is_wrong_with_it(name, answer, fragments):
    assert_rejected(name, answer, *fragments)


@pytest.mark.parametrize(("name", "answer"), ANSWERS.right_ones)
def test_a_right_answer_is_accepted_however_it_is_written(name, answer):
    assert_accepted(name, answer)


ASKED = (
    "StepLR(1.0, 30) at 89",
    "StepLR(1.0, 30) at 90",
    "StepLR(1.0, 30) at 95",
    "MultiStepLR(1.0, (30, 60)) at 60",
    "MultiStepLR(1.0, (30, 30)) at 30",
)


@pytest.mark.parametrize(
    ("numbers", "fragment"),
    [
        ((0.01, 0.01, 0.001, 0.1, 0.1), "one update late"),
        ((0.001, 0.001, 0.001, 0.01, 0.01), "Step 89 still belongs"),
        ((0.1, 0.01, 0.01, 0.1, 0.01), "95 // 30 is 3"),
        ((0.001, 0.0001, 0.0001, 0.001, 0.001), "one drop too many"),
        ((0.01, 0.001, 0.001, 0.01, 0.1), "counted once"),
        ((0.01, 0.001, 0.1 ** (95 / 30), 0.01, 0.01), "Between two drops a staircase is flat"),
        ((0.01, 0.001, 0.001, 0.02, 0.01), "'MultiStepLR(1.0, (30, 60)) at 60': 0.02 is not"),
    ],
)
def test_a_wrong_belief_about_drops_is_named(numbers, fragment):
    assert_rejected("04.drops", dict(zip(ASKED, numbers, strict=True)), fragment)


def test_right_predictions_of_drops_are_accepted():
    powers = dict(zip(ASKED, (0.1**2, 0.1**3, np.float64(0.001), 1e-2, 0.01), strict=True))
    assert grade("04.drops", powers).passed


def best_place(base_lr, gamma, total_steps, curvatures=(1.0,)):
    found = losses(curvatures, base_lr, gamma * base_lr, total_steps)
    return found.index(min(found))


def test_in_one_direction_the_best_drop_does_not_depend_on_the_length_of_the_run():
    assert {best_place(0.1, 0.1, total_steps) for total_steps in (40, 60, 100)} == {25}


def test_in_many_directions_it_moves_with_the_run():
    bowl = tuple(1 / i for i in range(1, 21))
    places = [best_place(0.3, 0.1, total_steps, bowl) for total_steps in (50, 100, 200, 400)]
    assert places == sorted(set(places))
