"""What a call of a student's function did, and how two such outcomes compare.

The function may return or raise anything, print, or never end; nothing here lets that pass on.
"""

from __future__ import annotations

import linecache
import sys
from contextlib import redirect_stdout
from copy import deepcopy
from dataclasses import dataclass
from io import StringIO
from math import isfinite
from os.path import dirname
from time import monotonic

try:
    import signal
except ImportError:  # a Python without an operating system, as in a page
    signal = None

SECONDS = 2  # a call may take
AGAIN = 0.05  # seconds until a call that goes on is stopped once more
SMALL = 0.1  # errors are relative to the expected number, or to this where that is smaller
NOTHING = 1e-12  # an expected number below this is a rounding error, and 0 to the student
LONGEST = 100  # characters of a student's value or error text that a message shows


class TimeUp(BaseException):
    """Raised inside a call that takes too long; no ``except Exception`` stops it."""


@dataclass(frozen=True)
class Outcome:
    """What a call returned or raised, the line that raised it, and what else the call did."""

    value: object = None
    error: object = None
    line: str = ""
    changed: bool = False
    printed: str = ""

    @property
    def number(self) -> float | None:
        """The returned value as a float, or None if it is not one number."""
        return None if self.error is not None else number(self.value)

    @property
    def endless(self) -> bool:
        """Whether the call was stopped because it took too long."""
        return isinstance(self.error, TimeUp)

    def told(self, beside: float | None = None) -> str:
        """Return the outcome as words that follow the call, told apart from ``beside``."""
        if self.endless:
            return f"did not end within {SECONDS} seconds"
        if self.error is not None:
            text = show(self.error, str) or "(no text)"
            return f"raised {type(self.error).__name__}: {text}"
        if self.value is None:
            return "returned None"
        if self.number is None:
            return f"returned {show(self.value)}, which is not a number"
        return f"returned {digits(self.number, beside)}"

    def where(self) -> str:
        """Return the student's own line that an exception came from, as a line of a message."""
        if not self.line:
            return ""
        return f"\n{'Stopped' if self.endless else 'Raised'} in {self.line}"


def call(function: object, arguments: tuple) -> Outcome:
    """Call a function with arguments of its own, and return what came of it."""
    own, printed = deepcopy(arguments), StringIO()
    with redirect_stdout(printed):
        try:
            value, error, line = _in_time(function, own), None, ""
        except (Exception, SystemExit, TimeUp) as raised:
            value, error, line = None, raised, _own_line(raised, function)
    return Outcome(value, error, line, not _equal(own, arguments), printed.getvalue())


def _equal(own: tuple, arguments: tuple) -> bool:
    try:
        return own == arguments
    except Exception:  # something that cannot be compared was put into a list
        return False


def _in_time(function: object, arguments: tuple) -> object:
    """Call a function, and raise TimeUp inside it after so many seconds.

    Where there is an alarm it is used: that is on Linux and macOS in the main thread, in which a
    notebook runs its cells. Elsewhere the clock is looked at before every line of Python. Either
    way a single long call of compiled code ends by itself before anything can stop it. A debugger,
    under which people take their time, is left alone.
    """
    if sys.gettrace():
        return function(*arguments)
    try:
        before = signal.signal(signal.SIGALRM, _ring)
    except (AttributeError, ValueError):  # no alarm in this system, or not in this thread
        return _watched(function, arguments)
    timer = signal.setitimer(signal.ITIMER_REAL, SECONDS, AGAIN)
    try:
        return function(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)


def _ring(_number: int, frame: object) -> None:
    if _imports(frame):
        signal.setitimer(signal.ITIMER_REAL, SECONDS, AGAIN)
    elif frame.f_globals is not globals():  # the call is not over yet
        raise TimeUp


def _imports(frame: object) -> bool:
    """Say whether the call imports a module. That takes its time, and must not be cut short."""
    while frame and frame.f_globals is not globals():
        if frame.f_globals.get("__name__") == "importlib._bootstrap":
            return True
        frame = frame.f_back
    return False


def _watched(function: object, arguments: tuple) -> object:
    """Call a function, and look at the clock before each of its lines."""
    end = monotonic() + SECONDS

    def look(frame: object, _event: str, _argument: object) -> object:
        nonlocal end
        if monotonic() > end and frame.f_globals is not globals():
            if not _imports(frame):
                raise TimeUp
            end = monotonic() + SECONDS
        return look

    sys.settrace(look)
    try:
        return function(*arguments)
    finally:
        sys.settrace(None)


def _own_line(error: BaseException, function: object) -> str:
    """Return the innermost line of the student's own that an exception passed on its way.

    A kernel keeps its cells as files of one folder, side by side.
    """
    home, line = dirname(getattr(getattr(function, "__code__", None), "co_filename", "/")), ""
    step = error.__traceback__
    while step:
        file = step.tb_frame.f_code.co_filename
        if dirname(file) == home:
            text = show(linecache.getline(file, step.tb_lineno), str)
            line = f"line {step.tb_lineno}: {text}" if text else f"line {step.tb_lineno}"
        step = step.tb_next
    return line


def agree(a: Outcome, b: Outcome, tolerance: float, small: float = SMALL) -> bool:
    """Say whether two outcomes are the same kind of exception, or numbers that are close."""
    if a.error is not None or b.error is not None:
        return type(a.error) is type(b.error)
    x, y = a.number, b.number
    if x is None or y is None:
        return type(a.value) is type(b.value)
    both_nan = x != x and y != y
    return x == y or both_nan or (isfinite(y) and abs(x - y) <= tolerance * max(abs(y), small))


def number(value: object) -> float | None:
    """Return a value as a float, or None if it is not one number; NumPy's and torch's are."""
    if isinstance(value, (str, bytes)) or type(value).__name__.startswith(("bool", "complex")):
        return None
    try:
        return None if len(getattr(value, "shape", ())) else float(value)
    except Exception:
        return None


def digits(x: float, beside: float | None) -> str:
    """Return a number to six digits, or to all of them if only so it differs from ``beside``."""
    if x and abs(x) < NOTHING and (beside is None or abs(beside) > NOTHING):
        return "0"
    short = f"{x:.6g}"
    return repr(x) if beside is not None and x != beside and short == f"{beside:.6g}" else short


def show(value: object, text: object = repr) -> str:
    """Return a student's value as text of one short line."""
    try:
        line = " ".join(text(value).split())
    except Exception:
        line = f"an object of type {type(value).__name__}"
    return line if len(line) <= LONGEST else line[:LONGEST] + "..."
