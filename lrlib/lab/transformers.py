"""The second lab: every schedule with every seed, on a small transformer that reads Python.

What a schedule does to a perceptron is tried once more on the network that practitioners train: see
:class:`lrlib.lab.gpt.GPT` for its shape and :mod:`lrlib.lab.text` for what it reads. The runs are
trained together, as those of :func:`lrlib.training.many.train_many` are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch

from ..schedules import ReduceLROnPlateau, Schedule
from ..schedules.base import (
    check_count,
    check_each,
    check_fraction,
    check_length,
    check_positive,
    check_rate,
)
from ..training.data import check_seeds
from ..training.history import eval_steps
from ..training.loop import find_device
from ..training.many import Runs, check_drivers
from ..training.parallel import job_count, map_chunks
from .chunk import Setting, runs_together, train_chunk
from .gpt import GPT
from .text import PARTS, Text, sympy_source

BETAS = (0.9, 0.95)

# The files whose change makes records stale; a test holds this list against the imports.
SOURCES = ("lab/adamw.py", "lab/chunk.py", "lab/gpt.py")


@dataclass(frozen=True, eq=False)
class AveragedRuns(Runs):
    """What S schedules did with K seeds each, and what the average of the weights did.

    Losses are in nats a byte; an accuracy is the share of bytes that were the most likely one.

    Args:
        val_loss_average: of the averaged weights, shape [S, K, evals].
        test_loss_average: of the averaged weights, shape [S, K].
    """

    val_loss_average: np.ndarray
    test_loss_average: np.ndarray


def train_transformers(
    schedules: Sequence[Schedule | ReduceLROnPlateau],
    seeds: Sequence[int],
    text: Text | None = None,
    *,
    norm: str = "pre",
    layers: int = 2,
    width: int = 64,
    heads: int = 4,
    context: int = 64,
    batch_size: int = 16,
    total_steps: int = 1000,
    betas: tuple[float, float] = BETAS,
    weight_decay: float = 0.1,
    clip: float = 1.0,
    average: float = 0.99,
    eval_every: int = 100,
    device: str = "cpu",
    jobs: int | None = None,
) -> AveragedRuns:
    """Train a transformer under every schedule with every seed, by AdamW.

    Runs of the same seed share their initial weights and their batches, so that schedules can be
    compared seed by seed. A run that diverges is reported and leaves the others as they are. A
    plateau sees the validation loss at each evaluation after the first update. The result does not
    depend on ``jobs``.

    The weights are of torch's default type. Their average begins as the weights after the first
    update and follows every later one: ``average`` times itself plus ``1 - average`` times the
    weights.

    Args:
        schedules: the S schedules, plateaus among them, of which each run has a copy of its own.
        seeds: the K seeds: of the initial weights and of the windows of each batch.
        text: what to train on, choose by and report on; by default the source of SymPy.
        norm: ``"pre"`` or ``"post"``; see :class:`lrlib.lab.gpt.GPT`, also for the next four.
        layers: the number of layers.
        width: the size of the vector at each position.
        heads: the number of attention heads, a divisor of ``width``.
        context: the number of bytes that a prediction can see.
        batch_size: the number of windows of ``context + 1`` bytes in each update.
        total_steps: the number of updates of each run.
        betas: AdamW's, of the mean and of the square of the gradient, each in [0, 1).
        weight_decay: the share of the weights, times the rate, by which matrices and embeddings
            shrink; biases and the scales of normalisations do not.
        clip: the norm that a run's gradient, all of its weights together, is scaled down to where
            it exceeds it.
        average: what the average of the weights keeps of itself at each update, in [0, 1].
        eval_every: the number of updates between two evaluations.
        device: where to train, as torch names it: ``"cpu"`` or ``"cuda"``; or ``"auto"``, for CUDA
            where there is one.
        jobs: how many processes share the work on a processor; see
            :func:`lrlib.training.parallel.job_count`. A GPU is used by one.

    Raises:
        ValueError: if there is no schedule or no seed, an argument is outside its range, or a part
            of the text has no room for one window.
        RuntimeError: as :func:`lrlib.lab.text.sympy_source` and
            :func:`lrlib.training.parallel.map_chunks` say.
    """
    schedules, seeds = check_drivers("schedules", schedules), check_seeds("seeds", seeds)
    batch_size = check_length("batch_size", batch_size)
    total_steps = check_count("total_steps", total_steps)
    betas = _check_betas(betas)
    weight_decay = check_rate("weight_decay", weight_decay)
    clip = check_positive("clip", clip)
    average = check_fraction("average", average)
    evals = eval_steps(total_steps, eval_every)
    for i, schedule in enumerate(schedules):
        if isinstance(schedule, ReduceLROnPlateau):
            _check_risen(f"schedules[{i}]", schedule, evals)
    device = find_device(device)
    jobs = job_count(jobs)
    gpt = GPT(256, norm, layers, width, heads, context)  # refuses a bad shape before a text is read
    text = sympy_source() if text is None else text
    _check_text(text, context)
    setting = Setting(
        replace(gpt, symbols=len(text.vocabulary)),
        text,
        batch_size,
        betas,
        weight_decay,
        clip,
        average,
        evals,
        device,
        torch.get_default_dtype(),
    )

    runs = [(schedule, seed) for schedule in schedules for seed in seeds]
    together = runs_together(setting)
    chunks = [runs[first : first + together] for first in range(0, len(runs), together)]
    parts = map_chunks(
        partial(train_chunk, setting),
        chunks,
        jobs=1 if torch.device(device).type == "cuda" else jobs,
        label="transformers",
        sizes=[len(chunk) for chunk in chunks],
    )
    by_run = {}
    for name in parts[0]:
        column = np.concatenate([part[name] for part in parts])
        by_run[name] = column.reshape(len(schedules), len(seeds), *column.shape[1:])
    momentum = np.full((len(schedules), total_steps), betas[0])
    return AveragedRuns(seeds=seeds, momentum=momentum, eval_step=setting.evals, **by_run)


def _check_betas(betas: tuple[float, float]) -> tuple[float, float]:
    betas = check_each("betas", betas, check_fraction)
    if len(betas) != 2:
        raise ValueError(f"betas must be two numbers, got {betas!r}")
    for i, beta in enumerate(betas):
        if beta == 1:
            raise ValueError(f"betas[{i}] must be below 1, got {beta!r}")
    return betas


def _check_risen(name: str, plateau: ReduceLROnPlateau, evals: np.ndarray) -> None:
    """Raise ValueError unless a plateau is at its rate when its first metric comes."""
    first = int(evals[1]) if len(evals) > 1 else 0
    if plateau.curve(first + 1)[-1] != plateau.lr:
        raise ValueError(
            f"{name} must have warmed up before its first metric comes, after {first} updates, "
            "got one whose warmup is longer"
        )


def _check_text(text: Text, context: int) -> None:
    if not isinstance(text, Text):
        raise ValueError(f"text must be a Text, got {text!r}")
    for part in PARTS:
        size = len(getattr(text, part))
        if size <= context:
            raise ValueError(
                f"text must hold at least context + 1 ({context + 1}) bytes in each part, "
                f"got {size} in {part!r}"
            )
