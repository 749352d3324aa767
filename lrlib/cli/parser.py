"""The command line: ``python -m lrlib train|plot|range-test|sweep|record|list``.

The flags of a schedule are the parameters of its class, and their help is its docstring. Each flag
may be written with hyphens or underscores. ``train`` counts lengths in epochs and turns them into
updates, or takes them in updates with ``--unit update``.
"""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ..catalog import CATALOG
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
        spelled = (name, name.lower(), name.replace("_", "-"), name.lower().replace("_", "-"))
        if "default" in options and options["default"] is not None:
            text += " (default: %(default)s)"
        spellings = [f"--{each}" for each in dict.fromkeys(spelled)]
        self.add_argument(*spellings, dest=name, help=text, **options)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, and return its exit status.

    Args:
        arguments: the words of the command line; those of this process by default.
    """
    first = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    first.add_argument("--scheduler", choices=CATALOG)
    try:
        chosen = first.parse_known_args(arguments)[0].scheduler
    except argparse.ArgumentError:
        chosen = None  # the parser that knows every flag says what is wrong with it
    asked = _parser(chosen).parse_args(arguments)
    try:
        return asked.run(asked)
    except ModuleNotFoundError as error:
        asked.parser.error(f"{error}: pip install 'lrlib[course]' brings all that commands need")
    except (ValueError, ImportError, OSError, RuntimeError) as error:
        asked.parser.error(str(error))


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
        added.set_defaults(run=run, parser=added)
        return added

    train = command("train", commands.run_train, "Train a perceptron under a schedule.")
    _add_schedule(train, chosen, required=True)
    _add_training(train, epochs=10)
    train.flag("seed", "decides initial weights and batches", type=int, default=0)
    train.flag("unit", "what lengths count", choices=("epoch", "update"), default="epoch")
    train.flag("checkpoint", "a file that keeps the run, to continue from", type=Path)
    train.flag("out", "the folder of the results (default: runs/SCHEDULER)", type=Path)

    plot = command(
        "plot", commands.run_plot, "Draw a schedule, or the members of a family, as a PNG."
    )
    _add_schedule(plot, chosen, required=False)
    plot.flag("family", "draw a family instead", choices=("warmup", "cyclical"))
    plot.flag("steps", "the number of updates shown", type=int, default=1000)
    plot.flag("out", "the folder of the figure", type=Path, default=Path("runs"))

    test = command(
        "range-test", commands.run_range_test, "Train while the rate rises, and suggest a rate."
    )
    _add_training(test, epochs=None)
    test.flag("seed", "decides initial weights and batches", type=int, default=0)
    test.flag("low", "the first rate", type=float, default=1e-5)
    test.flag("high", "the last rate", type=float, default=10.0)
    test.flag("steps", "the number of updates", type=int, default=300)
    kinds = ("exponential", "linear")
    test.flag("sweep", "how the rate rises", choices=kinds, default="exponential")
    test.flag("out", "the folder of the figure", type=Path, default=Path("runs"))

    sweep = command(
        "sweep", commands.run_sweep, "Train schedules at several rates with several seeds."
    )
    swept = [key for key, entry in CATALOG.items() if entry.schedule is not ReduceLROnPlateau]
    sweep.flag("schedulers", "their keys", nargs="+", choices=swept, required=True)
    sweep.flag("rates", "the peak rates", nargs="+", type=float, required=True)
    sweep.flag("seeds", "the number of seeds", type=int, default=4)
    _add_training(sweep, epochs=10)
    sweep.flag("out", "the table", type=Path, default=Path("runs/sweep.csv"))
    sweep.flag("jobs", "the number of processes, -1 for one a core", type=int, default=-1)
    sweep.flag("backend", "what runs them", choices=("loky", "dask"), default="loky")
    sweep.flag("scheduler_address", "of a Dask cluster, such as tcp://host:8786")

    record = command(
        "record", commands.run_record, "Make the record of a study, which a chapter then reads."
    )
    record.add_argument("name", nargs="?", metavar="NAME", help="the study; without it, list them")
    devices = ("auto", "cpu", "cuda")
    record.flag("device", "where to train", choices=devices, default="auto")
    record.flag("jobs", "the number of processes on a processor (default: one a core)", type=int)
    record.flag("out", "the folder of the records (default: book/records)", type=Path)

    command("list", commands.run_list, "List the schedules and their parameters.")
    return parser


def _add_schedule(parser: Parser, chosen: str | None, required: bool) -> None:
    keys = ", ".join(CATALOG)
    parser.flag(
        "scheduler", f"one of {keys}", choices=CATALOG, metavar="SCHEDULER", required=required
    )
    if chosen is None:
        parser.epilog = "parameters of the schedules:\n" + commands.listing()
        return
    entry = CATALOG[chosen]
    texts = _described(entry.schedule)
    for name, parameter in commands.parameters(entry).items():
        text = texts[name].replace("%", "%%")
        default = None if parameter.default is parameter.empty else parameter.default
        if parameter.annotation == "bool":
            parser.flag(name, text, action="store_true")
        elif parameter.annotation.startswith("tuple"):
            parser.flag(name, text, nargs="+", type=int)
        else:
            parser.flag(name, text, type=KINDS[parameter.annotation], default=default)


def _add_training(parser: Parser, epochs: int | None) -> None:
    parser.flag(
        "data", "what to train on", choices=("digits", "mnist1d", "spirals"), default="digits"
    )
    if epochs is not None:
        parser.flag("epochs", "how often each example is seen", type=int, default=epochs)
    parser.flag("batch_size", "examples in each update", type=int, default=64)
    parser.flag("optimizer", "which one", choices=("sgd", "adamw"), default="sgd")
    parser.flag("momentum", "of SGD, or the first beta of AdamW", type=float, default=0.9)
    parser.flag("weight_decay", "the pull of each weight to zero", type=float, default=0.0)


def _described(schedule: type) -> dict[str, str]:
    """Return what a class says of each of its arguments, without markup."""
    arguments = inspect.getdoc(schedule).partition("Args:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", arguments, re.MULTILINE)
    plain = {name: re.sub(r":\w+:(?=`)|[`\\]", "", text) for name, text in found}
    return {name: " ".join(text.split()) for name, text in plain.items()}
