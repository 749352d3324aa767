"""Many runs at once: every schedule with every seed, as one batched network.

Each run is the same computation as :func:`lrlib.training.loop.train` with its schedule and its
seed, done together with others by :mod:`lrlib.training.chunks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, fields
from functools import partial

import joblib
import numpy as np
import torch

from ..schedules import Schedule
from ..schedules.base import check_each, check_length
from ..schedules.plateau import ReduceLROnPlateau
from .cache import cache_dir, source_fingerprint
from .chunks import Results, Setting, runs_that_fit, train_chunk
from .data import Dataset, check_batch_size, check_seeds
from .history import History, eval_steps
from .loop import HIDDEN, find_device
from .parallel import job_count, map_chunks
from .updates import check_update, momentum_curve

FEWEST, USUAL, MOST = 8, 12, 32  # runs trained together on a core; see _chunks
SMALL = 2.0  # seconds of work that are done before other processes would have started

# The files whose change makes stored runs stale; a test holds this list against the imports.
SOURCES = (
    "schedules/plateau.py",
    "training/batched.py",
    "training/chunks.py",
    "training/data.py",
    "training/graphs.py",
    "training/many.py",
    "training/model.py",
    "training/parallel.py",
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
        """Which runs' loss stopped being finite, at an update or after the last, shape [S, K]."""
        return ~(np.isfinite(self.train_loss).all(axis=2) & np.isfinite(self.test_loss))

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
    jobs: int | None = None,
    cache: bool = True,
) -> Runs:
    """Train a perceptron under every schedule with every seed.

    Runs of the same seed share their initial weights and their batches, so that schedules can be
    compared seed by seed. A run that diverges is reported and leaves the others as they are. A
    plateau sees the validation loss at each evaluation after the first update.

    On a CPU the runs are shared out over the cores, with the same numbers, bit for bit, whatever
    their number; on CUDA as many as fit into its memory are trained at once. Only those that are
    being trained take memory, beside the results. All is computed in the type of the data. On a
    terminal and in Jupyter a bar shows how many runs are left.

    Args:
        schedules: the S schedules, plateaus among them, of which each run has a copy of its own.
        seeds: the K seeds, whole, >= 0 and below 2^64.
        data: what to train on, choose by and report on.
        hidden: the widths of the hidden layers.
        total_steps: the number of updates of each run.
        batch_size: the number of examples in each update.
        optimizer: ``"sgd"`` or ``"adamw"``, as torch has them.
        momentum: as for :func:`lrlib.training.loop.train`: one for all schedules, or one for each.
        weight_decay: the pull of each weight towards zero; see :func:`lrlib.training.loop.train`.
        eval_every: the number of updates between two evaluations.
        device: where to train, as torch names it: ``"cpu"`` or ``"cuda"``; or ``"auto"``, for CUDA
            where there is one, with numbers that differ from a CPU's in the last digits.
        jobs: on a CPU the number of processes, each of which uses one core; by default
            ``$LRLIB_JOBS`` if that is set, else one for each core, where there is enough to do.
        cache: whether to keep the result in :func:`lrlib.training.cache.cache_dir` and look there
            first. It is kept under the rates or the plateaus, the data and every other argument,
            the source of the trainer and the version of torch, and is computed anew when any of
            them changes.

    Raises:
        ValueError: if there is no schedule or no seed, or an argument is outside its range.
        RuntimeError: if a process was killed, as the system does when memory runs out.
    """
    schedules, seeds = check_drivers("schedules", schedules), check_seeds("seeds", seeds)
    setting = make_setting(
        schedules,
        data,
        hidden=hidden,
        total_steps=total_steps,
        batch_size=batch_size,
        optimizer=optimizer,
        momentum=momentum,
        weight_decay=weight_decay,
        eval_every=eval_every,
        device=device,
    )
    available = job_count(jobs)
    if jobs is None and _seconds(setting, data, len(setting.rates) * len(seeds)) < SMALL:
        available = 1
    compute, key = _train, None
    if cache:
        compute = joblib.Memory(cache_dir() / "runs", verbose=0).cache(
            _train, ignore=["data", "jobs", "label"]
        )
        key = data.digest(), source_fingerprint(SOURCES), torch.__version__
    return compute(setting, seeds, key, data, jobs=available, label=_label(schedules))


def make_setting(
    schedules: Sequence[Schedule | ReduceLROnPlateau],
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
) -> Setting:
    """Check the arguments of :func:`train_many`, and return what its runs are to do.

    Raises:
        ValueError: if there is no schedule, or an argument is outside its range.
    """
    schedules = check_drivers("schedules", schedules)
    momenta = list(momentum) if np.ndim(momentum) else [momentum] * len(schedules)
    if len(momenta) != len(schedules):
        raise ValueError(
            f"momentum must be one, or one for each of the {len(schedules)} schedules, "
            f"got {momentum!r}"
        )
    for s, each in enumerate(momenta):
        optimizer, momenta[s], weight_decay, total_steps = check_update(
            optimizer, each, weight_decay, total_steps
        )
    return Setting(
        sizes=(data.features, *check_each("hidden", hidden, check_length), data.classes),
        batch_size=check_batch_size(batch_size, len(data.x_train)),
        optimizer=optimizer,
        weight_decay=weight_decay,
        rates=np.array([schedule.curve(total_steps) for schedule in schedules]),
        # Copies, as the key would tell one plateau given twice from two that are equal.
        plateaus={
            s: deepcopy(each)
            for s, each in enumerate(schedules)
            if isinstance(each, ReduceLROnPlateau)
        },
        momentum=np.array([momentum_curve(each, total_steps) for each in momenta]),
        evals=eval_steps(total_steps, eval_every),
        device=find_device(device),
    )


def check_driver(name: str, value: object) -> Schedule | ReduceLROnPlateau:
    """Return a schedule or a plateau; raise ValueError if ``value`` is neither."""
    if not isinstance(value, Schedule | ReduceLROnPlateau):
        raise ValueError(f"{name} must be a Schedule or a plateau, got {value!r}")
    return value


def check_drivers(
    name: str, values: Sequence[Schedule | ReduceLROnPlateau]
) -> tuple[Schedule | ReduceLROnPlateau, ...]:
    """Return schedules and plateaus; raise ValueError unless they are such, at least one."""
    values = check_each(name, values, check_driver)
    if not values:
        raise ValueError(f"{name} must hold at least one schedule, got none")
    return values


def _label(schedules: Sequence[Schedule | ReduceLROnPlateau]) -> str:
    """Say what is trained, in a few words."""
    names = list(dict.fromkeys(type(each).__name__ for each in schedules))
    more = [f"{len(names) - 2} more"] if len(names) > 3 else names[2:]
    return f"training under {', '.join(names[:2] + more)}"


def _seconds(setting: Setting, data: Dataset, runs: int) -> float:
    """Return a guess at the time that one core takes."""
    weights = sum(a * b for a, b in zip(setting.sizes[:-1], setting.sizes[1:], strict=True))
    examples = 3 * setting.total_steps * setting.batch_size + len(setting.evals) * len(data.x_val)
    return runs * examples * 2 * weights / 3e10


def _train(setting, seeds, key, data, jobs, label) -> Runs:
    """Train in chunks of runs. The runs of the first schedule come first, in the order of seeds."""
    runs = [(s, seed) for s in range(len(setting.rates)) for seed in seeds]
    if torch.device(setting.device).type == "cuda":
        jobs, parts = 1, -(-len(runs) // runs_that_fit(data, setting))
    else:
        parts = _chunks(len(runs))
    ends = [len(runs) * (i + 1) // parts for i in range(parts)]
    chunks = [runs[first:end] for first, end in zip([0, *ends], ends, strict=False)]
    work = partial(train_chunk, data, setting)
    done = map_chunks(work, chunks, jobs=jobs, label=label, sizes=[len(each) for each in chunks])
    by_run = {}
    for name in (field.name for field in fields(Results)):
        column = np.concatenate([getattr(part, name) for part in done])
        by_run[name] = column.reshape(len(setting.rates), len(seeds), *column.shape[1:])
    return Runs(seeds=seeds, momentum=setting.momentum, eval_step=setting.evals, **by_run)


def _chunks(runs: int) -> int:
    """Return in how many chunks runs are trained on a CPU.

    That depends on their number alone, not on the cores: in another chunk a product may be rounded
    differently. Chunks are an even number, for machines with an even number of cores; as large as
    hides the overhead and fits into the cache; and smaller where there would be few of them.
    """
    size = min(max(USUAL, runs // 4), MOST)
    return max(1, min(2 * max(1, runs // (2 * size)), runs // FEWEST))
