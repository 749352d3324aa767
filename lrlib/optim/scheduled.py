"""A schedule as a learning-rate scheduler of torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ..schedules import Schedule
from ..schedules.base import check_count
from .groups import GroupWriter, check_state, check_step


class ScheduledLR(GroupWriter, LRScheduler):
    """Drive an optimizer's rate, or another of its settings, by a schedule.

    The rate is written *before* the update that it belongs to: the constructor writes
    ``schedule(0)``, and each :meth:`step` moves to the next update and writes its rate. The state
    is the step, so there is nothing that could drift, and nothing of the configuration is saved:
    loading a state into a scheduler with another schedule continues on the new schedule. ::

        scheduler = ScheduledLR(optimizer, CosineAnnealingLR(0.1, T_max=1000))
        for x, y in batches:
            optimizer.zero_grad()
            loss(model(x), y).backward()
            optimizer.step()
            scheduler.step()

    **Groups.** A schedule gives a rate, and every parameter group gets this rate, whatever it held:
    groups that had different rates have the same one from then on, and with
    ``key="weight_decay"`` a group that had none begins to decay. With ``relative=True`` a schedule
    gives a factor, and every group gets it times its own value, which is what the group held
    before any scheduler wrote to it. Groups keep their ratios, and one at 0 stays there. ::

        ScheduledLR(optimizer, WarmupWithDecay(1.0, 500, 10_000), relative=True)

    A group's ``lr_scale``, if it has one, multiplies its rate in both forms, as in timm, which
    writes it for layer-wise decay. Groups that are added later follow from the next step on. A rate
    that is a tensor is filled in place, so that a compiled update sees it; a tensor that several
    groups share is copied first, so that each group has one.

    **Among torch's schedulers.** A group's own rate is kept under ``initial_lr``, where schedulers
    that are made later look for it. torch's ``SequentialLR`` can hold this one as a part, and
    resets the rate whatever its parts drive. torch's ``ChainedScheduler`` should not hold it: its
    parts multiply the rate that they find, and this one replaces it, so that the factors of
    earlier updates are lost. Multiply the schedules instead. ::

        ScheduledLR(optimizer, ProductLR([CosineAnnealingLR(0.1, 1000), LinearWarmup(1.0, 100)]))

    ``SWALR`` can take over: it begins at the rate that it finds.

    Args:
        optimizer: any torch optimizer. What its groups hold under ``key`` is overwritten at once.
        schedule: one schedule for all parameter groups, or one for each.
        key: the setting to drive, a key of the parameter groups that holds a number: ``"lr"``,
            ``"momentum"``, ``"weight_decay"``; or a sequence, as ``"betas"``, of which the first is
            driven. A number may be a tensor of one element.
        relative: whether the schedule gives a factor of each group's own value.

    Attributes:
        last_epoch: the step, the 0-based index of the current update, under torch's name for it.
        base_lrs: each group's own value, in the order of the groups.

    Raises:
        ValueError: if an argument is not of its kind, a parameter group has no number under
            ``key``, or there are several schedules and their number is not that of the groups.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: Schedule | Sequence[Schedule],
        *,
        key: str = "lr",
        relative: bool = False,
    ) -> None:
        schedules = [schedule] if isinstance(schedule, Schedule) else schedule
        if not isinstance(schedules, Sequence) or not schedules:
            raise ValueError(f"schedule must be a Schedule or a sequence of them, got {schedule!r}")
        for each in schedules:
            if not isinstance(each, Schedule):
                raise ValueError(f"schedule must hold Schedules only, got {each!r}")
        self.schedule = schedule if isinstance(schedule, Schedule) else tuple(schedule)
        super().__init__(optimizer, key, relative)
        self.last_epoch: float = -1
        self.step()

    def step(self, epoch: float | None = None) -> None:
        """Move to the next update, or to update number ``epoch``, and write its rate.

        Args:
            epoch: 0-based, finite and >= 0, under torch's name for it: the schedule's clock may
                count epochs or updates. A fraction is a point between two of them, so that
                ``step(epoch + i / n)`` moves by batches along a schedule in epochs.

        Raises:
            ValueError: if ``epoch`` is out of its range, or there are several schedules and their
                number is not that of the parameter groups; nothing has changed then.
        """
        step = self.last_epoch + 1 if epoch is None else check_step("epoch", epoch)
        key, groups = self.key, self.optimizer.param_groups
        if len(groups) != len(self.base_lrs):
            self._meet_groups()
        if self._alike:
            value = self.schedule(step)
            for group in groups:
                if type(group[key]) is not float:
                    self._write([value] * len(groups))
                    break
                group[key] = value  # nearly always, and worth not making a call
        else:
            self._write(self._values(step))
        self.last_epoch = step
        self._step_count += 1

    def get_lr(self) -> list[float]:
        """Return what the schedule says for the current update, one value per group."""
        self._groups()
        return self._values(self.last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return the state: the 0-based index of the current update, under torch's name for it.

        With ``relative=True`` it holds the groups' own values too. If the groups hold anything but
        what was written last, because another scheduler has written since or a group was added, the
        state says that too, and loading it writes nothing.
        """
        state = {"last_epoch": self.last_epoch, **self._own_values()}
        if self.last_epoch >= 0 and self._overwritten(self._values(self.last_epoch)):
            state["overwritten"] = True
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue at the step of a state, and write that step's rate into the optimizer.

        The state of a torch scheduler that counts updates will do: its step is all that is read.

        Raises:
            ValueError: if the state holds no ``last_epoch``, or not a finite number >= 0, or -1
                for a part of torch's ``SequentialLR`` that has not begun.
        """
        check_state(state_dict, "last_epoch")
        step = state_dict["last_epoch"]
        step = -1 if step == -1 else check_step("last_epoch", step)
        self.base_lrs = self._own_values_of(state_dict)
        if step >= 0 and not state_dict.get("overwritten"):
            self.step(step)
        self.last_epoch = step
        self._step_count = int(step) + 1

    def _update_lr(self, epoch: float | None = None) -> None:
        self.step(epoch)  # torch's SequentialLR calls this at a milestone

    def _meet_groups(self) -> None:
        groups, one = self.optimizer.param_groups, isinstance(self.schedule, Schedule)
        if not one and len(self.schedule) != len(groups):
            raise ValueError(
                f"schedule must hold one schedule for each of the {len(groups)} parameter groups, "
                f"got {len(self.schedule)}"
            )
        super()._meet_groups()
        self._alike = one and not self.relative and not self._scaled

    def _values(self, step: float) -> Sequence[float]:
        if isinstance(self.schedule, Schedule):
            return self._for_groups([self.schedule(step)] * len(self.optimizer.param_groups))
        return self._for_groups([schedule(step) for schedule in self.schedule])


def driven_rates(
    make_scheduler: Callable[[Optimizer], LRScheduler], base_lr: float, steps: int
) -> list[float]:
    """Return the rate that an optimizer holds at each update of a run under a scheduler.

    Args:
        make_scheduler: makes the scheduler, torch's or :class:`ScheduledLR`, for an optimizer.
        base_lr: the optimizer's own rate, from which a scheduler of torch starts.
        steps: the number of updates, each followed by a step of the scheduler.

    Raises:
        ValueError: if ``steps`` is not a whole number >= 0.
    """
    check_count("steps", steps)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base_lr)
    scheduler = make_scheduler(optimizer)
    rates = []
    for _ in range(int(steps)):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates
