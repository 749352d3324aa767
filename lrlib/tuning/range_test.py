"""The learning-rate range test: raise the rate from far too small to far too large, and look."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from ..schedules import ExponentialWarmup, LinearWarmup, Schedule
from ..schedules.base import (
    check_choice,
    check_count,
    check_divisor,
    check_fraction,
    check_length,
    check_rate,
)
from ..training.data import Dataset, batch_order, check_seed, global_generators_kept
from ..training.loop import HIDDEN
from ..training.many import train_many
from ..training.model import mlp
from ..training.updates import Drivers, check_update, make_optimizer
from .range_rules import RangeTest

SWEEPS = {"exponential": ExponentialWarmup, "linear": LinearWarmup}


def lr_range_test(
    data: Dataset,
    model: nn.Module | None = None,
    *,
    low: float = 1e-5,
    high: float = 10.0,
    total_steps: int = 100,
    sweep: str = "exponential",
    smoothing: float = 0.98,
    stop_factor: float = 4.0,
    batch_size: int = 64,
    optimizer: str = "sgd",
    momentum: float | Schedule = 0.9,
    weight_decay: float = 0.0,
    seed: int = 0,
) -> RangeTest:
    r"""Train while the rate rises from ``low`` to ``high``, and record the loss.

    With :math:`N` updates the rate of update :math:`t` is

    .. math::
        \eta_t = \eta_{\mathrm{low}}
            \left(\frac{\eta_{\mathrm{high}}}{\eta_{\mathrm{low}}}\right)^{t / (N - 1)}
        \qquad\text{or}\qquad
        \eta_t = \eta_{\mathrm{low}} + (\eta_{\mathrm{high}} - \eta_{\mathrm{low}}) \frac{t}{N - 1}

    and the smoothed loss is the exponential moving average with its bias corrected,

    .. math::
        v_t = \beta v_{t-1} + (1 - \beta)\, \ell_t, \quad v_{-1} = 0, \qquad
        \bar\ell_t = \frac{v_t}{1 - \beta^{t+1}}

    The test stops at the first update at which :math:`\bar\ell_t` exceeds ``stop_factor`` times
    its lowest value, or is not finite. A copy of the model is trained, in training mode: the model
    itself, its buffers and its mode, and the global generators of Python, NumPy and torch are left
    as they were, also when something is raised. Source: :cite:t:`smith2017cyclical`, whose sweep is
    linear.

    Args:
        data: what to train on.
        model: the network; by default the perceptron of :func:`lrlib.training.loop.train`.
        low: the rate of the first update, finite, above 0 (0 is legal in a linear sweep).
        high: the rate of the last update, finite, above ``low``.
        total_steps: the number of updates :math:`N`, whole and >= 2.
        sweep: how the rate rises, ``"exponential"`` or ``"linear"``.
        smoothing: the factor :math:`\beta` of the average, in [0, 1), 0 for none.
        stop_factor: how many times its lowest value the smoothed loss may reach, finite and >= 1.
        batch_size: the number of examples in each update: that of the training to come, because the
            rates found depend on it.
        optimizer: ``"sgd"`` or ``"adamw"``.
        momentum: as in :func:`lrlib.training.loop.train`.
        weight_decay: as in :func:`lrlib.training.loop.train`.
        seed: decides the order of the batches, the weights of the default model, and what a model
            draws from torch's generator, as dropout does.

    Raises:
        ValueError: if an argument lies outside its range.
    """
    schedule = _sweep(sweep, low, high, total_steps)
    smoothing, stop_factor = _check_watch(smoothing, stop_factor)
    optimizer, momentum, weight_decay, total_steps = check_update(
        optimizer, momentum, weight_decay, total_steps
    )
    seed = check_seed("seed", seed)
    batches = batch_order(len(data.x_train), batch_size, total_steps, seed)
    if model is None:
        model = mlp((data.features, *HIDDEN, data.classes), seed)
    with global_generators_kept():
        torch.manual_seed(seed)
        model = copy.deepcopy(model).train()
        updater = make_optimizer(optimizer, model, 0.0, momentum, weight_decay)
        losses = _losses(model, data, batches, updater, Drivers(updater, schedule, momentum))
        watched = _watch(losses, smoothing, stop_factor)
    return _result(schedule, watched, data, sweep)


def lr_range_test_many(
    data: Dataset,
    seeds: Sequence[int],
    *,
    low: float = 1e-5,
    high: float = 10.0,
    total_steps: int = 100,
    sweep: str = "exponential",
    smoothing: float = 0.98,
    stop_factor: float = 4.0,
    **options: object,
) -> list[RangeTest]:
    """Return what :func:`lr_range_test` finds for the default model, for many seeds at once.

    Args:
        data: what to train on.
        seeds: the seeds, at least one.
        low: see :func:`lr_range_test`, as for the next five.
        high: the rate of the last update.
        total_steps: the number of updates.
        sweep: how the rate rises.
        smoothing: the factor of the average.
        stop_factor: how far the smoothed loss may rise.
        options: further arguments of :func:`lrlib.training.many.train_many`.

    Raises:
        ValueError: if an argument lies outside its range.
    """
    schedule = _sweep(sweep, low, high, total_steps)
    smoothing, stop_factor = _check_watch(smoothing, stop_factor)
    total_steps = check_length("total_steps", total_steps)
    runs = train_many(
        [schedule], seeds, data, total_steps=total_steps, eval_every=total_steps, **options
    )
    return [
        _result(schedule, _watch(losses, smoothing, stop_factor), data, sweep)
        for losses in runs.train_loss[0].tolist()
    ]


def _sweep(sweep: str, low: float, high: float, total_steps: int) -> Schedule:
    """Return the schedule whose ``total_steps`` rates rise from ``low`` to ``high``."""
    check_choice("sweep", sweep, tuple(SWEEPS))
    total_steps = check_count("total_steps", total_steps, least=2)
    high = check_rate("high", high)
    low = check_rate("low", low, high, "high")
    if low == high or (low == 0 and sweep == "exponential"):
        raise ValueError(f"low must lie above 0 and below high ({high!r}), got {low!r}")
    return SWEEPS[sweep](high, total_steps - 1, low)


def _check_watch(smoothing: float, stop_factor: float) -> tuple[float, float]:
    smoothing = check_fraction("smoothing", smoothing)
    if smoothing == 1:
        raise ValueError(f"smoothing must be below 1, got {smoothing!r}")
    return smoothing, check_divisor("stop_factor", stop_factor)


def _losses(
    model: nn.Module, data: Dataset, batches: Tensor, optimizer: Optimizer, drivers: Drivers
) -> Iterator[float]:
    """Give the loss of each batch; update the model when the next one is asked for."""
    for batch in batches:
        optimizer.zero_grad()
        loss = cross_entropy(model(data.x_train[batch]), data.y_train[batch])
        loss.backward()
        yield loss.item()
        optimizer.step()
        drivers.after_update()


def _watch(
    losses: Iterable[float], smoothing: float, stop_factor: float
) -> tuple[list[float], list[float], bool]:
    """Take losses until the smoothed one is too high.

    Returns:
        The losses taken, the smoothed ones, and whether there was reason to stop.
    """
    taken, smoothed = [], []
    average, lowest = 0.0, math.inf
    for loss in losses:
        average = smoothing * average + (1 - smoothing) * loss
        taken.append(loss)
        smoothed.append(average / (1 - smoothing ** len(taken)))
        lowest = min(lowest, smoothed[-1])
        if not math.isfinite(smoothed[-1]) or smoothed[-1] > stop_factor * lowest:
            return taken, smoothed, True
    return taken, smoothed, False


def _result(schedule: Schedule, watched: tuple, data: Dataset, sweep: str) -> RangeTest:
    loss, smoothed, diverged = watched
    rates = np.array(schedule.curve(len(loss)))
    return RangeTest(rates, np.array(loss), np.array(smoothed), diverged, data.classes, sweep)
