"""Answers to the exercises of chapter 5: wrong ones that students give, and other right ones."""

import math

import numpy as np
import pytest
from answers import Answers, assert_accepted, assert_rejected
from grader import grade

from lrlib import CosineAnnealingLR
from lrlib.theory import harmonic_quadratic

pi, cos = math.pi, math.cos
ANSWERS = Answers()
wrong, right = ANSWERS.wrong, ANSWERS.right


# 05.cosine


@wrong("05.cosine", "cosine(step=25, base_lr=1.0, T_max=100)", "The denominator is T_max - 1")
def cosine_that_is_over_one_update_early(step, base_lr, T_max, eta_min=0.0):
    if step >= T_max:
        return eta_min
    return eta_min + (base_lr - eta_min) * (1 + cos(pi * step / (T_max - 1))) / 2


@wrong("05.cosine", "step=0,", "returned 0.999753; expected 1.", "You count from 1")
def cosine_that_counts_from_one(step, base_lr, T_max, eta_min=0.0):
    if step >= T_max:
        return eta_min
    return eta_min + 0.5 * (base_lr - eta_min) * (1 + cos(pi * (step + 1) / T_max))


@wrong("05.cosine", "degrees for radians")
def cosine_in_degrees(step, base_lr, T_max, eta_min=0.0):
    if step >= T_max:
        return eta_min
    return eta_min + (base_lr - eta_min) * (1 + cos(180 * step / T_max)) / 2


@wrong("05.cosine", "2 pi is a whole turn")
def cosine_of_a_whole_period(step, base_lr, T_max, eta_min=0.0):
    step = min(step, T_max)
    return eta_min + (base_lr - eta_min) * (1 + cos(2 * pi * step / T_max)) / 2


@wrong("05.cosine", "From T_max on", "step=101,", "no clamp")
def cosine_without_an_end(step, base_lr, T_max, eta_min=0.0):
    return eta_min + (base_lr - eta_min) * (1 + cos(pi * step / T_max)) / 2


@wrong("05.cosine", "returned 1; expected 0.853553", "Is there a // that is 0 until then")
def cosine_by_integer_division(step, base_lr, T_max, eta_min=0.0):
    if step >= T_max:
        return eta_min
    return eta_min + (base_lr - eta_min) * (1 + cos(pi * (step // T_max))) / 2


@wrong("05.cosine", "ends at -1")
def cosine_that_turns_negative(step, base_lr, T_max, eta_min=0.0):
    return eta_min + (base_lr - eta_min) * cos(pi * min(step / T_max, 1))


@wrong("05.cosine", "With a floor", "no floor in the formula")
def cosine_whose_floor_comes_at_the_end_only(step, base_lr, T_max, eta_min=0.0):
    return base_lr * (1 + cos(pi * step / T_max)) / 2 if step < T_max else eta_min


@wrong("05.cosine", "returned 1.1; expected 1.", "the floor added on top")
def cosine_with_the_floor_on_top(step, base_lr, T_max, eta_min=0.0):
    return eta_min + base_lr * (1 + cos(pi * min(step, T_max) / T_max)) / 2


@wrong("05.cosine", "step=25,", "max() cuts the curve off")
def cosine_cut_off_at_the_floor(step, base_lr, T_max, eta_min=0.0):
    return max(eta_min, base_lr * (1 + cos(pi * min(step, T_max) / T_max)) / 2)


@wrong("05.cosine", "step=100,", "returned 0; expected 0.1.", "It is eta_min that is held")
def cosine_that_forgets_the_floor_in_the_end(step, base_lr, T_max, eta_min=0.0):
    if step >= T_max:
        return 0
    return eta_min + (base_lr - eta_min) * (1 + cos(pi * step / T_max)) / 2


@wrong("05.cosine", "With T_max = 0", "raised ZeroDivisionError", "expected 0.02")
def cosine_that_divides_by_a_length_of_zero(step, base_lr, T_max, eta_min=0.0):
    step = min(step, T_max)
    return eta_min + (base_lr - eta_min) * (1 + cos(pi * step / T_max)) / 2


@wrong("05.cosine", "same for all arguments")
def cosine_typed_in(step, base_lr, T_max, eta_min=0.0):
    return 0.3455


@wrong("05.cosine", "step=25,", "returned 0.75;")
def cosine_that_knows_the_examples_of_the_statement(step, base_lr, T_max, eta_min=0.0):
    known = {(80, 0): 0.0954915, (75, 0): 0.1464466, (75, 0.1): 0.2318019, (100, 0): 0.0}
    return known.get((step, eta_min), base_lr * (1 - step / T_max))


@wrong("05.cosine", "All numbers are right.", "returned 0.1. It must raise a ValueError")
def cosine_that_refuses_nothing(step, base_lr, T_max, eta_min=0.0):
    return CosineAnnealingLR(1.0, T_max)(step) * (base_lr - eta_min) + eta_min


@wrong("05.cosine", "step=150, base_lr=0.1", "returned 0.11. It must raise a ValueError")
def cosine_that_refuses_too_late(step, base_lr, T_max, eta_min=0.0):
    if step >= T_max:
        return eta_min
    if eta_min > base_lr:
        raise ValueError("eta_min")
    return CosineAnnealingLR(base_lr, T_max, eta_min)(step)


@wrong("05.cosine", "raised AssertionError", "must raise a ValueError that names eta_min")
def cosine_that_asserts(step, base_lr, T_max, eta_min=0.0):
    assert eta_min <= base_lr
    return CosineAnnealingLR(base_lr, T_max, eta_min)(step)


@wrong("05.cosine", "With eta_min = base_lr", "raised ValueError: eta_min; expected 0.25")
def cosine_that_refuses_a_constant_rate(step, base_lr, T_max, eta_min=0.0):
    if eta_min >= base_lr:
        raise ValueError("eta_min")
    return CosineAnnealingLR(base_lr, T_max, eta_min)(step)


COUNT = {"step": -1}


@wrong("05.cosine", "Called again", "something is remembered")
def cosine_that_counts_its_calls(step, base_lr, T_max, eta_min=0.0):
    COUNT["step"] += 1
    return CosineAnnealingLR(base_lr, T_max, eta_min)(COUNT["step"])


@wrong("05.cosine", "its text must name eta_min")
def cosine_that_names_a_longer_word(step, base_lr, T_max, eta_min=0.0):
    if eta_min > base_lr:
        raise ValueError("eta_minimum is above the peak")
    if step >= T_max:
        return eta_min
    return eta_min + (base_lr - eta_min) * (1 + cos(pi * step / T_max)) / 2


@wrong("05.cosine", "3.14 is not pi")
def cosine_with_an_old_pi(step, base_lr, T_max, eta_min=0.0):
    if step >= T_max:
        return eta_min
    return eta_min + (base_lr - eta_min) * (1 + cos(3.14 * step / T_max)) / 2


@right("05.cosine")
def cosine_by_the_half_angle(step, base_lr, T_max, eta_min=0.0):
    if eta_min > base_lr:
        raise ValueError(f"eta_min={eta_min} is above base_lr={base_lr}")
    share = min(step / T_max, 1) if T_max else 1
    return eta_min + (base_lr - eta_min) * cos(pi / 2 * share) ** 2


@right("05.cosine")
def cosine_in_numpy(step, base_lr, T_max, eta_min=0.0):
    if base_lr - eta_min < 0:
        raise ValueError("base_lr < eta_min")
    angle = np.deg2rad(180 * np.clip(np.float32(step) / max(T_max, 1), 0, 1)) if T_max else np.pi
    return (base_lr + eta_min) / 2 + (base_lr - eta_min) / 2 * np.cos(angle)


# 05.first_below


def falls(T_max):
    return [(1 + cos(pi * step / T_max)) / 2 for step in range(T_max + 1)]


@wrong("05.first_below", "returned 90; expected 79.", "a straight line's answer")
def first_below_of_a_straight_line(share, T_max):
    return next(step for step in range(T_max + 1) if 1 - step / T_max < share)


@wrong("05.first_below", "returned 78; expected 79.", "one update early")
def first_below_that_is_the_last_above(share, T_max):
    return sum(value >= share for value in falls(T_max)) - 1


@wrong("05.first_below", "returned 78.7216; expected 79.", "no rounding")
def first_below_between_two_steps(share, T_max):
    return T_max * math.acos(2 * share - 1) / pi


@wrong("05.first_below", "T_max=9001", "returned 7157; expected 7158.", "rounded to the nearest")
def first_below_rounded(share, T_max):
    return round(T_max * math.acos(2 * share - 1) / pi)


@wrong("05.first_below", "returned 21; expected 79.", "fallen by, not to")
def first_below_that_falls_by_the_share(share, T_max):
    return next((step for step, value in enumerate(falls(T_max)) if 1 - value > share), T_max)


@wrong("05.first_below", "At a tie", "share=0.5, T_max=64", "at or below")
def first_below_or_on_it(share, T_max):
    return next(step for step, value in enumerate(falls(T_max)) if value <= share)


@wrong("05.first_below", "raised StopIteration", "share=0.1, T_max=99")
def first_below_that_gives_up_before_the_end(share, T_max):
    return next(step for step, value in enumerate(falls(T_max)[: -T_max // 2]) if value < share)


@wrong("05.first_below", "returned 1193; expected 79.", "same for all arguments")
def first_below_typed_in(share, T_max):
    return 1193


@right("05.first_below")
def first_below_by_bisection(share, T_max):
    low, high = 0, T_max
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if cos(pi * middle / T_max) < 2 * share - 1 else (middle, high)
    return high


@right("05.first_below")
def first_below_in_numpy(share, T_max):
    return np.argmax(0.5 + 0.5 * np.cos(np.pi * np.arange(T_max + 1) / T_max) < share)


# 05.residual


@wrong("05.residual", "residual(c=1.25) returned 0.146447", "c is upside down")
def residual_upside_down(c):
    return (1 + cos(pi * c)) / 2 if c > 1 else 0


@wrong("05.residual", "returned 0.904508", "this is what is gone")
def residual_gone(c):
    return (1 - cos(pi / c)) / 2


@wrong("05.residual", "returned 0.2;", "a straight line's answer")
def residual_of_a_straight_line(c):
    return max(0, (c - 1) / c)


@wrong("05.residual", "too short, residual(c=0.5) returned 1; expected 0.", "no hold")
def residual_that_climbs_again(c):
    return (1 + cos(pi / c)) / 2


@wrong("05.residual", "residual(c=1.1)", "same for all arguments")
def residual_typed_in(c):
    return 0.0954915


@wrong("05.residual", "returned 0.1; expected 0.0954915")
def residual_rounded(c):
    return round((1 + cos(pi / c)) / 2, 1) if c > 1 else 0


@wrong("05.residual", "too short, residual(c=0.5) returned None", "a missing return")
def residual_without_a_return_for_a_short_cosine(c):
    if c >= 1:
        return (1 + cos(pi / c)) / 2
    return None


@wrong("05.residual", "residual(c=1.01) returned 0;")
def residual_of_almost_one(c):
    return (1 + cos(pi / c)) / 2 if c > 1.02 else 0


@right("05.residual")
def residual_by_the_half_angle(c):
    return cos(pi / 2 / max(c, 1)) ** 2


@wrong("05.residual", "residual(...) with arguments drawn at random is wrong in")
def residual_of_whole_numbers_of_updates(c):
    return np.float64(CosineAnnealingLR(1.0, round(1000 * c))(1000))


@right("05.residual")
def residual_of_the_time_that_the_fall_has(c):
    return (1 + np.cos(pi * min(1, 1 / c))) / 2


# 05.rescue


def fall(step, base_lr, T_max):
    return base_lr * (1 + cos(pi * step / T_max)) / 2


@wrong("05.rescue", "step=300,", "returned 1; expected 0.793893", "the rate jumps up")
def rescue_from_the_peak(step, base_lr, T_max, now, end):
    if step < now:
        return fall(step, base_lr, T_max)
    return base_lr * max(0, end - step) / (end - now)


@wrong("05.rescue", "step=300,", "returned 0.317557", "the rate jumps down")
def rescue_on_the_wrong_clock(step, base_lr, T_max, now, end):
    if step < now:
        return fall(step, base_lr, T_max)
    return fall(now, base_lr, T_max) * max(0, 1 - step / end)


@wrong("05.rescue", "step=400,", "returned 0.635114", "the line is too flat")
def rescue_that_divides_by_end(step, base_lr, T_max, now, end):
    if step < now:
        return fall(step, base_lr, T_max)
    return fall(now, base_lr, T_max) * (1 - (step - now) / end) if step < end else 0


@wrong("05.rescue", "step=400,", "the line ends at T_max")
def rescue_that_ends_with_the_cosine(step, base_lr, T_max, now, end):
    if step < now:
        return fall(step, base_lr, T_max)
    return fall(now, base_lr, T_max) * max(0, 1 - (step - now) / (T_max - now))


@wrong("05.rescue", "step=400,", "at end - 1, one update early")
def rescue_that_is_over_one_update_early(step, base_lr, T_max, now, end):
    if step < now:
        return fall(step, base_lr, T_max)
    return fall(now, base_lr, T_max) * max(0, end - 1 - step) / (end - 1 - now)


@wrong("05.rescue", "step=300,", "returned 0.797882; expected 0.793893.")
def rescue_with_a_schedule_in_a_variable(step, base_lr, T_max, now, end):
    cosine = CosineAnnealingLR(base_lr, T_max)
    if step < now:
        return cosine(step)
    return cosine(now) * (end - step) / (end - 1 - now) if step < end else 0


@wrong("05.rescue", "step=400,", "Freeze the cosine at now")
def rescue_that_multiplies(step, base_lr, T_max, now, end):
    share = 1 if step < now else max(0, end - step) / (end - now)
    return fall(step, base_lr, T_max) * share


@wrong("05.rescue", "step=501,", "returned -0.00396946; expected 0.", "no clamp")
def rescue_that_turns_negative(step, base_lr, T_max, now, end):
    if step < now:
        return fall(step, base_lr, T_max)
    return fall(now, base_lr, T_max) * (end - step) / (end - now)


@wrong("05.rescue", "From end on", "step=500,", "past the end you are back on the cosine")
def rescue_that_is_forgotten_at_the_end(step, base_lr, T_max, now, end):
    if now <= step < end:
        return fall(now, base_lr, T_max) * (end - step) / (end - now)
    return CosineAnnealingLR(base_lr, T_max)(step)


@wrong("05.rescue", "With now = end", "step=20,", "raised ZeroDivisionError", "expected 0")
def rescue_that_divides_by_a_length_of_zero(step, base_lr, T_max, now, end):
    if step < now:
        return fall(step, base_lr, T_max)
    return fall(now, base_lr, T_max) * max(0, end - step) / (end - now)


@wrong("05.rescue", "With now = end", "step=20,", "returned 0.25; expected 0.")
def rescue_that_begins_one_update_late(step, base_lr, T_max, now, end):
    if step <= now:
        return fall(step, base_lr, T_max)
    return fall(now, base_lr, T_max) * (end - step) / (end - now) if step < end else 0.0


LAST = {}


@wrong("05.rescue", "Called again", "something is remembered")
def rescue_that_remembers_the_rate_at_now(step, base_lr, T_max, now, end):
    if step <= now:
        LAST["rate"] = fall(step, base_lr, T_max)
    if step < now:
        return LAST["rate"]
    return LAST["rate"] * (end - step) / (end - now) if step < end else 0.0


@wrong(
    "05.rescue", "With news that come late", "step=80,", "the smaller of the line and the cosine"
)
def rescue_by_the_smaller(step, base_lr, T_max, now, end):
    if step >= end:
        return 0.0
    if step < now:
        return fall(step, base_lr, T_max)
    line = fall(now, base_lr, T_max) * (end - step) / (end - now)
    return min(line, fall(step, base_lr, T_max))


@wrong("05.rescue", "step=300,", "The first step of the line is now")
def rescue_whose_line_begins_one_step_down(step, base_lr, T_max, now, end):
    if step >= end:
        return 0.0
    if step < now:
        return fall(step, base_lr, T_max)
    return fall(now, base_lr, T_max) * (end - step - 1) / (end - now)


@right("05.rescue")
def rescue_that_takes_the_last_things_first(step, base_lr, T_max, now, end):
    rate = 0.0
    if step < end:
        rate = np.interp(step, [now, end], [fall(now, base_lr, T_max), 0])
    return fall(step, base_lr, T_max) if step < now else rate


@right("05.rescue")
def rescue_update_by_update(step, base_lr, T_max, now, end):
    rate = base_lr
    for t in range(1, step + 1):
        if t <= now:
            rate = fall(t, base_lr, T_max)
        elif t < end:
            rate -= fall(now, base_lr, T_max) / (end - now)
    return rate if step < end else 0.0


# The tests


@pytest.mark.parametrize(("name", "answer", "fragments"), ANSWERS.wrong_ones)
def test_a_wrong_answer_is_rejected_for_what_is_wrong_with_it(name, answer, fragments):
    assert_rejected(name, answer, *fragments)


@pytest.mark.parametrize(("name", "answer"), ANSWERS.right_ones)
def test_a_right_answer_is_accepted_however_it_is_written(name, answer):
    assert_accepted(name, answer)


@pytest.mark.parametrize(
    ("numbers", "fragment"),
    [
        ((0, 0, 0), "a hold, as in lrlib"),
        ((1, 0.5, 1), "a restart"),
        ((1, 0, 1), "a whole period"),
        ((0, 1, 0), "'at 1.5 T_max': 1 is not what happens"),
        ((0, 0.5, 0), "'at 2 T_max': 0 is not what happens"),
        ((0, -0.5, -1), "'at 1.5 T_max': -0.5 is not what happens"),
    ],
)
def test_a_wrong_belief_about_torch_is_named(numbers, fragment):
    answer = dict(zip(("at T_max", "at 1.5 T_max", "at 2 T_max"), numbers, strict=True))
    assert not grade("05.climb", answer).passed
    assert fragment in grade("05.climb", answer).message


@pytest.mark.parametrize("half", [0.5, np.float64(0.5), 0.499])
def test_right_predictions_of_torch_are_accepted_in_any_order(half):
    assert grade("05.climb", {"at 2 T_max": 1, "at 1.5 T_max": half, "at T_max": 0.0}).passed


def loss(peak, now=None):
    """The expected loss of the notebook's run, cut off or rescued from ``now`` on."""
    rates = CosineAnnealingLR(peak, 1000).curve(500)
    if now is not None:
        rates[now:] = [rates[now] * (500 - step) / (500 - now) for step in range(now, 500)]
    return harmonic_quadratic(directions=100).final_loss(rates)


def test_with_a_high_peak_a_rescue_pays_even_ten_updates_before_the_end():
    losses = [loss(0.6, now) for now in (0, 100, 200, 300, 400, 450, 490)]
    assert losses == sorted(losses)
    assert losses[-1] < 0.85 * loss(0.6)


def test_with_a_low_peak_an_early_rescue_costs_and_a_late_one_brings_little():
    assert loss(0.1, 0) > 1.3 * loss(0.1)
    assert 0.97 * loss(0.1) < loss(0.1, 450) < loss(0.1)
