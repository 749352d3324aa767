"""A schedule as a learning-rate scheduler of torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from .schedules import Schedule
from .schedules.base import check_count


class ScheduledLR(LRScheduler):
    """Drive an optimizer's rate, or another of its settings, by a schedule.

    The rate is written *before* the update that it belongs to: the constructor writes
    ``schedule(0)``, and each :meth:`step` moves to the next update and writes its rate. The whole
    state is the step, so there is nothing that could drift, and nothing of the configuration is
    saved: loading a state into a scheduler with another schedule continues on the new schedule. ::

        scheduler = ScheduledLR(optimizer, CosineAnnealingLR(0.1, T_max=1000))
        for x, y in batches:
            optimizer.zero_grad()
            loss(model(x), y).backward()
            optimizer.step()
            scheduler.step()

    Parameter groups that are added later follow the schedule from the next step on. A rate that is
    a tensor is filled in place, so that a compiled update sees it.

    Args:
        optimizer: any torch optimizer. Its own ``lr`` is overwritten at once.
        schedule: one schedule for all parameter groups, or one for each.
        key: the setting to drive, a key of the parameter groups: ``"lr"``, ``"momentum"``,
            ``"weight_decay"``, or ``"betas"``, of which the first is driven.

    Raises:
        ValueError: if an argument is not of its kind, a parameter group has no ``key``, or there
            are several schedules and their number is not that of the parameter groups.
    """

    def __init__(
        self, optimizer: Optimizer, schedule: Schedule | Sequence[Schedule], *, key: str = "lr"
    ) -> None:
        # LRScheduler.__init__ is left out: it wraps optimizer.step to warn about the order of
        # calls, and keeps a copy of every group's first rate. Neither is needed here.
        if not isinstance(optimizer, Optimizer):
            raise ValueError(f"optimizer must be a torch optimizer, got {optimizer!r}")
        schedules = [schedule] if isinstance(schedule, Schedule) else schedule
        if not isinstance(schedules, Sequence) or not schedules:
            raise ValueError(f"schedule must be a Schedule or a sequence of them, got {schedule!r}")
        for each in schedules:
            if not isinstance(each, Schedule):
                raise ValueError(f"schedule must hold Schedules only, got {each!r}")
        for i, group in enumerate(optimizer.param_groups):
            if key not in group:
                raise ValueError(f"key must be in every parameter group, got {key!r}: not in {i}")
        self.optimizer = optimizer
        self.schedule = schedule if isinstance(schedule, Schedule) else tuple(schedule)
        self.key = key
        self.step(0)

    def step(self, step: int | None = None) -> None:
        """Move to the next update, or to update number ``step``, and write its rate.

        Raises:
            ValueError: if ``step`` is not a whole number >= 0, or there are several schedules and
                their number is not that of the parameter groups; nothing has changed then.
        """
        if step is None:
            step = self.last_epoch + 1
        else:
            check_count("step", step)
            step = int(step)
        key, groups = self.key, self.optimizer.param_groups
        if type(self.schedule) is tuple:
            for group, value in zip(groups, self._each(step), strict=True):
                _put(group, key, value)
        else:
            value = self.schedule(step)
            for group in groups:
                if type(group[key]) is float:  # nearly always, and worth not making a call
                    group[key] = value
                else:
                    _put(group, key, value)
        self.last_epoch = step

    def get_lr(self) -> list[float]:
        """Return what the schedule says for the current update, one value per group."""
        if type(self.schedule) is tuple:
            return self._each(self.last_epoch)
        return [self.schedule(self.last_epoch)] * len(self.optimizer.param_groups)

    def get_last_lr(self) -> list[float | torch.Tensor]:
        """Return what the optimizer's groups hold now, one value per group; tensors are copied."""
        values = [group[self.key] for group in self.optimizer.param_groups]
        return [value.clone() if isinstance(value, torch.Tensor) else value for value in values]

    def state_dict(self) -> dict[str, int]:
        """Return the state: the 0-based index of the current update, under torch's name for it."""
        return {"last_epoch": self.last_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue at the step of a state, and write that step's rate into the optimizer.

        The state of a torch scheduler that counts updates will do: its step is all that is read.

        Raises:
            ValueError: if the state holds no ``last_epoch``, or not a whole number >= 0.
        """
        if "last_epoch" not in state_dict:
            raise ValueError(f"state_dict must hold 'last_epoch', got {sorted(state_dict)!r}")
        self.step(state_dict["last_epoch"])

    def _each(self, step: int) -> list[float]:
        """Return the value of every group, which has a schedule of its own."""
        groups = len(self.optimizer.param_groups)
        if len(self.schedule) != groups:
            raise ValueError(
                f"schedule must hold one schedule for each of the {groups} parameter groups, "
                f"got {len(self.schedule)}"
            )
        return [schedule(step) for schedule in self.schedule]


def driven_rates(
    make_scheduler: Callable[[Optimizer], LRScheduler], base_lr: float, steps: int
) -> list[float]:
    """Return the rate that an optimizer holds at each update of a run under a scheduler.

    Args:
        make_scheduler: makes the scheduler, torch's or :class:`ScheduledLR`, for an optimizer.
        base_lr: the optimizer's own rate, from which a scheduler of torch starts.
        steps: the number of updates, each followed by a step of the scheduler.
    """
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base_lr)
    scheduler = make_scheduler(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def _put(group: dict[str, Any], key: str, value: float) -> None:
    """Write a value into a group: in place if it holds a tensor, first if it holds a tuple."""
    held = group[key]
    if isinstance(held, torch.Tensor):
        held.fill_(value)
    elif isinstance(held, tuple):
        group[key] = (value, *held[1:])
    else:
        group[key] = value
