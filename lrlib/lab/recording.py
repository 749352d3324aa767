"""Recording: training what a study lacks, a few runs at a time, and keeping each at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from ..schedules.base import check_choice
from ..training.loop import check_device
from ..training.parallel import job_count
from .outcomes import Run, lacking
from .records import (
    EARLY,
    RECORDS,
    as_kept,
    differences,
    key_of,
    maker,
    read_record,
    write_record,
)
from .studies import Study
from .transformers import train_transformers

DEVICES = ("auto", "cpu", "cuda")
RUNS = {"cpu": 8, "cuda": 2048}  # trained between two writings, on a processor by each process


def make_record(
    study: Study,
    folder: Path = RECORDS,
    *,
    device: str = "auto",
    jobs: int | None = None,
    tell: Callable[[str], None] = print,
) -> None:
    """Train what the record of a study lacks, until it is complete.

    Runs are added to the file as they come, and the file is whole at every moment: killed and
    called again, this goes on where it was. Runs that another code or other data made are made
    anew, and so are those of a setting whose definition has changed.

    Args:
        study: the study.
        folder: where records are; it is created if need be.
        device: ``"cpu"``, ``"cuda"``, or ``"auto"`` for CUDA where there is one.
        jobs: the number of processes on a processor; see
            :func:`lrlib.training.parallel.job_count`.
        tell: takes a line about how far the record is, after each addition.

    Raises:
        ValueError: if an argument is outside its range, the file is not a record, another process
            is making this one, no best peak is found, or the code changes meanwhile.
    """
    check_choice("device", device, DEVICES)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    check_device(device)
    size = RUNS[device] * (1 if device == "cuda" else job_count(jobs))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{study.name}.csv"
    try:
        with FileLock(path.with_name(path.name + ".lock"), timeout=0):
            key = key_of(study)
            made, runs = _kept(study, path, key, tell)
            while left := lacking(study, runs):
                more = sum(map(len, left.values()))
                for peaks, seeds in _calls(study, left, size):
                    runs += map(as_kept, _train(study, peaks, seeds, device, jobs))
                    if (now := maker(device)) not in made:
                        made.append(now)
                    if changed := differences(key, key_of(study)):
                        raise ValueError(
                            f"{' and '.join(changed)} must stay as they are while {path} is made, "
                            "and have changed: call again to make it anew"
                        )
                    write_record(path, study, key, made, runs)
                    more -= len(peaks) * len(seeds)
                    tell(f"{len(runs)} runs in {path}, at least {more} to come")
    except Timeout as error:
        raise ValueError(f"{path} must be made by one process, another is at it") from error


def _kept(
    study: Study, path: Path, key: Mapping[str, object], tell: Callable[[str], None]
) -> tuple[list[dict[str, str]], list[Run]]:
    """Return what is still valid of a record: what made its runs, and the runs."""
    if not path.exists():
        return [], []
    found, made, runs = read_record(path)
    other = differences(found, key)
    same = {
        label
        for label, digest in key["definition"].items()
        if found["definition"].get(label) == digest and set(other) <= {"definition"}
    }
    seeds = {"choice": study.choice, "report": study.report}
    kept = [run for run in runs if run.label in same and run.seed in seeds[run.purpose]]
    if len(kept) < len(runs):
        reason = f"another {' and another '.join(other)}" if other else "other seeds"
        tell(f"{len(runs) - len(kept)} runs in {path} were made with {reason}")
    made = made if kept else []
    if other and kept:
        write_record(path, study, key, made, kept)
    return made, kept


def _calls(
    study: Study, left: Mapping[tuple[str, float], tuple[int, ...]], size: int
) -> Iterator[tuple[list[tuple[str, float]], tuple[int, ...]]]:
    """Give labels with peaks, and seeds, that are trained together, until nothing is left.

    They are of one network and make at most ``size`` runs.
    """
    alike: dict[tuple, list[tuple[str, float]]] = {}
    for (label, peak), seeds in left.items():
        network = tuple(study.settings[label].network.items())
        for first in range(0, len(seeds), size):
            alike.setdefault((network, seeds[first : first + size]), []).append((label, peak))
    for (_, seeds), peaks in alike.items():
        together = size // len(seeds)
        for first in range(0, len(peaks), together):
            yield peaks[first : first + together], seeds


def _train(
    study: Study,
    peaks: list[tuple[str, float]],
    seeds: tuple[int, ...],
    device: str,
    jobs: int | None,
) -> list[Run]:
    """Train labels at peaks, all of one network, with every seed."""
    schedules = [study.settings[label].schedule(peak, study.total_steps) for label, peak in peaks]
    found = train_transformers(
        schedules,
        seeds,
        total_steps=study.total_steps,
        eval_every=study.eval_every,
        device=device,
        jobs=jobs,
        **study.settings[peaks[0][0]].network,
    )
    early = found.train_loss[:, :, [update - 1 for update in EARLY]]
    return [
        Run(
            label,
            peak,
            seed,
            "choice" if seed in study.choice else "report",
            bool(found.diverged[s, k]),
            float(found.test_loss[s, k]),
            float(found.test_loss_average[s, k]),
            float(found.val_loss_average[s, k, -1]),
            tuple(found.val_loss[s, k].tolist()),
            tuple(early[s, k].tolist()),
        )
        for s, (label, peak) in enumerate(peaks)
        for k, seed in enumerate(seeds)
    ]
