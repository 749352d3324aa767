"""Answers to the exercises of chapter 3: wrong ones that students give, and other right ones."""

import math
import statistics

import numpy as np
import pytest
from answers import Answers, assert_accepted, assert_rejected
from grader import EXERCISES, grade
from grader.chapter_03 import COSINE, LINEAR

from lrlib import lab

ANSWERS = Answers()
wrong, right = ANSWERS.wrong, ANSWERS.right


# 03.paired_se


def check_lengths(first, second):
    if len(first) != len(second):
        raise ValueError("first and second differ in length")
    if len(first) < 2:
        raise ValueError("first is too short")


def differences(first, second):
    return [a - b for a, b in zip(first, second, strict=True)]


@wrong("03.paired_se", "paired_se(first=[0.5, 0.7, 0.6],", "the partners are lost")
def paired_se_that_is_unpaired(first, second):
    check_lengths(first, second)
    return math.sqrt((statistics.variance(first) + statistics.variance(second)) / len(first))


@wrong("03.paired_se", "expected 0.1.", "the spread of one difference")
def paired_se_that_is_a_standard_deviation(first, second):
    return statistics.stdev(differences(first, second))


@wrong("03.paired_se", "divided by n.")
def paired_se_divided_by_n(first, second):
    return statistics.stdev(differences(first, second)) / len(first)


@wrong("03.paired_se", "returned 0.0816497; expected 0.1.", "n for n - 1")
def paired_se_with_numpys_standard_deviation(first, second):
    return np.std(np.subtract(first, second)) / len(first) ** 0.5


@wrong("03.paired_se", "n - 1 twice")
def paired_se_that_takes_one_off_twice(first, second):
    return statistics.stdev(differences(first, second)) / math.sqrt(len(first) - 1)


@wrong("03.paired_se", "returned 0.01; expected 0.1.", "a root is missing")
def paired_se_without_its_root(first, second):
    return statistics.variance(differences(first, second)) / len(first)


@wrong("03.paired_se", "this is the mean difference")
def paired_se_that_is_the_difference(first, second):
    return statistics.fmean(first) - statistics.fmean(second)


@wrong("03.paired_se", "the errors of two means, subtracted")
def paired_se_as_a_difference_of_errors(first, second):
    return abs(lab.estimate(first).se - lab.estimate(second).se)


@wrong("03.paired_se", "sorted first")
def paired_se_of_sorted_losses(first, second):
    return lab.compare(sorted(first), sorted(second)).se


@wrong("03.paired_se", "raised TypeError: unsupported operand type(s) for -")
def paired_se_of_lists_as_if_they_were_arrays(first, second):
    return np.std(first - second, ddof=1) / math.sqrt(len(first))


@wrong("03.paired_se", "same for all arguments")
def paired_se_typed_in(first, second):
    return 0.00512


@wrong("03.paired_se", "returned 0.0612372; expected 0.1.")
def paired_se_for_eight_seeds_whatever_their_number(first, second):
    return statistics.stdev(differences(first, second)) / math.sqrt(8)


@wrong("03.paired_se", "All numbers are right.", "[0.5, 0.6]) returned", "that names second")
def paired_se_that_cuts_the_longer_list(first, second):
    n = min(len(first), len(second))
    return lab.compare(first[:n], second[:n]).se


@wrong("03.paired_se", "second=[0.4]) raised StatisticsError", "its text must name first")
def paired_se_that_leaves_one_seed_to_the_library(first, second):
    if len(first) != len(second):
        raise ValueError("second has another length")
    return statistics.stdev(differences(first, second)) / math.sqrt(len(first))


@wrong("03.paired_se", "With two seeds", "returned 0; expected 0.15")
def paired_se_that_wants_three_seeds(first, second):
    check_lengths(first, second)
    if len(first) == 2:
        return 0.0
    return statistics.stdev(differences(first, second)) / math.sqrt(len(first))


@wrong("03.paired_se", "With two seeds", "these arguments are allowed")
def paired_se_that_refuses_two_seeds(first, second):
    check_lengths(first, second)
    if len(first) <= 2:
        raise ValueError("first needs more losses")
    return statistics.stdev(differences(first, second)) / math.sqrt(len(first))


@wrong("03.paired_se", "paired_se(...) with arguments drawn at random is wrong in")
def paired_se_of_eight_seeds_at_most(first, second):
    check_lengths(first, second)
    return statistics.stdev(differences(first, second)) / math.sqrt(min(8, len(first)))


@wrong("03.paired_se", "second=[0.5, 0.6, 0.7]) returned", "that names second")
def paired_se_that_cuts_a_longer_second(first, second):
    if len(second) < len(first):
        raise ValueError("second is too short")
    check_lengths(first, second[: len(first)])
    d = [a - b for a, b in zip(first, second, strict=False)]
    return statistics.stdev(d) / math.sqrt(len(d))


@wrong("03.paired_se", "paired_se(first=[], second=[]) raised ZeroDivisionError", "names first")
def paired_se_of_nothing(first, second):
    if len(first) != len(second):
        raise ValueError("second has another length")
    if len(first) == 1:
        raise ValueError("first has one loss")
    d = differences(first, second)
    mean = sum(d) / len(d)
    return math.sqrt(sum((x - mean) ** 2 for x in d) / (len(d) - 1) / len(d))


@wrong("03.paired_se", "the mean is not taken away")
def paired_se_around_zero(first, second):
    check_lengths(first, second)
    d = differences(first, second)
    return math.sqrt(sum(x * x for x in d) / (len(d) - 1) / len(d))


@right("03.paired_se")
def paired_se_in_numpy(first, second):
    check_lengths(first, second)
    return np.std(np.array(first) - np.array(second), ddof=1) / np.sqrt(len(first))


@right("03.paired_se")
def paired_se_from_variances_and_covariance(first, second):
    check_lengths(first, second)
    variance = statistics.variance(first) + statistics.variance(second)
    variance -= 2 * statistics.covariance(first, second)
    return math.sqrt(max(variance, 0) / len(first))


# 03.next_rate


def place(losses):
    return int(np.argmin(np.nan_to_num(losses, nan=np.inf)))


@wrong("03.next_rate", "returned 0.2; expected 0.", "this is the best rate so far")
def next_rate_that_is_the_best(rates, losses):
    return rates[place(losses)]


@wrong("03.next_rate", "Best at the upper edge", "returned 0.4; expected 0.8.", "you stop at")
def next_rate_that_stops_at_the_edge(rates, losses):
    best = place(losses)
    return rates[best] if best in (0, len(rates) - 1) else 0


@wrong("03.next_rate", "the largest loss is taken for the best")
def next_rate_after_the_largest_loss(rates, losses):
    return next_rate_in_logarithms(rates, [-loss for loss in losses])


@wrong("03.next_rate", "Best at the lower edge", "only the upper edge is watched")
def next_rate_that_only_goes_up(rates, losses):
    return rates[-1] ** 2 / rates[-2] if place(losses) == len(rates) - 1 else 0


@wrong("03.next_rate", "Best at the upper edge", "only the lower edge is watched")
def next_rate_that_only_goes_down(rates, losses):
    return rates[0] ** 2 / rates[1] if place(losses) == 0 else 0


@wrong("03.next_rate", "returned 0.6; expected 0.8.", "the step is added")
def next_rate_that_adds_the_step(rates, losses):
    best = place(losses)
    if best == 0:
        return rates[0] - (rates[1] - rates[0])
    return rates[-1] + (rates[-1] - rates[-2]) if best == len(rates) - 1 else 0


@wrong("03.next_rate", "returned 0.2; expected 0.333333.", "always by a factor of two")
def next_rate_that_doubles(rates, losses):
    best = place(losses)
    return rates[0] / 2 if best == 0 else rates[-1] * 2 if best == len(rates) - 1 else 0


@wrong("03.next_rate", "rates=[0.01, 0.03, 0.1, 0.2]", "the ratio at the wrong edge")
def next_rate_with_the_upper_ratio_at_both_edges(rates, losses):
    best, ratio = place(losses), rates[-1] / rates[-2]
    return rates[0] / ratio if best == 0 else rates[-1] * ratio if best == len(rates) - 1 else 0


@wrong("03.next_rate", "With a run that diverged", "nan counts as the best")
def next_rate_by_numpys_argmin(rates, losses):
    best = np.argmin(losses)
    if best == 0:
        return rates[0] ** 2 / rates[1]
    return rates[-1] ** 2 / rates[-2] if best == len(rates) - 1 else 0


@wrong("03.next_rate", "losses=[nan, 0.6, 0.7]", "nan is compared with a number")
def next_rate_by_min(rates, losses):
    best = losses.index(min(losses))
    if best == 0:
        return rates[0] ** 2 / rates[1]
    return rates[-1] ** 2 / rates[-2] if best == len(rates) - 1 else 0


@wrong("03.next_rate", "returned None", "a missing return")
def next_rate_without_a_return_inside(rates, losses):
    best = place(losses)
    if best == 0:
        return rates[0] ** 2 / rates[1]
    if best == len(rates) - 1:
        return rates[-1] ** 2 / rates[-2]
    return None


@wrong("03.next_rate", "same for all arguments")
def next_rate_typed_in(rates, losses):
    return 0.8


@wrong("03.next_rate", "All numbers are right.", "raised IndexError", "that names rates")
def next_rate_that_refuses_nothing(rates, losses):
    return next_rate_by_place(rates, losses)


def next_rate_by_place(rates, losses):
    best = place(losses)
    if 0 < best < len(rates) - 1:
        return 0
    edge, inside = (0, 1) if best == 0 else (-1, -2)
    return rates[edge] * rates[edge] / rates[inside]


@wrong("03.next_rate", "losses=[2e+300, 3e+300, nan]", "in place of nan")
def next_rate_with_a_large_loss_for_nan(rates, losses):
    return next_rate_that_checks_first(rates, [x if math.isfinite(x) else 10 for x in losses])


@wrong("03.next_rate", "losses=[0.8, 0.6, nan]) changes the list", "Work on a copy")
def next_rate_that_repairs_the_losses(rates, losses):
    for i, loss in enumerate(losses):
        losses[i] = loss if math.isfinite(loss) else math.inf
    return next_rate_that_checks_first(rates, losses)


@wrong("03.next_rate", "rates=[0.1, 0.2, 0.6]", "Above the grid it is that of the last two")
def next_rate_with_the_lower_ratio_at_both_edges(rates, losses):
    best = place(losses)
    if 0 < best < len(rates) - 1:
        return 0
    return rates[0] ** 2 / rates[1] if best == 0 else rates[-1] * rates[1] / rates[0]


@wrong("03.next_rate", "losses=[nan, 0.8]) returned 0.05; expected 0.4.")
def next_rate_with_the_largest_loss_for_nan(rates, losses):
    worst = max(loss for loss in losses if math.isfinite(loss))
    return next_rate_that_checks_first(rates, [x if math.isfinite(x) else worst for x in losses])


@right("03.next_rate")
def next_rate_that_checks_first(rates, losses):
    if len(rates) < 2:
        raise ValueError(f"rates: {rates}")
    return next_rate_by_place(rates, losses)


@right("03.next_rate")
def next_rate_in_logarithms(rates, losses):
    if len(rates) < 2:
        raise ValueError("too few rates")
    known = {rate: loss for rate, loss in zip(rates, losses, strict=True) if loss == loss}
    best = min(known, key=known.get)
    for edge, inside in ((rates[0], rates[1]), (rates[-1], rates[-2])):
        if best == edge:
            return math.exp(2 * math.log(edge) - math.log(inside))
    return 0


# 03.seeds_needed


def exact(effect, first_spread, second_spread, correlation):
    if effect <= 0:
        raise ValueError("effect must be positive")
    covariance = correlation * first_spread * second_spread
    return 16 * (first_spread**2 + second_spread**2 - 2 * covariance) / effect**2


@wrong("03.seeds_needed", "returned 80; expected 142.", "three standard errors. Asked are four")
def seeds_for_three_standard_errors(effect, first_spread, second_spread, correlation):
    return max(2, math.ceil(exact(effect, first_spread, second_spread, correlation) * 9 / 16))


@wrong("03.seeds_needed", "returned 71; expected 142.", "the variances of both")
def seeds_by_the_spread_of_one_run(effect, first_spread, second_spread, correlation):
    return max(2, math.ceil((4 * first_spread / effect) ** 2))


@wrong("03.seeds_needed", "returned 12; expected 142.", "no square")
def seeds_without_the_square(effect, first_spread, second_spread, correlation):
    return max(2, math.ceil(math.sqrt(exact(effect, first_spread, second_spread, correlation))))


@wrong("03.seeds_needed", "returned 141; expected 142.", "rounded down")
def seeds_rounded_down(effect, first_spread, second_spread, correlation):
    return max(2, int(exact(effect, first_spread, second_spread, correlation)))


@wrong("03.seeds_needed", "returned 141; expected 142.", "rounded to the nearest")
def seeds_rounded_to_the_nearest(effect, first_spread, second_spread, correlation):
    return max(2, round(exact(effect, first_spread, second_spread, correlation)))


@wrong("03.seeds_needed", "returned 141.12; expected 142.", "not rounded")
def seeds_with_decimals(effect, first_spread, second_spread, correlation):
    return max(2, exact(effect, first_spread, second_spread, correlation))


@wrong("03.seeds_needed", "Paired, ", "returned 142; expected 43.", "correlation is not used")
def seeds_of_an_unpaired_comparison(effect, first_spread, second_spread, correlation):
    return max(2, math.ceil(exact(effect, first_spread, second_spread, 0)))


@wrong("03.seeds_needed", "Paired, ", "the correlation has the wrong sign")
def seeds_that_grow_with_the_correlation(effect, first_spread, second_spread, correlation):
    return max(2, math.ceil(exact(effect, first_spread, second_spread, -correlation)))


@wrong("03.seeds_needed", "Paired, ", "the correlation is squared")
def seeds_with_the_squared_correlation(effect, first_spread, second_spread, correlation):
    return max(2, math.ceil(exact(effect, first_spread, second_spread, correlation**2)))


@wrong("03.seeds_needed", "With a large effect", "returned 1; expected 2.", "no spread")
def seeds_that_may_be_one(effect, first_spread, second_spread, correlation):
    return math.ceil(exact(effect, first_spread, second_spread, correlation))


@wrong("03.seeds_needed", "With two spreads", "the first spread for both")
def seeds_of_equal_spreads(effect, first_spread, second_spread, correlation):
    return max(2, math.ceil(exact(effect, first_spread, first_spread, correlation)))


@wrong("03.seeds_needed", "With two spreads", "the mean of the two spreads")
def seeds_of_the_mean_spread(effect, first_spread, second_spread, correlation):
    spread = (first_spread + second_spread) / 2
    return max(2, math.ceil(exact(effect, spread, spread, correlation)))


@wrong("03.seeds_needed", "returned 283; expected 142.", "added before they are squared")
def seeds_of_added_spreads(effect, first_spread, second_spread, correlation):
    return max(2, math.ceil(16 * (first_spread + second_spread) ** 2 / effect**2))


@wrong("03.seeds_needed", "Paired, ", "correlation=0.95", "Only equal spreads allow that")
def seeds_times_one_minus_the_correlation(effect, first_spread, second_spread, correlation):
    unpaired = exact(effect, first_spread, second_spread, 0)
    return max(2, math.ceil(unpaired * (1 - correlation)))


@wrong("03.seeds_needed", "correlation=-0.15", "expected 134")
def seeds_that_know_no_negative_correlation(effect, first_spread, second_spread, correlation):
    return max(2, math.ceil(exact(effect, first_spread, second_spread, max(0, correlation))))


@wrong("03.seeds_needed", "returned 401; expected 400.", "one seed too many")
def seeds_one_too_many_at_a_hit(effect, first_spread, second_spread, correlation):
    return max(2, math.floor(exact(effect, first_spread, second_spread, correlation)) + 1)


@wrong("03.seeds_needed", "just missed", "returned 128; expected 129.")
def seeds_that_forgive_a_near_miss(effect, first_spread, second_spread, correlation):
    return max(2, int(exact(effect, first_spread, second_spread, correlation) + 0.999))


@wrong("03.seeds_needed", "All numbers are right.", "its text must name effect")
def seeds_that_name_another_word(effect, first_spread, second_spread, correlation):
    if effect <= 0:
        raise ValueError("not effective")
    return max(2, math.ceil(exact(effect, first_spread, second_spread, correlation)))


@wrong("03.seeds_needed", "same for all arguments")
def seeds_typed_in(effect, first_spread, second_spread, correlation):
    return 77


@wrong("03.seeds_needed", "All numbers are right.", "effect=-0.1", "must raise a ValueError")
def seeds_for_a_negative_effect(effect, first_spread, second_spread, correlation):
    if effect == 0:
        raise ValueError("effect is zero")
    return max(2, math.ceil(exact(abs(effect), first_spread, second_spread, correlation)))


@wrong("03.seeds_needed", "raised ZeroDivisionError", "a ValueError that names effect")
def seeds_for_no_effect(effect, first_spread, second_spread, correlation):
    variance = first_spread**2 + second_spread**2 - 2 * correlation * first_spread * second_spread
    return max(2, math.ceil(16 * variance / effect**2))


@right("03.seeds_needed")
def seeds_by_the_formula(effect, first_spread, second_spread, correlation):
    return float(max(2, math.ceil(exact(effect, first_spread, second_spread, correlation))))


@right("03.seeds_needed")
def seeds_by_the_spread(effect, first_spread, second_spread, correlation):
    if effect <= 0:
        raise ValueError("effect")
    covariance = correlation * first_spread * second_spread
    spread = math.sqrt(first_spread**2 + second_spread**2 - 2 * covariance)
    return max(2, math.ceil((4 * spread / effect) ** 2))


@right("03.seeds_needed")
def seeds_by_trying(effect, first_spread, second_spread, correlation):
    if not effect > 0:
        raise ValueError(f"no number of seeds finds an effect of {effect}")
    seeds = 2
    variance = first_spread**2 + second_spread**2 - 2 * correlation * first_spread * second_spread
    while 4 * math.sqrt(variance / seeds) > effect:
        seeds += 1
    return seeds


# What is written


@pytest.mark.parametrize(("name", "answer", "fragments"), ANSWERS.wrong_ones)
def test_a_wrong_answer_is_rejected_for_what_is_wrong_with_it(name, answer, fragments):
    assert_rejected(name, answer, *fragments)


@pytest.mark.parametrize(("name", "answer"), ANSWERS.right_ones)
def test_a_right_answer_is_accepted_however_it_is_written(name, answer):
    assert_accepted(name, answer)


def test_the_mistakes_of_an_exercise_are_told_apart():
    told = {}
    for each in ANSWERS.wrong_ones:
        name, answer, _ = each.values
        told.setdefault(name, []).append(grade(name, answer).message)
    for messages in told.values():
        assert len(set(messages)) == len(messages)


# 03.logs

RIGHT_LOGS = {
    "gain at 20k images": 25.6,
    "gain over the baseline's best": 11.5,
    "degrees of freedom": 0,
}


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"gain at 20k images": -25.6}, "the sign is turned"),
        ({"gain at 20k images": 1.41}, "a ratio"),
        ({"gain at 20k images": 9.4}, "another row"),
        (
            {"gain at 20k images": 11.5, "gain over the baseline's best": 25.6},
            "the two are swapped",
        ),
        ({"gain over the baseline's best": 14.1}, "how far the baseline fell"),
        ({"degrees of freedom": 1}, "two runs, but of two schedules"),
        ({"degrees of freedom": 800}, "the evaluations of one run are not runs"),
    ],
)
def test_a_wrong_reading_of_the_logs_is_named(changed, cause):
    assert_rejected("03.logs", RIGHT_LOGS | changed, cause)


def test_a_gain_that_nothing_explains_is_rejected_without_the_answer():
    message = grade("03.logs", RIGHT_LOGS | {"gain at 20k images": 5}).message
    assert message == "Not yet. 'gain at 20k images': 5 is not what happens."


@pytest.mark.parametrize("number", [float, np.float64])
def test_the_right_reading_of_the_logs_is_accepted(number):
    assert grade("03.logs", {key: number(value) for key, value in RIGHT_LOGS.items()}).passed


# What the explanations say


def test_the_eight_recorded_seeds_are_nearer_to_a_verdict_when_paired():
    difference = lab.compare(COSINE, LINEAR)
    unpaired = math.hypot(lab.estimate(COSINE).se, lab.estimate(LINEAR).se)
    assert difference.mean > 3 * difference.se
    assert difference.verdict == "undecided"
    assert 1.3 * unpaired < difference.mean < 1.6 * unpaired


def test_the_best_of_the_baseline_leaves_less_than_half_of_the_gain():
    gain, over_best, _ = RIGHT_LOGS.values()
    assert over_best < gain / 2


def test_a_whole_number_of_seeds_is_not_rounded_up():
    assert EXERCISES["03.seeds_needed"].reference(0.001, 0.001, 0.003, 0.0) == 160
