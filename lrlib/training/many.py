"""Many runs at once: every schedule with every seed, as one batched network.

Each run is the same computation as :func:`lrlib.training.loop.train` with its schedule and its
seed, done together with others by :mod:`lrlib.training.perceptrons`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import joblib
import numpy as np
import torch

from ..schedules import Schedule
from ..schedules.plateau import ReduceLROnPlateau
from .cache import cache_dir, source_fingerprint
from .data import Dataset, batch_order
from .history import History, eval_steps
from .loop import HIDDEN, check_device
from .model import mlp
from .perceptrons import SGD, AdamW, Perceptrons
from .updates import check_update, momentum_curve

CHUNK = 32  # runs trained together: enough to hide the overhead, few enough to stay in cache

# The files whose change makes stored runs stale; a test holds this list against the imports.
SOURCES = (
    "schedules/plateau.py",
    "training/data.py",
    "training/many.py",
    "training/model.py",
    "training/perceptrons.py",
    "training/updates.py",
)


@dataclass(frozen=True, eq=False)
class Runs:
    """What S schedules did with K seeds each; see :class:`lrlib.training.loop.History`.

    Args:
        seeds: the K seeds.
        lr: the rate that each update used, shape [S, K, total_steps].
        momentum: the momentum that each update used, shape [S, total_steps].
        train_loss: shape [S, K, total_steps].
        eval_step: shape [evals].
        val_loss: shape [S, K, evals].
        val_accuracy: shape [S, K, evals].
        test_loss: shape [S, K].
        test_accuracy: shape [S, K].
    """

    seeds: tuple[int, ...]
    lr: np.ndarray
    momentum: np.ndarray
    train_loss: np.ndarray
    eval_step: np.ndarray
    val_loss: np.ndarray
    val_accuracy: np.ndarray
    test_loss: np.ndarray
    test_accuracy: np.ndarray

    @property
    def diverged(self) -> np.ndarray:
        """Which runs' training loss stopped being finite, shape [S, K]."""
        return ~np.isfinite(self.train_loss).all(axis=2)

    def __getitem__(self, run: tuple[int, int]) -> History:
        """Return one run by the positions of its schedule and its seed."""
        return History(
            self.lr[run],
            self.momentum[run[0]],
            self.train_loss[run],
            self.eval_step,
            self.val_loss[run],
            self.val_accuracy[run],
            self.test_loss[run],
            self.test_accuracy[run],
        )


def train_many(
    schedules: Sequence[Schedule | ReduceLROnPlateau],
    seeds: Sequence[int],
    data: Dataset,
    *,
    hidden: Sequence[int] = HIDDEN,
    total_steps: int = 1500,
    batch_size: int = 64,
    optimizer: str = "sgd",
    momentum: float | Schedule | Sequence[float | Schedule] = 0.9,
    weight_decay: float = 0.0,
    eval_every: int = 50,
    device: str = "cpu",
    cache: bool = True,
) -> Runs:
    """Train a perceptron under every schedule with every seed.

    Runs of the same seed share their initial weights and their batches, so that schedules can be
    compared seed by seed. A run that diverges is reported and leaves the others as they are. A
    plateau sees the validation loss at each evaluation after the first update.

    Args:
        schedules: the S schedules, plateaus among them, of which each run has a copy of its own.
        seeds: the K seeds.
        data: what to train on, choose by and report on.
        hidden: the widths of the hidden layers.
        total_steps: the number of updates of each run.
        batch_size: the number of examples in each update.
        optimizer: ``"sgd"`` or ``"adamw"``, as torch has them.
        momentum: as for :func:`lrlib.training.loop.train`: one for all schedules, or one for each.
        weight_decay: the pull of each weight towards zero; see :func:`lrlib.training.loop.train`.
        eval_every: the number of updates between two evaluations.
        device: where to train, as torch names it: ``"cpu"`` or ``"cuda"``.
        cache: whether to keep the result in :func:`lrlib.training.cache.cache_dir` and look there
            first. It is kept under the rates or the plateaus, the data and every other argument,
            the source of the trainer and the version of torch, and is computed anew when any of
            them changes.

    Raises:
        ValueError: if there is no schedule or no seed, or an argument is outside its range.
    """
    if not schedules or not seeds:
        raise ValueError(f"schedules and seeds must not be empty, got {schedules!r} and {seeds!r}")
    momenta = list(momentum) if isinstance(momentum, Sequence) else [momentum] * len(schedules)
    if len(momenta) != len(schedules):
        raise ValueError(
            f"momentum must be one, or one for each of the {len(schedules)} schedules, "
            f"got {momentum!r}"
        )
    for each in momenta:
        check_update(optimizer, each, weight_decay, total_steps)
    check_device(device)
    compute, key = _train, None
    if cache:
        compute = joblib.Memory(cache_dir() / "runs", verbose=0).cache(_train, ignore=["data"])
        key = data.digest(), source_fingerprint(SOURCES), torch.__version__
    return compute(
        rates=np.array([_planned(schedule, total_steps) for schedule in schedules]),
        # Copies, as the key would tell one plateau given twice from two that are equal.
        plateaus={
            s: deepcopy(each)
            for s, each in enumerate(schedules)
            if isinstance(each, ReduceLROnPlateau)
        },
        momentum=np.array([momentum_curve(each, total_steps) for each in momenta]),
        seeds=tuple(seeds),
        hidden=tuple(hidden),
        batch_size=batch_size,
        optimizer=optimizer,
        weight_decay=float(weight_decay),
        evals=eval_steps(total_steps, eval_every),
        device=device,
        key=key,
        data=data,
    )


def _planned(schedule: Schedule | ReduceLROnPlateau, total_steps: int) -> list[float]:
    """Return the rate of each update, as far as it is known before the run."""
    if isinstance(schedule, ReduceLROnPlateau):
        return [schedule.lr] * int(total_steps)
    return schedule.curve(total_steps)


def _train(
    rates,
    plateaus,
    momentum,
    seeds,
    hidden,
    batch_size,
    optimizer,
    weight_decay,
    evals,
    device,
    key,
    data,
) -> Runs:
    """Train in chunks of runs. The runs of the first schedule come first, in the order of seeds."""
    total_steps = rates.shape[1]
    sizes = (data.features, *hidden, data.classes)
    models = [mlp(sizes, seed) for seed in seeds]
    batches = torch.stack(
        [batch_order(len(data.x_train), batch_size, total_steps, s) for s in seeds]
    )
    runs = [(s, k) for s in range(len(rates)) for k in range(len(seeds))]
    parts = []
    for first in range(0, len(runs), CHUNK):
        schedule, seed = map(list, zip(*runs[first : first + CHUNK], strict=True))
        network = Perceptrons([models[k] for k in seed], batch_size, device)
        kind = {"sgd": SGD, "adamw": AdamW}[optimizer]
        used = rates[schedule]
        updater = kind(network, used, momentum[schedule], weight_decay)
        own = {run: deepcopy(plateaus[s]) for run, s in enumerate(schedule) if s in plateaus}
        parts.append((used, *_train_chunk(updater, used, own, batches[seed], evals, data)))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    by_run = [column.reshape(len(rates), len(seeds), *column.shape[1:]) for column in columns]
    return Runs(seeds, by_run[0], momentum, by_run[1], evals, *by_run[2:])


def _train_chunk(updater, rates, plateaus, batches, evals, data) -> tuple[np.ndarray, ...]:
    """Train R runs on batches of shape [R, T, batch_size]; results lead with R.

    Into ``rates``, of shape [R, T], go the rates that the plateaus give, which are by run.
    """
    network = updater.network
    runs, total_steps, batch_size = batches.shape
    device = network.weights.device
    x, y, x_val, y_val, x_test, y_test = (
        getattr(data, f"{axis}_{part}").to(device)
        for part in ("train", "val", "test")
        for axis in "xy"
    )
    batches = batches.transpose(0, 1).to(device)
    labels = y[batches].view(total_steps, runs, 1, batch_size).unbind()
    batches = batches.reshape(total_steps, runs * batch_size).unbind()
    train_loss = torch.empty(total_steps, runs, device=device)
    losses = train_loss.unbind()
    validated = []
    for step in range(total_steps):
        if step in evals:
            validated.append(torch.stack(network.evaluate(x_val, y_val)))
            if step > 0 and plateaus:
                loss = validated[-1][0].tolist()
                for run, plateau in plateaus.items():
                    rates[run, step:] = plateau.update(loss[run])
                updater.set_rates(rates)
        updater.step(step, x, batches[step], labels[step], losses[step])
    validated.append(torch.stack(network.evaluate(x_val, y_val)))
    tested = network.evaluate(x_test, y_test)

    val_loss, val_accuracy = torch.stack(validated, dim=-1)
    results = train_loss.T, val_loss, val_accuracy, *tested
    return tuple(result.cpu().numpy() for result in results)
