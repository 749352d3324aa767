"""The command line: ``python -m lrlib train|plot|range-test|sweep|record|list``.

The flags of a schedule are the parameters of its class, and their help is its docstring. What is
not given is that of the example in :mod:`lrlib.catalog`, fitted to the run, and is printed. Each
flag may be written with hyphens or underscores. ``train`` counts lengths in epochs and turns them
into updates, or takes them in updates with ``--unit update``.
"""

from __future__ import annotations

import argparse
import inspect
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from ..catalog import CATALOG, EXAMPLE_STEPS, Entry
from ..schedules import ReduceLROnPlateau
from . import commands

KINDS = {"float": float, "int": int, "int | None": int, "str": str, "tuple[int, ...]": int}


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and exit with status 2."""
        self.exit(2, f"{self.prog}: error: {' '.join(message.split())}\n")

    def flag(self, name: str, text: str, **options: Any) -> None:
        """Add a flag that may be written with hyphens or underscores, in lower case or as named."""
        if "default" in options and options["default"] is not None:
            text += " (default: %(default)s)"
        if "nargs" in options:
            options["action"] = Once
        self.add_argument(*spellings(name), dest=name, help=text, **options)


class Once(argparse.Action):
    """A flag that cannot be given twice: the second would replace the first in silence."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Keep what was given."""
        if getattr(namespace, self.dest) is not None:
            raise argparse.ArgumentError(self, "must be given once, got it twice")
        setattr(namespace, self.dest, values)


def spellings(name: str) -> list[str]:
    """Return the flags that stand for a name."""
    spelled = (name, name.lower(), name.replace("_", "-"), name.lower().replace("_", "-"))
    return [f"--{each}" for each in dict.fromkeys(spelled)]


def path(text: str) -> Path:
    """Read a path; ``~`` is the home, also where the shell leaves it (``--out=~/runs``)."""
    if not text:
        raise argparse.ArgumentTypeError("must name a file or a folder, got ''")
    return Path(text).expanduser()


def count(least: int) -> Callable[[str], int]:
    """Return a reader of whole numbers, from ``least`` on."""

    def read(text: str) -> int:
        with suppress(ValueError):
            value = int(text)
            if value >= least:
                return value
        raise argparse.ArgumentTypeError(f"must be a whole number >= {least}, got {text!r}")

    return read


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, and return its exit status.

    It is 0, or 1 for a run that diverged, 2 for an error, 130 after Ctrl-C, 141 if nobody reads
    what is printed.

    Args:
        arguments: the words of the command line; those of this process by default.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        try:
            return _run(words)
        finally:
            if sys.stdout is not None:  # it was closed
                sys.stdout.flush()
    except OSError as error:  # of standard output: all others are told by the command
        # Python would try once more to write what is left when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # as after `| head -1`
            return 141
        print(f"lrlib: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lrlib: interrupted", file=sys.stderr)
        return 130


def _run(words: list[str]) -> int:
    first = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    first.add_argument("--scheduler", choices=CATALOG)
    try:
        chosen = first.parse_known_args(words)[0].scheduler
    except argparse.ArgumentError:
        chosen = None  # the parser that knows every flag says what is wrong with it
    asked = _parser(chosen).parse_args(words)
    parser = asked.parser
    try:
        with warnings.catch_warnings():
            warnings.showwarning = partial(_warn, parser)
            return asked.run(asked)
    except KeyboardInterrupt:
        kept = asked.goes_on is not None and asked.goes_on.exists()
        more = f"; the same command goes on from {asked.goes_on}" if kept else ""
        print(f"{parser.prog}: interrupted{more}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        raise
    except ModuleNotFoundError as error:
        parser.error(f"{error}: pip install 'lrlib[course]' brings all that commands need")
    except ValueError as error:
        parser.error(_in_flags(str(error), asked, words))
    except (ImportError, OSError, RuntimeError, ArithmeticError, MemoryError) as error:
        parser.error(str(error) or type(error).__name__)


def _warn(parser: Parser, message: Warning, *_: object) -> None:
    """Print a warning as one line."""
    print(f"{parser.prog}: warning: {' '.join(str(message).split())}", file=sys.stderr)


EACH_CORE = "the number of processes (default: one a core)"

# Parameters of the functions behind the commands, and the flags that stand for them.
FLAGS = {"total_steps": ("epochs", "steps"), "candidates": ("schedulers",)}


def _in_flags(message: str, asked: argparse.Namespace, words: list[str]) -> str:
    """Return a message with the names of parameters replaced by the flags as they were typed."""

    def flag(found: re.Match) -> str:
        for name in (found[2], *FLAGS.get(found[2], ())):
            if hasattr(asked, name):
                typed = {word.partition("=")[0] for word in words}
                return found[1] + next(
                    (each for each in spellings(name) if each in typed), f"--{name}"
                )
        return found[0]

    return re.sub(r"(^|must not exceed )(\w+)", flag, message)


def _parser(chosen: str | None) -> Parser:
    parser = Parser(prog="lrlib", description="Learning-rate schedules: train, draw and compare.")
    added_to = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> Parser:
        added = added_to.add_parser(
            name,
            help=text,
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        added.set_defaults(run=run, parser=added, goes_on=None)
        return added

    train = command("train", commands.run_train, "Train a perceptron under a schedule.")
    _add_schedule(train, chosen, required=True)
    _add_training(train, epochs=10)
    train.flag("seed", "decides initial weights and batches", type=count(0), default=0)
    train.flag("unit", "what lengths count", choices=("epoch", "update"), default="epoch")
    train.flag("checkpoint", "a file that keeps the run, to continue from", type=path)
    train.flag("out", "the folder of the results (default: runs/SCHEDULER)", type=path)

    plot = command(
        "plot", commands.run_plot, "Draw a schedule, or the members of a family, as a PNG."
    )
    _add_schedule(plot, chosen, required=False)
    plot.flag("family", "draw a family instead", choices=("warmup", "cyclical"))
    plot.flag("steps", "the number of updates shown", type=count(1), default=1000)
    plot.flag("out", "the folder of the figure", type=path, default=Path("runs"))

    test = command(
        "range-test", commands.run_range_test, "Train while the rate rises, and suggest a rate."
    )
    _add_training(test, epochs=None)
    test.flag("seed", "decides initial weights and batches", type=count(0), default=0)
    test.flag("low", "the first rate", type=float, default=1e-5)
    test.flag("high", "the last rate", type=float, default=10.0)
    test.flag("steps", "the number of updates", type=count(1), default=300)
    kinds = ("exponential", "linear")
    test.flag("sweep", "how the rate rises", choices=kinds, default="exponential")
    test.flag("out", "the folder of the figure", type=path, default=Path("runs"))

    sweep = command(
        "sweep", commands.run_sweep, "Train schedules at several rates with several seeds."
    )
    swept = [key for key, entry in CATALOG.items() if entry.schedule is not ReduceLROnPlateau]
    sweep.flag("schedulers", "their keys", nargs="+", choices=swept, required=True)
    sweep.flag("rates", "the peak rates", nargs="+", type=float, required=True)
    sweep.flag("seeds", "the number of seeds", type=count(1), default=4)
    _add_training(sweep, epochs=10)
    sweep.flag("out", "the table", type=path, default=Path("runs/sweep.csv"))
    sweep.flag("jobs", EACH_CORE, type=count(1))
    sweep.flag("backend", "what runs them", choices=("loky", "dask"), default="loky")
    sweep.flag("scheduler_address", "of a Dask cluster, such as tcp://host:8786")

    record = command(
        "record", commands.run_record, "Make the record of a study, which a chapter then reads."
    )
    record.add_argument("name", nargs="?", metavar="NAME", help="the study; without it, list them")
    devices = ("auto", "cpu", "cuda")
    record.flag("device", "where to train", choices=devices, default="auto")
    record.flag("jobs", EACH_CORE, type=count(1))
    record.flag("out", "the folder of the records (default: book/records)", type=path)

    command("list", commands.run_list, "List the schedules and their parameters.")
    return parser


def _add_schedule(parser: Parser, chosen: str | None, required: bool) -> None:
    keys = ", ".join(CATALOG)
    parser.flag(
        "scheduler",
        f"one of {keys}",
        choices=CATALOG,
        metavar="SCHEDULER",
        required=required,
        action=Once,
    )
    if chosen is None:
        parser.epilog = "parameters of the schedules:\n" + commands.listing()
        return
    entry = CATALOG[chosen]
    texts = _described(entry.schedule)
    for name, parameter in commands.parameters(entry).items():
        text = texts.get(name, name).rstrip(".")
        if name in entry.example or parameter.default not in (parameter.empty, None):
            text += f" (default: {_default(entry, name, parameter)})"
        text = text.replace("%", "%%")
        if parameter.annotation == "bool":
            parser.flag(name, text, action="store_true")
        elif parameter.annotation.startswith("tuple"):
            parser.flag(name, text, nargs="+", type=int)
        else:
            parser.flag(name, text, type=KINDS[parameter.annotation])


def _default(entry: Entry, name: str, parameter: inspect.Parameter) -> str:
    """Say what a parameter is that is not given."""
    if name not in entry.example:
        return str(parameter.default)
    value = entry.example[name]
    if name in commands.lengths_of(entry):
        shares = [each / EXAMPLE_STEPS for each in (value if isinstance(value, tuple) else [value])]
        return f"{' '.join(f'{each:g}' for each in shares)} of the run"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _add_training(parser: Parser, epochs: int | None) -> None:
    parser.flag(
        "data", "what to train on", choices=("digits", "mnist1d", "spirals"), default="digits"
    )
    if epochs is not None:
        parser.flag("epochs", "how often each example is seen", type=count(1), default=epochs)
    parser.flag("batch_size", "examples in each update", type=count(1), default=64)
    parser.flag("optimizer", "which one", choices=("sgd", "adamw"), default="sgd")
    parser.flag("momentum", "of SGD, or the first beta of AdamW", type=float, default=0.9)
    parser.flag("weight_decay", "the pull of each weight to zero", type=float, default=0.0)


def _described(schedule: type) -> dict[str, str]:
    """Return what a class says of each of its arguments, without markup."""
    text = inspect.getdoc(schedule) or ""  # none under python -OO
    arguments = text.partition("Args:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", arguments, re.MULTILINE)
    plain = {name: re.sub(r":\w+:(?=`)|[`\\]", "", text) for name, text in found}
    return {name: " ".join(text.split()) for name, text in plain.items()}
