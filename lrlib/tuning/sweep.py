"""Sweeps: many schedules at many rates with many seeds, on all cores or on a cluster.

joblib or Dask hands out the work; what a process does is :func:`lrlib.training.many.train_many`.
Results are added to a table as they come in, so that a sweep that was killed goes on where it was.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import torch

from ..schedules import Schedule
from ..schedules.base import (
    check_choice,
    check_each,
    check_length,
    check_positive,
    check_schedule,
)
from ..training.cache import source_fingerprint
from ..training.data import Dataset, check_seed
from ..training.loop import find_device
from ..training.many import SOURCES, make_setting, train_many
from ..training.parallel import job_count, over_processes, serve
from .sweep_table import Key, Row, add_to_table, check_table, load_table

BACKENDS = ("loky", "dask")
OPTIONS = ("hidden", "batch_size", "optimizer", "momentum", "weight_decay", "device")
PATIENCE = 5  # seconds to find the scheduler of a cluster, or to find it again

Which = tuple[str, float, str]  # label, rate, fingerprint
Part = tuple[dict[Which, Schedule], tuple[int, ...]]  # schedules and seeds
Train = Callable[[Part], dict[Key, Row]]


def sweep(
    candidates: Mapping[str, Callable[[float, int], Schedule]],
    rates: Sequence[float],
    seeds: Sequence[int],
    data: Dataset,
    *,
    total_steps: int = 1500,
    out: str | Path | None = None,
    backend: str = "loky",
    scheduler_address: str | None = None,
    jobs: int | None = None,
    chunk: int = 32,
    **options: object,
) -> list[Row]:
    """Train each candidate at each rate with every seed.

    Args:
        candidates: label to a function that makes the schedule from a rate and the number of
            updates.
        rates: the rates, finite and above 0, each once.
        seeds: the seeds, whole and >= 0, each once.
        data: what to train on, choose by and report on.
        total_steps: the number of updates of each run, whole and >= 1.
        out: the table that keeps the results, ``.csv`` or ``.parquet``; its folder is made if need
            be. Each chunk is added when it is done, and the file is whole at every moment. What it
            holds is not computed again. Where the values of the schedule, the data, an option, the
            source of the trainer or the version of torch are others, the result is another one,
            kept beside the old.
        backend: ``"loky"`` for processes on this machine, ``"dask"`` for a Dask cluster, which
            needs the extra ``lrlib[cluster]``, as ``.parquet`` does.
        scheduler_address: where the cluster is, such as ``"tcp://host:8786"``; its workers must
            have lrlib. By default a cluster of processes on this machine. Only for ``"dask"``.
        jobs: the number of processes; by default ``$LRLIB_JOBS`` if that is set, else one for each
            core. A cluster elsewhere has its own.
        chunk: the number of runs that a process trains at once, whole and >= 1.
        options: further arguments of :func:`lrlib.training.many.train_many`: ``hidden``,
            ``batch_size``, ``optimizer``, ``momentum``, one for all runs, ``weight_decay`` and
            ``device``.

    Returns:
        One row for each run, by candidate, then by rate, then by seed.

    Raises:
        ValueError: if an argument is outside its range, or ``out`` is a file that no sweep wrote,
            which is left as it is, or cannot be written.
        OSError: if the table cannot be written, or the cluster is not found or is lost.
        ImportError: if the extra that ``backend`` or ``out`` needs is not installed.
        RuntimeError: if a process on this machine was killed.
    """
    if not isinstance(candidates, Mapping) or not candidates:
        raise ValueError(f"candidates must map one label at least, got {candidates!r}")
    for label in candidates:
        if not isinstance(label, str):
            raise ValueError(f"candidates must have labels that are strings, got {label!r}")
        if not callable(candidates[label]):
            raise ValueError(
                f"candidates[{label!r}] must be a function that makes a schedule, "
                f"got {candidates[label]!r}"
            )
    rates = _each_once("rates", check_each("rates", rates, check_positive))
    seeds = _each_once("seeds", check_each("seeds", seeds, check_seed))
    total_steps = check_length("total_steps", total_steps)
    chunk = check_length("chunk", chunk)
    check_choice("backend", backend, BACKENDS)
    jobs = job_count(jobs)
    if scheduler_address is not None:
        _check_address(scheduler_address, backend)
    for name in options:
        check_choice("options", name, OPTIONS)
    if np.ndim(options.get("momentum", 0.0)):
        raise ValueError(f"momentum must be one for all runs, got {options['momentum']!r}")
    if scheduler_address is None:
        find_device(options.get("device", "cpu"))
    found = {}
    if out is not None:
        out = Path(out).expanduser()
        check_table(out)
        found = load_table(out)

    schedules = _schedules(candidates, rates, total_steps, data, options)
    wanted = [(*which[:2], seed, which[2]) for which in schedules for seed in seeds]
    work = list(_parts(schedules, [key for key in wanted if key not in found], chunk))
    if work:
        # Bound, not passed: Dask gives a large argument to one worker, and its death would lose it.
        train = partial(_train_chunk, data, total_steps, options)
        if backend == "loky":
            done = over_processes(train, work, jobs, "sweep")
        else:
            done = _over_cluster(train, work, jobs, scheduler_address)
        with closing(done):
            for _, rows in done:
                if out is not None:
                    add_to_table(out, rows)
                found |= rows
    return [found[key] for key in wanted]


def _each_once(name: str, values: tuple) -> tuple:
    if not values or len(set(values)) < len(values):
        raise ValueError(f"{name} must hold at least one, and each once, got {values!r}")
    return values


def _check_address(address: str, backend: str) -> None:
    if backend != "dask":
        raise ValueError(
            f"scheduler_address must be left out unless backend is 'dask', got {address!r}"
        )
    if not re.fullmatch(r"([a-z]+://)?[^\s/]+:\d{1,5}|inproc://\S+", address):
        raise ValueError(f"scheduler_address must be like 'tcp://host:8786', got {address!r}")


def _schedules(
    candidates: Mapping[str, Callable[[float, int], Schedule]],
    rates: Sequence[float],
    total_steps: int,
    data: Dataset,
    options: Mapping[str, object],
) -> dict[Which, Schedule]:
    """Make the schedules, and take the fingerprint of all that decides their runs but the seed.

    It holds the values of a schedule: its repr need not tell everything, as with a lambda.
    """
    here = {"device": "cpu"}  # that of the workers need not be on this machine
    device = options.get("device", "cpu")
    common = data.digest(), source_fingerprint(SOURCES), torch.__version__, device
    schedules = {}
    for label, make in candidates.items():
        for rate in rates:
            schedule = check_schedule(f"candidates[{label!r}]", make(rate, total_steps))
            setting = make_setting([schedule], data, total_steps=total_steps, **options | here)
            tables = setting.rates.tobytes() + setting.momentum.tobytes()
            numbers = setting.sizes, setting.batch_size, setting.optimizer, setting.weight_decay
            text = repr((*common, *numbers))
            schedules[label, rate, hashlib.sha256(text.encode() + tables).hexdigest()] = schedule
    return schedules


def _parts(
    schedules: Mapping[Which, Schedule], missing: Sequence[Key], chunk: int
) -> Iterator[Part]:
    """Give schedules and seeds that make at most ``chunk`` of the missing runs, until all are."""
    seeds: dict[Which, list[int]] = {}
    for label, rate, seed, fingerprint in missing:
        seeds.setdefault((label, rate, fingerprint), []).append(seed)
    alike: dict[tuple[int, ...], list[Which]] = {}
    for which, lacking in seeds.items():
        for first in range(0, len(lacking), chunk):
            alike.setdefault(tuple(lacking[first : first + chunk]), []).append(which)
    for some, whiches in alike.items():
        size = chunk // len(some)
        for first in range(0, len(whiches), size):
            yield {which: schedules[which] for which in whiches[first : first + size]}, some


def _train_chunk(
    data: Dataset,
    total_steps: int,
    options: Mapping[str, object],
    part: Part,
) -> dict[Key, Row]:
    """Train in this process: the other cores have processes of their own."""
    schedules, seeds = part
    runs = train_many(
        list(schedules.values()),
        seeds,
        data,
        total_steps=total_steps,
        eval_every=total_steps,
        jobs=1,
        cache=False,
        **options,
    )
    rows = {}
    for i, (label, rate, fingerprint) in enumerate(schedules):
        for k, seed in enumerate(seeds):
            rows[label, rate, seed, fingerprint] = Row(
                label,
                rate,
                seed,
                float(runs.train_loss[i, k, -1]),
                float(runs.val_loss[i, k, -1]),
                float(runs.val_accuracy[i, k, -1]),
                float(runs.test_loss[i, k]),
                float(runs.test_accuracy[i, k]),
                bool(runs.diverged[i, k]),
            )
    return rows


def _over_cluster(
    train: Train, parts: Sequence[Part], jobs: int, address: str | None
) -> Iterator[tuple[int, dict[Key, Row]]]:
    """Give position and rows of each part as it is done, by the workers of a Dask cluster.

    Not by joblib, which waits for ever where a job fails or the cluster is lost.
    """
    try:
        from distributed import Client, KilledWorker, as_completed
        from distributed.client import FutureCancelledError
    except ImportError as error:
        raise ImportError("backend 'dask' needs: pip install 'lrlib[cluster]'") from error
    options: dict[str, object] = {"set_as_default": False, "timeout": PATIENCE}
    if address is None:
        options |= {"n_workers": jobs, "threads_per_worker": 1}
        options |= {"dashboard_address": ":0"}
    with Client(address, **options) as client:
        if address is None:
            client.run(serve)
        futures = {client.submit(train, part, pure=False): i for i, part in enumerate(parts)}
        try:
            for future in as_completed(futures, loop=client.loop):
                yield futures[future], future.result()
        except KilledWorker as error:
            raise RuntimeError(
                "sweep: workers of the cluster were killed before their work was done, as the "
                "system does when memory runs out. What was stored before is kept; call again."
            ) from error
        except FutureCancelledError as error:
            raise ConnectionError(
                "the Dask cluster was lost: its scheduler does not answer. "
                "What was stored before is kept; call again."
            ) from error
