"""Sweeps: many schedules at many rates with many seeds, on all cores or on a cluster.

joblib or Dask hands out the work; what a process does is :func:`lrlib.training.many.train_many`.
Results are added to a table as they come in, so that a sweep that was killed goes on where it was.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from numbers import Real
from pathlib import Path

import joblib
import numpy as np
import torch
from tqdm.auto import tqdm

from ..schedules import Schedule
from ..schedules.base import check_choice, check_count, check_positive, check_schedule
from ..training.cache import source_fingerprint
from ..training.data import Dataset
from ..training.many import SOURCES, train_many
from ..training.parallel import job_count, processes_explained
from .sweep_table import Key, Row, add_to_table, check_table, load_table

BACKENDS = ("loky", "dask")
PATIENCE = 5  # seconds to find the scheduler of a cluster, or to find it again

Which = tuple[str, float, str]  # label, rate, fingerprint
Job = tuple[dict[Which, Schedule], tuple[int, ...]]  # schedules and seeds
Train = Callable[[dict[Which, Schedule], tuple[int, ...]], dict[Key, Row]]


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
    n_jobs: int = -1,
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
        n_jobs: the number of processes; -1 for ``$LRLIB_JOBS`` if that is set, else one for each
            core. A cluster elsewhere has its own.
        chunk: the number of runs that a process trains at once, whole and >= 1.
        options: further arguments of :func:`lrlib.training.many.train_many`, save ``eval_every``,
            ``jobs`` and ``cache``; ``momentum`` is one for all runs.

    Returns:
        One row for each run, by candidate, then by rate, then by seed.

    Raises:
        ValueError: if an argument is outside its range, or ``out`` is a file that no sweep wrote,
            which is left as it is, or cannot be written.
        OSError: if the table cannot be written, or the cluster is not found or is lost.
        ImportError: if the extra that ``backend`` or ``out`` needs is not installed.
        RuntimeError: if a process on this machine was killed.
    """
    _check_grid(candidates, rates, seeds)
    check_count("total_steps", total_steps, least=1)
    check_count("chunk", chunk, least=1)
    check_choice("backend", backend, BACKENDS)
    if n_jobs != -1:
        check_count("n_jobs", n_jobs, least=1)
    n_jobs = job_count(None if n_jobs == -1 else n_jobs)
    if scheduler_address is not None:
        _check_address(scheduler_address, backend)
    if not isinstance(options.get("momentum", 0.0), Real | Schedule):
        raise ValueError(f"momentum must be one for all runs, got {options['momentum']!r}")
    found = {}
    if out is not None:
        out = Path(out).expanduser()
        check_table(out)
        found = load_table(out)

    schedules = _schedules(candidates, rates, total_steps, data, options)
    wanted = [(*which[:2], int(seed), which[2]) for which in schedules for seed in seeds]
    jobs = list(_jobs(schedules, [key for key in wanted if key not in found], chunk))
    if jobs:
        # Bound, not passed: Dask gives a large argument to one worker, and its death would lose it.
        train = partial(_train_chunk, data, total_steps, options)
        if backend == "loky":
            done = _over_processes(train, jobs, n_jobs)
        else:
            done = _over_cluster(train, jobs, n_jobs, scheduler_address)
        with closing(done):
            for rows in done:
                if out is not None:
                    add_to_table(out, rows)
                found |= rows
    return [found[key] for key in wanted]


def _check_address(address: str, backend: str) -> None:
    if backend != "dask":
        raise ValueError(
            f"scheduler_address must be left out unless backend is 'dask', got {address!r}"
        )
    if not re.fullmatch(r"([a-z]+://)?[^\s/]+:\d{1,5}|inproc://\S+", address):
        raise ValueError(f"scheduler_address must be like 'tcp://host:8786', got {address!r}")


def _check_grid(candidates: Mapping, rates: Sequence[float], seeds: Sequence[int]) -> None:
    for name, values in (("candidates", candidates), ("rates", rates), ("seeds", seeds)):
        if not len(values) or len(set(values)) < len(values):
            raise ValueError(f"{name} must hold at least one, and each once, got {values!r}")
    for label in candidates:
        if not isinstance(label, str):
            raise ValueError(f"candidates must have labels that are strings, got {label!r}")
    for i, rate in enumerate(rates):
        check_positive(f"rates[{i}]", rate)
    for i, seed in enumerate(seeds):
        check_count(f"seeds[{i}]", seed)


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
    described = {
        name: value.curve(total_steps) if isinstance(value, Schedule) else value
        for name, value in sorted(options.items())
    }
    setting = repr(
        (data.digest(), described, source_fingerprint(SOURCES), torch.__version__)
    ).encode()
    schedules = {}
    for label, make in candidates.items():
        for rate in map(float, rates):
            schedule = make(rate, total_steps)
            check_schedule(f"candidates[{label!r}]", schedule)
            values = np.array(schedule.curve(total_steps)).tobytes()
            schedules[label, rate, hashlib.sha256(setting + values).hexdigest()] = schedule
    return schedules


def _jobs(schedules: Mapping[Which, Schedule], missing: Sequence[Key], chunk: int) -> Iterator[Job]:
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
    schedules: Mapping[Which, Schedule],
    seeds: Sequence[int],
) -> dict[Key, Row]:
    """Train in this process: the other cores have processes of their own."""
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


def _over_processes(train: Train, jobs: Sequence[Job], n_jobs: int) -> Iterator[dict[Key, Row]]:
    """Give the rows of each job as it is done, by processes on this machine."""
    with (
        joblib.parallel_config("loky", initializer=_end_with, initargs=(os.getpid(),)),
        processes_explained("sweep"),
        warnings.catch_warnings(),
    ):
        # Work that is given up after an error or Ctrl-C is no concern of the caller.
        warnings.filterwarnings("ignore", ".*tasks which were still being processed")
        parallel = joblib.Parallel(n_jobs, batch_size=1, return_as="generator_unordered")
        yield from parallel(joblib.delayed(train)(*job) for job in jobs)


def _over_cluster(
    train: Train, jobs: Sequence[Job], n_jobs: int, address: str | None
) -> Iterator[dict[Key, Row]]:
    """Give the rows of each job as it is done, by the workers of a Dask cluster.

    Not by joblib, which waits for ever where a job fails or the cluster is lost.
    """
    try:
        from distributed import Client, KilledWorker, as_completed
        from distributed.client import FutureCancelledError
    except ImportError as error:
        raise ImportError("backend 'dask' needs: pip install 'lrlib[cluster]'") from error
    options: dict[str, object] = {"set_as_default": False, "timeout": PATIENCE}
    if address is None:
        options |= {"n_workers": n_jobs, "threads_per_worker": 1}
        options |= {"dashboard_address": None}
    with Client(address, **options) as client:
        if address is None:
            client.run(_serve)
        futures = [client.submit(train, *job, pure=False) for job in jobs]
        try:
            for future in as_completed(futures, loop=client.loop):
                yield future.result()
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


def _end_with(parent: int) -> None:
    """Let this process, a child of that one, end soon after it, however that ended."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    _serve()


def _serve() -> None:
    """Let this process leave Ctrl-C to the one that it works for, and share no lock with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tqdm.set_lock(threading.RLock())  # by default one of all processes, left behind by a killed one
