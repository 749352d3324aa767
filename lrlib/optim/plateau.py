"""A plateau as a learning-rate scheduler of torch."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from torch.optim import Optimizer
from torch.optim import lr_scheduler as torch_schedulers

from ..schedules import ReduceLROnPlateau
from ..schedules.base import check_number
from .groups import GroupWriter, check_state, check_step


class PlateauLR(GroupWriter, torch_schedulers.ReduceLROnPlateau):
    """Drive an optimizer's rate by a plateau: it falls when a metric has stopped improving.

    A ``ReduceLROnPlateau`` of torch to its clients, so that Lightning and Transformers hand it the
    metric, with the rule of :class:`lrlib.ReduceLROnPlateau`, which is right for negative metrics
    too. ::

        scheduler = PlateauLR(optimizer, ReduceLROnPlateau(0.1, factor=0.5, patience=3))
        for epoch in range(90):
            train(model, optimizer)
            scheduler.step(validate(model))

    The constructor and each step write the plateau's rate into every parameter group, whatever it
    held, and with ``relative=True`` the plateau's rate times the group's own: then ``base_lr``,
    ``min_lr`` and ``eps`` of the plateau are factors too. ``lr_scale``, groups that are added later
    and rates that are tensors are treated as in :class:`~lrlib.optim.ScheduledLR`.

    To warm up, make this one first, then a :class:`~lrlib.optim.ScheduledLR` with the warmup. Step
    that one until the warmup is over, and this one from there on.

    Args:
        optimizer: any torch optimizer. The rates of its groups are overwritten at once.
        plateau: the plateau, of which a copy is used.
        relative: whether the plateau gives a factor of each group's own rate.

    Attributes:
        plateau: the copy, which tells its ``lr``, ``best`` and ``bad_evaluations``.
        last_epoch: the number of evaluations so far, under torch's name for it.
        base_lrs: each group's own rate, in the order of the groups.

    Raises:
        ValueError: if an argument is not of its kind, or the plateau begins below its own rate.
    """

    def __init__(
        self, optimizer: Optimizer, plateau: ReduceLROnPlateau, *, relative: bool = False
    ) -> None:
        if not isinstance(plateau, ReduceLROnPlateau):
            raise ValueError(f"plateau must be a ReduceLROnPlateau of lrlib, got {plateau!r}")
        if plateau.curve(1) != [plateau.lr]:
            raise ValueError(
                f"plateau must have no warmup, which is for a ScheduledLR to drive, got {plateau!r}"
            )
        super().__init__(optimizer, "lr", relative)
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
        metric = check_number("metrics", metrics)
        last_epoch = self.last_epoch + 1 if epoch is None else check_step("epoch", epoch)
        self.plateau.update(metric)
        self._write(self.get_lr())
        self.last_epoch = last_epoch
        self._step_count += 1

    def get_lr(self) -> list[float]:
        """Return what the plateau says now, one rate per group."""
        self._groups()
        return self._values()

    def state_dict(self) -> dict[str, Any]:
        """Return the state: the number of evaluations and the plateau's own, no argument of it.

        With ``relative=True`` it holds the groups' own rates too. If the groups hold anything but
        what was written last, because another scheduler has written since or a group was added, the
        state says that too, and loading it writes nothing.
        """
        state = {"last_epoch": self.last_epoch, "plateau": self.plateau.state_dict()}
        state |= self._own_values()
        if self._overwritten(self._values()):
            state["overwritten"] = True
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state under the arguments of this plateau, and write its rate.

        Raises:
            ValueError: if the state is not one of :meth:`state_dict`; nothing has changed then.
        """
        check_state(state_dict, "last_epoch", "plateau")
        check_state(state_dict["plateau"], "lr")
        last_epoch = check_step("last_epoch", state_dict["last_epoch"])
        own = self._own_values_of(state_dict)
        self.plateau.load_state_dict(state_dict["plateau"])
        self.base_lrs = own
        if not state_dict.get("overwritten"):
            self._write(self.get_lr())
        self.last_epoch = last_epoch
        self._step_count = int(last_epoch)

    def _values(self) -> Sequence[float]:
        return self._for_groups([self.plateau.lr] * len(self.optimizer.param_groups))

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
