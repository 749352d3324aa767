"""``torch.optim.lr_scheduler``, version 2.13, and ``swa_utils.SWALR``.

The rate in the optimizer is ``lr``. An argument that torch takes per parameter group may be a list
of one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .. import schedules as ours
from ..schedules import Schedule
from ..schedules.base import (
    check_choice,
    check_count,
    check_finite,
    check_flag,
    check_fraction,
    check_function,
    check_length,
    check_positive,
    check_rate,
    check_schedule,
    one_of,
)
from ..schedules.shapes import cosine_fall, linear_fall
from .library import Check, Library, check_factor, list_of
from .parts import (
    Between,
    Constant,
    Geometric,
    Multiplied,
    OfCycle,
    Staircase,
    Triangle,
    Waves,
    one_cycle,
)

FALLS = {"cos": cosine_fall, "linear": linear_fall}


def one(check: Check) -> Check:
    """Return the check of the value of the one parameter group that a schedule knows.

    It refuses a list for several groups, and takes the value out of a list of one.
    """

    def check_one(name: str, value: object) -> object:
        if isinstance(value, (list, tuple)):
            if len(value) != 1:
                raise ValueError(
                    f"{name} must hold one value, for one parameter group, got {value!r}"
                )
            value = value[0]
        return check(name, value)

    return check_one


def check_float_fraction(name: str, value: object) -> float:
    """Return a float; raise ValueError unless it lies in [0, 1]: torch refuses the integers."""
    if not isinstance(value, float):
        raise ValueError(f"{name} must be a float in [0, 1], got {value!r}")
    return check_fraction(name, value)


TORCH = Library(
    "torch",
    {
        "lr": check_rate,
        "milestones": list_of(check_count),
        "gamma": check_rate,
        "step_size": check_length,
        "factor": check_fraction,
        "start_factor": check_factor,
        "end_factor": check_fraction,
        "total_iters": check_count,
        "power": check_positive,
        "T_max": check_length,
        "eta_min": check_finite,
        "T_0": check_length,
        "T_mult": check_length,
        "base_lr": one(check_rate),
        "max_lr": one(check_rate),
        "step_size_up": check_length,
        "step_size_down": check_count,
        "scale_mode": one_of("cycle", "iterations"),
        "total_steps": check_length,
        "epochs": check_length,
        "steps_per_epoch": check_length,
        "pct_start": check_float_fraction,
        "anneal_strategy": one_of(*FALLS),
        "div_factor": check_positive,
        "final_div_factor": check_positive,
        "three_phase": check_flag,
        "schedulers": list_of(check_schedule),
        "swa_lr": one(check_rate),
        "anneal_epochs": check_count,
        "lr_lambda": one(check_function),
        "scale_fn": check_function,
    },
)


@TORCH
def LambdaLR(lr: float, lr_lambda: Callable[[int], float]) -> Schedule:
    """Translate ``LambdaLR``: lrlib's schedule of this name."""
    return ours.LambdaLR(lr, lr_lambda)


@TORCH
def MultiplicativeLR(lr: float, lr_lambda: Callable[[int], float]) -> Schedule:
    """Translate ``MultiplicativeLR``: the function gives the ratio to the last rate.

    Its value at step 0 is never used. lrlib has no such schedule: the rate of one update costs as
    many calls as there were updates.
    """
    return Multiplied(lr, lr_lambda)


@TORCH
def StepLR(lr: float, step_size: int, gamma: float = 0.1) -> Schedule:
    """Translate ``StepLR``: lrlib's schedule of this name."""
    return ours.StepLR(lr, step_size, gamma)


@TORCH
def MultiStepLR(lr: float, milestones: Sequence[int], gamma: float = 0.1) -> Schedule:
    """Translate ``MultiStepLR``: lrlib's schedule of this name."""
    return ours.MultiStepLR(lr, milestones, gamma)


@TORCH
def ConstantLR(lr: float, factor: float = 1 / 3, total_iters: int = 5) -> Schedule:
    """Translate ``ConstantLR``: lrlib's, but ``total_iters=0`` keeps the factor for ever.

    So does ``factor=0``, which torch cannot divide away again: it raises where lrlib is released.
    """
    if total_iters == 0 or factor == 0:
        return Constant(lr * factor)
    return ours.ConstantLR(lr, factor, total_iters)


@TORCH
def LinearLR(
    lr: float, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
) -> Schedule:
    """Translate ``LinearLR``: lrlib's, but ``total_iters=0`` never leaves the start factor."""
    if total_iters == 0:
        return Constant(lr * start_factor)
    return ours.LinearLR(lr, start_factor, end_factor, total_iters)


@TORCH
def ExponentialLR(lr: float, gamma: float) -> Schedule:
    """Translate ``ExponentialLR``: lrlib's schedule of this name."""
    return ours.ExponentialLR(lr, gamma)


@TORCH
def PolynomialLR(lr: float, total_iters: int = 5, power: float = 1.0) -> Schedule:
    """Translate ``PolynomialLR``: lrlib's with the minimum 0, but ``total_iters=0`` never falls."""
    return ours.PolynomialLR(lr, total_iters, power) if total_iters else Constant(lr)


@TORCH
def CosineAnnealingLR(lr: float, T_max: int, eta_min: float = 0.0) -> Schedule:
    """Translate ``CosineAnnealingLR``: past ``T_max`` it goes back, where lrlib's holds.

    ``eta_min`` may be negative.
    """
    return Between(lr, eta_min, Waves(T_max))


@TORCH
def CosineAnnealingWarmRestarts(
    lr: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0
) -> Schedule:
    """Translate ``CosineAnnealingWarmRestarts``: lrlib's, whose cycles double by default.

    ``eta_min`` may exceed the rate.
    """
    return Between(lr, eta_min, ours.CosineAnnealingWarmRestarts(1.0, 0.0, T_0, T_mult))


@TORCH
def CyclicLR(
    base_lr: float,
    max_lr: float,
    step_size_up: int = 2000,
    step_size_down: int | None = None,
    mode: str = "triangular",
    gamma: float = 1.0,
    scale_fn: Callable[[float], float] | None = None,
    scale_mode: str = "cycle",
    cycle_momentum: bool = True,
    base_momentum: float = 0.8,
    max_momentum: float = 0.9,
    lr: float | None = None,
) -> Schedule:
    """Translate ``CyclicLR``: lrlib's, and the height may follow any function ``scale_fn``.

    The rate in the optimizer is overwritten, and the arguments on momentum do not touch the rate.
    ``scale_fn`` sees the number of the cycle, from 1 on, or with ``scale_mode="iterations"`` the
    step; it makes ``mode`` and ``gamma`` idle.
    """
    down = step_size_up if step_size_down is None else step_size_down
    cycle = step_size_up + down
    if scale_fn is None:
        check_choice("mode", mode, ("triangular", "triangular2", "exp_range"))
        height = {
            "triangular": Constant(1.0),
            "triangular2": Staircase(Geometric(1.0, 0.5, cycle), cycle),
            "exp_range": Geometric(1.0, gamma),
        }[mode]
    elif scale_mode == "cycle":
        height = OfCycle(scale_fn, cycle)
    else:
        height = ours.LambdaLR(1.0, scale_fn)
    triangle = Triangle(step_size_up, down)
    share = ours.ProductLR([triangle, height])
    return Between(max_lr, base_lr, share)


@TORCH
def OneCycleLR(
    max_lr: float,
    total_steps: int | None = None,
    epochs: int | None = None,
    steps_per_epoch: int | None = None,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    cycle_momentum: bool = True,
    base_momentum: float = 0.85,
    max_momentum: float = 0.95,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
    lr: float | None = None,
) -> Schedule:
    """Translate ``OneCycleLR``: at step ``total_steps`` the rate bounces, where lrlib's holds.

    That one update more is drawn past the end of the last phase: a cosine climbs again, a straight
    line goes below zero. At the next torch raises; this schedule holds. The rate in the optimizer
    is overwritten, and the arguments on momentum do not touch the rate.
    """
    if total_steps is None:
        if epochs is None or steps_per_epoch is None:
            raise ValueError("total_steps, or epochs and steps_per_epoch, must be given")
        total_steps = epochs * steps_per_epoch
    return one_cycle(
        max_lr,
        total_steps,
        pct_start,
        FALLS[anneal_strategy],
        div_factor,
        final_div_factor,
        three_phase,
    )


@TORCH
def SequentialLR(schedulers: Sequence[Schedule], milestones: Sequence[int]) -> Schedule:
    """Translate ``SequentialLR``: lrlib's, of schedules in the place of schedulers.

    In torch a ``OneCycleLR`` or ``CyclicLR`` among them also rewrites the rate that the others
    start from.
    """
    return ours.SequentialLR(schedulers, milestones)


@TORCH
def ChainedScheduler(lr: float, schedulers: Sequence[Schedule]) -> Schedule:
    """Translate ``ChainedScheduler``: the product of the factors that schedules put on ``lr``.

    The schedules stand in the place of schedulers, each with the same ``lr``. In torch the product
    comes out for those that multiply the last rate; the others (``LambdaLR``,
    ``CosineAnnealingWarmRestarts``, ``CyclicLR``, ``OneCycleLR``) overwrite it.
    """
    check_positive("lr", lr)
    if not schedulers:
        raise ValueError("schedulers must hold at least one schedule, got none")
    first, *others = schedulers
    return ours.ProductLR([first, *(ours.ScaleLR(other, 1 / lr) for other in others)])


@TORCH
def SWALR(
    lr: float, swa_lr: float, anneal_epochs: int = 10, anneal_strategy: str = "cos"
) -> Schedule:
    """Translate ``SWALR``: from ``lr`` to ``swa_lr``, above or below it, and there it stays.

    With ``swa_lr`` below ``lr`` it is lrlib's ``CosineAnnealingLR`` or ``LinearLR``.
    """
    fall = {"cos": ours.CosineAnnealingLR, "linear": ours.PolynomialLR}[anneal_strategy]
    return Between(lr, swa_lr, fall(1.0, anneal_epochs))
