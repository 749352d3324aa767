"""The laboratory of the course: one setting, and one protocol by which schedules are compared."""

from .protocol import (
    BATCH_SIZE,
    MOMENTUM,
    RATES,
    SEEDS,
    TOTAL_STEPS,
    Tuned,
    data,
    tune,
    tune_quadratic,
)
from .statistics import Estimate, estimate, paired

__all__ = [
    "BATCH_SIZE",
    "MOMENTUM",
    "RATES",
    "SEEDS",
    "TOTAL_STEPS",
    "Estimate",
    "Tuned",
    "data",
    "estimate",
    "paired",
    "tune",
    "tune_quadratic",
]
