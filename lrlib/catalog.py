"""One table of all schedules: what each is called, its colour in every figure, its chapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import schedules
from .schedules import ReduceLROnPlateau, ScaleLR, Schedule, StretchLR
from .schedules.base import check_length, check_rate


@dataclass(frozen=True)
class Entry:
    """A row of the catalog.

    Args:
        schedule: the class.
        label: its name in figures and tables.
        colour: its colour in every figure: no two are alike, the colour blind included, least of
            all within a chapter.
        chapter: the chapter that derives it.
        torch: the class in ``torch.optim.lr_scheduler`` that means the same, None if there is none.
        example: arguments that show its shape over a run of 1,000 updates.
    """

    schedule: type[Schedule] | type[ReduceLROnPlateau]
    label: str
    colour: str
    chapter: str
    torch: str | None
    example: Mapping[str, Any]

    def fitted(self, peak: float, total_steps: int) -> Schedule:
        """Return the example, stretched to a run and scaled to a peak.

        Args:
            peak: the largest rate of the run, finite and >= 0.
            total_steps: the number of updates of the run, whole and >= 1.

        Raises:
            ValueError: if an argument lies outside its range.
        """
        peak, total_steps = check_rate("peak", peak), check_length("total_steps", total_steps)
        example = self.schedule(**self.example)
        highest = max(example.curve(EXAMPLE_STEPS))
        return ScaleLR(StretchLR(example, total_steps / EXAMPLE_STEPS), peak / highest)


EXAMPLE_STEPS = 1000  # the length of the run for which the examples are made


CATALOG = {
    "constant": Entry(
        schedules.ConstantLR,
        "constant",
        "#767676",
        "04_steps",
        "ConstantLR",
        {"base_lr": 0.1, "total_iters": 100},
    ),
    "step": Entry(
        schedules.StepLR,
        "step",
        "#7598BD",
        "04_steps",
        "StepLR",
        {"base_lr": 0.1, "step_size": 300, "gamma": 0.5},
    ),
    "multistep": Entry(
        schedules.MultiStepLR,
        "multistep",
        "#4D60D5",
        "04_steps",
        "MultiStepLR",
        {"base_lr": 0.1, "milestones": (500, 750), "gamma": 0.3},
    ),
    "exponential": Entry(
        schedules.ExponentialLR,
        "exponential",
        "#255500",
        "04_steps",
        "ExponentialLR",
        {"base_lr": 0.1, "gamma": 0.997},
    ),
    "linear": Entry(
        schedules.LinearLR,
        "linear",
        "#D55E00",
        "05_cosine",
        "LinearLR",
        {"base_lr": 0.1, "start_factor": 1.0, "end_factor": 0.0, "total_iters": 1000},
    ),
    "cosine": Entry(
        schedules.CosineAnnealingLR,
        "cosine",
        "#0072B2",
        "05_cosine",
        "CosineAnnealingLR",
        {"base_lr": 0.1, "T_max": 1000},
    ),
    "polynomial": Entry(
        schedules.PolynomialLR,
        "polynomial",
        "#5D3666",
        "06_polynomial",
        "PolynomialLR",
        {"base_lr": 0.1, "total_iters": 1000, "power": 2.0},
    ),
    "inverse-time": Entry(
        schedules.InverseTimeLR,
        "1/t",
        "#012ECC",
        "06_polynomial",
        None,
        {"base_lr": 0.1, "decay_steps": 100, "rate": 1.0},
    ),
    "inverse-sqrt": Entry(
        schedules.InverseSqrtLR,
        "inverse square root",
        "#B56EFF",
        "06_polynomial",
        None,
        {"base_lr": 0.1, "warmup_steps": 100},
    ),
    "noam": Entry(
        schedules.NoamLR,
        "Noam",
        "#A50C1F",
        "06_polynomial",
        None,
        {"d_model": 512, "warmup_steps": 200},
    ),
    "plateau": Entry(
        schedules.ReduceLROnPlateau,
        "plateau",
        "#902A8F",
        "07_plateau",
        "ReduceLROnPlateau",
        {"base_lr": 0.1, "factor": 0.5, "patience": 3},
    ),
    "linear-warmup": Entry(
        schedules.LinearWarmup,
        "linear warmup",
        "#A2570D",
        "08_warmup",
        None,
        {"base_lr": 0.1, "warmup_steps": 300},
    ),
    "exponential-warmup": Entry(
        schedules.ExponentialWarmup,
        "exponential warmup",
        "#7B053F",
        "08_warmup",
        None,
        {"base_lr": 0.1, "warmup_steps": 300, "start_lr": 1e-4},
    ),
    "cosine-warmup": Entry(
        schedules.CosineWarmup,
        "cosine warmup",
        "#897FD1",
        "08_warmup",
        None,
        {"base_lr": 0.1, "warmup_steps": 300},
    ),
    "warmup-decay": Entry(
        schedules.WarmupWithDecay,
        "warmup, decay",
        "#009E73",
        "10_recipes",
        None,
        {"base_lr": 0.1, "warmup_steps": 100, "total_steps": 1000},
    ),
    "cyclic": Entry(
        schedules.CyclicLR,
        "cyclic",
        "#69037B",
        "12_cyclical",
        "CyclicLR",
        {"base_lr": 0.01, "max_lr": 0.1, "step_size": 125, "mode": "triangular2"},
    ),
    "exponential-cyclic": Entry(
        schedules.ExponentialCyclicLR,
        "exponential cyclic",
        "#818643",
        "12_cyclical",
        None,
        {"base_lr": 0.01, "max_lr": 0.1, "cycle_length": 250, "decay_rate": 0.7},
    ),
    "sgdr": Entry(
        schedules.CosineAnnealingWarmRestarts,
        "warm restarts",
        "#8C4C61",
        "13_restarts",
        "CosineAnnealingWarmRestarts",
        {"max_lr": 0.1, "min_lr": 0.001, "t_0": 143, "t_mult": 2},
    ),
    "onecycle": Entry(
        schedules.OneCycleLR,
        "1cycle",
        "#9250FB",
        "14_onecycle",
        "OneCycleLR",
        {"max_lr": 0.1, "total_steps": 1000},
    ),
    "wsd": Entry(
        schedules.WarmupStableDecay,
        "warmup, stable, decay",
        "#470BA8",
        "15_wsd",
        None,
        {"base_lr": 0.1, "warmup_steps": 50, "stable_steps": 750, "decay_steps": 200},
    ),
}
