"""The one setting in which every chapter trains, and the protocol by which schedules are compared.

MNIST-1D, a perceptron with two hidden layers of 64 units, SGD with momentum 0.9, batches of 64,
1,500 updates. Every schedule is tuned before it is compared. Its rate is chosen by the mean
validation loss of some seeds, on a grid that is extended until the best rate is inside, and then
refined around it; what is reported is the test loss at that rate with other seeds, which took no
part in the choice. Seeds share their initial weights and batches across schedules, so differences
are taken seed by seed (:mod:`lrlib.lab.statistics`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from scipy.optimize import minimize_scalar

from ..schedules import ReduceLROnPlateau, Schedule
from ..schedules.base import check_choice, check_each, check_length, check_positive
from ..theory import NoisyQuadratic
from ..training import data as datasets
from ..training.data import check_seed
from ..training.many import Runs, train_many
from .statistics import estimate

BATCH_SIZE = 64
MOMENTUM = 0.9
TOTAL_STEPS = 1500
CHOICE_SEEDS = tuple(range(8))  # by which a rate is chosen
SEEDS = tuple(range(100, 116))  # with which it is reported
FINEST = 2**0.25  # the ratio of the rates around the best
ROUNDS = 12  # how often a grid may grow before the search is given up

Candidate = Callable[[float, int], Schedule | ReduceLROnPlateau]


@dataclass(frozen=True)
class Optimizer:
    """An optimizer of the lab.

    Args:
        label: what it is, with all its settings.
        name: what it is called where there is no room for them.
        rates: where a grid of rates begins.
        options: its arguments of :func:`lrlib.training.many.train_many`.
    """

    label: str
    name: str
    rates: tuple[float, ...]
    options: Mapping[str, object] = field(hash=False)


#: The optimizers of the lab; AdamW with the settings that torch gives it.
OPTIMIZERS = {
    "sgd": Optimizer(
        "SGD, momentum 0.9", "SGD", (0.1, 0.2, 0.4), {"optimizer": "sgd", "momentum": MOMENTUM}
    ),
    "adamw": Optimizer(
        "AdamW, betas 0.9 and 0.999, weight decay 0.01",
        "AdamW",
        (0.003, 0.006, 0.012),
        {"optimizer": "adamw", "momentum": 0.9, "weight_decay": 0.01},
    ),
}


@cache
def data() -> datasets.Dataset:
    """Return the lab's data."""
    return datasets.mnist1d()


def train(
    schedules: Sequence[Schedule | ReduceLROnPlateau],
    seeds: Sequence[int] = SEEDS,
    optimizer: str = "sgd",
    total_steps: int = TOTAL_STEPS,
    **options: object,
) -> Runs:
    """Train schedules in the lab's setting.

    Args:
        schedules: the schedules and plateaus.
        seeds: the seeds, those of a report by default.
        optimizer: its key in :data:`OPTIMIZERS`.
        total_steps: the number of updates.
        options: further arguments of :func:`lrlib.training.many.train_many`.

    Raises:
        ValueError: if the optimizer is unknown, or ``train_many`` refuses.
    """
    check_choice("optimizer", optimizer, tuple(OPTIMIZERS))
    setting = {"total_steps": total_steps, "batch_size": BATCH_SIZE}
    setting |= OPTIMIZERS[optimizer].options
    return train_many(schedules, seeds, data(), **setting | options)


@dataclass(frozen=True, eq=False)
class Tuned:
    """A schedule at its best rate: how that was chosen, and what other seeds did there.

    Args:
        rate: the rate with the smallest mean validation loss.
        low: the smallest rate, next to it without a gap, whose loss exceeds the smallest by no more
            than one standard error, taken seed by seed.
        high: the largest such rate.
        schedule: the schedule at the best rate; a plateau as it is before a run.
        rates: all rates tried, in ascending order, shape [rates].
        val_loss: the validation loss of each at the end, shape [rates, seeds of the choice].
        lr: the rate of each update of the best, shape [seeds, total_steps]; seeds are from here on
            those of the report.
        train_loss: its training loss at each update, shape [seeds, total_steps].
        eval_step: how many updates were done at each evaluation, shape [evals].
        val_curve: its validation loss at each evaluation, shape [seeds, evals].
        test_loss: its test loss at the end, shape [seeds].
        test_accuracy: its test accuracy at the end, shape [seeds].
    """

    rate: float
    low: float
    high: float
    schedule: Schedule | ReduceLROnPlateau
    rates: np.ndarray
    val_loss: np.ndarray
    lr: np.ndarray
    train_loss: np.ndarray
    eval_step: np.ndarray
    val_curve: np.ndarray
    test_loss: np.ndarray
    test_accuracy: np.ndarray

    @property
    def peak(self) -> str:
        """The best rate and the range around it as text."""
        return f"{self.rate:.2g} ({self.low:.2g} to {self.high:.2g})"


def tune(
    candidates: Mapping[Hashable, Candidate],
    rates: Sequence[float] | None = None,
    seeds: Sequence[int] = CHOICE_SEEDS,
    report: Sequence[int] = SEEDS,
    total_steps: int = TOTAL_STEPS,
    optimizer: str = "sgd",
) -> dict[Hashable, Tuned]:
    """Choose the rate of each candidate, and report each at its best rate with other seeds.

    Where the best rate is at the edge of the grid, the grid grows by one rate beyond it, in the
    ratio of its last two. Where it is inside, the gaps on its two sides are halved, until the rates
    beside it are no further than a factor of 2^(1/4) away. A rate at which a run diverges counts as
    worst.

    Args:
        candidates: label to a function that makes the schedule, or the plateau, from a rate and the
            number of updates.
        rates: the grid to begin with: at least two rates, ascending; by default one that suits the
            optimizer.
        seeds: the seeds by which a rate is chosen, two at least, each once.
        report: the seeds with which it is reported, likewise, none of them among ``seeds``.
        total_steps: the number of updates of each run.
        optimizer: its key in :data:`OPTIMIZERS`.

    Raises:
        ValueError: if an argument is not as above, or no optimum is found inside the grid.
    """
    check_choice("optimizer", optimizer, tuple(OPTIMIZERS))
    rates = OPTIMIZERS[optimizer].rates if rates is None else rates
    rates = list(check_each("rates", rates, check_positive))
    if len(rates) < 2 or rates != sorted(set(rates)):
        raise ValueError(f"rates must be at least two positive numbers, ascending, got {rates!r}")
    seeds, report = _checked("seeds", seeds), _checked("report", report)
    if shared := sorted(set(seeds) & set(report)):
        raise ValueError(f"report must hold no seed by which a rate is chosen, got {shared!r}")
    total_steps = check_length("total_steps", total_steps)
    if not candidates:
        raise ValueError("candidates must hold one at least, got none")
    for label, make in candidates.items():
        made = make(rates[0], total_steps) if callable(make) else make
        if not isinstance(made, Schedule | ReduceLROnPlateau):
            raise ValueError(f"candidates[{label!r}] must make a schedule, got {made!r}")

    found: dict[Hashable, dict[float, np.ndarray]] = {label: {} for label in candidates}
    wanted = [(label, rate) for label in candidates for rate in rates]
    for _ in range(ROUNDS):
        schedules = [candidates[label](rate, total_steps) for label, rate in wanted]
        runs = train(schedules, seeds, optimizer, total_steps)
        for (label, rate), loss in zip(wanted, runs.val_loss[:, :, -1], strict=True):
            found[label][rate] = loss
        wanted = [(label, rate) for label in candidates for rate in _wanted(found[label])]
        if not wanted:
            break
    else:
        raise ValueError(f"rates must reach the best rate, got {wanted!r} still to try")
    chosen = [best_rate(found[label]) for label in candidates]
    schedules = [
        make(rate, total_steps) for make, rate in zip(candidates.values(), chosen, strict=True)
    ]
    runs = train(schedules, report, optimizer, total_steps)
    return {
        label: Tuned(
            rate,
            *rates_near_best(found[label]),
            schedules[i],
            np.array(sorted(found[label])),
            np.array([found[label][each] for each in sorted(found[label])]),
            runs.lr[i],
            runs.train_loss[i],
            runs.eval_step,
            runs.val_loss[i],
            runs.test_loss[i],
            runs.test_accuracy[i],
        )
        for i, (label, rate) in enumerate(zip(candidates, chosen, strict=True))
    }


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


def _mean(loss: np.ndarray) -> float:
    """Return the mean loss, infinite if a run diverged."""
    return float(loss.mean()) if np.isfinite(loss).all() else math.inf


def _checked(name: str, seeds: Sequence[int]) -> tuple[int, ...]:
    """Return seeds as a tuple; raise ValueError unless they are two at least, each once."""
    seeds = check_each(name, seeds, check_seed)
    if len(seeds) < 2 or len(set(seeds)) < len(seeds):
        raise ValueError(f"{name} must be two at least, each once, got {seeds!r}")
    return seeds


def best_rate(found: Mapping[float, np.ndarray]) -> float:
    """Return the rate with the smallest mean loss; one at which a run diverged counts as worst.

    Args:
        found: each rate tried, and its losses by seed.
    """
    return min(sorted(found), key=lambda rate: _mean(found[rate]))


def _wanted(found: Mapping[float, np.ndarray]) -> list[float]:
    """Return the rates to try next: one beyond an edge, or two nearer to the best; in the end none.

    Args:
        found: each rate tried, and its validation losses.
    """
    rates = sorted(found)
    at = rates.index(best_rate(found))
    if at == 0:
        return [rates[0] ** 2 / rates[1]]
    if at == len(rates) - 1:
        return [rates[-1] ** 2 / rates[-2]]
    gaps = zip(rates[at - 1 : at + 1], rates[at : at + 2], strict=True)
    return [math.sqrt(low * high) for low, high in gaps if high / low > FINEST * (1 + 1e-9)]


def rates_near_best(found: Mapping[float, np.ndarray]) -> tuple[float, float]:
    """Return the ends of the range of rates within one standard error of the best, seed by seed.

    Args:
        found: each rate tried, and its losses by seed.
    """
    rates, best = sorted(found), best_rate(found)
    at = rates.index(best)

    def near(rate: float) -> bool:
        if not np.isfinite(found[rate]).all():
            return False
        difference = estimate(found[rate] - found[best])
        return difference.mean <= difference.se

    low = high = at
    while low > 0 and near(rates[low - 1]):
        low -= 1
    while high < len(rates) - 1 and near(rates[high + 1]):
        high += 1
    return rates[low], rates[high]
