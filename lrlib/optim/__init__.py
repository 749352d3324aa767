"""Schedules and plateaus as learning-rate schedulers of torch."""

from .plateau import PlateauLR
from .scheduled import ScheduledLR, driven_rates

__all__ = ["PlateauLR", "ScheduledLR", "driven_rates"]
