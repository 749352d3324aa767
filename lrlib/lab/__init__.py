"""The laboratory of the course: one setting, and one protocol by which schedules are compared."""

from .protocol import (
    BATCH_SIZE,
    CHOICE_SEEDS,
    MOMENTUM,
    OPTIMIZERS,
    SEEDS,
    TOTAL_STEPS,
    Tuned,
    data,
    train,
    tune,
    tune_quadratic,
)
from .statistics import Comparison, Estimate, compare, compare_all, estimate

__all__ = [
    "BATCH_SIZE",
    "CHOICE_SEEDS",
    "MOMENTUM",
    "OPTIMIZERS",
    "SEEDS",
    "TOTAL_STEPS",
    "Comparison",
    "Estimate",
    "Tuned",
    "compare",
    "compare_all",
    "data",
    "estimate",
    "train",
    "tune",
    "tune_quadratic",
]
