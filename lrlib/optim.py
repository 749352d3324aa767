"""Schedules and plateaus as learning-rate schedulers of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from numbers import Real
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim import lr_scheduler as torch_schedulers
from torch.optim.lr_scheduler import LRScheduler

from .schedules import ReduceLROnPlateau, Schedule
from .schedules.base import check_count, check_rate


class _Writer:
    """What :class:`ScheduledLR` and :class:`PlateauLR` share: a setting of each group, written.

    Attributes:
        optimizer: the optimizer.
        key: the setting, a key of its parameter groups.
        relative: whether what is written is multiplied by the group's own value.
        base_lrs: each group's own value: what it held before the first scheduler wrote to it.
    """

    def _attach(self, optimizer: Optimizer, key: str, relative: bool) -> None:
        # LRScheduler.__init__ is left out: it wraps optimizer.step to warn about the order of
        # calls, which does not matter here.
        if not isinstance(optimizer, Optimizer):
            raise ValueError(f"optimizer must be a torch optimizer, got {optimizer!r}")
        if not isinstance(relative, bool):
            raise ValueError(f"relative must be True or False, got {relative!r}")
        self.optimizer = optimizer
        self.key = key
        self.relative = relative
        self.base_lrs: list[float] = []
        self._step_count = 0
        self._meet_groups()

    def _groups(self) -> list[dict[str, Any]]:
        """Return the parameter groups, the new ones among them taken in."""
        groups = self.optimizer.param_groups
        if len(groups) != len(self.base_lrs):
            self._meet_groups()
        return groups

    def _meet_groups(self) -> None:
        """Note the own value of every group that is new, where torch's schedulers note it."""
        groups, key = self.optimizer.param_groups, self.key
        for i, group in enumerate(groups):
            _check_setting(group, key, i)
        if len(groups) < len(self.base_lrs):  # some were taken out, nobody knows which
            self.base_lrs = []
        for group in groups[len(self.base_lrs) :]:
            for name in {"lr", key} & set(group):
                group.setdefault(f"initial_{name}", _copy(group[name]))
            self.base_lrs.append(float(_first(group[f"initial_{key}"])))
        # A group holds the very tensor that is the default, and it will be written to. The default
        # becomes a copy, so that a group that is added later begins with its value.
        defaults = self.optimizer.defaults
        if isinstance(_first(defaults.get(key)), Tensor):
            defaults[key] = _copy(defaults[key])

    def _for_groups(self, values: Sequence[float]) -> Sequence[float]:
        """Return what each group gets for a value."""
        if self.relative:
            values = [value * own for value, own in zip(values, self.base_lrs, strict=False)]
        if self.key == "lr":
            pairs = zip(values, self.optimizer.param_groups, strict=False)
            values = [value * group.get("lr_scale", 1) for value, group in pairs]
        return values

    def _write(self, values: Sequence[float]) -> None:
        """Write a value into each group: into what holds it, if that is a tensor or a sequence."""
        filled = set()
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            held = group[self.key]
            first = _first(held)
            if isinstance(first, Tensor):
                if id(first) in filled:  # torch gives one default tensor to all groups
                    first = first.clone()
                filled.add(id(first))
                value = first.fill_(value)
            several = isinstance(held, Sequence)
            group[self.key] = type(held)([value, *held[1:]]) if several else value

    def _overwritten(self, values: Sequence[float]) -> bool:
        """Return whether the groups hold anything but these values."""
        for group, value in zip(self.optimizer.param_groups, values, strict=False):
            first = _first(group[self.key])
            if first != (torch.full_like(first, value) if isinstance(first, Tensor) else value):
                return True
        return False

    @property
    def _last_lr(self) -> list[Any]:
        return [_copy(group[self.key]) for group in self.optimizer.param_groups]


class ScheduledLR(_Writer, LRScheduler):
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
    before any scheduler wrote to it. Groups keep their ratios, and a group at 0 stays there. ::

        ScheduledLR(optimizer, WarmupWithDecay(1.0, 500, 10_000), relative=True)

    A group's ``lr_scale``, if it has one, multiplies its rate in both forms, as in timm, which
    writes it for layer-wise decay. Groups that are added later follow from the next step on. A rate
    that is a tensor is filled in place, so that a compiled update sees it; a tensor that several
    groups share is copied first, so that each group has one.

    **Among torch's schedulers.** A group's own rate is kept under ``initial_lr``, where schedulers
    that are made later look for it. torch's ``SequentialLR`` can hold this one as a part; its parts
    should drive the rate alone, as it resets the rate. torch's ``ChainedScheduler`` cannot: its
    parts multiply the rate that they find, and this one replaces it, so that the factors of
    earlier updates are lost. Multiply schedules instead: ``ScheduledLR(optimizer,
    ProductLR([warmup, decay]))``.

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
        self._attach(optimizer, key, relative)
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
        self._update_lr(epoch)
        self._step_count += 1

    def _update_lr(self, epoch: float | None = None) -> None:
        # At a milestone, torch's SequentialLR calls this in place of step.
        step = self.last_epoch + 1 if epoch is None else _number("epoch", epoch)
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

    def get_lr(self) -> list[float]:
        """Return what the schedule says for the current update, one value per group."""
        self._groups()
        return self._values(self.last_epoch)

    def get_last_lr(self) -> list[Any]:
        """Return what the optimizer's groups hold now, one value per group; tensors are copied."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return the state: the 0-based index of the current update, under torch's name for it.

        If another scheduler has overwritten the rate since it was written, the state says that too,
        and loading it leaves the rate to the other one.
        """
        state = {"last_epoch": self.last_epoch}
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
        _check_state(state_dict, "last_epoch")
        step = state_dict["last_epoch"]
        step = -1 if step == -1 else _number("last_epoch", step)
        if step >= 0 and not state_dict.get("overwritten"):
            self._update_lr(step)
        self.last_epoch = step
        self._step_count = int(step) + 1

    def _meet_groups(self) -> None:
        groups, one = self.optimizer.param_groups, isinstance(self.schedule, Schedule)
        if not one and len(self.schedule) != len(groups):
            raise ValueError(
                f"schedule must hold one schedule for each of the {len(groups)} parameter groups, "
                f"got {len(self.schedule)}"
            )
        super()._meet_groups()
        scaled = self.key == "lr" and any("lr_scale" in group for group in groups)
        self._alike = one and not self.relative and not scaled

    def _values(self, step: float) -> Sequence[float]:
        if isinstance(self.schedule, Schedule):
            return self._for_groups([self.schedule(step)] * len(self.optimizer.param_groups))
        return self._for_groups([schedule(step) for schedule in self.schedule])


class PlateauLR(_Writer, torch_schedulers.ReduceLROnPlateau):
    """Drive an optimizer's rate by a plateau: it falls when a metric has stopped improving.

    What torch's ``ReduceLROnPlateau`` is, and one of its kind, so that Lightning, Transformers and
    accelerate hand it the metric; with the rule of :class:`lrlib.ReduceLROnPlateau`, which is right
    for negative metrics too. ::

        scheduler = PlateauLR(optimizer, ReduceLROnPlateau(0.1, factor=0.5, patience=3))
        for epoch in range(90):
            train(model, optimizer)
            scheduler.step(validate(model))

    The constructor and each step write the plateau's rate into every parameter group, whatever it
    held, and with ``relative=True`` the plateau's rate times the group's own: then ``base_lr``,
    ``min_lr`` and ``eps`` of the plateau are factors too. ``lr_scale``, groups that are added later
    and rates that are tensors are treated as in :class:`ScheduledLR`.

    Behind a warmup: make this one, then a :class:`ScheduledLR` with the warmup, and step the latter
    until it is over. There should be no step here before.

    Args:
        optimizer: any torch optimizer. The rates of its groups are overwritten at once.
        plateau: the plateau, of which a copy is used.
        relative: whether the plateau gives a factor of each group's own rate.

    Attributes:
        plateau: the copy, which tells its ``lr``, ``best`` and ``bad_evaluations``.
        last_epoch: the number of evaluations so far, under torch's name for it.
        base_lrs: each group's own rate, in the order of the groups.

    Raises:
        ValueError: if an argument is not of its kind.
    """

    def __init__(
        self, optimizer: Optimizer, plateau: ReduceLROnPlateau, *, relative: bool = False
    ) -> None:
        if not isinstance(plateau, ReduceLROnPlateau):
            raise ValueError(f"plateau must be a ReduceLROnPlateau of lrlib, got {plateau!r}")
        self._attach(optimizer, "lr", relative)
        self.plateau = deepcopy(plateau)
        self.last_epoch: float = 0
        self._write(self.get_lr())

    def step(self, metrics: float, epoch: float | None = None) -> None:
        """Take the metric of an evaluation, and write the rate from here on.

        Args:
            metrics: the one metric, a number or a tensor of one element; under torch's name for it.
            epoch: the number of evaluations so far, if it is not one more than before.

        Raises:
            ValueError: if an argument is not a number; nothing has changed then.
        """
        try:
            metric = float(metrics)
        except (TypeError, ValueError, RuntimeError):
            raise ValueError(f"metrics must be a number, got {metrics!r}") from None
        last_epoch = self.last_epoch + 1 if epoch is None else _number("epoch", epoch)
        self.plateau.update(metric)
        self._write(self.get_lr())
        self.last_epoch = last_epoch
        self._step_count += 1

    def get_lr(self) -> list[float]:
        """Return what the plateau says now, one rate per group."""
        return self._for_groups([self.plateau.lr] * len(self._groups()))

    def get_last_lr(self) -> list[Any]:
        """Return the rates of the optimizer's groups now; tensors are copied."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return the state: the number of evaluations and the plateau's own, no argument of it.

        If another scheduler has overwritten the rate since it was written, the state says that too,
        and loading it leaves the rate to the other one.
        """
        state = {"last_epoch": self.last_epoch, "plateau": self.plateau.state_dict()}
        if self._overwritten(self.get_lr()):
            state["overwritten"] = True
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state under the arguments of this plateau, and write its rate.

        Raises:
            ValueError: if the state is not one of :meth:`state_dict`; nothing has changed then.
        """
        _check_state(state_dict, "last_epoch", "plateau")
        _check_state(state_dict["plateau"], "lr")
        last_epoch = _number("last_epoch", state_dict["last_epoch"])
        self.plateau.load_state_dict(state_dict["plateau"])
        if not state_dict.get("overwritten"):
            self._write(self.get_lr())
        self.last_epoch = last_epoch
        self._step_count = int(last_epoch)

    @property
    def best(self) -> float | None:
        """The best metric so far, None before the first finite one."""
        return self.plateau.best

    @property
    def num_bad_epochs(self) -> int:
        """The bad evaluations since the last good one or reduction."""
        return self.plateau.bad_evaluations

    @property
    def cooldown_counter(self) -> int:
        """The evaluations to come that cannot count as bad."""
        return self.plateau.cooldown_left


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


def _number(name: str, value: float) -> float:
    """Return a number that may come from NumPy or torch as one of Python, an int if it is whole."""
    check_rate(name, value)
    return int(value) if value == int(value) else float(value)


def _first(held: Any) -> Any:
    """Return the number that is driven: a setting itself, or the first of several."""
    return held[0] if isinstance(held, Sequence) and held else held


def _copy(held: Any) -> Any:
    """Return a setting that shares no tensor and no list with another, in numbers of Python."""
    if isinstance(held, Tensor):
        return held.detach().clone()
    if isinstance(held, Sequence):
        return type(held)([_copy(each) for each in held])
    return float(held) if isinstance(held, Real) else held


def _check_setting(group: dict[str, Any], key: str, i: int) -> None:
    """Raise ValueError unless a group holds a number, or a sequence that begins with one."""
    if key not in group:
        raise ValueError(f"key must be in every parameter group, got {key!r}: not in {i}")
    first = _first(group[key])
    if isinstance(first, Tensor):
        is_number = first.numel() == 1 and first.is_floating_point() and key != "params"
    else:
        is_number = isinstance(first, Real) and not isinstance(first, bool)
    if not is_number:
        raise ValueError(
            "key must be that of a number, of a floating tensor of one element, or of a sequence "
            f"that begins with one, got {key!r}: group {i} holds {group[key]!r}"
        )


def _check_state(state_dict: Mapping[str, Any], *names: str) -> None:
    """Raise ValueError unless a state holds these names."""
    for name in names:
        if not isinstance(state_dict, Mapping) or name not in state_dict:
            raise ValueError(f"state_dict must be a dict that holds {name!r}, got {state_dict!r}")
