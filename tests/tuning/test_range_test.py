"""The range test leaves no trace, records what it saw, and its rules mean what they say."""

import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lrlib.training.data import digits
from lrlib.training.model import mlp
from lrlib.tuning import range_test
from lrlib.tuning.range_rules import RULES, Bounds, MinimumOver, RangeTest, SteepestDescent
from lrlib.tuning.range_test import lr_range_test, lr_range_test_many

DIGITS = digits()
GENTLE = {"high": 0.3, "total_steps": 40, "batch_size": 32}
LOSSES = st.lists(st.floats(0, 10) | st.sampled_from([math.inf, math.nan]), min_size=1, max_size=50)


def seen(smoothed, loss=None, diverged=False, sweep="exponential"):
    """A test that saw these losses at the rates 1e-4, 1e-3, and so on."""
    smoothed = np.array(smoothed, dtype=float)
    loss = smoothed if loss is None else np.array(loss, dtype=float)
    lr = 10.0 ** np.arange(-4, len(loss) - 4)
    return RangeTest(lr, loss, smoothed, diverged, classes=10, sweep=sweep)


def test_an_exponential_sweep_multiplies_the_rate_by_the_same_number_each_time():
    test = lr_range_test(DIGITS, total_steps=100, stop_factor=1e30)
    assert (test.lr[0], test.lr[-1]) == (1e-5, 10)
    assert test.lr[1:] / test.lr[:-1] == pytest.approx(1.1498, abs=5e-5)


def test_a_linear_sweep_adds_the_same_number_each_time():
    test = lr_range_test(DIGITS, low=0, sweep="linear", **GENTLE)
    assert test.lr == pytest.approx(np.linspace(0, 0.3, 40), rel=1e-12)


def test_a_default_test_finds_where_the_digits_can_be_trained():
    test = lr_range_test(DIGITS, seed=1)
    assert 0.01 < test.suggest(MinimumOver(10)) < test.suggest(MinimumOver(4)) < 0.5
    bounds = test.bounds()
    assert 0.01 < bounds.base_lr < bounds.max_lr < 1


@given(st.lists(st.floats(0, 10), min_size=1), st.floats(0, 0.999))
def test_the_smoothed_loss_is_the_mean_with_exponential_weights(losses, smoothing):
    taken, smoothed, stopped = range_test._watch(losses, smoothing, 1e308)
    for t in range(len(taken)):
        weights = smoothing ** np.arange(t, -1.0, -1)
        assert smoothed[t] == pytest.approx(np.average(losses[: t + 1], weights=weights), abs=1e-9)


def test_without_smoothing_the_loss_is_as_it_was():
    test = lr_range_test(DIGITS, smoothing=0, **GENTLE)
    assert np.array_equal(test.smoothed, test.loss)


@given(LOSSES, st.floats(0, 0.99), st.floats(1, 10))
def test_it_stops_when_the_smoothed_loss_is_first_too_high_or_not_finite(losses, beta, factor):
    taken, smoothed, stopped = range_test._watch(losses, beta, factor)
    too_high = [
        not value <= factor * min(smoothed[: t + 1]) or math.isinf(value)
        for t, value in enumerate(smoothed)
    ]
    assert repr(taken) == repr(losses[: len(taken)])
    assert too_high[:-1] == [False] * (len(taken) - 1)
    assert stopped == too_high[-1]
    assert stopped or len(taken) == len(losses)


def test_it_stops_training_where_it_stops(monkeypatch):
    batches = []
    model = nn.Linear(64, 10)
    hook = nn.modules.module.register_module_forward_pre_hook(lambda *a: batches.append(1))
    try:
        test = lr_range_test(DIGITS, model, low=1, high=1e9)
    finally:
        hook.remove()
    assert test.diverged
    assert len(test.lr) == len(test.loss) == len(test.smoothed) == len(batches) < 100


def test_a_loss_that_is_nan_at_once_ends_the_test():
    model = nn.Linear(64, 10)
    nn.init.constant_(model.bias, math.nan)
    test = lr_range_test(DIGITS, model)
    assert test.diverged
    assert len(test.lr) == 1


class Restless(nn.Module):
    """Draws from every global generator, keeps a buffer, and can break at its third batch."""

    def __init__(self, breaks=False):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 10), nn.BatchNorm1d(10), nn.Dropout(0.1))
        self.register_buffer("seen", torch.zeros(1), persistent=False)
        self.breaks = breaks

    def forward(self, x):
        self.seen += 1
        if self.breaks and self.seen > 2:
            raise RuntimeError("broken")
        np.random.rand()  # noqa: NPY002
        random.random()
        return self.layers(x)


def everything(model):
    """The model and the global generators, as numbers."""
    tensors = [*model.parameters(), *model.buffers(), *(p.grad for p in model.parameters())]
    tensors.append(torch.get_rng_state())
    _, key, position, *_ = np.random.get_state()  # noqa: NPY002
    return [t.tolist() for t in tensors], random.getstate(), key.tolist(), position


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("breaks", [True, False])
def test_it_leaves_model_and_generators_as_they_were_even_when_it_breaks(training, breaks):
    model = Restless(breaks).train(training)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    before = everything(model)
    if breaks:
        with pytest.raises(RuntimeError, match="broken"):
            lr_range_test(DIGITS, model, **GENTLE)
    else:
        lr_range_test(DIGITS, model, **GENTLE)
    assert everything(model) == before
    assert [module.training for module in model.modules()] == [training] * 5


def test_it_trains_in_training_mode_and_its_seed_decides_what_dropout_drops():
    model = Restless()
    one = lr_range_test(DIGITS, model.train(), seed=5, **GENTLE)
    torch.manual_seed(99)
    same = lr_range_test(DIGITS, model.eval(), seed=5, **GENTLE)
    other = lr_range_test(DIGITS, model, seed=6, **GENTLE)
    assert np.array_equal(one.loss, same.loss)
    assert not np.array_equal(one.loss, other.loss)


def test_the_default_model_is_that_of_the_trainer():
    mine = lr_range_test(DIGITS, mlp((64, 64, 64, 10), seed=7), seed=7, **GENTLE)
    assert np.array_equal(lr_range_test(DIGITS, seed=7, **GENTLE).loss, mine.loss)


@pytest.mark.parametrize("sweep", ["exponential", "linear"])
@pytest.mark.parametrize("optimizer", [{}, {"optimizer": "adamw", "weight_decay": 0.1}])
def test_many_seeds_at_once_are_the_same_tests(tmp_path, monkeypatch, sweep, optimizer):
    monkeypatch.setenv("LRLIB_CACHE", str(tmp_path))
    options = GENTLE | {"high": 0.05, "sweep": sweep, "smoothing": 0.5} | optimizer
    data = DIGITS.double()  # in which rounding cannot grow large
    many = lr_range_test_many(data, [4, 2], **options)
    for seed, test in zip([4, 2], many, strict=True):
        one = lr_range_test(data, mlp((64, 64, 64, 10), seed).double(), seed=seed, **options)
        for name in ("lr", "loss", "smoothed"):
            assert getattr(test, name) == pytest.approx(getattr(one, name), rel=1e-8), name
        assert (test.diverged, test.classes, test.sweep) == (one.diverged, 10, sweep)


def test_many_seeds_stop_each_on_its_own():
    tests = lr_range_test_many(DIGITS, range(8), smoothing=0.5, cache=False)
    assert all(test.diverged for test in tests)
    assert len({len(test.lr) for test in tests}) > 1


def test_relu_networks_die_and_say_so_rather_than_explode():
    tests = lr_range_test_many(DIGITS, range(8), total_steps=300, cache=False)
    dead = [test for test in tests if test.dead]
    assert dead
    assert not any(test.diverged for test in dead)
    assert all(len(test.lr) == 300 for test in dead)


GUESS = math.log(10)


@pytest.mark.parametrize(
    ("loss", "diverged", "dead"),
    [
        ([GUESS, 1.0, GUESS, GUESS, GUESS], False, True),
        ([GUESS, 1.0, GUESS, GUESS, 3.2], False, True),
        ([GUESS, 1.0, GUESS, GUESS, 2.1], False, False),
        ([GUESS, 2.1, GUESS, GUESS, GUESS], False, False),
        ([GUESS, 1.0, GUESS, GUESS, 9.9], True, False),
        ([1.0] * 27 + [GUESS, 0.0, GUESS], False, True),
        ([1.0] * 26 + [GUESS, GUESS, 0.0, 0.0], False, False),
    ],
)
def test_a_network_is_dead_that_learned_and_guesses_again(loss, diverged, dead):
    assert seen(loss, diverged=diverged).dead == dead


def test_minimum_over_divides_the_rate_of_the_lowest_smoothed_loss():
    test = seen([3, 2, 1, 2], loss=[3, 0, 1, 2])
    assert test.suggest(MinimumOver(4)) == pytest.approx(0.01 / 4)
    assert test.suggest(MinimumOver(1)) == pytest.approx(0.01)


def test_steepest_descent_takes_the_largest_fall_before_the_minimum():
    assert seen([9, 8.9, 7, 6, 5.5, 30, 20, 6]).suggest(SteepestDescent()) == pytest.approx(1e-2)
    assert seen([9, 8, 7.5, 9]).suggest(SteepestDescent()) == pytest.approx(1e-3)


def test_bounds_are_where_the_fall_begins_and_where_it_is_nearly_done():
    test = seen([2.0, 2.0, 1.95, 1.5, 1.05, 1.0, 1.01, 3.0])
    assert test.bounds() == Bounds(pytest.approx(1e-2), pytest.approx(1))
    assert test.bounds(tolerance=0.01) == Bounds(pytest.approx(1e-3), pytest.approx(10))


def test_a_rise_before_the_fall_does_not_move_the_bounds():
    test = seen([1.2, 1.0, 2.2, 1.9, 0.5, 0.4, 3])
    assert test.bounds() == Bounds(pytest.approx(1e-2), pytest.approx(1))


@pytest.mark.parametrize("sweep", ["exponential", "linear"])
@pytest.mark.parametrize(
    ("smoothed", "message"),
    [
        ([3, 2, 1], "high must be a rate at which the loss rises again, got 0.01: the smoothed"),
        ([3, 2], "high must be a rate at which the loss rises again"),
        ([1, 2, 3], "low must be a rate at which the loss still falls, got 0.0001: the"),
        ([2, 2, 2], "low must be a rate at which the loss still falls"),
        ([2, math.nan], "low must be a rate at which the loss still falls"),
        ([math.nan], "low must be a rate at which the loss still falls"),
    ],
)
def test_without_a_minimum_inside_there_is_no_suggestion(smoothed, message, sweep):
    test = seen(smoothed, sweep=sweep)
    for ask in (*(lambda rule=rule: test.suggest(rule) for rule in RULES.values()), test.bounds):
        with pytest.raises(ValueError, match=message):
            ask()
    test.plot().canvas.draw()


def test_a_fall_of_one_update_has_no_slope_to_measure():
    with pytest.raises(ValueError, match="rule must have two updates before the lowest loss .* 1"):
        seen([2, 1, 2]).suggest(SteepestDescent())


@given(LOSSES, st.floats(0, 0.99), st.floats(1, 10), st.floats(0.001, 0.499))
def test_whatever_was_seen_a_rule_answers_inside_the_sweep_or_refuses(losses, beta, factor, share):
    loss, smoothed, diverged = range_test._watch(losses, beta, factor)
    test = seen(smoothed, loss, diverged)
    assert test.dead in (True, False)
    low = int(np.argmin(np.where(np.isfinite(smoothed), smoothed, np.inf)))
    if 0 < low < len(smoothed) - 1:
        minimum, bounds = test.suggest(MinimumOver(1)), test.bounds(share)
        assert test.lr[0] < minimum < test.lr[-1]
        assert test.lr[0] <= bounds.base_lr < bounds.max_lr <= minimum
    else:
        for ask in (lambda: test.suggest(MinimumOver(1)), lambda: test.bounds(share)):
            with pytest.raises(ValueError, match="(low|high) must be a rate"):
                ask()


@pytest.mark.parametrize("sweep", ["log", "linear"])
def test_a_plot_shows_both_losses_and_marks_what_each_rule_suggests(sweep):
    test = seen([2, 1.9, 1, 2], [2, 1.8, 1, 2], sweep=sweep.replace("log", "exponential"))
    (ax,) = test.plot().axes
    raw, smoothed, *marks = ax.get_lines()
    assert raw.get_xydata().tolist() == np.stack([test.lr, test.loss], 1).tolist()
    assert smoothed.get_xydata().tolist() == np.stack([test.lr, test.smoothed], 1).tolist()
    assert [mark.get_xdata()[0] for mark in marks] == [test.suggest(r) for r in RULES.values()]
    assert [text.get_text() for text in ax.texts] == [*RULES, "loss", "smoothed"]
    assert (ax.get_xscale(), ax.get_title(loc="left")) == (sweep, "")


def test_a_plot_says_that_the_network_is_dead():
    (ax,) = seen([GUESS, 1.0, GUESS, GUESS]).plot().axes
    assert ax.get_title(loc="left") == "the network is dead: it is back at guessing"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sweep": "cosine"}, "sweep must be one of 'exponential', 'linear', got 'cosine'"),
        ({"total_steps": 1}, "total_steps must be a whole number >= 2, got 1"),
        ({"low": 0}, r"low must lie above 0 and below high \(10.0\), got 0"),
        ({"low": 2, "high": 1}, r"low must not exceed high \(1.0\), got 2"),
        ({"low": 1, "high": 1, "sweep": "linear"}, r"low must lie .* below high \(1.0\), got 1"),
        ({"high": math.inf}, "high must be a finite number >= 0, got inf"),
        ({"smoothing": 1}, "smoothing must be below 1, got 1"),
        ({"smoothing": -0.1}, r"smoothing must be a number in \[0, 1\], got -0.1"),
        ({"stop_factor": 0.5}, "stop_factor must be a finite number >= 1, got 0.5"),
        ({"momentum": 2}, "momentum must not exceed 1"),
        ({"batch_size": 0}, "batch_size must be a whole number >= 1, got 0"),
        ({"optimizer": "lion"}, "optimizer must be one of"),
    ],
)
def test_a_bad_argument_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        lr_range_test(DIGITS, **options)
    with pytest.raises(ValueError, match=message):
        lr_range_test_many(DIGITS, [0], **options)


def test_a_bad_divisor_or_tolerance_is_named():
    with pytest.raises(ValueError, match="divisor must be a finite number >= 1, got 0.5"):
        MinimumOver(0.5)
    for tolerance in (0, 0.5, math.nan):
        with pytest.raises(ValueError, match=f"between 0 and 0.5, got {tolerance}"):
            seen([3, 1, 2]).bounds(tolerance)
