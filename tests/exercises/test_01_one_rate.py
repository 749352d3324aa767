"""Answers to the exercises of chapter 1: wrong ones that students give, and other right ones."""

import cmath
import math

import numpy as np
import pytest
from answers import Answers, assert_accepted, assert_rejected
from grader import EXERCISES, grade

from lrlib.explorers.demos.descent import descend

ANSWERS = Answers()
wrong, right = ANSWERS.wrong, ANSWERS.right


# 01.largest_stable


def refuse(beta):
    if not 0 <= beta < 1:
        raise ValueError("beta")


@wrong("01.largest_stable", "curvatures=[1, 20]) returned 2; expected 0.1.", "the flattest")
def edge_of_the_flattest(curvatures, beta=0.0):
    refuse(beta)
    return 2 * (1 + beta) / min(curvatures)


@wrong("01.largest_stable", "returned 0.190476; expected 0.1.", "the mean curvature")
def edge_of_the_mean(curvatures, beta=0.0):
    refuse(beta)
    return 2 * (1 + beta) / np.mean(curvatures)


@wrong("01.largest_stable", "returned 0.0952381; expected 0.1.", "the sum of the curvatures")
def edge_of_the_sum(curvatures, beta=0.0):
    refuse(beta)
    return 2 * (1 + beta) / sum(curvatures)


@wrong("01.largest_stable", "[0.3, 4.0, 0.01]", "The curvatures are in no order")
def edge_of_the_last(curvatures, beta=0.0):
    refuse(beta)
    return 2 * (1 + beta) / curvatures[-1]


@wrong("01.largest_stable", "returned 0.05; expected 0.1.", "no 2")
def edge_at_the_minimum(curvatures, beta=0.0):
    refuse(beta)
    return (1 + beta) / max(curvatures)


@wrong("01.largest_stable", "the best rate, not the largest")
def edge_that_is_the_best_rate(curvatures, beta=0.0):
    refuse(beta)
    return 2 / (min(curvatures) + max(curvatures))


@wrong("01.largest_stable", "With momentum", "returned 0.2; expected 0.38.", "no momentum in it")
def edge_without_momentum(curvatures, beta=0.0):
    refuse(beta)
    return 2 / max(curvatures)


@wrong("01.largest_stable", "returned 0.02; expected 0.38.", "the effective rate")
def edge_of_the_effective_rate(curvatures, beta=0.0):
    refuse(beta)
    return 2 * (1 - beta) / max(curvatures)


@wrong("01.largest_stable", "returned 2; expected 0.38.", "divided by 1 - beta")
def edge_divided_by_one_minus_beta(curvatures, beta=0.0):
    refuse(beta)
    return 2 / max(curvatures) / (1 - beta)


@wrong("01.largest_stable", "All numbers are right.", "beta=1.0) returned 0.4. It must raise")
def edge_that_refuses_nothing(curvatures, beta=0.0):
    return 2 * (1 + beta) / max(curvatures)


@wrong("01.largest_stable", "beta=-0.1) returned", "It must raise a ValueError that names beta")
def edge_that_refuses_half(curvatures, beta=0.0):
    if beta >= 1:
        raise ValueError("beta")
    return 2 * (1 + beta) / max(curvatures)


@wrong("01.largest_stable", "same for all arguments")
def edge_typed_in(curvatures, beta=0.0):
    return 0.38


@wrong("01.largest_stable", "All numbers are right.", "its text must name beta")
def edge_that_names_another_word(curvatures, beta=0.0):
    if not 0 <= beta < 1:
        raise ValueError("the betas lie in [0, 1)")
    return 2 * (1 + beta) / max(curvatures)


@wrong("01.largest_stable", "these arguments are allowed, and the function refuses them")
def edge_that_refuses_no_momentum(curvatures, beta=0.0):
    if not 0 < beta < 1:
        raise ValueError("beta")
    return 2 * (1 + beta) / max(curvatures)


@wrong("01.largest_stable", "curvatures=[0.3, 4.0, 0.01]) changes the list")
def edge_of_a_list_that_is_sorted_in_place(curvatures, beta=0.0):
    refuse(beta)
    curvatures.sort()
    return 2 * (1 + beta) / curvatures[-1]


@wrong("01.largest_stable", "rounded to 3 digits")
def edge_rounded(curvatures, beta=0.0):
    refuse(beta)
    return round(2 * (1 + beta) / max(curvatures), 3)


@right("01.largest_stable")
def edge_in_numpy(curvatures, beta=0.0):
    if beta < 0 or beta >= 1:
        raise ValueError(f"beta={beta}")
    return np.min(2 / np.array(curvatures)) * (1 + beta)


@right("01.largest_stable")
def edge_by_bisection(curvatures, beta=0.0):
    refuse(beta)
    low, high = 0.0, 1e6
    for _ in range(100):
        rate = (low + high) / 2
        sizes = [np.abs(np.roots([1, rate * h - 1 - beta, beta])).max() for h in curvatures]
        low, high = (low, rate) if max(sizes) > 1 else (rate, high)
    return low


# 01.best_rate


@wrong("01.best_rate", "curvatures=[1, 20]) returned 0.1; expected 0.0952381.", "largest stable")
def best_that_is_the_largest(curvatures):
    return 2 / max(curvatures)


@wrong("01.best_rate", "returned 0.05;", "the best for the steepest direction")
def best_of_the_steepest(curvatures):
    return 1 / max(curvatures)


@wrong("01.best_rate", "returned 1;", "the best for the flattest direction")
def best_of_the_flattest(curvatures):
    return 1 / min(curvatures)


@wrong("01.best_rate", "returned 0.047619;", "no 2")
def best_without_the_two(curvatures):
    return 1 / (min(curvatures) + max(curvatures))


@wrong("01.best_rate", "returned 0.223607;", "the geometric mean")
def best_of_the_geometric_mean(curvatures):
    return (min(curvatures) * max(curvatures)) ** -0.5


@wrong("01.best_rate", "returned 0.904762;", "is the next exercise")
def best_that_is_the_contraction(curvatures):
    kappa = max(curvatures) / min(curvatures)
    return (kappa - 1) / (kappa + 1)


@wrong("01.best_rate", "Of many directions", "[1, 2, 20]", "the mean of all curvatures")
def best_of_the_mean(curvatures):
    return 1 / np.mean(curvatures)


@wrong("01.best_rate", "Of many directions", "[1, 2, 20]", "Only the flattest and the steepest")
def best_of_the_sum(curvatures):
    return 2 / sum(curvatures)


@wrong("01.best_rate", "[0.5, 9, 9, 4]", "the first and the last of the list")
def best_of_the_first_and_the_last(curvatures):
    return 2 / (curvatures[0] + curvatures[-1])


@wrong("01.best_rate", "returned None", "a missing return")
def best_that_is_printed(curvatures):
    2 / (min(curvatures) + max(curvatures))


@wrong("01.best_rate", "[8]) returned 0.25;", "Its best rate is 1 / h")
def best_with_a_special_case(curvatures):
    return 2 / (min(curvatures) + max(curvatures)) if len(curvatures) > 1 else 2 / curvatures[0]


@wrong("01.best_rate", "expected 0.0952381")
def best_on_a_grid(curvatures):
    def slowest(rate):
        return max(abs(1 - rate * h) for h in curvatures)

    return min((i / 1000 for i in range(1, 2000)), key=slowest)


@right("01.best_rate")
def best_of_a_sorted_list(curvatures):
    ordered = sorted(curvatures)
    return 1 / ((ordered[0] + ordered[-1]) / 2)


@right("01.best_rate")
def best_by_search(curvatures):
    low, high = 0.0, 2 / min(curvatures)
    for _ in range(200):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        worst_a, worst_b = (max(abs(1 - rate * h) for h in curvatures) for rate in (a, b))
        low, high = (low, b) if worst_a < worst_b else (a, high)
    return low


# 01.updates_needed


def factor(condition):
    return (condition - 1) / (condition + 1)


def updates(share, condition):
    if condition == 1:
        return 1
    return math.ceil(math.log(share) / math.log(factor(condition)))


@wrong("01.updates_needed", "condition=4) returned 4.50758; expected 5.", "no rounding")
def updates_between_two_updates(share, condition):
    return math.log(share) / math.log(factor(condition)) if condition > 1 else 1


@wrong("01.updates_needed", "returned 4; expected 5.", "one update short")
def updates_one_short(share, condition):
    return int(math.log(share) / math.log(factor(condition))) if condition > 1 else 1


@wrong("01.updates_needed", "share=0.01, condition=4) returned 9", "rounded to the nearest")
def updates_rounded(share, condition):
    return round(math.log(share) / math.log(factor(condition))) if condition > 1 else 1


@wrong("01.updates_needed", "returned 3; expected 5.", "asked is the distance")
def updates_of_the_loss(share, condition):
    return updates(math.sqrt(share), condition)


@wrong("01.updates_needed", "returned 9; expected 5.", "the factor at the rate 1 / L")
def updates_at_a_careful_rate(share, condition):
    if condition == 1:
        return 1
    return math.ceil(math.log(share) / math.log(1 - 1 / condition))


@wrong("01.updates_needed", "the rule of thumb")
def updates_by_the_rule_of_thumb(share, condition):
    return math.ceil(condition / 2 * math.log(1 / share))


@wrong("01.updates_needed", "with square roots")
def updates_with_momentum(share, condition):
    return updates(share, math.sqrt(condition))


@wrong("01.updates_needed", "In a round bowl", "condition=1) raised", "expected 1")
def updates_that_fail_in_a_round_bowl(share, condition):
    return math.ceil(math.log(share) / math.log(factor(condition)))


@wrong("01.updates_needed", "two logarithms of different bases")
def updates_of_two_bases(share, condition):
    return math.ceil(math.log10(share) / math.log(factor(condition))) if condition > 1 else 1


@wrong("01.updates_needed", "same for all arguments")
def updates_typed_in(share, condition):
    return 35


@wrong("01.updates_needed", "returned 2; expected 1.", "where the share is met exactly")
def updates_that_add_one(share, condition):
    if condition == 1:
        return 1
    return int(math.log(share) / math.log(factor(condition))) + 1


@wrong(
    "01.updates_needed", "condition=3) returned 2; expected 1.", "where the share is met exactly"
)
def updates_until_it_is_less(share, condition):
    count, left = 1, factor(condition)
    while left >= share:
        count, left = count + 1, left * factor(condition)
    return count


@wrong("01.updates_needed", "condition=3) returned 2; expected 1.")
def updates_by_a_better_rule_of_thumb(share, condition):
    if condition == 1:
        return 1
    return math.ceil(math.log(1 / share) / 2 * (condition - 1 / (3 * condition)))


@wrong("01.updates_needed", "with arguments drawn at random is wrong in")
def updates_of_one_in_a_bowl_that_is_nearly_round(share, condition):
    return 1 if condition <= 2 else updates(share, condition)


@wrong("01.updates_needed", "In a round bowl", "returned 0; expected 1.", "needs one")
def updates_of_none_in_a_round_bowl(share, condition):
    return updates(share, condition) if condition > 1 else 0


@wrong("01.updates_needed", "condition=1) did not end within 2 seconds", "a loop that does not end")
def updates_without_end(share, condition):
    count, left = 0, 1.0
    while left > share:
        left = math.exp(count * math.log1p(-2 / (condition + 1))) if condition > 1 else 1.0
        count += left > share
    return count


@right("01.updates_needed")
def updates_counted(share, condition):
    count, left = 0, 1.0
    while left > share:
        count, left = count + 1, left * factor(condition)
    return count


@right("01.updates_needed")
def updates_on_a_bowl(share, condition):
    rate = 2 / (1 + condition)
    distances = np.array([1.0, 1.0])
    for count in range(10**6):
        if np.abs(distances).max() <= share:
            return np.int64(count)
        distances -= rate * np.array([1, condition]) * distances
    return None


# 01.growth


def roots(eta, h, beta):
    middle = 1 + beta - eta * h
    half = cmath.sqrt(middle**2 - 4 * beta)
    return (middle + half) / 2, (middle - half) / 2


@wrong("01.growth", "eta=0.15, h=10, beta=0.0) returned -0.5; expected 0.5.", "with its sign")
def growth_with_a_sign(eta, h, beta=0.0):
    return 1 - eta * h


@wrong("01.growth", "roots that are complex", "returned 0; expected 0.707107.", "no momentum in it")
def growth_without_momentum(eta, h, beta=0.0):
    return abs(1 - eta * h)


@wrong("01.growth", "are positive", "returned 0.707107; expected 0.997996", "the square root of")
def growth_that_is_always_complex(eta, h, beta=0.0):
    return math.sqrt(beta) or abs(1 - eta * h)


@wrong("01.growth", "returned 0.25; expected 0.707107.", "the real part alone")
def growth_of_the_real_part(eta, h, beta=0.0):
    return max(abs(root.real) for root in roots(eta, h, beta))


@wrong("01.growth", "returned 0; expected 0.8.", "the smaller root")
def growth_of_the_smaller(eta, h, beta=0.0):
    return min(map(abs, roots(eta, h, beta)))


@wrong("01.growth", "the root with the plus sign")
def growth_of_the_plus_sign(eta, h, beta=0.0):
    return abs(roots(eta, h, beta)[0])


@wrong("01.growth", "returned 0.5; expected 0.707107.", "the product of the roots")
def growth_of_the_product(eta, h, beta=0.0):
    return beta or abs(1 - eta * h)


@wrong("01.growth", "returned 1.6; expected 0.8.", "not halved")
def growth_not_halved(eta, h, beta=0.0):
    return 2 * max(map(abs, roots(eta, h, beta)))


@wrong("01.growth", "returned 1; expected 0.707107.", "the sign of beta")
def growth_of_the_wrong_polynomial(eta, h, beta=0.0):
    return np.abs(np.roots([1, -(1 + beta - eta * h), -beta])).max()


@wrong("01.growth", "raised ValueError: ", "expected 0.707107")
def growth_of_real_roots(eta, h, beta=0.0):
    middle = 1 + beta - eta * h
    return (abs(middle) + math.sqrt(middle**2 - 4 * beta)) / 2


@wrong("01.growth", "which is not a number")
def growth_that_says_yes_or_no(eta, h, beta=0.0):
    return 0 < eta < 2 * (1 + beta) / h


@wrong("01.growth", "With beta left out", "raised TypeError", "beta has no default")
def growth_without_a_default(eta, h, beta):
    return max(map(abs, roots(eta, h, beta)))


@wrong(
    "01.growth", "growth(eta=0.05, h=10) returned 0.948683; expected 0.5.", "the default of beta"
)
def growth_with_another_default(eta, h, beta=0.9):
    return max(map(abs, roots(eta, h, beta)))


@wrong("01.growth", "returned 0; expected 0.8.", "the square root of beta, always")
def growth_of_the_root_of_beta(eta, h, beta=0.0):
    return math.sqrt(beta)


@wrong("01.growth", "returned 0.64; expected 0.8.", "That multiplies the loss")
def growth_of_the_loss(eta, h, beta=0.0):
    return max(map(abs, roots(eta, h, beta))) ** 2


@right("01.growth")
def growth_of_the_matrix(eta, h, beta=0.0):
    return np.abs(np.linalg.eigvals([[1 + beta - eta * h, -beta], [1, 0]])).max()


@right("01.growth")
def growth_by_cmath(eta, h, beta=0.0):
    return max(map(abs, roots(eta, h, beta)))


# The tests


@pytest.mark.parametrize(("name", "answer", "fragments"), ANSWERS.wrong_ones)
def test_a_wrong_answer_is_rejected_for_what_is_wrong_with_it(name, answer, fragments):
    assert_rejected(name, answer, *fragments)


@pytest.mark.parametrize(("name", "answer"), ANSWERS.right_ones)
def test_a_right_answer_is_accepted_however_it_is_written(name, answer):
    assert_accepted(name, answer)


KEYS = ("10 classes", "2 classes", "1000 classes", "2 classes, 9 to 1")


@pytest.mark.parametrize(
    ("numbers", "fragment"),
    [
        ((1, 0.301, 3, 0.14), "logarithms to base 10"),
        ((3.32, 1, 9.97, 0.47), "bits"),
        ((0.1, 0.5, 0.001, 0.9), "the accuracy of guessing"),
        ((2.303, 0.693, 6.908, 0.693), "one half for each class"),
        ((2.303, 0.693, 6.908, 0.105), "only the frequent class"),
        ((2.303, 0.693, 6.908, 0.5), "'2 classes, 9 to 1': 0.5 is not what happens"),
    ],
)
def test_a_wrong_belief_about_chance_is_named(numbers, fragment):
    answer = dict(zip(KEYS, numbers, strict=True))
    assert not grade("01.chance", answer).passed
    assert fragment in grade("01.chance", answer).message


@pytest.mark.parametrize(
    "numbers", [(2.3, 0.69, 6.91, 0.325), (np.log(10), np.log(2), np.log(1000), 0.33)]
)
def test_right_predictions_of_chance_are_accepted(numbers):
    assert grade("01.chance", dict(zip(KEYS, numbers, strict=True))).passed


@pytest.mark.parametrize("eta", [0.01, 0.1, 0.3])
def test_inside_the_edge_the_ball_shrinks_by_the_root_of_its_momentum_at_any_rate(eta):
    path = [point[0] for point in descend(eta, 0.9, (10.0, 1.0), 2000)]
    early, late = (max(map(abs, path[at : at + 200])) for at in (400, 1200))
    assert (late / early) ** (1 / 800) == pytest.approx(math.sqrt(0.9), rel=1e-3)


@pytest.mark.parametrize("n", [1, 3, 6, 9])
def test_an_exact_hit_is_one_where_the_logarithms_miss_it(n):
    assert EXERCISES["01.updates_needed"].reference(0.75**n, 7) == n
