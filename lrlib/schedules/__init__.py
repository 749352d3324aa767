"""Every learning-rate schedule, as a pure function of the step."""

from .base import Schedule
from .compose import ClampLR, ProductLR, ScaleLR, SequentialLR, ShiftLR, StretchLR
from .cyclical import (
    CosineAnnealingWarmRestarts,
    CounterMomentum,
    CyclicLR,
    ExponentialCyclicLR,
    OneCycleLR,
)
from .decay import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    InverseTimeLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from .knots import PiecewiseConstantLR, PiecewiseLinearLR
from .plateau import ReduceLROnPlateau
from .warmup import (
    CosineWarmup,
    ExponentialWarmup,
    InverseSqrtLR,
    LinearWarmup,
    NoamLR,
    WarmupStableDecay,
    WarmupWithDecay,
)

__all__ = [
    "ClampLR",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CosineWarmup",
    "CounterMomentum",
    "CyclicLR",
    "ExponentialCyclicLR",
    "ExponentialLR",
    "ExponentialWarmup",
    "InverseSqrtLR",
    "InverseTimeLR",
    "LambdaLR",
    "LinearLR",
    "LinearWarmup",
    "MultiStepLR",
    "NoamLR",
    "OneCycleLR",
    "PiecewiseConstantLR",
    "PiecewiseLinearLR",
    "PolynomialLR",
    "ProductLR",
    "ReduceLROnPlateau",
    "ScaleLR",
    "Schedule",
    "SequentialLR",
    "ShiftLR",
    "StepLR",
    "StretchLR",
    "WarmupStableDecay",
    "WarmupWithDecay",
]
