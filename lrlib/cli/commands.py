"""What the commands of the command line do; :mod:`lrlib.cli.parser` reads their flags.

Each takes the flags as ``argparse`` leaves them and returns the exit status. What they need is
imported when they run, so that a mistake in a flag is told at once.
"""

from __future__ import annotations

import inspect
from argparse import Namespace
from pathlib import Path
from typing import Any

from ..catalog import CATALOG, Entry
from ..schedules import ReduceLROnPlateau, Schedule, StretchLR

BASE_LR = 0.1  # of a schedule whose only rate is base_lr, unless it is given
# Lengths that are those of the run unless they are given.
LENGTHS_OF_THE_RUN = ("T_max", "total_iters", "total_steps")
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
    """Return the schedule that was asked for.

    Args:
        asked: the command line.
        updates: the length of the run.
        per: the number of updates that a length of 1 stands for.
    """
    entry = CATALOG[asked.scheduler]
    given, counts = {}, False
    for name, parameter in parameters(entry).items():
        value = getattr(asked, name)
        length = "int" in parameter.annotation and name not in NOT_LENGTHS
        counts |= length
        if value is None and parameter.default is parameter.empty:
            if name in LENGTHS_OF_THE_RUN:
                value, length = updates, False
            elif name == "base_lr" and "max_lr" not in parameters(entry):
                value = BASE_LR
            else:
                raise ValueError(f"--{name} is required by {asked.scheduler}")
        if isinstance(value, list):
            value = tuple(per * each for each in value)
        elif length and value is not None:
            value *= per
        if name == "warmup_steps" and value > updates:
            raise ValueError(
                f"--warmup_steps must not exceed the run ({updates // per}), got {value // per}"
            )
        given[name] = value
    schedule = entry.schedule(**given)
    if counts or entry.schedule is ReduceLROnPlateau or per == 1:
        return schedule
    return StretchLR(schedule, per)  # a rate of decay, which counts in the same unit


def _training(asked: Namespace) -> tuple[Any, int, dict[str, Any]]:
    """Return the data, the number of updates in an epoch, and the options of the trainer."""
    from ..schedules.base import check_count
    from ..training.data import DATASETS

    data = DATASETS[asked.data]()
    check_count("--batch_size", asked.batch_size, least=1)
    options = {
        name: getattr(asked, name)
        for name in ("batch_size", "optimizer", "momentum", "weight_decay")
    }
    return data, max(1, len(data.x_train) // asked.batch_size), options


def run_train(asked: Namespace) -> int:
    """Train under a schedule, and save the run."""
    from ..training.loop import train
    from ..training.parallel import shows_progress

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
    out = asked.out or Path("runs", asked.scheduler)
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
    from ..tuning.range_rules import RULES
    from ..tuning.range_test import lr_range_test

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

    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        figure.savefig(file, format="png", dpi=150)
    print(f"the figure is in {path}")
    return 0


def run_sweep(asked: Namespace) -> int:
    """Train a grid of runs, print their mean losses, and keep them in a table."""
    from ..tuning.sweep import sweep

    data, epoch, options = _training(asked)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    rows = sweep(
        {key: CATALOG[key].fitted for key in asked.schedulers},
        asked.rates,
        range(asked.seeds),
        data,
        total_steps=asked.epochs * epoch,
        out=asked.out,
        backend=asked.backend,
        scheduler_address=asked.scheduler_address,
        jobs=None if asked.jobs == -1 else asked.jobs,
        **options,
    )
    for key in asked.schedulers:
        for rate in asked.rates:
            losses = [row.val_loss for row in rows if (row.label, row.rate) == (key, rate)]
            print(f"{key:20} {rate:<8g} validation loss {sum(losses) / len(losses):.4f}")
    print(f"the table is in {asked.out}")
    return 0


def run_record(asked: Namespace) -> int:
    """Train what the record of a study lacks, and print what came of it; or list the studies."""
    from ..lab.recording import make_record
    from ..lab.records import RECORDS, record
    from ..lab.studies import STUDIES
    from ..schedules.base import check_choice

    if asked.name is None:
        for study in STUDIES.values():
            print(f"{study.name:24} {study.asks}")
        return 0
    check_choice("NAME", asked.name, tuple(STUDIES))
    folder = asked.out or RECORDS
    make_record(STUDIES[asked.name], folder, device=asked.device, jobs=asked.jobs)
    print(record(asked.name, folder).summary())
    return 0


def run_list(asked: Namespace) -> int:
    """Print every schedule with its parameters."""
    print(listing())
    return 0
