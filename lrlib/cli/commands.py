"""What the commands of the command line do; :mod:`lrlib.cli.parser` reads their flags.

Each takes the flags as ``argparse`` leaves them and returns the exit status. What they need is
imported when they run, so that a mistake in a flag is told at once.
"""

from __future__ import annotations

import inspect
import logging
import os
import re
from argparse import Namespace
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..catalog import CATALOG, EXAMPLE_STEPS, Entry
from ..schedules import ReduceLROnPlateau, Schedule, StretchLR

# Whole numbers that do not count updates.
NOT_LENGTHS = ("d_model", "t_mult", "patience", "cooldown")


def parameters(entry: Entry) -> dict[str, inspect.Parameter]:
    """Return the parameters of a schedule, by name."""
    return dict(inspect.signature(entry.schedule).parameters)


def listing() -> str:
    """Return a line for each schedule: its key, its class, its parameters and their defaults."""
    lines = []
    for key, entry in CATALOG.items():
        arguments = ", ".join(map(_written, parameters(entry).values()))
        lines.append(f"  {key:20} {entry.schedule.__name__}({arguments})")
    return "\n".join(lines)


def _written(parameter: inspect.Parameter) -> str:
    if parameter.default is parameter.empty:
        return parameter.name
    return f"{parameter.name}={parameter.default!r}"


def _schedule(asked: Namespace, updates: int, per: int) -> Schedule | ReduceLROnPlateau:
    """Return the schedule that was asked for, and print what was not given.

    Args:
        asked: the command line.
        updates: the length of the run.
        per: the number of updates that a length of 1 stands for.

    Raises:
        ValueError: if a parameter is outside its range; its numbers are those that were given.
    """
    entry = CATALOG[asked.scheduler]
    given = {name: getattr(asked, name) for name in parameters(entry)}
    given = {name: value for name, value in given.items() if value is not None}
    lengths = lengths_of(entry)
    typed = {}  # by the lengths in updates that they stand for
    for name in lengths & set(given):
        if isinstance(given[name], list):
            typed |= {per * each: each for each in given[name]}
            given[name] = tuple(per * each for each in given[name])
        else:
            typed[per * given[name]] = given[name]
            given[name] *= per
    fitted = _fitted(entry, given, updates, per)
    try:
        if given.get("warmup_steps", 0) > updates:
            raise ValueError(
                f"warmup_steps must not exceed the run ({updates // per}), "
                f"got {given['warmup_steps']}"
            )
        schedule = entry.schedule(**given, **fitted)
    except ValueError as error:
        whole = r"(?<![\w.])-?\d+(?![\w.])"
        message = re.sub(whole, lambda found: str(typed.get(int(found[0]), found[0])), str(error))
        raise ValueError(message) from error
    if fitted:
        written = [
            f"{name} {value}{' updates' if name in lengths and per > 1 else ''}"
            for name, value in fitted.items()
        ]
        print(f"{asked.scheduler}: not given, so as in the catalog: {', '.join(written)}")
    if lengths or entry.schedule is ReduceLROnPlateau or per == 1:
        return schedule
    return StretchLR(schedule, per)  # a rate of decay, which counts in the same unit


def lengths_of(entry: Entry) -> set[str]:
    """Return the names of those parameters of a schedule that count updates."""
    return {
        name
        for name, parameter in parameters(entry).items()
        if "int" in parameter.annotation and name not in NOT_LENGTHS
    }


def _fitted(
    entry: Entry, given: Mapping[str, Any], updates: int, per: int
) -> dict[str, float | str | tuple[int, ...]]:
    """Return what was not given of the example in the catalog, fitted to a run.

    Lengths are those shares of the run that they are in the example, of what is left of it where
    they follow each other; rates keep their ratio to a peak that was given.
    """
    rest = {name: value for name, value in entry.example.items() if name not in given}
    lengths = lengths_of(entry)
    run, example_run = updates, EXAMPLE_STEPS
    if lengths == {"warmup_steps", "stable_steps", "decay_steps"}:
        run = max(0, updates - sum(given[name] for name in lengths & set(given)))
        example_run = sum(rest[name] for name in lengths & set(rest))
    for name, value in rest.items():
        if isinstance(value, tuple):
            rest[name] = tuple(max(1, round(each * run / example_run)) for each in value)
        elif name in lengths:
            rest[name] = max(1, round(value * run / example_run))
        elif name == "gamma" and not lengths:  # of each unit of time
            rest[name] = _short(value ** (EXAMPLE_STEPS * per / updates))
        elif name.endswith("_lr"):
            peaks = [peak for peak in ("max_lr", "base_lr") if given.get(peak)]
            if peaks:
                rest[name] = _short(value * given[peaks[0]] / entry.example[peaks[0]])
    return rest


def _short(value: float) -> float:
    """Return a number as it is printed, so that the run can be asked for again."""
    return float(f"{value:.6g}")


def _training(asked: Namespace) -> tuple[Any, int, dict[str, Any]]:
    """Return the data, the number of updates in an epoch, and the options of the trainer."""
    from ..training.data import DATASETS

    data = DATASETS[asked.data]()
    options = {
        name: getattr(asked, name)
        for name in ("batch_size", "optimizer", "momentum", "weight_decay")
    }
    return data, max(1, len(data.x_train) // asked.batch_size), options


def run_train(asked: Namespace) -> int:
    """Train under a schedule, and save the run."""
    from ..training.files import check_folder, check_writable
    from ..training.loop import train
    from ..training.parallel import shows_progress

    out = asked.out or Path("runs", asked.scheduler)
    check_folder("out", out)
    if asked.checkpoint is not None:
        check_writable("checkpoint", asked.checkpoint)
        asked.goes_on = asked.checkpoint
    data, epoch, options = _training(asked)
    updates = asked.epochs * epoch
    schedule = _schedule(asked, updates, epoch if asked.unit == "epoch" else 1)
    history = train(
        schedule,
        data,
        seed=asked.seed,
        total_steps=updates,
        eval_every=epoch,
        checkpoint=asked.checkpoint,
        progress=shows_progress(),
        **options,
    )
    history.save(out)
    if history.diverged:
        print(f"{asked.scheduler}: the loss stopped being finite; the run is in {out}")
        return 1
    print(
        f"{asked.scheduler}: {updates} updates, test loss {history.test_loss:.3f}, "
        f"test accuracy {history.test_accuracy:.1%}; the run is in {out}"
    )
    return 0


def run_plot(asked: Namespace) -> int:
    """Draw a schedule or a family of them."""
    from .. import plotting
    from ..training.files import check_folder

    check_folder("out", asked.out)
    if (asked.scheduler is None) == (asked.family is None):
        raise ValueError("either --scheduler or --family must be given")
    if asked.scheduler == "plateau":
        raise ValueError("--scheduler plateau has no curve: its rate follows a metric")
    if asked.family == "warmup":
        figure = plotting.plot_warmup_schedules(asked.steps // 10, asked.steps)
    elif asked.family == "cyclical":
        figure = plotting.plot_cyclical_schedules(asked.steps)
    else:
        label = CATALOG[asked.scheduler].label
        schedule = _schedule(asked, asked.steps, 1)
        figure = plotting.plot_schedules({label: schedule}, asked.steps).figure
    return _saved(figure, asked.out / f"{asked.scheduler or asked.family}.png")


def run_range_test(asked: Namespace) -> int:
    """Make a range test, print what each rule suggests, and draw it."""
    from ..training.files import check_folder
    from ..tuning.range_rules import RULES
    from ..tuning.range_test import lr_range_test

    check_folder("out", asked.out)
    data, _, options = _training(asked)
    test = lr_range_test(
        data,
        low=asked.low,
        high=asked.high,
        total_steps=asked.steps,
        sweep=asked.sweep,
        seed=asked.seed,
        **options,
    )
    for name, rule in RULES.items():
        try:
            print(f"{name}: {test.suggest(rule):.3g}")
        except ValueError as error:
            print(f"{name}: {error}")
    if test.dead:
        print("the network died: at its largest rates it guesses, and its loss never exploded")
    return _saved(test.plot(), asked.out / "range-test.png")


def _saved(figure: Any, path: Path) -> int:
    from ..training.files import whole_file

    with whole_file(path) as file:
        figure.savefig(file, format="png", dpi=150)
    print(f"the figure is in {path}")
    return 0


def run_sweep(asked: Namespace) -> int:
    """Train a grid of runs, print their mean losses, and keep them in a table."""
    from ..tuning.sweep import sweep
    from ..tuning.sweep_table import check_table

    if asked.backend == "dask":
        _quiet_dask()
    check_table(asked.out)
    for name in ("schedulers", "rates"):
        values = getattr(asked, name)
        if len(set(values)) < len(values):
            raise ValueError(f"{name} must hold each once, got {' '.join(map(str, values))}")
    data, epoch, options = _training(asked)
    asked.goes_on = asked.out
    rows = sweep(
        {key: CATALOG[key].fitted for key in asked.schedulers},
        asked.rates,
        range(asked.seeds),
        data,
        total_steps=asked.epochs * epoch,
        out=asked.out,
        backend=asked.backend,
        scheduler_address=asked.scheduler_address,
        jobs=asked.jobs,
        **options,
    )
    for key in asked.schedulers:
        for rate in asked.rates:
            losses = [row.val_loss for row in rows if (row.label, row.rate) == (key, rate)]
            print(f"{key:20} {rate:<8g} validation loss {sum(losses) / len(losses):.4f}")
    print(f"the table is in {asked.out}")
    return 0


def _quiet_dask() -> None:
    """Let Dask, here and in its workers, leave it to the command to tell what is wrong."""
    os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "critical")
    with suppress(ImportError):  # which the sweep explains
        import distributed  # noqa: F401  it sets the levels of its loggers anew

    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def run_record(asked: Namespace) -> int:
    """Train what the record of a study lacks, and print what came of it; or list the studies."""
    from ..lab.recording import make_record
    from ..lab.records import RECORDS, record
    from ..lab.studies import STUDIES
    from ..schedules.base import check_choice
    from ..training.files import check_folder

    if asked.name is None:
        for study in STUDIES.values():
            print(f"{study.name:24} {study.asks}")
        return 0
    check_choice("NAME", asked.name, tuple(STUDIES))
    folder = asked.out or RECORDS
    check_folder("out", folder)
    asked.goes_on = folder / f"{asked.name}.csv"
    make_record(STUDIES[asked.name], folder, device=asked.device, jobs=asked.jobs)
    print(record(asked.name, folder).summary())
    return 0


def run_list(asked: Namespace) -> int:
    """Print every schedule with its parameters."""
    print(listing())
    return 0
