"""What the schedulers share: how a setting of an optimizer's parameter groups is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from ..schedules.base import check_each, check_rate


class GroupWriter:
    """One setting of every parameter group of an optimizer, and each group's own value of it.

    The base of :class:`~lrlib.optim.ScheduledLR` and :class:`~lrlib.optim.PlateauLR`, beside
    torch's. A group's own value is what it held before the first scheduler wrote to it. It is kept
    where torch's schedulers keep it and look for it, in the group under ``initial_lr``, or
    ``initial_`` and the name of another setting, so that it is saved with the optimizer.

    Args:
        optimizer: any torch optimizer.
        key: the setting, a key of its parameter groups.
        relative: whether what is written is multiplied by the group's own value.

    Attributes:
        base_lrs: each group's own value, in the order of the groups.

    Raises:
        ValueError: if an argument is not of its kind, or a group has no number under ``key``.
    """

    def __init__(self, optimizer: Optimizer, key: str, relative: bool) -> None:
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

    def get_last_lr(self) -> list[Any]:
        """Return what the optimizer's groups hold now, one value per group; tensors are copied."""
        return [_copy(group[self.key]) for group in self.optimizer.param_groups]

    @property
    def _last_lr(self) -> list[Any]:
        return self.get_last_lr()

    @_last_lr.setter
    def _last_lr(self, values: list[Any]) -> None:
        """Do nothing: clients that write a rate into the groups by hand note it here as well."""

    def _groups(self) -> list[dict[str, Any]]:
        """Return the parameter groups, the new ones among them taken in."""
        groups = self.optimizer.param_groups
        if len(groups) != len(self.base_lrs):
            self._meet_groups()
        return groups

    def _meet_groups(self) -> None:
        """Note the own value of every group that is new."""
        groups, key = self.optimizer.param_groups, self.key
        for i, group in enumerate(groups):
            _check_setting(group, key, i)
        known = list(self.base_lrs) if len(self.base_lrs) < len(groups) else []
        for group in groups[len(known) :]:
            for name in {"lr", key} & set(group):
                group.setdefault(f"initial_{name}", _copy(group[name]))
            known.append(float(_first(group[f"initial_{key}"])))
        self.base_lrs = known
        self._scaled = key == "lr" and any("lr_scale" in group for group in groups)
        # A group holds the very tensor that is the default, and it will be written to. The default
        # becomes a copy, so that a group that is added later begins with its value.
        defaults = self.optimizer.defaults
        if isinstance(_first(defaults.get(key)), Tensor):
            defaults[key] = _copy(defaults[key])

    def _own_values(self) -> dict[str, list[float]]:
        """Return what a state must hold of the groups' own values, under torch's name for them."""
        return {"base_lrs": list(self.base_lrs)} if self.relative else {}

    def _own_values_of(self, state_dict: Mapping[str, Any]) -> list[float]:
        """Return the groups' own values, from a state that has them as torch's schedulers do."""
        groups, own = len(self._groups()), ()
        if self.relative:
            own = check_each("base_lrs", state_dict.get("base_lrs", ()), check_rate)
        if len(own) > groups:  # fewer, where a group was added after the last step
            raise ValueError(f"base_lrs must hold {groups} values, one a group, got {own!r}")
        return [*own, *self.base_lrs[len(own) :]]

    def _for_groups(self, values: Sequence[float]) -> Sequence[float]:
        """Return what each group gets for a value."""
        if self.relative:
            values = [value * own for value, own in zip(values, self.base_lrs, strict=False)]
        if self._scaled:
            pairs = zip(values, self.optimizer.param_groups, strict=False)
            values = [value * float(group.get("lr_scale", 1)) for value, group in pairs]
        return values

    def _write(self, values: Sequence[float]) -> None:
        """Write a value into each group: into what holds it, if that is a tensor or a sequence."""
        key, filled = self.key, set()
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            held = group[key]
            if type(held) is float:  # nearly always
                group[key] = value
                continue
            first = _first(held)
            if isinstance(first, Tensor):
                if id(first) in filled:  # torch gives one default tensor to all groups
                    first = first.clone()
                filled.add(id(first))
                value = first.fill_(value)
            several = isinstance(held, Sequence)
            group[key] = type(held)([value, *held[1:]]) if several else value

    def _overwritten(self, values: Sequence[float]) -> bool:
        """Return whether the groups hold anything but these values."""
        groups = self.optimizer.param_groups
        if len(groups) != len(self.base_lrs):  # a new one holds its own value until the next step
            return True
        for group, value in zip(groups, values, strict=True):
            first = _first(group[self.key])
            if first != (torch.full_like(first, value) if isinstance(first, Tensor) else value):
                return True
        return False


def check_step(name: str, value: float) -> float:
    """Return a step that may come from NumPy or torch as a number of Python, an int if whole."""
    number = check_rate(name, value)
    return int(number) if number.is_integer() else number


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


def check_state(state_dict: Mapping[str, Any], *names: str) -> None:
    """Raise ValueError unless a state holds these names."""
    for name in names:
        if not isinstance(state_dict, Mapping) or name not in state_dict:
            raise ValueError(f"state_dict must be a dict that holds {name!r}, got {state_dict!r}")
