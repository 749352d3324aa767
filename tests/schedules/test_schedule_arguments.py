"""Every argument of every schedule is checked, and refused by name and value."""

import inspect
import math

import pytest

import lrlib
from lrlib import (
    ClampLR,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CosineWarmup,
    CounterMomentum,
    CyclicLR,
    ExponentialCyclicLR,
    ExponentialLR,
    ExponentialWarmup,
    InverseSqrtLR,
    InverseTimeLR,
    LambdaLR,
    LinearLR,
    LinearWarmup,
    MultiStepLR,
    NoamLR,
    OneCycleLR,
    PiecewiseConstantLR,
    PiecewiseLinearLR,
    PolynomialLR,
    ProductLR,
    ReduceLROnPlateau,
    ScaleLR,
    SequentialLR,
    ShiftLR,
    StepLR,
    StretchLR,
    WarmupStableDecay,
    WarmupWithDecay,
)

BAD_RATE = [-0.1, math.nan, math.inf, "0.1", None, True]
BAD_FRACTION = [-0.1, 1.5, math.nan]
BAD_COUNT = [-1, 2.5, math.nan, "5", None]
BAD_LENGTH = [0, -1, 2.5, math.inf]
BAD_LOW = [-0.1, 2.0, math.nan]  # the highest rate of the legal ones is 1
# Bad values of each argument of each legal schedule.
BAD = {
    ConstantLR(1.0): {
        "base_lr": BAD_RATE,
        "factor": BAD_FRACTION,
        "total_iters": BAD_COUNT,
    },
    StepLR(1.0, 10): {"base_lr": BAD_RATE, "step_size": BAD_LENGTH, "gamma": BAD_RATE},
    MultiStepLR(1.0, [5]): {"base_lr": BAD_RATE, "gamma": BAD_RATE},
    ExponentialLR(1.0, 0.9): {"base_lr": BAD_RATE, "gamma": BAD_RATE},
    LinearLR(1.0): {
        "base_lr": BAD_RATE,
        "start_factor": BAD_RATE,
        "end_factor": BAD_RATE,
        "total_iters": BAD_COUNT,
    },
    PolynomialLR(1.0, 10): {
        "base_lr": BAD_RATE,
        "total_iters": BAD_COUNT,
        "power": [0, -1, math.inf, math.nan],
        "min_lr": BAD_LOW,
    },
    CosineAnnealingLR(1.0, 100): {"base_lr": BAD_RATE, "T_max": BAD_COUNT, "eta_min": BAD_RATE},
    InverseTimeLR(1.0, 10, 0.5): {
        "base_lr": BAD_RATE,
        "decay_steps": BAD_LENGTH,
        "rate": BAD_RATE,
    },
    LambdaLR(1.0, abs): {"base_lr": BAD_RATE, "lr_lambda": [0.5, None, "abs"]},
    LinearWarmup(1.0, 10): {"base_lr": BAD_RATE, "warmup_steps": BAD_COUNT, "start_lr": BAD_LOW},
    ExponentialWarmup(1.0, 10): {
        "base_lr": [0.0, *BAD_RATE],
        "warmup_steps": BAD_COUNT,
        "start_lr": [0.0, *BAD_LOW],
    },
    CosineWarmup(1.0, 10): {"base_lr": BAD_RATE, "warmup_steps": BAD_COUNT, "start_lr": BAD_LOW},
    WarmupWithDecay(1.0, 10, 100): {
        "base_lr": BAD_RATE,
        "warmup_steps": [101, *BAD_COUNT],
        "total_steps": [9, *BAD_COUNT],
        "min_lr": BAD_LOW,
        "decay": ["Cosine", "exp", None],
        "start_lr": BAD_LOW,
    },
    InverseSqrtLR(1.0, 10): {
        "base_lr": BAD_RATE,
        "warmup_steps": BAD_COUNT,
        "timescale": BAD_LENGTH,
        "start_lr": BAD_LOW,
    },
    NoamLR(512, 10): {
        "d_model": BAD_LENGTH,
        "warmup_steps": BAD_LENGTH,
        "factor": BAD_RATE,
    },
    WarmupStableDecay(1.0, 1, 2, 3): {
        "base_lr": BAD_RATE,
        "warmup_steps": BAD_COUNT,
        "stable_steps": BAD_COUNT,
        "decay_steps": BAD_COUNT,
        "min_lr": BAD_LOW,
        "decay": ["1 - sqrt", "sqrt", None],
        "start_lr": BAD_LOW,
    },
    CyclicLR(0.1, 1.0, 10): {
        "base_lr": BAD_LOW,
        "max_lr": [0.05, *BAD_RATE],
        "step_size": BAD_LENGTH,
        "mode": ["triangle", "Triangular", None],
        "gamma": BAD_FRACTION,
        "step_size_down": BAD_LENGTH,
    },
    OneCycleLR(1.0, 100): {
        "max_lr": BAD_RATE,
        "total_steps": BAD_LENGTH,
        "pct_start": BAD_FRACTION,
        "anneal_strategy": ["cosine", "Linear", None],
        "div_factor": [0.5, 0, -1, math.inf, math.nan],
        "final_div_factor": [0.5, 0, -1, math.inf, math.nan],
        "three_phase": [2, "yes", None],
    },
    OneCycleLR(1.0, 100, three_phase=True): {"pct_start": [0.6]},
    CosineAnnealingWarmRestarts(1.0, 0.1, 10): {
        "max_lr": [0.05, *BAD_RATE],
        "min_lr": BAD_LOW,
        "t_0": BAD_LENGTH,
        "t_mult": BAD_LENGTH,
    },
    ExponentialCyclicLR(0.1, 1.0, 10): {
        "base_lr": [0.0, *BAD_LOW],
        "max_lr": [0.05, 0.0, *BAD_RATE],
        "cycle_length": BAD_LENGTH,
        "decay_rate": BAD_FRACTION,
    },
    ShiftLR(ConstantLR(1.0), 3): {
        "schedule": [0.1, None, [ConstantLR(1.0)]],
        "steps": [2.5, math.nan, None],
    },
    StretchLR(ConstantLR(1.0), 3): {"schedule": [0.1], "factor": [0, *BAD_RATE]},
    ScaleLR(ConstantLR(1.0), 3): {"schedule": [0.1], "factor": BAD_RATE},
    ClampLR(ConstantLR(1.0), 0.1, 1.0): {
        "schedule": [0.1],
        "min_lr": BAD_LOW,
        "max_lr": [0.05, *BAD_RATE],
    },
    CounterMomentum(OneCycleLR(1.0, 9), 0.8, 0.9): {
        "cycle": [0.1, ConstantLR(1.0)],
        "base_momentum": [-0.1, 0.95, math.nan],
        "max_momentum": [0.7, *BAD_FRACTION],
    },
}


def test_every_argument_of_every_schedule_is_checked():
    checked = {(type(schedule), name) for schedule, bad in BAD.items() for name in bad}
    checked |= {(MultiStepLR, "milestones"), (SequentialLR, "schedules")}
    checked |= {(SequentialLR, "milestones"), (ProductLR, "schedules")}
    checked |= {(PiecewiseConstantLR, "milestones"), (PiecewiseConstantLR, "values")}
    checked |= {(PiecewiseLinearLR, "knots"), (PiecewiseLinearLR, "values")}
    classes = [getattr(lrlib, name) for name in lrlib.__all__ if name != "Schedule"]
    assert checked == {
        (kind, name)
        for kind in classes
        if kind is not ReduceLROnPlateau
        for name in inspect.signature(kind).parameters
    }


@pytest.mark.parametrize(
    ("schedule", "name", "value"),
    [
        (schedule, name, value)
        for schedule, bad in BAD.items()
        for name, values in bad.items()
        for value in values
    ],
    ids=str,
)
def test_a_bad_argument_is_refused_by_name_and_value(schedule, name, value):
    with pytest.raises(ValueError, match=name) as error:
        type(schedule)(**{**vars(schedule), name: value})
    assert repr(value) in str(error.value)


@pytest.mark.parametrize(
    ("parts", "milestones", "message"),
    [
        ([], [], "schedules must hold at least one"),
        ([ConstantLR(1), 0.1], [5], r"schedules\[1\] must be a Schedule, got 0.1"),
        ([ConstantLR(1)], [5], "milestones must hold 0 steps"),
        ([ConstantLR(1), ConstantLR(2)], [], "milestones must hold 1 steps"),
        ([ConstantLR(1), ConstantLR(2)], [-5], r"milestones\[0\] must be a whole number"),
        ([ConstantLR(1)] * 3, [5, 4], "milestones must not decrease"),
    ],
)
def test_a_bad_sequence_is_refused(parts, milestones, message):
    with pytest.raises(ValueError, match=message):
        SequentialLR(parts, milestones)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "schedules must hold at least one"),
        ([0.1], r"schedules\[0\] must be a Schedule, got 0.1"),
    ],
)
def test_a_bad_product_is_refused(parts, message):
    with pytest.raises(ValueError, match=message):
        ProductLR(parts)


@pytest.mark.parametrize(
    ("milestones", "message"),
    [
        ([-5], r"milestones\[0\] must be a whole number >= 0, got -5"),
        ([5, 2.5], r"milestones\[1\] must be a whole number >= 0, got 2.5"),
    ],
)
def test_bad_milestones_are_refused(milestones, message):
    with pytest.raises(ValueError, match=message):
        MultiStepLR(1.0, milestones)


@pytest.mark.parametrize(
    ("milestones", "values", "message"),
    [
        ([-5], [1, 1], r"milestones\[0\] must be a whole number >= 0, got -5"),
        ([5, 4], [1, 1, 1], r"milestones must not decrease, got \(5, 4\)"),
        ([5], [1, -1], r"values\[1\] must be a finite number >= 0, got -1"),
        ([5], [1], "values must hold 2 rates, one more than milestones, got"),
        ([5], 1, "values must be a sequence, got 1"),
    ],
)
def test_bad_constant_pieces_are_refused(milestones, values, message):
    with pytest.raises(ValueError, match=message):
        PiecewiseConstantLR(milestones, values)


@pytest.mark.parametrize(
    ("knots", "values", "message"),
    [
        ([], [], "knots must hold at least one step, got none"),
        ([2.5], [1], r"knots\[0\] must be a whole number >= 0, got 2.5"),
        ([5, 4], [1, 1], r"knots must not decrease, got \(5, 4\)"),
        ([5], [math.nan], r"values\[0\] must be a finite number >= 0, got nan"),
        ([5], [1, 2], "values must hold 1 rates, one for each of knots, got"),
        (5, [1], "knots must be a sequence, got 5"),
    ],
)
def test_bad_knots_are_refused(knots, values, message):
    with pytest.raises(ValueError, match=message):
        PiecewiseLinearLR(knots, values)


def test_a_number_too_large_for_a_float_is_refused():
    with pytest.raises(ValueError, match="T_max must be a whole number"):
        CosineAnnealingLR(1.0, 10**400)
