"""What every schedule shares: the call, the curve, and the checks on arguments.

A schedule is a pure function of the *step*, the 0-based index of an optimizer update:
``schedule(t)`` is the rate that update number ``t`` uses. It holds no state, knows nothing of
optimizers or epochs, and is defined for every ``t >= 0``: past its end it holds its last value.

Numbers of any library may come in: NumPy's scalars, arrays and tensors of one element, fractions.
They are turned into Python's where they enter, so a schedule never holds another library's.

These files use the standard library alone, because the pages of the book run them as they are.
"""

from __future__ import annotations

import math

#: The largest float, where a rate stops growing and a clock stops running.
LARGEST = (2 - 2.0**-52) * 2.0**1023


class Schedule:
    """A learning rate as a function of the step.

    A subclass is a frozen dataclass that gives the formula as ``_rate(step)``. Its ``_checks`` hold
    for each parameter a check of this module, whose result is stored in place of what was given;
    its ``_at_most`` hold the parameter that another must not exceed.
    """

    _checks = {}
    _at_most = {}
    _classes = {}  # every schedule by its name in a configuration

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Schedule._classes[_name(cls)] = cls

    def __post_init__(self) -> None:
        for name, check in self._checks.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))
        for name, bound in self._at_most.items():
            value, most = getattr(self, name), getattr(self, bound)
            if value > most:
                raise ValueError(f"{name} must not exceed {bound} ({most!r}), got {value!r}")

    def __call__(self, step: float) -> float:
        """Return the rate of update number ``step``, at most the largest float.

        Args:
            step: 0-based index of the optimizer update; finite, not negative. Fractions are legal,
                and so is a number of another library. Several at once: :meth:`rates`.

        Raises:
            ValueError: if ``step`` is negative, infinite or NaN, or is not one number.
        """
        number = step
        if type(step) is not int and type(step) is not float:  # nearly always one of them
            number = as_number(step)
        if number is None or not 0 <= number <= LARGEST:
            raise ValueError(f"step must be finite and >= 0, got {step!r}")
        try:
            rate = float(self._rate(number))  # a user's formula may give another library's
        except OverflowError:  # a power, of what grows from step to step
            return LARGEST if self._rate(0) else 0.0
        return LARGEST if rate > LARGEST else rate

    def get_lr(self, step: float) -> float:
        """Return the rate of update number ``step``: the same as calling the schedule."""
        return self(step)

    def curve(self, n: int) -> list[float]:
        """Return the rates of the first ``n`` updates, steps 0 to n - 1.

        A compiled update, as of JAX, cannot call Python; it looks the rate up. With optax::

            table = jnp.array(schedule.curve(total_steps + 1))
            optimizer = optax.adam(lambda count: jnp.take(table, count, mode="clip"))

        Raises:
            ValueError: if ``n`` is not a whole number >= 0.
        """
        steps = range(check_count("n", n))
        try:
            rates = [float(self._rate(step)) for step in steps]
        except OverflowError:
            return self.rates(steps)
        return rates if max(rates, default=0) <= LARGEST else self.rates(steps)

    def rates(self, steps: list[float]) -> list[float]:
        """Return the rates of a row of updates.

        ``numpy.array(schedule.rates(steps))`` has the shape of a one-dimensional array ``steps``;
        ``numpy.vectorize(schedule, otypes=[float])`` is a function of arrays of any shape.

        Args:
            steps: the steps, in any order: a list, a range, an array.

        Raises:
            ValueError: if ``steps`` is no sequence, or one of them is not a step.
        """
        return list(check_each("steps", steps, lambda name, step: self(step)))

    def to_config(self) -> dict[str, object]:
        """Return the schedule as what JSON and YAML can hold; :meth:`from_config` reads it.

        That is the name of its class under ``"class"``, with its module unless it is one of
        lrlib's, and each parameter by its name. A schedule within it becomes a dictionary too, and
        a tuple a list.

        Raises:
            ValueError: if a parameter has no such form, as the function of a ``LambdaLR`` or the
                shape of a fall in some ports.
        """
        return {"class": _name(type(self))} | {
            name: _written(name, value) for name, value in vars(self).items()
        }

    @staticmethod
    def from_config(config: dict[str, object]) -> Schedule:
        """Return the schedule that :meth:`to_config` wrote.

        A parameter that is left out has its default. A class of one's own is known once its module
        is imported.

        Raises:
            ValueError: if ``config`` is no such dictionary, or the schedule refuses a parameter.
        """
        kind = config.get("class") if isinstance(config, dict) else None
        if not isinstance(kind, str) or kind not in Schedule._classes:
            raise ValueError(f"config must be a dictionary with a known 'class', got {config!r}")
        given = {name: _read(value) for name, value in config.items() if name != "class"}
        try:
            return Schedule._classes[kind](**given)
        except TypeError as error:
            raise ValueError(f"config must hold the parameters of {kind}: {error}") from error


def _name(kind: type[Schedule]) -> str:
    """Return the name of a class in a configuration."""
    ours = kind.__module__.startswith(Schedule.__module__.removesuffix("base"))
    return kind.__name__ if ours else f"{kind.__module__}.{kind.__qualname__}"


def _written(name: str, value: object) -> object:
    if isinstance(value, Schedule):
        return value.to_config()
    if isinstance(value, tuple):
        return [_written(name, member) for member in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError(f"{name} must be a plain value to be written, got {value!r}")


def _read(value: object) -> object:
    if isinstance(value, dict):
        return Schedule.from_config(value)
    return tuple(map(_read, value)) if isinstance(value, list) else value


def as_number(value: object, finite: bool = True) -> float | None:
    """Return a value as a Python number, None if it is not one number, or not finite.

    Truth values of any library are no numbers here, and neither is text.

    Args:
        value: anything.
        finite: whether infinity and NaN are refused.
    """
    try:
        if hasattr(value, "item"):  # a scalar, an array or a tensor
            value = value.item()
        if isinstance(value, bool):
            return None
        value = value.__index__() if hasattr(value, "__index__") else value.__float__()
        return value if math.isfinite(value) or not finite else None
    except (AttributeError, TypeError, ValueError, RuntimeError, ArithmeticError):
        return None


def check_each(name: str, values: object, check: object) -> tuple:
    """Return the members of a sequence as a check gives them back, in a tuple.

    Raises:
        ValueError: if ``values`` is no sequence, or ``check`` refuses one of them.
    """
    try:
        if isinstance(values, (str, bytes, dict, set, frozenset)):
            raise TypeError("no row of numbers")
        values = list(values)
    except TypeError:
        raise ValueError(f"{name} must be a sequence, got {values!r}") from None
    return tuple(check(f"{name}[{i}]", value) for i, value in enumerate(values))


def check_schedule(name: str, value: Schedule) -> Schedule:
    """Return a schedule; raise ValueError if ``value`` is none."""
    if not isinstance(value, Schedule):
        raise ValueError(f"{name} must be a Schedule, got {value!r}")
    return value


def check_schedules(name: str, values: tuple[Schedule, ...]) -> tuple[Schedule, ...]:
    """Return schedules; raise ValueError unless they are such, at least one."""
    values = check_each(name, values, check_schedule)
    if not values:
        raise ValueError(f"{name} must hold at least one schedule, got none")
    return values


def check_function(name: str, value: object) -> object:
    """Return a function of the step; raise ValueError if ``value`` cannot be called."""
    if not callable(value):
        raise ValueError(f"{name} must be a function of the step, got {value!r}")
    return value


def check_rate(name: str, value: float, most: float = math.inf, most_name: str = "") -> float:
    """Return a number as a float; raise ValueError unless it is finite and in [0, most]."""
    number = as_number(value)
    if number is None or number < 0:
        raise ValueError(f"{name} must be a finite number >= 0, got {value!r}")
    if number > most:
        raise ValueError(f"{name} must not exceed {most_name} ({most!r}), got {value!r}")
    return float(number)


def check_rates(name: str, values: tuple[float, ...]) -> tuple[float, ...]:
    """Return numbers as floats in a tuple; raise ValueError unless they are finite and >= 0."""
    return check_each(name, values, check_rate)


def check_positive(name: str, value: float) -> float:
    """Return a number as a float; raise ValueError unless it is finite and > 0."""
    number = as_number(value)
    if number is None or number <= 0:
        raise ValueError(f"{name} must be a finite number > 0, got {value!r}")
    return float(number)


def check_divisor(name: str, value: float) -> float:
    """Return a number as a float; raise ValueError unless it is finite, at least 1."""
    number = as_number(value)
    if number is None or number < 1:
        raise ValueError(f"{name} must be a finite number >= 1, got {value!r}")
    return float(number)


def check_number(name: str, value: float) -> float:
    """Return a number as a float; raise ValueError if it is none. Infinity and NaN are legal."""
    number = as_number(value, finite=False)
    if number is None:
        raise ValueError(f"{name} must be a number, got {value!r}")
    return float(number)


def check_finite(name: str, value: float) -> float:
    """Return a number as a float; raise ValueError unless it is finite."""
    number = as_number(value)
    if number is None:
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    return float(number)


def check_fraction(name: str, value: float) -> float:
    """Return a number as a float; raise ValueError unless it lies in [0, 1]."""
    number = as_number(value)
    if number is None or not 0 <= number <= 1:
        raise ValueError(f"{name} must be a number in [0, 1], got {value!r}")
    return float(number)


def check_whole(name: str, value: float) -> int:
    """Return a whole number, of either sign, as an int; raise ValueError if it is not whole."""
    number = as_number(value)
    if number is None or number != int(number):
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    return int(number)


def check_count(name: str, value: float, least: int = 0) -> int:
    """Return a whole number as an int; raise ValueError unless it is whole, at least ``least``."""
    number = as_number(value)
    if number is None or number != int(number) or number < least:
        raise ValueError(f"{name} must be a whole number >= {least}, got {value!r}")
    return int(number)


def check_length(name: str, value: float) -> int:
    """Return a whole number as an int; raise ValueError unless it is whole, at least 1."""
    return check_count(name, value, least=1)


def check_steps(name: str, values: tuple[int, ...]) -> tuple[int, ...]:
    """Return steps as ints, in ascending order; raise ValueError unless they are whole and >= 0."""
    return tuple(sorted(check_each(name, values, check_count)))


def check_milestones(name: str, values: tuple[int, ...]) -> tuple[int, ...]:
    """Return steps as ints; raise ValueError unless they are whole, >= 0 and do not decrease."""
    values = check_each(name, values, check_count)
    if list(values) != sorted(values):
        raise ValueError(f"{name} must not decrease, got {values!r}")
    return values


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    """Return the one of ``choices`` that ``value`` equals; raise ValueError if there is none."""
    try:
        return choices[choices.index(value)]
    except (ValueError, RuntimeError, ArithmeticError):  # the last two from what cannot be compared
        allowed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {allowed}, got {value!r}") from None


def check_flag(name: str, value: bool) -> bool:
    """Return True or False; raise ValueError if ``value`` is neither."""
    return check_choice(name, value, (False, True))


def one_of(*choices: str) -> object:
    """Return the check that a value is one of the strings."""
    return lambda name, value: check_choice(name, value, choices)


def or_none(check: object) -> object:
    """Return the check that lets None pass, and any other value to ``check``."""
    return lambda name, value: None if value is None else check(name, value)
