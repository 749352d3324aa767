"""What a call of a student's function did, and how two such outcomes compare.

The function may return or raise anything; nothing here lets that pass on as an error.
"""

from __future__ import annotations

from dataclasses import dataclass

SMALL = 0.1  # errors are relative to the expected number, or to this where that is smaller
LONGEST = 100  # characters of a student's value or error text that a message shows


@dataclass(frozen=True)
class Outcome:
    """What a call returned, or the exception that it raised, and if it changed a list."""

    value: object = None
    error: object = None
    changed: bool = False

    @property
    def number(self) -> float | None:
        """The returned value as a float, or None if it is not one number."""
        return None if self.error is not None else number(self.value)

    def told(self, beside: float | None = None) -> str:
        """Return the outcome as words that follow the call, told apart from ``beside``."""
        if self.error is not None:
            return f"raised {type(self.error).__name__}: {show(self.error, str)}"
        if self.value is None:
            return "returned None"
        if self.number is None:
            return f"returned {show(self.value)}, which is not a number"
        return f"returned {digits(self.number, beside)}"


def call(function: object, arguments: tuple) -> Outcome:
    """Call a function with lists of its own, and return what came of it."""
    own = [list(each) if isinstance(each, list) else each for each in arguments]
    try:
        value, error = function(*own), None
    except (Exception, SystemExit) as raised:
        value, error = None, raised
    return Outcome(value, error, changed=own != list(arguments))


def agree(a: Outcome, b: Outcome, tolerance: float) -> bool:
    """Say whether two outcomes are the same kind of exception, or numbers that are close."""
    if a.error is not None or b.error is not None:
        return type(a.error) is type(b.error)
    x, y = a.number, b.number
    if x is None or y is None:
        return type(a.value) is type(b.value)
    both_nan = x != x and y != y
    return x == y or both_nan or abs(x - y) <= tolerance * max(abs(y), SMALL)


def number(value: object) -> float | None:
    """Return a value as a float, or None if it is not one number; NumPy's numbers are."""
    if isinstance(value, (str, bytes)) or type(value).__name__.startswith(("bool", "complex")):
        return None
    try:
        return float(value)
    except Exception:
        return None


def digits(x: float, beside: float | None) -> str:
    """Return a number to six digits, or to all of them if only so it differs from ``beside``."""
    short = f"{x:.6g}"
    return repr(x) if beside is not None and x != beside and short == f"{beside:.6g}" else short


def show(value: object, text: object = repr) -> str:
    """Return a student's value as text of one short line."""
    try:
        line = " ".join(text(value).split())
    except Exception:
        line = f"an object of type {type(value).__name__}"
    return line if len(line) <= LONGEST else line[:LONGEST] + "..."
