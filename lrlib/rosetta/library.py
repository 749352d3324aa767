"""How a library's dictionary is kept: its names, its arguments, what each may be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from inspect import Parameter, signature

from ..schedules import Schedule
from ..schedules.base import check_choice, check_count, check_fraction, check_positive

Check = Callable[[str, object], None]

check_length = partial(check_count, least=1)
check_flag = partial(check_choice, choices=(False, True))


def check_factor(name: str, value: object) -> None:
    """Raise ValueError unless ``value`` is a number in (0, 1]."""
    check_positive(name, value)
    check_fraction(name, value)


def check_mapping(name: str, value: object) -> None:
    """Raise ValueError unless ``value`` is a dictionary."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be a dictionary, got {value!r}")


def one_of(*choices: str) -> Check:
    """Return the check that a value is one of the strings."""
    return partial(check_choice, choices=choices)


def list_of(check: Check) -> Check:
    """Return the check that a value is a list whose members pass ``check``."""

    def check_list(name: str, value: object) -> None:
        if not isinstance(value, Collection):
            raise ValueError(f"{name} must be a list, got {value!r}")
        for i, member in enumerate(value):
            check(f"{name}[{i}]", member)

    return check_list


@dataclass(frozen=True)
class Library:
    """The schedules of one library, by the names that it gives them.

    Used as a decorator, it takes up the function that translates a schedule. The function's name
    and parameters are the library's own; a parameter ``lr`` stands for the rate in the optimizer.

    Args:
        name: the library's name.
        ranges: what the library allows for each parameter, as a check of ``base``.
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
                self.ranges[key](key, value)
        return translate(**given)
