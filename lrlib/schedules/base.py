"""What every schedule shares: the call, the curve, and the checks on arguments.

A schedule is a pure function of the *step*, the 0-based index of an optimizer update:
``schedule(t)`` is the rate that update number ``t`` uses. It holds no state, knows nothing of
optimizers or epochs, and is defined for every ``t >= 0``: past its end it holds its last value.

These files use the standard library alone, because the pages of the book run them as they are.
"""

from __future__ import annotations

import math


class Schedule:
    """A learning rate as a function of the step.

    A subclass is a frozen dataclass that gives the formula as ``_rate(step)``.
    """

    def __call__(self, step: float) -> float:
        """Return the rate of update number ``step``.

        Args:
            step: 0-based index of the optimizer update; finite, not negative. Fractions are legal.

        Raises:
            ValueError: if ``step`` is negative, infinite or NaN.
        """
        if not 0 <= step < math.inf:
            raise ValueError(f"step must be finite and >= 0, got {step!r}")
        return self._rate(step)

    def get_lr(self, step: float) -> float:
        """Return the rate of update number ``step``: the same as calling the schedule."""
        return self(step)

    def curve(self, n: int) -> list[float]:
        """Return the rates of the first ``n`` updates, steps 0 to n - 1.

        Raises:
            ValueError: if ``n`` is not a whole number >= 0.
        """
        check_count("n", n)
        return [self._rate(step) for step in range(int(n))]


def check_schedule(name: str, value: Schedule) -> None:
    """Raise ValueError unless ``value`` is a schedule."""
    if not isinstance(value, Schedule):
        raise ValueError(f"{name} must be a Schedule, got {value!r}")


def check_schedules(name: str, values: tuple[Schedule, ...]) -> None:
    """Raise ValueError unless ``values`` are schedules, at least one."""
    if not values:
        raise ValueError(f"{name} must hold at least one schedule, got none")
    for i, value in enumerate(values):
        check_schedule(f"{name}[{i}]", value)


def _is_finite(value: object) -> bool:
    try:
        return not isinstance(value, bool) and math.isfinite(value)
    except (TypeError, OverflowError):
        return False


def check_rate(name: str, value: float, most: float = math.inf, most_name: str = "") -> None:
    """Raise ValueError unless ``value`` is a finite number in [0, most]."""
    if not _is_finite(value) or value < 0:
        raise ValueError(f"{name} must be a finite number >= 0, got {value!r}")
    if value > most:
        raise ValueError(f"{name} must not exceed {most_name} ({most!r}), got {value!r}")


def check_positive(name: str, value: float, most: float = math.inf, most_name: str = "") -> None:
    """Raise ValueError unless ``value`` is a finite number in (0, most]."""
    if not _is_finite(value) or value <= 0:
        raise ValueError(f"{name} must be a finite number > 0, got {value!r}")
    check_rate(name, value, most, most_name)


def check_divisor(name: str, value: float) -> None:
    """Raise ValueError unless ``value`` is a finite number, at least 1."""
    if not _is_finite(value) or value < 1:
        raise ValueError(f"{name} must be a finite number >= 1, got {value!r}")


def check_finite(name: str, value: float) -> None:
    """Raise ValueError unless ``value`` is a finite number."""
    if not _is_finite(value):
        raise ValueError(f"{name} must be a finite number, got {value!r}")


def check_whole(name: str, value: float) -> None:
    """Raise ValueError unless ``value`` is a whole number, of either sign."""
    if not _is_finite(value) or value != int(value):
        raise ValueError(f"{name} must be a whole number, got {value!r}")


def check_count(name: str, value: float, least: int = 0) -> None:
    """Raise ValueError unless ``value`` is a whole number, at least ``least``."""
    if not _is_finite(value) or value != int(value) or value < least:
        raise ValueError(f"{name} must be a whole number >= {least}, got {value!r}")


def check_milestones(name: str, values: tuple[int, ...]) -> None:
    """Raise ValueError unless ``values`` are whole numbers >= 0 that do not decrease."""
    for i, value in enumerate(values):
        check_count(f"{name}[{i}]", value)
    if list(values) != sorted(values):
        raise ValueError(f"{name} must not decrease, got {values!r}")


def check_fraction(name: str, value: float) -> None:
    """Raise ValueError unless ``value`` lies in [0, 1]."""
    if not _is_finite(value) or not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number in [0, 1], got {value!r}")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ValueError unless ``value`` is one of the strings in ``choices``."""
    if value not in choices:
        allowed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {allowed}, got {value!r}")
