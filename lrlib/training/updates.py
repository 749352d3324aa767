"""The optimizer of a run, and what drives its rate and its momentum."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim import lr_scheduler as torch_schedulers
from torch.optim.lr_scheduler import LRScheduler

from ..optim import PlateauLR, ScheduledLR
from ..schedules import ReduceLROnPlateau, Schedule
from ..schedules.base import check_choice, check_count, check_rate

OPTIMIZERS = ("sgd", "adamw")
BETA2, EPS = 0.999, 1e-8  # of AdamW


def momentum_curve(momentum: float | Schedule, total_steps: int) -> list[float]:
    """Return the momentum of each update."""
    if isinstance(momentum, Schedule):
        return momentum.curve(total_steps)
    return [momentum] * total_steps


def check_update(
    optimizer: str, momentum: float | Schedule, weight_decay: float, total_steps: int
) -> tuple[str, float | Schedule, float, int]:
    """Return the arguments, the numbers among them as Python's.

    Raises:
        ValueError: unless the optimizer exists, and its settings are legal at every update.
    """
    optimizer = check_choice("optimizer", optimizer, OPTIMIZERS)
    weight_decay = check_rate("weight_decay", weight_decay)
    total_steps = check_count("total_steps", total_steps)
    values = momentum.curve(total_steps) if isinstance(momentum, Schedule) else [momentum]
    for value in values:
        number = check_rate("momentum", value, 1, "1")
        if optimizer == "adamw" and number == 1:
            raise ValueError(f"momentum must be below 1 for adamw, got {value!r}")
    if not isinstance(momentum, Schedule):
        momentum = number
    return optimizer, momentum, weight_decay, total_steps


def make_optimizer(
    name: str, model: nn.Module, lr: float, momentum: float | Schedule, weight_decay: float
) -> Optimizer:
    """Return one of :data:`OPTIMIZERS` for a model; a schedule of the momentum says its first."""
    first = float(momentum(0) if isinstance(momentum, Schedule) else momentum)
    if name == "sgd":
        return torch.optim.SGD(model.parameters(), lr=lr, momentum=first, weight_decay=weight_decay)
    return torch.optim.AdamW(
        model.parameters(), lr=lr, betas=(first, BETA2), eps=EPS, weight_decay=weight_decay
    )


def described(setting: object) -> object:
    """Return a number as it is, and anything else as text that is the same in every process."""
    if isinstance(setting, int | float):
        return float(setting)
    return _without_addresses(repr(setting))


def _without_addresses(text: str) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", text)


class Drivers:
    """The schedulers of one optimizer: what writes its rate and its momentum, and when.

    Args:
        optimizer: one of :func:`make_optimizer`.
        schedule: what :func:`lrlib.training.loop.train` takes.
        momentum: a schedule of the momentum, or a number, which needs no driver.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: Schedule | ReduceLROnPlateau | Callable[[Optimizer], LRScheduler],
        momentum: float | Schedule,
    ) -> None:
        self._optimizer = optimizer
        self._curves = [each for each in (schedule, momentum) if isinstance(each, Schedule)]
        if isinstance(schedule, Schedule):
            scheduler, self.description = ScheduledLR(optimizer, schedule), described(schedule)
        elif isinstance(schedule, ReduceLROnPlateau):
            scheduler = PlateauLR(optimizer, schedule)
            self.description = f"ReduceLROnPlateau({vars(schedule)})"
        else:
            scheduler = schedule(optimizer)
            state = scheduler.state_dict()
            self.description = _without_addresses(f"{type(scheduler).__name__}({state})")
        self._by_update, self._by_loss = [scheduler], []
        if isinstance(scheduler, torch_schedulers.ReduceLROnPlateau):
            self._by_update, self._by_loss = [], [scheduler]
        self._momentum_key = "betas" if "betas" in optimizer.defaults else "momentum"
        if isinstance(momentum, Schedule):
            self._by_update.append(ScheduledLR(optimizer, momentum, key=self._momentum_key))

    def lr(self) -> float:
        """Return the rate that the next update uses."""
        return self._optimizer.param_groups[0]["lr"]

    def momentum(self) -> float:
        """Return the momentum that the next update uses, AdamW's first beta."""
        value = self._optimizer.param_groups[0][self._momentum_key]
        return value[0] if self._momentum_key == "betas" else value

    def after_update(self) -> None:
        """Move on what follows the step."""
        for scheduler in self._by_update:
            scheduler.step()

    def after_evaluation(self, loss: float) -> None:
        """Move on what follows the validation loss."""
        for scheduler in self._by_loss:
            scheduler.step(loss)

    def digest(self, total_steps: int) -> str:
        """Return a hash of every value that the schedules give, which their text need not tell."""
        curves = [each.curve(total_steps) for each in self._curves]
        return hashlib.sha256(np.array(curves).tobytes()).hexdigest()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of each scheduler, in order."""
        return {"states": [each.state_dict() for each in self._by_update + self._by_loss]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state of schedulers of the same kinds."""
        schedulers = self._by_update + self._by_loss
        for each, state in zip(schedulers, state_dict["states"], strict=True):
            each.load_state_dict(state)
