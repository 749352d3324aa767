"""Runs of the second lab that are trained together, as one stack of transformers."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..schedules import Schedule
from ..schedules.plateau import ReduceLROnPlateau
from ..training.graphs import clock_on, full_precision, repeatable
from .adamw import AdamW, clip_rows
from .gpt import GPT
from .text import Text

CPU_RUNS = 4  # a run takes as long in any number, and few of them take little memory
CUDA_RUNS = 512  # so many should keep a GPU busy; more would only take memory
VAL_WINDOWS, TEST_WINDOWS = 256, 1024


@dataclass(frozen=True, eq=False)
class Setting:
    """What the runs of one call share; see :func:`lrlib.lab.transformers.train_transformers`.

    Args:
        gpt: the shape of the transformer.
        text: what it reads.
        batch_size: the number of windows in each update.
        betas: AdamW's.
        weight_decay: the share of the matrices, times the rate, by which they shrink.
        clip: the largest norm of a run's gradient.
        average: what the average of the weights keeps of itself at each update.
        evals: after how many updates the runs are evaluated, ascending; the last is the end.
        device: where to train, as torch names it.
        dtype: of the weights.
    """

    gpt: GPT
    text: Text
    batch_size: int
    betas: tuple[float, float]
    weight_decay: float
    clip: float
    average: float
    evals: np.ndarray
    device: str
    dtype: torch.dtype

    @property
    def total_steps(self) -> int:
        """The number of updates of each run."""
        return int(self.evals[-1])

    @property
    def length(self) -> int:
        """The number of symbols in a window, of which each but the first is predicted."""
        return self.gpt.context + 1


def train_chunk(
    setting: Setting, chunk: Sequence[tuple[Schedule | ReduceLROnPlateau, int]]
) -> dict[str, np.ndarray]:
    """Train R runs as one stack, and return the results by name, each leading with R.

    Args:
        setting: what they share.
        chunk: the schedule and the seed of each.
    """
    gpt, text, device, length = setting.gpt, setting.text, setting.device, setting.length
    schedules, seeds = zip(*chunk, strict=True)
    plateaus = {r: deepcopy(s) for r, s in enumerate(schedules) if isinstance(s, ReduceLROnPlateau)}
    rates = np.array([schedule.curve(setting.total_steps) for schedule in schedules])
    initial = {seed: gpt.initial_weights(seed) for seed in seeds}
    size = len(text.train), length, setting.batch_size, setting.total_steps
    drawn = {seed: random_starts(*size, seed) for seed in seeds}

    clock = clock_on(device)
    weights = torch.stack([initial[seed] for seed in seeds]).to(device, setting.dtype)
    averaged = weights.clone()
    weights.requires_grad_()
    optimizer = AdamW(weights, gpt.decayed, rates, setting.betas, setting.weight_decay)
    # All of it at the first update, where the average begins.
    renewed = weights.new_full((setting.total_steps,), 1 - setting.average)
    renewed[:1] = 1
    train_loss = weights.new_empty(setting.total_steps, len(seeds))
    train = text.train.to(device)
    starts = torch.stack([drawn[seed] for seed in seeds], dim=1).to(device)
    along = torch.arange(length, device=device)
    val = even_windows(text.val, length, VAL_WINDOWS).to(device)
    test = even_windows(text.test, length, TEST_WINDOWS).to(device)

    def update() -> None:
        windows = train[clock.read(starts).unsqueeze(-1) + along].long()
        loss = gpt.loss(weights, windows)
        (gradient,) = torch.autograd.grad(loss.sum(), weights)
        clip_rows(gradient, setting.clip)
        optimizer.step(gradient, clock)
        averaged.lerp_(weights.detach(), clock.read(renewed))
        clock.write(train_loss, loss.detach())
        clock.tick()

    make_update = repeatable(update, device)
    due = set(setting.evals.tolist())
    validated = []
    with full_precision():
        for step in range(setting.total_steps + 1):
            if step in due:
                loss, accuracy = gpt.evaluate(weights, val)
                validated.append(torch.stack([loss, accuracy, gpt.evaluate(averaged, val)[0]]))
                if 0 < step < setting.total_steps and plateaus:
                    seen = loss.tolist()
                    for run, plateau in plateaus.items():
                        rates[run, step:] = plateau.update(seen[run])
                    optimizer.set_rates(rates)
            if step < setting.total_steps:
                make_update()
        test_loss, test_accuracy = gpt.evaluate(weights, test)
        test_loss_average, _ = gpt.evaluate(averaged, test)
    val_loss, val_accuracy, val_loss_average = torch.stack(validated, dim=-1)
    results = {
        "train_loss": train_loss.T,
        "val_loss": val_loss,
        "val_accuracy": val_accuracy,
        "test_loss": test_loss,
        "test_accuracy": test_accuracy,
        "val_loss_average": val_loss_average,
        "test_loss_average": test_loss_average,
    }
    return {"lr": rates} | {name: result.cpu().numpy() for name, result in results.items()}


def runs_together(setting: Setting) -> int:
    """Return how many runs are best trained as one stack where the setting says.

    On CUDA they are also as many as fit into the memory that is free, by an estimate on the safe
    side.
    """
    if torch.device(setting.device).type != "cuda":
        return CPU_RUNS
    gpt = setting.gpt
    scores = gpt.heads * gpt.context
    kept = gpt.layers * (20 * gpt.width + scores) + gpt.symbols  # for the way back, by symbol
    passing = 12 * gpt.width + 2 * scores + 3 * gpt.symbols
    numbers = setting.batch_size * gpt.context * (kept + passing) + 10 * gpt.weights
    tables = setting.total_steps * (8 * setting.batch_size + 16)
    of_one = numbers * setting.dtype.itemsize + tables
    torch.cuda.empty_cache()  # what earlier runs have left counts as taken
    free, _ = torch.cuda.mem_get_info(setting.device)
    return min(CUDA_RUNS, max(1, int(0.6 * free / of_one)))


def random_starts(n: int, length: int, batch_size: int, total_steps: int, seed: int) -> Tensor:
    """Return where the windows of each update begin: int64 of shape [total_steps, batch_size].

    Every window of ``length`` symbols among ``n`` is as likely as any other. The windows depend on
    ``seed`` and the sizes alone: torch's global generator is neither read nor moved.
    """
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(n - length + 1, (total_steps, batch_size), generator=generator)


def even_windows(part: Tensor, length: int, count: int) -> Tensor:
    """Return windows spread evenly over a part, without overlap: shape [windows, length].

    There are ``count`` of them, or as many as the part has room for.
    """
    count = min(count, len(part) // length)
    starts = torch.arange(count) * (len(part) - length) // max(count - 1, 1)
    return part[starts[:, None] + torch.arange(length)]
