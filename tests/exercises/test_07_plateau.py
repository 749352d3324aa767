"""Answers to the exercises of chapter 7: wrong ones that students give, and other right ones."""

import itertools
import math
import random

import numpy as np
import pytest
from answers import Answers, assert_accepted, assert_rejected
from grader import grade

from lrlib import MultiStepLR, ReduceLROnPlateau

INF = math.inf
ANSWERS = Answers()
wrong, right = ANSWERS.wrong, ANSWERS.right


# 07.false_alarm


@wrong("07.false_alarm", "false_alarm(n=20, k=11) returned 0.354839", "the other event")
def false_alarm_that_is_news(n, k):
    return k / (n + k)


@wrong("07.false_alarm", "returned 0.0322581", "the best is at one given place")
def false_alarm_at_one_place(n, k):
    return 1 / (n + k)


@wrong("07.false_alarm", "returned 0.967742", "only the last evaluation is asked")
def false_alarm_of_the_last_evaluation(n, k):
    return 1 - 1 / (n + k)


@wrong("07.false_alarm", "does not stay at 1/n;")
def false_alarm_of_constant_chances(n, k):
    return (1 - 1 / n) ** k


@wrong("07.false_alarm", "does not stay at 1/(n + 1);")
def false_alarm_of_constant_chances_from_the_next_on(n, k):
    return (n / (n + 1)) ** k


@wrong("07.false_alarm", "returned 0.666667; expected 0.645161", "n + k in all")
def false_alarm_one_evaluation_short(n, k):
    return n / (n + k - 1)


@wrong("07.false_alarm", "returned 0.625;", "not k + 1")
def false_alarm_one_evaluation_long(n, k):
    return math.prod(1 - 1 / j for j in range(n + 1, n + k + 2))


@wrong("07.false_alarm", "same for all arguments")
def false_alarm_typed_in(n, k):
    return 0.6451612903


@wrong("07.false_alarm", "expected 0.645161")
def false_alarm_rounded(n, k):
    return round(n / (n + k), 3)


@wrong("07.false_alarm", "All numbers are right.", "n=0, k=5", "that names n")
def false_alarm_that_refuses_nothing(n, k):
    return n / (n + k)


@wrong("07.false_alarm", "its text must name n")
def false_alarm_that_names_a_number(n, k):
    if n < 1:
        raise ValueError("the number of evaluations is too small")
    return n / (n + k)


@right("07.false_alarm")
def false_alarm_as_a_product(n, k):
    if n < 1:
        raise ValueError("n counts evaluations, of which there must be one")
    return np.prod([1 - 1 / j for j in range(n + 1, n + k + 1)])


@right("07.false_alarm")
def false_alarm_one_by_one(n, k):
    if n <= 0:
        raise ValueError("n <= 0")
    quiet = 1.0
    while k:
        quiet, n, k = quiet * n / (n + 1), n + 1, k - 1
    return quiet


# 07.first_alarm


@wrong("07.first_alarm", "patience=1) returned 2.71828", "a drop takes p + 1 bad evaluations")
def first_alarm_one_term_short(patience):
    return math.exp(sum(1 / i for i in range(1, patience + 1)))


@wrong("07.first_alarm", "returned 6.2547; expected 4.48169", "off by one. The last term")
def first_alarm_one_term_long(patience):
    return math.exp(sum(1 / i for i in range(1, patience + 3)))


@wrong("07.first_alarm", "returned 1.5;", "this is the exponent")
def first_alarm_without_e(patience):
    return sum(1 / i for i in range(1, patience + 2))


@wrong("07.first_alarm", "The exponent is a sum of reciprocals")
def first_alarm_of_one_reciprocal_less(patience):
    return math.e ** (patience + 1)


@wrong("07.first_alarm", "returned 3;", "the best case")
def first_alarm_if_the_first_stays_best(patience):
    return patience + 2


@wrong("07.first_alarm", "the approximation for much patience")
def first_alarm_for_much_patience(patience):
    return math.exp(0.57721566490153) * (patience + 1.5)


@wrong("07.first_alarm", "The first term is 1")
def first_alarm_from_a_half_on(patience):
    return math.exp(sum(1 / i for i in range(2, patience + 2)))


@wrong("07.first_alarm", "returned 4.4", "expected 4.48169")
def first_alarm_by_simulation(patience):
    rng, counts = random.Random(4), []
    for _ in range(2000):
        best, bad, count = INF, 0, 0
        while bad <= patience:
            metric, count = rng.random(), count + 1
            bad = 0 if metric < best else bad + 1
            best = min(best, metric)
        counts.append(count)
    return sum(counts) / len(counts)


@wrong("07.first_alarm", "All numbers are right.", "patience=-1")
def first_alarm_that_refuses_nothing(patience):
    return math.exp(sum(1 / i for i in range(1, patience + 2)))


@wrong("07.first_alarm", "its text must name patience")
def first_alarm_that_is_impatient(patience):
    if patience < 0:
        raise ValueError("impatience")
    return math.exp(sum(1 / i for i in range(1, patience + 2)))


@wrong("07.first_alarm", "a difference. Every result is 1 too small")
def first_alarm_that_leaves_the_last_one_out(patience):
    return math.exp(sum(1 / i for i in range(1, patience + 2))) - 1


@right("07.first_alarm")
def first_alarm_by_the_recursion_of_the_chapter(patience):
    if patience < 0:
        raise ValueError("negative patience")
    b = [0.0, 1.0]
    for n in range(2, 1200):
        b.append(sum(b[max(1, n - 1 - patience) : n]) / (n - 1))
    return sum(b)


@right("07.first_alarm")
def first_alarm_as_a_product(patience):
    if not patience >= 0:
        raise ValueError(f"patience = {patience}")
    return np.prod(np.exp(1 / np.arange(1, patience + 2)))


# 07.plateau


def machine(metrics, lr, factor, patience, over, best=INF):
    """A right machine but for when it drops and where its best begins."""
    bad = 0
    for metric in metrics:
        best, bad = (metric, 0) if metric < best else (best, bad + 1)
        if over(bad, patience):
            lr, bad = lr * factor, 0
    return lr


@wrong("07.plateau", "On a flat metric", "returned 0.5; expected 1.", "It must exceed it")
def plateau_as_keras_has_it(metrics, base_lr, factor, patience):
    return machine(metrics, base_lr, factor, patience, lambda bad, p: bad and bad >= p)


@wrong("07.plateau", "While the metric improves", "patience=0)", "a good evaluation may drop")
def plateau_that_drops_at_good_ones_too(metrics, base_lr, factor, patience):
    return machine(metrics, base_lr, factor, patience, lambda bad, p: bad >= p)


@wrong("07.plateau", "the best starts at 0")
def plateau_that_starts_from_zero(metrics, base_lr, factor, patience):
    return machine(metrics, base_lr, factor, patience, lambda bad, p: bad > p, best=0)


@wrong(
    "07.plateau", "On a flat metric", "returned 0.125; expected 0.5", "not set back after a drop"
)
def plateau_that_goes_on_counting(metrics, base_lr, factor, patience):
    lr, best, bad = base_lr, INF, 0
    for metric in metrics:
        best, bad = (metric, 0) if metric < best else (best, bad + 1)
        lr *= factor if bad > patience else 1
    return lr


@wrong("07.plateau", "With good and bad ones", "Bad ones count only in a row")
def plateau_that_counts_all_bad_ones(metrics, base_lr, factor, patience):
    lr, best, bad = base_lr, INF, 0
    for metric in metrics:
        if metric < best:
            best = metric
        else:
            bad += 1
        if bad > patience:
            lr, bad = lr * factor, 0
    return lr


@wrong("07.plateau", "After a lucky evaluation", "with the evaluation before")
def plateau_that_compares_neighbours(metrics, base_lr, factor, patience):
    lr, bad = base_lr, 0
    for old, new in itertools.pairwise((INF, *metrics)):
        bad = 0 if new < old else bad + 1
        if bad > patience:
            lr, bad = lr * factor, 0
    return lr


@wrong("07.plateau", "On a flat metric", "a tie is taken for an improvement")
def plateau_that_is_content_with_a_tie(metrics, base_lr, factor, patience):
    lr, best, bad = base_lr, INF, 0
    for metric in metrics:
        if metric <= best:
            best, bad = metric, 0
        else:
            bad += 1
        if bad > patience:
            lr, bad = lr * factor, 0
    return lr


@wrong("07.plateau", "a drop makes it forget the best")
def plateau_that_forgets(metrics, base_lr, factor, patience):
    lr, seen, bad = base_lr, [], 0
    for metric in metrics:
        bad = 0 if metric < min(seen, default=INF) else bad + 1
        seen.append(metric)
        if bad > patience:
            lr, seen, bad = lr * factor, [], 0
    return lr


@wrong("07.plateau", "While the metric improves", "larger is taken for better")
def plateau_for_an_accuracy(metrics, base_lr, factor, patience):
    return machine([-metric for metric in metrics], base_lr, factor, patience, int.__gt__)


@wrong("07.plateau", "a missing return")
def plateau_that_prints(metrics, base_lr, factor, patience):
    print(machine(metrics, base_lr, factor, patience, int.__gt__))


SEEN = {"best": INF}


@wrong("07.plateau", "Called again", "something is remembered")
def plateau_that_remembers_the_last_run(metrics, base_lr, factor, patience):
    rate = machine(metrics, base_lr, factor, patience, int.__gt__, SEEN["best"])
    SEEN["best"] = min(SEEN["best"], *metrics, INF)
    return rate


@wrong("07.plateau", "All numbers are right.", "patience=-1", "that names patience")
def plateau_that_refuses_nothing(metrics, base_lr, factor, patience):
    return machine(metrics, base_lr, factor, max(0, patience), int.__gt__)


@wrong("07.plateau", "With a large metric", "returned 0.5; expected 1.", "a metric may exceed")
def plateau_that_starts_from_a_thousand(metrics, base_lr, factor, patience):
    return machine(metrics, base_lr, factor, patience, int.__gt__, best=1000)


@wrong("07.plateau", "With a metric of 0", "a best of 0 is taken for none")
def plateau_that_takes_zero_for_nothing(metrics, base_lr, factor, patience):
    lr, best, bad = base_lr, None, 0
    for metric in metrics:
        best, bad = (metric, 0) if not best or metric < best else (best, bad + 1)
        if bad > patience:
            lr, bad = lr * factor, 0
    return lr


@wrong("07.plateau", "With improvements that are small", "a threshold, as torch has by default")
def plateau_with_a_threshold(metrics, base_lr, factor, patience):
    watcher = ReduceLROnPlateau(base_lr, factor=factor, patience=patience, eps=0)
    return [base_lr, *map(watcher.update, metrics)][-1]


@wrong("07.plateau", "raised IndexError: list index out of range", "metrics=[], base_lr=0.3")
def plateau_that_needs_an_evaluation(metrics, base_lr, factor, patience):
    return machine(metrics[1:], base_lr, factor, patience, int.__gt__, best=metrics[0])


@wrong("07.plateau", "returned 0.5; expected 0.25", "it stops at the first drop")
def plateau_that_returns_from_the_loop(metrics, base_lr, factor, patience):
    best, bad = INF, 0
    for metric in metrics:
        best, bad = (metric, 0) if metric < best else (best, bad + 1)
        if bad > patience:
            return base_lr * factor
    return base_lr


@wrong("07.plateau", "With a small metric", "returned 0.5; expected 1.")
def plateau_that_compares_with_a_grain_of_salt(metrics, base_lr, factor, patience):
    lr, best, bad = base_lr, INF, 0
    for metric in metrics:
        best, bad = (metric, 0) if metric < best - 1e-15 else (best, bad + 1)
        if bad > patience:
            lr, bad = lr * factor, 0
    return lr


@right("07.plateau")
def plateau_of_lrlib(metrics, base_lr, factor, patience):
    if patience < 0:
        raise ValueError("patience < 0")
    watcher = ReduceLROnPlateau(base_lr, "min", factor, patience, threshold=0, eps=0)
    return [base_lr, *map(watcher.update, metrics)][-1]


@right("07.plateau")
def plateau_that_looks_back_from_each_bad_one(metrics, base_lr, factor, patience):
    if patience < 0:
        raise ValueError("a patience below zero")
    drops, since = 0, 0
    for at, metric in enumerate(metrics):
        if metric < min(metrics[:at], default=INF):
            since = at
        elif at - since > patience:
            drops, since = drops + 1, at
    return np.float64(base_lr) * factor**drops


# 07.milestone


def falls(rates):
    return [step for step in range(1, len(rates)) if rates[step] < rates[step - 1]]


def nth(found, k):
    if not 1 <= k <= len(found):
        raise ValueError(f"no drop k={k}")
    return found[k - 1]


@wrong("07.milestone", "k=1) returned 4; expected 5.", "the last update at the old rate")
def milestone_one_step_early(rates, k):
    return nth([i for i, (a, b) in enumerate(itertools.pairwise(rates)) if b < a], k)


@wrong("07.milestone", "returned 6; expected 5.", "counted from 1")
def milestone_one_step_late(rates, k):
    return nth(falls(rates), k) + 1


@wrong("07.milestone", "returned 12; expected 5.", "the first drop is k = 1")
def milestone_counted_from_zero(rates, k):
    return falls(rates)[k]


@wrong("07.milestone", "After a warmup", "a rise is counted as a drop")
def milestone_of_any_change(rates, k):
    return nth([i for i in range(1, len(rates)) if rates[i] != rates[i - 1]], k)


@wrong("07.milestone", "returned 0.1;", "this is the rate after the drop")
def milestone_that_is_a_rate(rates, k):
    return rates[nth(falls(rates), k)]


@wrong("07.milestone", "returned 7; expected 12.", "counts from the start of the run")
def milestone_since_the_one_before(rates, k):
    return nth(np.diff([0, *falls(rates)]).tolist(), k)


@wrong("07.milestone", "returned 13; expected 5.", "from the end")
def milestone_from_the_end(rates, k):
    return falls(rates)[-k]


@wrong("07.milestone", "All numbers are right.", "k=4) raised IndexError")
def milestone_that_runs_out(rates, k):
    return falls(rates)[k - 1]


@wrong("07.milestone", "All numbers are right.", "k=0) returned 13")
def milestone_that_takes_the_last_for_the_one_before_the_first(rates, k):
    if k > len(falls(rates)):
        raise ValueError("k is too large")
    return falls(rates)[k - 1]


@wrong("07.milestone", "With drops that are small", "these arguments are allowed")
def milestone_of_a_half_at_least(rates, k):
    return nth([i for i in range(1, len(rates)) if rates[i] <= rates[i - 1] * 0.6], k)


@wrong("07.milestone", "its text must name k")
def milestone_that_asks(rates, k):
    if not 1 <= k <= len(falls(rates)):
        raise ValueError("ask for another drop")
    return falls(rates)[k - 1]


@wrong("07.milestone", "After a warmup", "these arguments are allowed")
def milestone_below_the_start(rates, k):
    return nth([i for i in range(1, len(rates)) if rates[i] < min(rates[:i])], k)


@wrong("07.milestone", "IndexError", "It must raise a ValueError that names k")
def milestone_of_no_rates(rates, k):
    if not rates:
        return rates[0]
    return nth([i for i in range(1, len(rates)) if rates[i] < rates[i - 1]], k)


@right("07.milestone")
def milestone_by_numpy(rates, k):
    found = 1 + np.flatnonzero(np.diff(rates) < 0)
    if k < 1 or k > len(found):
        raise ValueError(f"k={k} of {len(found)}")
    return found[k - 1]


@right("07.milestone")
def milestone_that_counts_down(rates, k):
    left = k
    for step in range(1, len(rates)):
        left -= rates[step] < rates[step - 1]
        if left == 0 and rates[step] < rates[step - 1]:
            return step
    raise ValueError(f"there is no drop number k = {k}")


# The tests


@pytest.mark.parametrize(("name", "answer", "fragments"), ANSWERS.wrong_ones)
def test_a_wrong_answer_is_rejected_for_what_is_wrong_with_it(name, answer, fragments):
    assert_rejected(name, answer, *fragments)


@pytest.mark.parametrize(("name", "answer"), ANSWERS.right_ones)
def test_a_right_answer_is_accepted_however_it_is_written(name, answer):
    assert_accepted(name, answer)


ASKED = (
    "torch: first drop after evaluation",
    "torch: drops",
    "Keras: drops",
    "torch with cooldown=2: drops",
)


@pytest.mark.parametrize(
    ("numbers", "fragment"),
    [
        ((3, 4, 5, 2), "you count the first evaluation as bad"),
        ((3, 5, 5, 2), "exceeds the patience, not when it reaches it"),
        ((4, 3, 3, 2), "one evaluation earlier than torch"),
        ((4, 9, 5, 2), "the count starts anew after a drop"),
        ((4, 3, 5, 3), "a cooldown comes on top of the patience"),
        ((4, 3, 6, 2), "'Keras: drops': 6 is not what happens"),
    ],
)
def test_a_wrong_trace_is_named(numbers, fragment):
    assert_rejected("07.flat", dict(zip(ASKED, numbers, strict=True)), fragment)


def test_the_right_trace_is_what_the_plateau_does():
    drops = []
    for patience, cooldown in ((2, 0), (1, 0), (2, 2)):
        watcher = ReduceLROnPlateau(1.0, factor=0.5, patience=patience, cooldown=cooldown)
        drops.append(falls([1.0, *(watcher.update(1.0) for _ in range(12))]))
    torch, keras, cooled = drops  # Keras's patience is one less
    answer = dict(zip(ASKED, (torch[0], len(torch), len(keras), len(cooled)), strict=True))
    assert grade("07.flat", answer).passed


def test_sixty_flat_evaluations_take_the_patience_that_the_hint_says():
    def mean(patience):
        return math.exp(sum(1 / i for i in range(1, patience + 2)))

    assert mean(32) < 60 < mean(33)
    assert mean(33) == pytest.approx(1.78 * 34.5, rel=0.01)


def test_milestones_replay_a_record():
    rates = MultiStepLR(0.2, (3, 7, 8), gamma=0.5).curve(12)
    found = [milestone_by_numpy(rates, k) for k in (1, 2, 3)]
    assert MultiStepLR(0.2, tuple(map(int, found)), gamma=0.5).curve(12) == rates
