"""The one setting in which every chapter trains, and the protocol by which schedules are compared.

MNIST-1D, a perceptron with two hidden layers of 64 units, SGD with momentum 0.9, batches of 64,
1,500 updates, 8 seeds. Every schedule is tuned before it is compared: its rate is chosen by the
mean validation loss, on a grid that is extended until the best rate is not at its edge, and what
is reported is the test loss at that rate. Seeds share their initial weights and batches across
schedules, so differences are taken seed by seed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import minimize_scalar

from ..schedules import ReduceLROnPlateau, Schedule
from ..theory import NoisyQuadratic
from ..training import data as datasets
from ..training.many import Runs, train_many

BATCH_SIZE = 64
MOMENTUM = 0.9
TOTAL_STEPS = 1500
SEEDS = tuple(range(8))
RATES = {"sgd": (0.1, 0.2, 0.4), "adamw": (0.003, 0.006, 0.012)}  # where a grid begins
EXTENSIONS = 8  # how often a grid may be extended before the search is given up


@cache
def data() -> datasets.Dataset:
    """Return the lab's data."""
    return datasets.mnist1d()


@dataclass(frozen=True, eq=False)
class Tuned:
    """A schedule at its best rate.

    Args:
        rate: the rate with the smallest mean validation loss.
        schedule: the schedule at that rate; a plateau as it is before a run.
        rates: all rates tried, in ascending order, shape [rates].
        val_loss: the validation loss of each at the end, shape [rates, seeds].
        lr: the rate of each update of the best, shape [seeds, total_steps].
        train_loss: its training loss at each update, shape [seeds, total_steps].
        eval_step: how many updates were done at each evaluation, shape [evals].
        val_curve: its validation loss at each evaluation, shape [seeds, evals].
        test_loss: its test loss at the end, shape [seeds].
        test_accuracy: its test accuracy at the end, shape [seeds].
    """

    rate: float
    schedule: Schedule | ReduceLROnPlateau
    rates: np.ndarray
    val_loss: np.ndarray
    lr: np.ndarray
    train_loss: np.ndarray
    eval_step: np.ndarray
    val_curve: np.ndarray
    test_loss: np.ndarray
    test_accuracy: np.ndarray


def tune(
    candidates: Mapping[Hashable, Callable[[float, int], Schedule | ReduceLROnPlateau]],
    rates: Sequence[float] | None = None,
    seeds: Sequence[int] = SEEDS,
    total_steps: int = TOTAL_STEPS,
    optimizer: str = "sgd",
) -> dict[Hashable, Tuned]:
    """Train each candidate at each rate with every seed, and report each at its best rate.

    Where the best rate is at the edge of the grid, the grid grows by one rate beyond it, in the
    ratio of its last two, until it is not. A rate at which a run diverges counts as worst.

    Args:
        candidates: label to a function that makes the schedule, or the plateau, from a rate and the
            number of updates.
        rates: the grid to begin with: at least two rates, ascending; by default one that suits the
            optimizer.
        seeds: the seeds of the runs.
        total_steps: the number of updates of each run.
        optimizer: ``"sgd"`` or ``"adamw"``.

    Raises:
        ValueError: if ``rates`` is not as above, or no optimum is found inside the grid after
            eight extensions.
    """
    rates = list(RATES[optimizer] if rates is None else rates)
    if len(rates) < 2 or rates != sorted(set(rates)) or rates[0] <= 0:
        raise ValueError(f"rates must be at least two positive numbers, ascending, got {rates!r}")
    found: dict[Hashable, dict[float, tuple[Runs, int]]] = {label: {} for label in candidates}
    wanted = [(label, rate) for label in candidates for rate in rates]
    for _ in range(EXTENSIONS + 1):
        runs = train_many(
            [candidates[label](rate, total_steps) for label, rate in wanted],
            seeds,
            data(),
            total_steps=total_steps,
            batch_size=BATCH_SIZE,
            optimizer=optimizer,
            momentum=MOMENTUM,
        )
        for i, (label, rate) in enumerate(wanted):
            found[label][rate] = runs, i
        wanted = [
            (label, rate)
            for label in candidates
            if (rate := _beyond_edge(found[label])) is not None
        ]
        if not wanted:
            return {label: _best(candidates[label], found[label], total_steps) for label in found}
    raise ValueError(f"rates must reach the best rate, got {wanted!r} still to try")


def tune_quadratic(problem: NoisyQuadratic, shape: Sequence[float]) -> tuple[float, float]:
    """Scale a schedule to the peak with the smallest expected loss at the end.

    Args:
        problem: the noisy quadratic.
        shape: the rates at peak 1.

    Returns:
        The best peak, below the largest at which every direction is stable, and the loss there.
    """
    largest = 2 / max(problem.curvatures)

    def loss(log_peak: float) -> float:
        return problem.final_loss([np.exp(log_peak) * rate for rate in shape])

    found = minimize_scalar(loss, bounds=np.log([largest / 1e4, largest]), options={"xatol": 1e-4})
    return float(np.exp(found.x)), float(found.fun)


def _final_val_loss(run: tuple[Runs, int]) -> float:
    """Return the mean validation loss at the end, infinite if a run diverged."""
    loss = run[0].val_loss[run[1], :, -1].mean()
    return loss if np.isfinite(loss) else np.inf


def _beyond_edge(found: dict[float, tuple[Runs, int]]) -> float | None:
    """Return the rate to try next if the best is the smallest or the largest tried, else None."""
    rates = sorted(found)
    best = min(rates, key=lambda rate: _final_val_loss(found[rate]))
    if best == rates[0]:
        return rates[0] ** 2 / rates[1]
    if best == rates[-1]:
        return rates[-1] ** 2 / rates[-2]
    return None


def _best(
    schedule_of: Callable[[float, int], Schedule | ReduceLROnPlateau],
    found: dict[float, tuple[Runs, int]],
    total_steps: int,
) -> Tuned:
    rates = sorted(found)
    rate = min(rates, key=lambda rate: _final_val_loss(found[rate]))
    runs, i = found[rate]
    return Tuned(
        rate,
        schedule_of(rate, total_steps),
        np.array(rates),
        np.array([found[each][0].val_loss[found[each][1], :, -1] for each in rates]),
        runs.lr[i],
        runs.train_loss[i],
        runs.eval_step,
        runs.val_loss[i],
        runs.test_loss[i],
        runs.test_accuracy[i],
    )
