"""Answers to the exercises of chapter 2: wrong ones that students give, and other right ones."""

import math

import numpy as np
import pytest
from answers import Answers, assert_accepted, assert_rejected
from grader import grade

from lrlib import MultiStepLR, lab
from lrlib.theory import harmonic_quadratic

ANSWERS = Answers()
wrong, right = ANSWERS.wrong, ANSWERS.right


# 02.last_moment


@wrong("02.last_moment", "Without noise", "returned 0.5; expected 0.25", "factor is not squared")
def last_moment_that_contracts_like_theta(rates, h, variance, start):
    moment = start
    for eta in rates:
        moment = (1 - eta * h) * moment + eta**2 * variance
    return moment


@wrong("02.last_moment", "From the minimum", "expected 0.25", "eta is not squared in the noise")
def last_moment_with_the_noise_in_proportion(rates, h, variance, start):
    moment = start
    for eta in rates:
        moment = (1 - eta * h) ** 2 * moment + eta * variance
    return moment


@wrong("02.last_moment", "returned 0.013264; expected 0.03316", "the variance is squared")
def last_moment_that_squares_the_variance(rates, h, variance, start):
    moment = start
    for eta in rates:
        moment = moment * (1 - eta * h) ** 2 + (eta * variance) ** 2
    return moment


@wrong("02.last_moment", "In one update", "h=0.7", "the noise shrinks with h")
def last_moment_whose_noise_is_curved(rates, h, variance, start):
    moment = start
    for eta in rates:
        moment = (1 - eta * h) ** 2 * moment + (eta * h) ** 2 * variance
    return moment


@wrong("02.last_moment", "returned -0.25; expected 0.25", "a square has no sign")
def last_moment_that_takes_the_noise_away(rates, h, variance, start):
    moment = start
    for eta in rates:
        moment = (1 - eta * h) ** 2 * moment - eta**2 * variance
    return moment


@wrong("02.last_moment", "From the minimum", "returned 0; expected 0.25", "no noise")
def last_moment_of_plain_descent(rates, h, variance, start):
    return start * math.prod((1 - eta * h) ** 2 for eta in rates)


@wrong("02.last_moment", "rates=[0.5]", "returned 1; expected 0.25", "the first update is left out")
def last_moment_without_the_first_update(rates, h, variance, start):
    moment = start
    for t in range(1, len(rates)):
        moment = (1 - rates[t] * h) ** 2 * moment + rates[t] ** 2 * variance
    return moment


@wrong("02.last_moment", "returned 1; expected 0.25", "the last update is left out")
def last_moment_without_the_last_update(rates, h, variance, start):
    moments = [start]
    for eta in rates:
        moments.append((1 - eta * h) ** 2 * moments[-1] + eta**2 * variance)
    return moments[-2] if rates else start


@wrong("02.last_moment", "returned 0.125; expected 0.25", "this is the loss")
def last_moment_that_is_the_loss(rates, h, variance, start):
    moment = start
    for eta in rates:
        moment = (1 - eta * h) ** 2 * moment + eta**2 * variance
    return h * moment / 2


@wrong("02.last_moment", "start=2.0", "It is a second moment already")
def last_moment_that_squares_the_start(rates, h, variance, start):
    moment = start**2
    for eta in rates:
        moment = (1 - eta * h) ** 2 * moment + eta**2 * variance
    return moment


@wrong("02.last_moment", "Without an update", "returned None; expected 3", "a missing return")
def last_moment_that_returns_from_the_loop(rates, h, variance, start):
    moment = start
    for t, eta in enumerate(rates):
        moment = (1 - eta * h) ** 2 * moment + eta**2 * variance
        if t == len(rates) - 1:
            return moment
    return None


@wrong("02.last_moment", "same for all arguments")
def last_moment_typed_in(rates, h, variance, start):
    return 0.45375


@wrong("02.last_moment", "With a rate above 1 / h", "returned 0.72; expected 0.775")
def last_moment_that_never_crosses_the_minimum(rates, h, variance, start):
    moment = start
    for eta in rates:
        moment = max(0, 1 - eta * h) ** 2 * moment + eta**2 * variance
    return moment


@wrong("02.last_moment", "Called again", "something is remembered")
def last_moment_that_goes_on_from_the_last_run(rates, h, variance, start, seen=[]):  # noqa: B006
    seen += rates
    moment = start
    for eta in seen:
        moment = (1 - eta * h) ** 2 * moment + eta**2 * variance
    return moment


@wrong("02.last_moment", "returned 1.1552;", "only the last update counts")
def last_moment_that_always_begins_at_the_start(rates, h, variance, start):
    moment = start
    for eta in rates:
        moment = (1 - eta * h) ** 2 * start + eta**2 * variance
    return moment


@wrong("02.last_moment", "rates=[0.3, 0.1]", "from the last rate to the first")
def last_moment_in_reverse(rates, h, variance, start):
    for eta in reversed(rates):
        start = (1 - eta * h) ** 2 * start + eta**2 * variance
    return start


@wrong("02.last_moment", "the mixed term is kept")
def last_moment_with_the_mixed_term(rates, h, variance, start):
    for eta in rates:
        mixed = 2 * eta * (1 - eta * h) * math.sqrt(variance * start)
        start = (1 - eta * h) ** 2 * start + mixed + eta**2 * variance
    return start


@wrong("02.last_moment", "Called again", "random numbers. What is asked can be computed")
def last_moment_by_luck(rates, h, variance, start):
    theta = np.full(1000, math.sqrt(start))
    rng = np.random.default_rng()
    for eta in rates:
        theta -= eta * (h * theta + rng.normal(0, math.sqrt(variance), 1000))
    return np.square(theta).mean() + rng.normal(0, 1e-3)


@wrong("02.last_moment", "changes the list")
def last_moment_that_uses_the_rates_up(rates, h, variance, start):
    while rates:
        eta = rates.pop(0)
        start = (1 - eta * h) ** 2 * start + eta**2 * variance
    return start


@right("02.last_moment")
def last_moment_unrolled(rates, h, variance, start):
    keep = np.append(np.cumprod((1 - np.array(rates)[::-1] * h) ** 2)[::-1], 1)
    return keep[0] * start + (keep[1:] * np.square(rates) * variance).sum()


@right("02.last_moment")
def last_moment_by_recursion(rates, h, variance, start):
    if not rates:
        return start
    before = last_moment_by_recursion(rates[:-1], h, variance, start)
    return before - rates[-1] * (2 * h * before - rates[-1] * (h * h * before + variance))


# 02.noise_floor


def floor(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    eta = (1 - dampening) * eta
    room = 2 * (1 + beta) - eta * h
    if room <= 0:
        raise ValueError(f"no floor: eta = {eta} is too large")
    return (1 + beta) * eta * variance / batch / h / (1 - beta) / room


@wrong("02.noise_floor", "eta=0.5, h=1.0", "returned 0.166667; expected 0.333333", "of the loss")
def noise_floor_of_the_loss(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return h / 2 * floor(eta, h, variance, batch, beta)


@wrong("02.noise_floor", "returned 0.25; expected 0.333333", "the approximation for small rates")
def noise_floor_of_a_small_rate(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return eta * variance / (2 * h * batch) / (1 - beta)


@wrong("02.noise_floor", "returned 0.25; expected 0.333333", "this is what one update adds")
def noise_floor_of_one_update(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return eta**2 * variance / batch


@wrong("02.noise_floor", "returned 0.5; expected 0.333333", "an update forgets too little")
def noise_floor_without_the_square(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return eta**2 * variance / batch / (1 - (1 - eta * h))


@wrong("02.noise_floor", "another curvature", "h=0.7", "no h in the denominator")
def noise_floor_without_the_curvature(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return floor(eta, h, variance, batch, beta) * h


@wrong("02.noise_floor", "With a batch", "batch=64", "returned 0.333333", "no batch")
def noise_floor_without_a_batch(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return floor(eta, h, variance, 1, beta)


@wrong("02.noise_floor", "batch=64", "the batch counts twice")
def noise_floor_with_the_batch_squared(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return floor(eta, h, variance / batch**2, 1, beta)


@wrong("02.noise_floor", "batch=64", "the root of the batch")
def noise_floor_with_the_root_of_the_batch(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return floor(eta, h, variance / math.sqrt(batch), 1, beta)


@wrong("02.noise_floor", "With momentum", "returned 0.0145402; expected 0.144185", "no momentum")
def noise_floor_without_momentum(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return floor(eta, h, variance, batch)


@wrong("02.noise_floor", "With momentum", "returned 0.17316", "the limit of small rates")
def noise_floor_of_an_effective_rate(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    eta = eta / (1 - beta)
    if eta * h >= 2:
        raise ValueError("eta is too large")
    return eta * variance / (h * batch * (2 - eta * h))


@wrong("02.noise_floor", "beta=0.9", "damped momentum")
def noise_floor_of_damped_momentum(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return floor(eta * (1 - beta), h, variance, batch, beta)


@wrong("02.noise_floor", "Without noise", "raised ZeroDivisionError", "expected 0")
def noise_floor_upside_down(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return 1 / (1 / floor(eta, h, variance, batch, beta))


@wrong("02.noise_floor", "All numbers are right.", "eta=2.5", "must raise a ValueError")
def noise_floor_below_zero(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    eta = (1 - dampening) * eta
    return (1 + beta) * eta * variance / (h * batch * (1 - beta) * (2 * (1 + beta) - eta * h))


@wrong("02.noise_floor", "eta=3.0", "raised ValueError: eta is too large; expected 71.25")
def noise_floor_that_knows_no_momentum_in_its_limit(
    eta, h, variance, batch=1, beta=0.0, dampening=0.0
):
    if eta * h >= 2:
        raise ValueError("eta is too large")
    return floor(eta, h, variance, batch, beta)


@wrong("02.noise_floor", "its text must name eta")
def noise_floor_that_does_not_say_what_is_wrong(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    eta = (1 - dampening) * eta
    if eta * h >= 2 * (1 + beta):
        raise ValueError("beta and eta_max do not go together")
    return floor(eta, h, variance, batch, beta)


@wrong("02.noise_floor", "eta=2.0, h=1.0, variance=1.0) raised ZeroDivisionError", "names eta")
def noise_floor_that_is_infinite_at_its_limit(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    eta = (1 - dampening) * eta
    if eta * h > 2 * (1 + beta):
        raise ValueError("eta is too large")
    return (1 + beta) * eta * variance / (h * batch * (1 - beta) * (2 * (1 + beta) - eta * h))


@wrong("02.noise_floor", "With dampening", "dampening is not used")
def noise_floor_without_dampening(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return floor(eta, h, variance, batch, beta)


@wrong("02.noise_floor", "With dampening", "dampening itself multiplies")
def noise_floor_of_what_is_taken_away(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return floor(eta * (dampening or 1), h, variance, batch, beta)


@wrong("02.noise_floor", "With dampening", "dampening acts on the noise alone")
def noise_floor_of_damped_noise(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return floor(eta, h, variance * (1 - dampening) ** 2, batch, beta)


@wrong("02.noise_floor", "With dampening and a large rate", "raised ValueError: eta is too large")
def noise_floor_that_knows_no_dampening_in_its_limit(
    eta, h, variance, batch=1, beta=0.0, dampening=0.0
):
    if eta * h >= 2 * (1 + beta):
        raise ValueError("eta is too large")
    return floor(eta, h, variance, batch, beta, dampening)


@wrong("02.noise_floor", "same for all arguments")
def noise_floor_typed_in(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return 0.144185


@wrong("02.noise_floor", "variance=0.0", "returned 0. It must raise a ValueError that names eta")
def noise_floor_that_asks_for_noise_first(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    return floor(eta, h, variance, batch, beta, dampening) if variance else 0


@right("02.noise_floor")
def noise_floor_by_waiting(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    eta = (1 - dampening) * eta
    if eta * h >= 2 * (1 + beta):
        raise ValueError(f"eta={eta}")
    move = np.array([[1 - eta * h, -eta * beta], [h, beta]])
    moments, noise = np.zeros((2, 2)), np.outer([-eta, 1], [-eta, 1]) * variance / batch
    for _ in range(30):  # doubles the number of updates each time
        noise, move = noise + move @ noise @ move.T, move @ move
    moments += noise
    return moments[0, 0]


@right("02.noise_floor")
def noise_floor_as_a_product(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    eta = (1 - dampening) * eta
    largest = 2 * (1 + beta) / h
    if not eta < largest:
        raise ValueError(f"eta must be below {largest}")
    return variance / batch * eta / (1 - beta) / h**2 * (1 + beta) / (largest - eta)


# 02.best_moment


@wrong("02.best_moment", "returned 1; expected 0.5", "the start is left out")
def best_moment_from_infinity(steps, h, variance, start):
    return variance / (h**2 * steps) if steps else start


@wrong("02.best_moment", "returned 2; expected 0.5", "this is 1 / A")
def best_moment_not_turned_back(steps, h, variance, start):
    return 1 / start + steps * h**2 / variance if start else None


@wrong("02.best_moment", "h=0.7", "h is not squared")
def best_moment_with_a_plain_curvature(steps, h, variance, start):
    return start * variance / (variance + steps * h * start)


@wrong("02.best_moment", "returned 0.333333; expected 0.5", "one update too many")
def best_moment_that_counts_from_one(steps, h, variance, start):
    moment = start
    for _ in range(steps + 1):
        moment = moment * variance / (variance + h**2 * moment)
    return moment


@wrong("02.best_moment", "returned 1; expected 0.5", "one update too few")
def best_moment_that_misses_an_update(steps, h, variance, start):
    moment = start
    for _ in range(1, steps):
        moment = moment * variance / (variance + h**2 * moment)
    return moment


@wrong("02.best_moment", "variance=0.4", "More noise must leave more")
def best_moment_with_noise_and_curvature_swapped(steps, h, variance, start):
    return 1 / (1 / start + steps * variance / h**2) if start else 0


@wrong("02.best_moment", "this is the loss")
def best_moment_that_is_the_loss(steps, h, variance, start):
    return h / 2 * start * variance / (variance + steps * h**2 * start)


@wrong("02.best_moment", "After a few updates", "steps=2", "the best first rate, kept")
def best_moment_at_one_rate(steps, h, variance, start):
    moment, eta = start, h * start / (h**2 * start + variance)
    for _ in range(steps):
        moment = (1 - eta * h) ** 2 * moment + eta**2 * variance
    return moment


@wrong("02.best_moment", "the best without noise")
def best_moment_at_the_rate_without_noise(steps, h, variance, start):
    moment = start
    for _ in range(steps):
        moment = variance / h**2
    return moment


@wrong("02.best_moment", "From the minimum", "raised ZeroDivisionError", "expected 0")
def best_moment_that_divides_by_the_start(steps, h, variance, start):
    return 1 / (1 / start + steps * h**2 / variance)


@wrong("02.best_moment", "same for all arguments")
def best_moment_typed_in(steps, h, variance, start):
    return 0.002719


@right("02.best_moment")
def best_moment_update_by_update(steps, h, variance, start):
    moment = start
    for _ in range(steps):
        eta = h * moment / (h**2 * moment + variance)
        moment = (1 - eta * h) ** 2 * moment + eta**2 * variance
    return moment


@right("02.best_moment")
def best_moment_under_one_over_t(steps, h, variance, start):
    if start == 0:
        return np.float64(0)
    c = variance / (h**2 * start)
    rates = 1 / (h * (np.arange(steps) + 1 + c))
    return last_moment_unrolled(rates, h, variance, start)


# The tests


@pytest.mark.parametrize(("name", "answer", "fragments"), ANSWERS.wrong_ones)
def test_a_wrong_answer_is_rejected_for_what_is_wrong_with_it(name, answer, fragments):
    assert_rejected(name, answer, *fragments)


@pytest.mark.parametrize(("name", "answer"), ANSWERS.right_ones)
def test_a_right_answer_is_accepted_however_it_is_written(name, answer):
    assert_accepted(name, answer)


POWERS = (
    "eta = 0.2 / t",
    "eta = 0.4 / t",
    "eta = 2 / t",
    "eta = 0.5 / t ** 0.3",
    "eta = 0.5 / t ** 1.5",
)


@pytest.mark.parametrize(
    ("numbers", "fragment"),
    [
        ((-1, -1, -1, -0.3, 0), "every 1/t taken to give 1/t"),
        ((-0.2, -0.4, -1, -0.3, 0), "A forgets twice as fast as theta"),
        ((-0.4, -0.8, -4, -0.3, 0), "only the start's part"),
        ((-0.4, -0.8, -1, 0, 0), "The floor follows the rate down"),
        ((-0.4, -0.8, -1, -0.6, 0), "in proportion to the rate itself"),
        ((-0.4, -0.8, -1, -0.3, -1.5), "The sum of these rates is finite"),
        ((0.4, 0.8, 1, 0.3, 0), "the power is negative"),
        ((-0.4, -0.8, -0.5, -0.3, 0), "'eta = 2 / t': -0.5 is not what happens"),
    ],
)
def test_a_wrong_belief_about_one_over_t_is_named(numbers, fragment):
    assert_rejected("02.power", dict(zip(POWERS, numbers, strict=True)), fragment)


AVERAGE = ("twice n", "twice eta", "twice h", "twice the variance")


@pytest.mark.parametrize(
    ("numbers", "fragment"),
    [
        ((1, 2, 0.5, 2), "this is the last iterate"),
        ((0.5, 2, 0.5, 2), "Neighbouring iterates are not independent"),
        ((0.5, 1, 0.5, 2), "only one h"),
        ((0.5, 1, 1, 2), "no h at all"),
        ((0.71, 1, 0.25, 2), "the root of n"),
        ((0.5, 1, 0.25, 4), "A variance is a square already"),
        ((0.5, 0.5, 0.25, 2), "'twice eta': 0.5 is not what happens"),
    ],
)
def test_a_wrong_belief_about_averaging_is_named(numbers, fragment):
    assert_rejected("02.average", dict(zip(AVERAGE, numbers, strict=True)), fragment)


def test_right_predictions_are_accepted_in_any_order_and_as_any_numbers():
    powers = dict(zip(POWERS, np.array([-0.4, -0.8, -1, -0.3, 0]), strict=True))
    averages = dict(zip(AVERAGE, (1 / 2, 1, 0.5**2, 2.0), strict=True))
    assert grade("02.power", dict(reversed(powers.items()))).passed
    assert grade("02.average", dict(reversed(averages.items()))).passed


def test_on_the_bowl_the_best_place_of_a_drop_moves_forward_as_the_rate_grows():
    bowl = harmonic_quadratic(100)
    best, _ = lab.tune_quadratic(bowl, [1.0] * 300)
    places = []
    for multiple in (1, 2, 4):
        ends = {
            place: bowl.final_loss(MultiStepLR(multiple * best, (place,), 0.2).curve(300))
            for place in range(0, 301, 20)
        }
        places.append(min(ends, key=ends.get))
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 3
