"""Work in chunks over the cores of this machine, one torch thread each, results in order.

What a chunk gives does not depend on where it is computed or on how many cores there are: each is
computed by one thread. So results are the same bit for bit as long as the same chunks are made.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import joblib
import torch
from joblib.externals.loky.process_executor import TerminatedWorkerError
from tqdm.auto import tqdm

from ..schedules.base import check_length

JOBS = "LRLIB_JOBS"
PROGRESS = "LRLIB_PROGRESS"

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


def job_count(jobs: int | None = None) -> int:
    """Return how many processes share the work.

    Args:
        jobs: how many; None for ``$LRLIB_JOBS`` if that is set, else one for each core. Inside a
            process of :func:`map_chunks` that variable is 1, so that processes do not multiply.

    Raises:
        ValueError: if ``jobs`` or ``$LRLIB_JOBS`` is not a whole number >= 1.
    """
    if jobs is not None:
        return check_length("jobs", jobs)
    text = os.environ.get(JOBS)
    if text is None:
        return joblib.cpu_count()
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{JOBS} must be a whole number >= 1, got {text!r}")
    return int(text)


def map_chunks(
    work: Callable[[Chunk], Result],
    chunks: Sequence[Chunk],
    *,
    jobs: int | None = None,
    label: str,
    sizes: Sequence[int],
) -> list[Result]:
    """Return what ``work`` gives for every chunk, in the order of the chunks.

    With one job, or one chunk, the work is done in this process; otherwise in others, which are
    kept for the next call and end by themselves after five minutes without work. On a terminal and
    in Jupyter a bar shows how many runs are left; see :func:`shows_progress`.

    Args:
        work: a function that can be pickled, or a :func:`functools.partial` of one.
        chunks: what it is called with, one after another.
        jobs: the number of processes; see :func:`job_count`.
        label: what is trained, for the bar and for errors.
        sizes: the number of runs in each chunk.

    Raises:
        ValueError: if ``jobs`` or ``$LRLIB_JOBS`` is not a whole number >= 1.
        RuntimeError: if a process was killed before its chunk was done.
    """
    jobs = min(job_count(jobs), max(1, len(chunks)))
    results: list[Result | None] = [None] * len(chunks)
    given = _here(work, chunks) if jobs == 1 else over_processes(work, chunks, jobs, label)
    left = sum(sizes)
    with tqdm(
        total=left,
        desc=label,
        unit="run",
        postfix=f"{left} left",
        delay=1 if jobs == 1 else 0,  # no flicker for a little work
        leave=False,
        disable=not shows_progress(),
    ) as bar:
        for i, result in given:
            results[i] = result
            left -= sizes[i]
            bar.set_postfix_str(f"{left} left", refresh=False)
            bar.update(sizes[i])
    return results


def shows_progress() -> bool:
    """Return whether somebody is there to see a bar: on a terminal, or in a live notebook.

    ``LRLIB_PROGRESS=0`` turns bars off, as the build of the book does, and the tests.
    """
    if os.environ.get(PROGRESS) == "0":
        return False
    shell = "IPython" in sys.modules and sys.modules["IPython"].get_ipython()
    return hasattr(shell, "kernel") or sys.stderr.isatty()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread, and as many as before when it is done."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _here(work: Callable[[Chunk], Result], chunks: Sequence[Chunk]) -> Iterator[tuple[int, Result]]:
    for i, chunk in enumerate(chunks):
        with one_thread():
            result = work(chunk)
        yield i, result


def over_processes(
    work: Callable[[Chunk], Result], chunks: Sequence[Chunk], jobs: int, label: str
) -> Iterator[tuple[int, Result]]:
    """Give position and result of each chunk as it is done, by processes on this machine.

    The processes end with this one, however it ends, and leave Ctrl-C to it.

    Args:
        work: as for :func:`map_chunks`.
        chunks: as for :func:`map_chunks`.
        jobs: the number of processes.
        label: what is trained, for errors.

    Raises:
        RuntimeError: if a process was killed before its chunk was done.
    """
    # Without memory maps: a worker would find arrays that it must not write to.
    parallel = joblib.Parallel(
        jobs,
        "loky",
        batch_size=1,
        return_as="generator_unordered",
        max_nbytes=None,
        initializer=_end_with,
        initargs=(os.getpid(),),
    )
    with warnings.catch_warnings():
        # A process that has grown is replaced by a fresh one, and work is given up after an error
        # or Ctrl-C: no concern of the caller.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs were given")
        warnings.filterwarnings("ignore", ".*tasks which were still being processed")
        try:
            yield from parallel(
                joblib.delayed(_in_process)(work, i, chunk) for i, chunk in enumerate(chunks)
            )
        except TerminatedWorkerError as error:
            raise RuntimeError(
                f"{label}: a process was killed before its work was done, as the system does when "
                "memory runs out. What was stored before is kept. Free memory or use fewer "
                f"processes ({JOBS}=1 in the environment, or the argument that says how many), and "
                "call again."
            ) from error


def serve() -> None:
    """Let this process leave Ctrl-C to the one that it works for, and share no lock with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tqdm.set_lock(threading.RLock())  # by default one of all processes, left behind by a killed one


def _end_with(parent: int) -> None:
    """Let this process, a child of that one, end soon after it, however that ended."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    serve()


def _in_process(work: Callable[[Chunk], Result], i: int, chunk: Chunk) -> tuple[int, Result]:
    os.environ[JOBS] = "1"  # work that is shared out within a process would fight for the cores
    with one_thread():
        return i, work(chunk)
