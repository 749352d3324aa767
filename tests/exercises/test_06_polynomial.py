"""Answers to the exercises of chapter 6: wrong ones that students give, and other right ones."""

import math

import numpy as np
import pytest
from answers import Answers, assert_accepted, assert_rejected
from grader import grade

from lrlib import InverseSqrtLR, NoamLR, PolynomialLR

sqrt = math.sqrt
ANSWERS = Answers()
wrong, right = ANSWERS.wrong, ANSWERS.right


# 06.noam


@wrong("06.noam", "step=1,", "max for min")
def noam_with_max(step, d_model, warmup_steps):
    return d_model**-0.5 * max(step**-0.5, step * warmup_steps**-1.5)


@wrong("06.noam", "At step 0", "raised ZeroDivisionError", "only the ramp is needed")
def noam_as_printed(step, d_model, warmup_steps):
    return d_model**-0.5 * min(step**-0.5, step * warmup_steps**-1.5)


@wrong("06.noam", "step=1, d_model=3", "You count from 1")
def noam_that_counts_from_one(step, d_model, warmup_steps):
    step += 1
    return d_model**-0.5 * min(step**-0.5, step * warmup_steps**-1.5)


@wrong("06.noam", "expected 0.00902", "what power of W?")
def noam_with_a_ramp_too_steep(step, d_model, warmup_steps):
    return d_model**-0.5 * min(max(step, 1) ** -0.5, step * warmup_steps**-0.5)


@wrong("06.noam", "step=1,", "the rate falls off a cliff")
def noam_with_a_ramp_to_one(step, d_model, warmup_steps):
    share = step / warmup_steps if step < warmup_steps else step**-0.5
    return share / sqrt(d_model)


@wrong("06.noam", "step=16,", "returned 0.57735; expected 0.144338", "root of the step")
def noam_with_a_root_that_starts_anew(step, d_model, warmup_steps):
    if step < warmup_steps:
        return step * warmup_steps**-1.5 / sqrt(d_model)
    return 1 / sqrt(d_model * (step - warmup_steps + 1))


@wrong("06.noam", "The warmup is part of the peak")
def noam_whose_peak_is_that_of_the_width(step, d_model, warmup_steps):
    return InverseSqrtLR(d_model**-0.5, warmup_steps)(step)


@wrong("06.noam", "d_model is not under a root")
def noam_divided_by_the_width(step, d_model, warmup_steps):
    return NoamLR(1, max(warmup_steps, 1))(step) / d_model


@wrong("06.noam", "d_model multiplies")
def noam_multiplied_by_the_width(step, d_model, warmup_steps):
    return NoamLR(1, warmup_steps)(step) * sqrt(d_model)


@wrong("06.noam", "the width is missing")
def noam_without_a_width(step, d_model, warmup_steps):
    return min(step * warmup_steps**-1.5, (step or 1) ** -0.5)


@wrong("06.noam", "same for all arguments")
def noam_typed_in(step, d_model, warmup_steps):
    return 0.0625


@wrong("06.noam", "A ValueError is right, but its text must name warmup_steps")
def noam_that_does_not_say_what_is_wrong(step, d_model, warmup_steps):
    if not warmup_steps:
        raise ValueError("no!")
    return NoamLR(d_model, warmup_steps)(step)


@wrong("06.noam", "warmup_steps=-5) returned", "a ValueError that names warmup_steps")
def noam_that_refuses_zero_alone(step, d_model, warmup_steps):
    if warmup_steps == 0:
        raise ValueError("warmup_steps")
    return d_model**-0.5 * min(step**-0.5, step * abs(warmup_steps) ** -1.5) if step else 0.0


@wrong("06.noam", "rounded to 4 digits")
def noam_rounded_to_four_digits(step, d_model, warmup_steps):
    if warmup_steps < 1:
        raise ValueError("warmup_steps")
    return round(d_model**-0.5 * min(step**-0.5, step * warmup_steps**-1.5), 4) if step else 0.0


@right("06.noam")
def noam_by_its_peak(step, d_model, warmup_steps):
    if warmup_steps <= 0:
        raise ValueError(f"warmup_steps={warmup_steps}")
    peak = (d_model * warmup_steps) ** -0.5
    return peak * min(step / warmup_steps, sqrt(warmup_steps / step) if step else 1)


@right("06.noam")
def noam_in_numpy(step, d_model, warmup_steps):
    if warmup_steps < 1:
        raise ValueError(f"no warmup_steps: {warmup_steps}")
    t, w = np.float64(max(step, 1e-9)), np.float64(warmup_steps)
    return np.minimum(t**-0.5, step * w**-1.5) / np.sqrt(d_model) if step else np.float64(0)


# 06.regret_bound


@wrong("06.regret_bound", "a half is missing in the first term")
def regret_without_the_first_half(rates, distance, gradient_norm):
    return distance**2 / rates[-1] + gradient_norm**2 * sum(rates) / 2


@wrong("06.regret_bound", "a half is missing in the second term")
def regret_without_the_second_half(rates, distance, gradient_norm):
    return distance**2 / (2 * rates[-1]) + gradient_norm**2 * sum(rates)


@wrong("06.regret_bound", "falling rates", "returned 1.55; expected 3.05", "the first rate for")
def regret_with_the_first_rate(rates, distance, gradient_norm):
    return distance**2 / (2 * rates[0]) + gradient_norm**2 / 2 * sum(rates)


@wrong("06.regret_bound", "rates=[0.1, 0.1, 0.1, 0.1]", "the bound of the last iterate")
def regret_with_the_travel(rates, distance, gradient_norm):
    return distance**2 / (2 * sum(rates)) + gradient_norm**2 * sum(rates) / 2


@wrong("06.regret_bound", "the last rate is left out of the sum")
def regret_whose_sum_stops_early(rates, distance, gradient_norm):
    total = sum(rates[t] for t in range(len(rates) - 1))
    return distance**2 / (2 * rates[-1]) + gradient_norm**2 * total / 2


@wrong("06.regret_bound", "the squares of the rates")
def regret_with_squares(rates, distance, gradient_norm):
    return distance**2 / (2 * rates[-1]) + gradient_norm**2 / 2 * np.dot(rates, rates)


@wrong("06.regret_bound", "constant rate", "the mean of the rates for their sum")
def regret_with_the_mean(rates, distance, gradient_norm):
    return distance**2 / (2 * rates[-1]) + gradient_norm**2 / 2 * np.mean(rates)


@wrong("06.regret_bound", "With another distance", "the distance is not squared")
def regret_with_a_plain_distance(rates, distance, gradient_norm):
    return distance / (2 * rates[-1]) + gradient_norm**2 / 2 * sum(rates)


@wrong("06.regret_bound", "With another gradient", "the norm of the gradient is not squared")
def regret_with_a_plain_norm(rates, distance, gradient_norm):
    return distance**2 / (2 * rates[-1]) + gradient_norm / 2 * sum(rates)


@wrong("06.regret_bound", "All numbers are right.", "changes the list that it is given")
def regret_that_uses_its_list_up(rates, distance, gradient_norm):
    first = distance**2 / (2 * rates[-1])
    total = 0
    while len(rates) > 1:
        total += rates.pop(0)
    return first + gradient_norm**2 / 2 * (total + rates[0])


@wrong("06.regret_bound", "All numbers are right.", "rates=[0.1, 0.2]", "must raise a ValueError")
def regret_that_refuses_nothing(rates, distance, gradient_norm):
    return distance**2 / (2 * rates[-1]) + gradient_norm**2 / 2 * sum(rates)


@wrong("06.regret_bound", "All numbers are right.", "rates=[0.3, 0.1, 0.2]")
def regret_that_looks_at_the_ends_only(rates, distance, gradient_norm):
    if rates[0] < rates[-1]:
        raise ValueError("rates increase")
    return distance**2 / (2 * rates[-1]) + gradient_norm**2 / 2 * sum(rates)


def the_bound(rates, distance, gradient_norm):
    return distance**2 / (2 * rates[-1]) + gradient_norm**2 * sum(rates) / 2


@wrong("06.regret_bound", "rates=[0.3, 0.2, 0.2, 0.21]", "a ValueError that names rates")
def regret_that_looks_at_three_rates(rates, distance, gradient_norm):
    if rates[:3] != sorted(rates[:3], reverse=True):
        raise ValueError("rates")
    return the_bound(rates, distance, gradient_norm)


@wrong("06.regret_bound", "rates=[0.3, 0.2, 0.25, 0.1]", "a ValueError that names rates")
def regret_that_compares_the_ends(rates, distance, gradient_norm):
    if min(rates) < rates[-1]:
        raise ValueError("rates")
    return the_bound(rates, distance, gradient_norm)


@wrong("06.regret_bound", "rounded to 3 digits")
def regret_rounded(rates, distance, gradient_norm):
    return round(the_bound(rates, distance, gradient_norm), 3)


@wrong("06.regret_bound", "Every result is 2 times what is expected")
def regret_without_the_halves(rates, distance, gradient_norm):
    return distance**2 / rates[-1] + gradient_norm**2 * sum(rates)


@wrong("06.regret_bound", "It must raise a ValueError that names rates")
def regret_that_lets_rates_rise_a_little(rates, distance, gradient_norm):
    if any(rates[i + 1] > 1.01 * rates[i] for i in range(len(rates) - 1)):
        raise ValueError("rates must not increase")
    return distance**2 / rates[-1] / 2 + gradient_norm**2 * sum(rates) / 2


@right("06.regret_bound")
def regret_by_telescoping(rates, distance, gradient_norm):
    if list(rates) != sorted(rates, reverse=True):
        raise ValueError("rates must fall")
    total, before = 0.0, 0.0
    for rate in rates:
        total += distance**2 * (1 / (2 * rate) - before) + rate / 2 * gradient_norm**2
        before = 1 / (2 * rate)
    return total


@right("06.regret_bound")
def regret_in_numpy(rates, distance, gradient_norm):
    rates = np.asarray(rates)
    if (np.diff(rates) > 0).any():
        raise ValueError(f"not for these rates: {rates}")
    return (distance**2 / rates[-1] + gradient_norm**2 * rates.sum()) / 2


# 06.polynomial


def left(step, total_iters):
    return max(0.0, 1 - step / total_iters)


@wrong("06.polynomial", "step=25,", "The denominator is total_iters - 1")
def polynomial_that_is_over_one_update_early(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * left(step, total_iters - 1) ** power


@wrong("06.polynomial", "step=0,", "returned 0.99; expected 1.", "You count from 1")
def polynomial_that_counts_from_one(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * left(step + 1, total_iters) ** power


@wrong("06.polynomial", "With another power", "the power of what is over")
def polynomial_of_what_is_over(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    over = min(1, step / total_iters)
    return base_lr - (base_lr - min_lr) * over**power


@wrong("06.polynomial", "Only the share takes the power")
def polynomial_of_the_rate(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    return (min_lr + (base_lr - min_lr) * left(step, total_iters)) ** power


@wrong("06.polynomial", "power=2.0) returned 2; expected 1", "It is an exponent")
def polynomial_times_the_power(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * left(step, total_iters) * power


@wrong("06.polynomial", "power=2.0", "you take the root where a power is asked")
def polynomial_of_the_root(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * left(step, total_iters) ** (1 / power)


@wrong("06.polynomial", "With a floor", "no floor in the formula")
def polynomial_whose_floor_comes_at_the_end_only(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    return base_lr * left(step, total_iters) ** power if step < total_iters else min_lr


@wrong("06.polynomial", "returned 1.1; expected 1.", "the floor added on top")
def polynomial_with_the_floor_on_top(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    return min_lr + base_lr * left(step, total_iters) ** power


@wrong("06.polynomial", "max() cuts the curve off")
def polynomial_cut_off_at_the_floor(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    return max(min_lr, base_lr * left(step, total_iters) ** power)


@wrong("06.polynomial", "step=100,", "returned 0; expected 0.1.", "It is min_lr that is held")
def polynomial_that_forgets_the_floor_in_the_end(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    if step >= total_iters:
        return 0
    return min_lr + (base_lr - min_lr) * (1 - step / total_iters) ** power


@wrong("06.polynomial", "From total_iters on", "step=101,", "no clamp")
def polynomial_without_an_end(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * (1 - step / total_iters) ** power


@wrong("06.polynomial", "power=0.5", "returned (0.1", "which is not a number")
def polynomial_that_stops_a_falling_line_only(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    if step > total_iters and power == int(power):
        return min_lr
    return min_lr + (base_lr - min_lr) * (1 - step / total_iters) ** power


@wrong("06.polynomial", "With total_iters = 0", "raised ZeroDivisionError", "expected 0.02")
def polynomial_that_divides_by_a_length_of_zero(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    return min_lr + (base_lr - min_lr) * left(step, total_iters) ** power


@wrong("06.polynomial", "same for all arguments")
def polynomial_typed_in(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    return 0.25


@wrong("06.polynomial", "All numbers are right.", "must raise a ValueError that names min_lr")
def polynomial_that_refuses_nothing(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    return min_lr + PolynomialLR(1.0, total_iters, power)(step) * (base_lr - min_lr)


@wrong("06.polynomial", "With min_lr = base_lr", "these arguments are allowed")
def polynomial_that_refuses_a_constant_rate(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    if min_lr >= base_lr:
        raise ValueError("min_lr must be below base_lr")
    left = max(0, 1 - step / total_iters) if total_iters else 0
    return min_lr + (base_lr - min_lr) * left**power


@right("06.polynomial")
def polynomial_between_two_rates(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    if base_lr < min_lr:
        raise ValueError(f"base_lr < min_lr: {base_lr} < {min_lr}")
    share = (max(total_iters - step, 0) / max(total_iters, 1)) ** power
    return share * base_lr + (1 - share) * min_lr


@right("06.polynomial")
def polynomial_in_numpy(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    if min_lr > base_lr:
        raise ValueError("min_lr is too large")
    over = np.clip(step / total_iters, 0, 1) if total_iters else 1
    return np.interp((1 - over) ** power, [0, 1], [min_lr, base_lr])


# 06.landed


def root(step, base_lr, warmup_steps):
    if step < warmup_steps:
        return base_lr * step / warmup_steps
    return base_lr * sqrt(warmup_steps / step)


@wrong("06.landed", "In the cooldown", "step=801,", "no cooldown")
def landed_never(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    return root(step, base_lr, warmup_steps)


@wrong("06.landed", "step=801,", "frozen")
def landed_from_a_frozen_root(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    start = total_steps - cooldown_steps
    if step < start:
        return root(step, base_lr, warmup_steps)
    height = root(start, base_lr, warmup_steps)
    return height * max(0, total_steps - step) / cooldown_steps


@wrong("06.landed", "step=800,", "returned 1; expected 0.353553", "the rate jumps up")
def landed_from_the_peak(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    if step < total_steps - cooldown_steps:
        return root(step, base_lr, warmup_steps)
    return base_lr * max(0, total_steps - step) / cooldown_steps


@wrong("06.landed", "Before the cooldown", "step=50,", "the line runs over the whole run")
def landed_all_along(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    return root(step, base_lr, warmup_steps) * left(step, total_steps)


@wrong("06.landed", "step=800,", "as flat as if it had begun at step 0")
def landed_too_flat(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    rate = root(step, base_lr, warmup_steps)
    return rate if step < total_steps - cooldown_steps else rate * left(step, total_steps)


@wrong("06.landed", "step=801,", "You are at 0 at total_steps - 1")
def landed_one_update_early(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    rate = root(step, base_lr, warmup_steps)
    if step < total_steps - cooldown_steps:
        return rate
    return rate * max(0, total_steps - 1 - step) / (cooldown_steps - 1)


@wrong("06.landed", "step=800,", "returned 0;", "upside down: the line rises")
def landed_upside_down(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    start = total_steps - cooldown_steps
    rate = root(step, base_lr, warmup_steps)
    return rate if step < start else rate * min(1, (step - start) / cooldown_steps)


@wrong("06.landed", "step=400,", "the root starts its clock after the warmup")
def landed_with_a_root_on_its_own_clock(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    rate = base_lr * step / warmup_steps
    if step >= warmup_steps:
        rate = base_lr / sqrt(step - warmup_steps + 1)
    return rate * min(1, max(0, total_steps - step) / cooldown_steps)


@wrong("06.landed", "From total_steps on", "step=1001,", "no clamp")
def landed_below_the_ground(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    rate = root(step, base_lr, warmup_steps)
    return rate * min(1, (total_steps - step) / cooldown_steps)


@wrong("06.landed", "step=1000,", "past the end you are back on the root")
def landed_and_up_again(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    rate = root(step, base_lr, warmup_steps)
    if total_steps - cooldown_steps <= step < total_steps:
        return rate * (total_steps - step) / cooldown_steps
    return rate


@wrong("06.landed", "With cooldown_steps = 0", "raised ZeroDivisionError")
def landed_by_a_length_of_zero(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    share = max(0, total_steps - step) / cooldown_steps
    return root(step, base_lr, warmup_steps) * min(1, share)


@wrong("06.landed", "With warmup_steps = 1", "returned 0.25; expected 0.5")
def landed_after_two_updates_at_least(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    rate = root(step, base_lr, max(2, warmup_steps))
    return rate * max(0, min(1, (total_steps - step) / max(1, cooldown_steps)))


@right("06.landed")
def landed_from_the_end(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    to_go = max(0, total_steps - step)
    line = min(1, to_go / cooldown_steps) if cooldown_steps else float(to_go > 0)
    return line * InverseSqrtLR(base_lr, warmup_steps)(step)


@right("06.landed")
def landed_in_numpy(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    ramp = np.minimum(step / warmup_steps, np.sqrt(warmup_steps / max(step, 1)))
    knots = [0, total_steps - cooldown_steps, total_steps]
    line = np.interp(step, knots, [1, 1, 0]) if step < total_steps else 0
    return base_lr * ramp * line


# The tests


@pytest.mark.parametrize(("name", "answer", "fragments"), ANSWERS.wrong_ones)
def test_a_wrong_answer_is_rejected_for_what_is_wrong_with_it(name, answer, fragments):
    assert_rejected(name, answer, *fragments)


@pytest.mark.parametrize(("name", "answer"), ANSWERS.right_ones)
def test_a_right_answer_is_accepted_however_it_is_written(name, answer):
    assert_accepted(name, answer)


PEAK, HALF, WIDTH, REX = (
    "peak, in ten-thousandths",
    "step of half the peak",
    "peak at width 1024 ÷ peak at width 512",
    "REX at half of the run",
)
NUMBERS = {PEAK: 6.99, HALF: 16_000, WIDTH: 0.707, REX: 0.667}


@pytest.mark.parametrize(
    ("wrong_number", "fragment"),
    [
        ({PEAK: 6.99e-4}, "a power of ten"),
        ({PEAK: 158.1139}, "the width is left out"),
        ({HALF: 8000}, "twice the step"),
        ({HALF: 2000}, "the way up"),
        ({HALF: 12_000}, "counted from the peak"),
        ({WIDTH: 0.5}, "half the rate for twice the width"),
        ({WIDTH: 1.414}, "upside down"),
        ({REX: 0.5}, "the straight line's half"),
        ({REX: 0.75}, "'REX at half of the run': 0.75 is not what happens"),
        ({HALF: None}, "'step of half the peak' needs a number, got None"),
    ],
)
def test_a_wrong_number_is_named(wrong_number, fragment):
    assert_rejected("06.numbers", NUMBERS | wrong_number, fragment)


@pytest.mark.parametrize("rex", [2 / 3, np.float64(0.667), 0.67])
def test_right_numbers_are_accepted_with_three_digits(rex):
    assert grade("06.numbers", NUMBERS | {REX: rex}).passed


def test_the_constant_rate_is_better_near_its_own_end_only():
    """What the cell behind the third exercise shows."""

    def ratio(T):
        fixed = 1000**0.5 / 2 + T / 1000**0.5 / 2
        return fixed / (T**0.5 / 2 + sum(t**-0.5 for t in range(1, T + 1)) / 2)

    assert ratio(1000) < 0.7
    assert ratio(10) > 2.5
    assert ratio(100_000) > 2.5
