"""The training loop, as plain as it can be, and the record that it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from tqdm.auto import tqdm

from .data import Dataset, batch_order
from .model import mlp
from .optim import ScheduledLR
from .schedules import Schedule
from .schedules.base import check_count, check_rate

HIDDEN = (64, 64)


@dataclass(frozen=True, eq=False)
class History:
    """What one run did.

    Losses are mean cross-entropies in nats. A run whose training loss stops being finite has
    diverged: it ends there, and everything after is NaN.

    Args:
        lr: the rate that each update used, shape [total_steps].
        train_loss: the loss of each update's batch, before the update, shape [total_steps].
        eval_step: how many updates were done at each evaluation, shape [evals].
        val_loss: the loss on the validation examples, shape [evals].
        val_accuracy: the share of validation examples classified correctly, shape [evals].
        test_loss: the loss on the test examples after the last update.
        test_accuracy: the share of test examples classified correctly after the last update.
    """

    lr: np.ndarray
    train_loss: np.ndarray
    eval_step: np.ndarray
    val_loss: np.ndarray
    val_accuracy: np.ndarray
    test_loss: float
    test_accuracy: float

    @property
    def diverged(self) -> bool:
        """Whether the training loss stopped being finite."""
        return not np.isfinite(self.train_loss).all()


def eval_steps(total_steps: int, eval_every: int) -> np.ndarray:
    """Return after how many updates a run is evaluated: 0, every ``eval_every``, and the end."""
    check_count("eval_every", eval_every, least=1)
    return np.unique(np.append(np.arange(0, total_steps, eval_every), total_steps))


def train(
    schedule: Schedule | Callable[[Optimizer], LRScheduler],
    data: Dataset,
    model: nn.Module | None = None,
    *,
    base_lr: float | None = None,
    seed: int = 0,
    total_steps: int = 1500,
    batch_size: int = 64,
    momentum: float = 0.9,
    eval_every: int = 50,
    progress: bool = False,
) -> History:
    """Train a classifier by SGD with momentum under a schedule.

    Args:
        schedule: a schedule, or a function that makes a torch scheduler for the optimizer.
        data: what to train on, choose by and report on.
        model: the network, trained in place; by default a perceptron with hidden layers of 64 and
            64 units whose initial weights come from ``seed``.
        base_lr: the rate that a torch scheduler starts from; a schedule brings its own.
        seed: decides the order of the batches, and the weights of the default model.
        total_steps: the number of updates.
        batch_size: the number of examples in each update.
        momentum: the factor of the velocity, in torch's form: the velocity is not damped.
        eval_every: the number of updates between two evaluations.
        progress: whether to show a progress bar.

    Raises:
        ValueError: if an argument is outside its range, or ``base_lr`` is missing or superfluous.
    """
    check_rate("momentum", momentum, 1, "1")
    if isinstance(schedule, Schedule) != (base_lr is None):
        raise ValueError(
            f"base_lr must be given with a torch scheduler and only then, got {base_lr!r}"
        )
    evals = eval_steps(total_steps, eval_every)
    batches = batch_order(len(data.x_train), batch_size, total_steps, seed)
    if model is None:
        model = mlp((data.features, *HIDDEN, data.classes), seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=base_lr or 0.0, momentum=momentum)
    if isinstance(schedule, Schedule):
        scheduler = ScheduledLR(optimizer, schedule)
    else:
        scheduler = schedule(optimizer)

    lr, train_loss = np.full((2, total_steps), np.nan)
    val_loss, val_accuracy = np.full((2, len(evals)), np.nan)
    test_loss = test_accuracy = np.nan
    for step, batch in enumerate(tqdm(batches, disable=not progress, unit="update")):
        if step in evals:
            at = np.searchsorted(evals, step)
            val_loss[at], val_accuracy[at] = evaluate(model, data.x_val, data.y_val)
        optimizer.zero_grad()
        loss = cross_entropy(model(data.x_train[batch]), data.y_train[batch])
        loss.backward()
        lr[step] = optimizer.param_groups[0]["lr"]
        train_loss[step] = loss.item()
        if not np.isfinite(train_loss[step]):
            break
        optimizer.step()
        scheduler.step()
    else:
        val_loss[-1], val_accuracy[-1] = evaluate(model, data.x_val, data.y_val)
        test_loss, test_accuracy = evaluate(model, data.x_test, data.y_test)
    return History(lr, train_loss, evals, val_loss, val_accuracy, test_loss, test_accuracy)


@torch.no_grad()
def evaluate(model: nn.Module, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Return the mean cross-entropy and the accuracy of a model on some examples."""
    logits = model(x)
    accuracy = (logits.argmax(dim=1) == y).float().mean()
    return cross_entropy(logits, y).item(), accuracy.item()
