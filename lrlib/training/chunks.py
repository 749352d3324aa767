"""One chunk of the runs of :func:`lrlib.training.many.train_many`, trained as one network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..schedules.plateau import ReduceLROnPlateau
from .batched import SGD, AdamW
from .data import Dataset, batch_order
from .graphs import clock_on, full_precision, repeatable
from .parallel import job_count
from .perceptrons import EVAL_CHUNK, Perceptrons


@dataclass(frozen=True, eq=False)
class Setting:
    """What the runs of one call are to do.

    Args:
        sizes: the widths of input, hidden layers and output.
        batch_size: the number of examples in each update.
        optimizer: ``"sgd"`` or ``"adamw"``.
        weight_decay: the pull of each weight towards zero.
        rates: the rate of each update under each of the S schedules, as far as it is known before
            the run, shape [S, total_steps].
        plateaus: the schedules that are plateaus, by their position among the S.
        momentum: the momentum of each update under each schedule, shape [S, total_steps].
        evals: after how many updates the runs are evaluated, ascending; the last is the end.
        device: where to train, as torch names it.
    """

    sizes: tuple[int, ...]
    batch_size: int
    optimizer: str
    weight_decay: float
    rates: np.ndarray
    plateaus: Mapping[int, ReduceLROnPlateau]
    momentum: np.ndarray
    evals: np.ndarray
    device: str

    @property
    def total_steps(self) -> int:
        """The number of updates of each run."""
        return self.rates.shape[1]


@dataclass(frozen=True, eq=False)
class Results:
    """What R runs did.

    Args:
        lr: the rate that each update used, shape [R, total_steps].
        train_loss: shape [R, total_steps].
        val_loss: shape [R, evals].
        val_accuracy: shape [R, evals].
        test_loss: shape [R].
        test_accuracy: shape [R].
    """

    lr: np.ndarray
    train_loss: np.ndarray
    val_loss: np.ndarray
    val_accuracy: np.ndarray
    test_loss: np.ndarray
    test_accuracy: np.ndarray


def train_chunk(data: Dataset, setting: Setting, runs: Sequence[tuple[int, int]]) -> Results:
    """Train R runs as one network.

    Args:
        data: what to train on, choose by and report on.
        setting: what the runs are to do.
        runs: the position of the schedule and the seed of each run.
    """
    schedules, seeds = map(list, zip(*runs, strict=True))
    device, dtype = setting.device, data.x_train.dtype
    x, y, x_val, y_val, x_test, y_test = (
        getattr(data, f"{axis}_{part}").to(device)
        for part in ("train", "val", "test")
        for axis in "xy"
    )
    rates, momentum = setting.rates[schedules], setting.momentum[schedules]
    plateaus = {
        run: deepcopy(setting.plateaus[s])
        for run, s in enumerate(schedules)
        if s in setting.plateaus
    }
    clock = clock_on(device)
    network = Perceptrons(setting.sizes, seeds, setting.batch_size, device, dtype)
    kind = {"sgd": SGD, "adamw": AdamW}[setting.optimizer]
    optimizer = kind(network, clock, rates, momentum, setting.weight_decay)
    batches = _batches(len(x), setting, seeds)
    train_loss = torch.empty(setting.total_steps, network.runs, device=device, dtype=dtype)

    def update() -> None:
        optimizer.step(x, y, clock.read(batches))
        clock.write(train_loss, network.loss)
        clock.tick()

    make_update = repeatable(update, device)
    due = set(setting.evals.tolist())
    validated = []
    with full_precision():
        for step in range(setting.total_steps):
            if step in due:
                validated.append(torch.stack(network.evaluate(x_val, y_val)))
                if step > 0 and plateaus:
                    loss = validated[-1][0].tolist()
                    for run, plateau in plateaus.items():
                        rates[run, step:] = plateau.update(loss[run])
                    optimizer.set_rates(rates)
            make_update()
        validated.append(torch.stack(network.evaluate(x_val, y_val)))
        tested = network.evaluate(x_test, y_test)
    val_loss, val_accuracy = torch.stack(validated, dim=-1)
    results = train_loss.T, val_loss, val_accuracy, *tested
    return Results(rates, *(result.cpu().numpy() for result in results))


def runs_that_fit(data: Dataset, setting: Setting) -> int:
    """Return how many runs can be trained as one chunk in the memory that a CUDA device has free.

    The estimate is on the safe side, and at least 1.
    """
    inputs, *outputs = setting.sizes
    weights = sum(i * o + o for i, o in zip(setting.sizes[:-1], outputs, strict=True))
    by_update = 2 * setting.batch_size * 4 + 10 * 8  # indices of a batch, twice; tables
    numbers = 10 * weights + setting.batch_size * (inputs + 4 * sum(outputs))
    numbers += 4 * EVAL_CHUNK * max(setting.sizes)
    of_one = numbers * data.x_train.element_size() + setting.total_steps * by_update
    free, _ = torch.cuda.mem_get_info(setting.device)
    kept = torch.cuda.memory_reserved(setting.device) - torch.cuda.memory_allocated(setting.device)
    return max(1, int(0.8 * (free + kept) / of_one))


def _batches(examples: int, setting: Setting, seeds: Sequence[int]) -> Tensor:
    """Return which examples each update of each run sees, shape [total_steps, R * batch_size]."""
    distinct = list(dict.fromkeys(seeds))
    size, total_steps = setting.batch_size, setting.total_steps

    def order(seed: int) -> Tensor:
        return batch_order(examples, size, total_steps, seed).to(torch.int32)

    # A GPU would wait for one core longer than it trains.
    threads = job_count() if torch.device(setting.device).type == "cuda" else 1
    with ThreadPoolExecutor(threads) as pool:
        orders = torch.stack(list(pool.map(order, distinct)), dim=1).to(setting.device)
    place = {seed: i for i, seed in enumerate(distinct)}
    rows = torch.tensor([place[seed] for seed in seeds], device=setting.device)
    return orders.index_select(1, rows).flatten(1)
