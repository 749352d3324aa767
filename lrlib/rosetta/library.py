"""How a library's dictionary is kept: its names, its arguments, what each may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import Parameter, signature

from ..schedules import Schedule
from ..schedules.base import check_each, check_fraction, check_positive

Check = Callable[[str, object], object]


def check_factor(name: str, value: object) -> float:
    """Return a number as a float; raise ValueError unless it lies in (0, 1]."""
    check_positive(name, value)
    return check_fraction(name, value)


def check_mapping(name: str, value: object) -> Mapping:
    """Return a dictionary; raise ValueError if ``value`` is none."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be a dictionary, got {value!r}")
    return value


def list_of(check: Check) -> Check:
    """Return the check that a value is a sequence whose members pass ``check``."""
    return lambda name, values: check_each(name, values, check)


@dataclass(frozen=True)
class Library:
    """The schedules of one library, by the names that it gives them.

    Used as a decorator, it takes up the function that translates a schedule. The function's name
    and parameters are the library's own; a parameter ``lr`` stands for the rate in the optimizer.

    Args:
        name: the library's name.
        ranges: what the library allows for each parameter, as a check of ``base``, which gives
            back Python's number for any library's.
        without_effect: parameters of every schedule of the library that do not touch the rate.
    """

    name: str
    ranges: Mapping[str, Check]
    without_effect: tuple[str, ...] = ()
    ports: dict[str, Callable[..., Schedule]] = field(default_factory=dict)

    def __call__(self, translate: Callable[..., Schedule]) -> Callable[..., Schedule]:
        """Take up the function as the translation of the schedule of its name."""
        self.ports[translate.__name__] = translate
        return translate

    def build(self, schedule: str, arguments: Mapping[str, object]) -> Schedule:
        """Return the schedule with these arguments.

        Raises:
            ValueError: if an argument is unknown, missing, or outside its range.
        """
        name, translate = f"{self.name}.{schedule}", self.ports[schedule]
        parameters = signature(translate).parameters
        given = {key: value for key, value in arguments.items() if key not in self.without_effect}
        for key in given:
            if key == "lr" and key not in parameters:
                raise ValueError(f"lr must be left out: {name} carries its own rate")
            if key not in parameters:
                allowed = ", ".join([*parameters, *self.without_effect])
                raise ValueError(f"unknown argument {key!r} of {name}, which takes {allowed}")
        for key, parameter in parameters.items():
            if key not in given and parameter.default is Parameter.empty:
                raise ValueError(f"{name} needs the argument {key!r}")
        for key, value in given.items():
            if key in self.ranges and not (value is None and parameters[key].default is None):
                given[key] = self.ranges[key](key, value)
        return translate(**given)
