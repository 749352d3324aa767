"""The command line does what it says, and says in one line what it does not understand."""

import csv
import shlex
import subprocess
import sys

import pytest

from lrlib import (
    CosineAnnealingLR,
    ExponentialLR,
    MultiStepLR,
    OneCycleLR,
    SequentialLR,
    StepLR,
    WarmupWithDecay,
)
from lrlib.catalog import CATALOG
from lrlib.cli.commands import parameters
from lrlib.cli.parser import main
from lrlib.lab import recording
from lrlib.lab.records import record
from lrlib.lab.scoreboard import ROWS
from lrlib.lab.studies import STUDIES, Setting, Study
from lrlib.training.data import digits
from lrlib.training.history import History

EPOCH = len(digits().x_train) // 64
PICTURES = {"rate.png", "loss.png", "accuracy.png"}


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """Results are written below the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LRLIB_CACHE", str(tmp_path / "cache"))
    return tmp_path


def run(line):
    return main(shlex.split(line))


def refused(line, capsys):
    """What a command line that is not understood prints."""
    with pytest.raises(SystemExit) as stopped:
        run(line)
    assert stopped.value.code == 2
    out, error = capsys.readouterr()
    assert out == ""
    (told,) = error.splitlines()
    return told


@pytest.mark.parametrize(
    ("line", "schedule"),
    [
        (
            "train --scheduler step --epochs 50 --step_size 20 --gamma 0.5",
            StepLR(0.1, 20 * EPOCH, 0.5),
        ),
        ("train --scheduler onecycle --epochs 5 --max_lr 0.2", OneCycleLR(0.2, 5 * EPOCH)),
        ("train --scheduler cosine --epochs 50 --t_max 50", CosineAnnealingLR(0.1, 50 * EPOCH)),
    ],
)
def test_the_first_command_lines_of_the_project_still_train(elsewhere, line, schedule, capsys):
    assert run(line) == 0
    folder = elsewhere / "runs" / line.split()[2]
    assert {path.name for path in folder.iterdir()} >= PICTURES | {"history.csv", "config.json"}
    history = History.load(folder)
    assert history.lr.tolist() == schedule.curve(len(history.lr))
    assert history.test_accuracy > 0.9
    assert f"the run is in runs/{line.split()[2]}" in capsys.readouterr().out


def test_a_plateau_follows_the_validation_loss_of_each_epoch(elsewhere):
    assert run("train --scheduler plateau --epochs 50 --patience 5 --base_lr 0.3") == 0
    history = History.load(elsewhere / "runs" / "plateau")
    assert len(history.val_loss) == 51
    changes = {
        step for step in range(1, len(history.lr)) if history.lr[step] < history.lr[step - 1]
    }
    assert changes
    assert all(step % EPOCH == 0 for step in changes)


@pytest.mark.parametrize(
    ("flags", "schedule"),
    [
        ("step --step-size 1", StepLR(0.1, EPOCH)),
        ("step --step_size 7 --unit update", StepLR(0.1, 7)),
        ("multistep --milestones 1 2 --gamma 0.5", MultiStepLR(0.1, (EPOCH, 2 * EPOCH), 0.5)),
        ("cosine --base-lr 0.3 --T_max 2", CosineAnnealingLR(0.3, 2 * EPOCH)),
        (
            "warmup-decay --warmup-steps 1 --decay linear",
            WarmupWithDecay(0.1, EPOCH, 3 * EPOCH, 0, "linear"),
        ),
        ("onecycle --max-lr 0.1 --three-phase", OneCycleLR(0.1, 3 * EPOCH, three_phase=True)),
    ],
)
def test_lengths_count_epochs_unless_told_otherwise(elsewhere, flags, schedule):
    assert run(f"train --epochs 3 --out here --scheduler {flags}") == 0
    history = History.load(elsewhere / "here")
    assert history.lr.tolist() == schedule.curve(3 * EPOCH)


def test_a_rate_of_decay_counts_in_the_unit_of_lengths(elsewhere):
    run("train --epochs 3 --out epoch --scheduler exponential --gamma 0.5")
    run("train --epochs 3 --out update --scheduler exponential --gamma 0.99 --unit update")
    by_epoch, by_update = (History.load(elsewhere / name).lr for name in ("epoch", "update"))
    assert by_epoch[[0, EPOCH, 2 * EPOCH]] == pytest.approx([0.1, 0.05, 0.025])
    assert by_update.tolist() == ExponentialLR(0.1, 0.99).curve(3 * EPOCH)


def test_a_killed_run_can_be_continued_from_its_checkpoint(elsewhere):
    line = "train --scheduler cosine --t_max 2 --epochs 2 --checkpoint run.pt --out"
    run(f"{line} first")
    run(f"{line} second")
    first, second = (History.load(elsewhere / name) for name in ("first", "second"))
    assert first.train_loss.tolist() == second.train_loss.tolist()


def test_a_run_that_diverges_is_saved_and_reported(elsewhere, capsys):
    assert run("train --scheduler constant --factor 1 --base_lr 1e30 --epochs 1") == 1
    assert "stopped being finite" in capsys.readouterr().out
    assert History.load(elsewhere / "runs" / "constant").diverged


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("train", "lrlib train: error: the following arguments are required: --scheduler"),
        ("train --scheduler stpe", "argument --scheduler: invalid choice: 'stpe'"),
        ("train --scheduler step", "--step_size is required by step"),
        ("train --scheduler step --step_size x", "argument --step_size/--step-size: invalid int"),
        ("train --scheduler step --step_size 0", "step_size must be a whole number >= 1, got 0"),
        ("train --scheduler step --step_size 5 --gamma -2", "gamma must be a finite number >= 0"),
        ("train --scheduler cosine --gamma 0.5", "unrecognized arguments: --gamma 0.5"),
        ("train --scheduler cosine --t_max 5 --epochs -1", "must be a whole number >= 0, got -"),
        ("train --scheduler cosine --t_max 5 --batch_size 0", "--batch_size must be"),
        ("train --scheduler cosine --t_max 5 --batch_size 9999", "batch_size must not exceed"),
        ("train --scheduler cosine --t_max 5 --momentum 2", "momentum must"),
        ("train --scheduler cosine --data cifar", "invalid choice: 'cifar'"),
        ("train --scheduler cosine --t_max 5 --checkpoint no.txt", "must be a checkpoint"),
        ("plot", "either --scheduler or --family must be given"),
        ("plot --scheduler cosine --family warmup", "either --scheduler or --family"),
        ("plot --scheduler plateau", "has no curve: its rate follows a metric"),
        ("range-test --low 1 --high 0.1", "low must not exceed high (0.1), got 1.0"),
        ("sweep --schedulers cosine", "the following arguments are required: --rates"),
        ("sweep --schedulers plateau --rates 0.1", "invalid choice: 'plateau'"),
        ("sweep --schedulers cosine --rates 0.1 --out t.txt", "out must"),
        ("record tea", "NAME must be one of 'transformer-schedules', "),
        ("record transformer-periods --device gpu", "invalid choice: 'gpu'"),
        ("record transformer-periods --jobs 0", "jobs must be a whole number >= 1, got 0"),
        ("dance", "invalid choice: 'dance'"),
        ("", "the following arguments are required: COMMAND"),
    ],
)
def test_a_mistake_exits_with_2_and_one_line_and_leaves_nothing(elsewhere, line, told, capsys):
    (elsewhere / "no.txt").write_text("not a checkpoint")
    assert told in refused(line, capsys)
    assert {path.name for path in elsewhere.iterdir()} <= {"no.txt", "cache"}


@pytest.mark.parametrize("key", CATALOG)
def test_help_names_every_parameter_of_a_schedule_and_says_what_it_is(key, capsys):
    with pytest.raises(SystemExit) as stopped:
        run(f"train --scheduler {key} --help")
    assert stopped.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for name in parameters(CATALOG[key]):
        flag = f"--{name.lower().replace('_', '-')}"
        described = text[text.rindex(flag) + len(flag) :]
        assert len(described.partition("--")[0].split()) > 3, name
    assert not set("`\\") & set(text)


def test_help_without_a_schedule_lists_the_parameters_of_all(capsys):
    with pytest.raises(SystemExit):
        run("train --help")
    text = capsys.readouterr().out
    assert all(entry.schedule.__name__ in text for entry in CATALOG.values())


def test_list_shows_every_schedule(capsys):
    assert run("list") == 0
    text = capsys.readouterr().out
    assert "CosineAnnealingLR(base_lr, T_max, eta_min=0.0)" in text
    assert [line.split()[0] for line in text.splitlines()] == list(CATALOG)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("plot --scheduler sgdr --max_lr 1 --min_lr 0 --t_0 100", "sgdr.png"),
        ("plot --scheduler cosine --steps 50", "cosine.png"),
        ("plot --family warmup --steps 500", "warmup.png"),
        ("plot --family cyclical", "cyclical.png"),
    ],
)
def test_plot_writes_a_picture(elsewhere, line, name, capsys):
    assert run(f"{line} --out figures") == 0
    assert (elsewhere / "figures" / name).read_bytes().startswith(b"\x89PNG")
    assert f"figures/{name}" in capsys.readouterr().out


def test_a_range_test_suggests_a_rate_by_every_rule(elsewhere, capsys):
    assert run("range-test --steps 100") == 0
    text = capsys.readouterr().out
    assert all(f"{rule}: " in text for rule in ("min/10", "min/4", "steepest"))
    assert (elsewhere / "runs" / "range-test.png").exists()


def test_a_sweep_leaves_one_row_for_each_run_and_computes_none_twice(elsewhere, capsys):
    line = (
        "sweep --schedulers cosine wsd --rates 0.05 0.2 --seeds 2 --epochs 1 --jobs 1 --out t.csv"
    )
    assert run(line) == 0
    table = (elsewhere / "t.csv").read_text()
    rows = list(csv.DictReader(table.splitlines()))
    assert len(rows) == 8
    assert run(line) == 0
    assert (elsewhere / "t.csv").read_text() == table
    assert "validation loss" in capsys.readouterr().out


def test_record_without_a_name_lists_the_studies(capsys):
    assert run("record") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(STUDIES)
    assert all(line.endswith("?") for line in lines)


def test_a_record_is_made_shown_and_found_by_those_who_read_it(elsewhere, monkeypatch, capsys):
    tiny = {"layers": 1, "width": 8, "heads": 2, "context": 8, "batch_size": 4}
    settings = {key: Setting(ROWS[key], tiny) for key in ("constant", "cosine")}
    study = Study(
        "tiny", "Which?", settings, False, (8, 9), "constant", (0.01, 0.02), (0, 1), 10, 5
    )
    monkeypatch.setitem(STUDIES, "tiny", study)
    line = "record tiny --device cpu --jobs 1 --out records"
    assert run(line) == 0
    told = capsys.readouterr().out
    assert "12 runs in records/tiny.csv, at least 0 to come" in told
    table = record("tiny", elsewhere / "records").summary()
    assert table in told
    assert run(line) == 0
    assert capsys.readouterr().out == f"{table}\n"


def test_a_record_whose_processes_were_killed_says_so_in_one_line(monkeypatch, capsys):
    def killed(*arguments, **options):
        raise RuntimeError("transformers: one of 2 processes was killed")

    monkeypatch.setattr(recording, "make_record", killed)
    told = refused("record transformer-periods", capsys)
    assert told == "lrlib record: error: transformers: one of 2 processes was killed"


def test_the_package_can_be_run():
    found = subprocess.run(
        [sys.executable, "-m", "lrlib", "list"], capture_output=True, text=True, check=True
    )
    assert "warmup-decay" in found.stdout
    assert SequentialLR.__name__ not in found.stdout


def test_a_package_that_is_missing_is_named_with_what_brings_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "lrlib.training.loop", None)
    with pytest.raises(SystemExit) as left:
        main(["train", "--scheduler", "step", "--step_size", "3"])
    assert left.value.code == 2
    assert "lrlib[course]" in capsys.readouterr().err


def test_a_warmup_longer_than_the_run_is_refused_in_the_units_of_the_command_line(capsys):
    words = ["train", "--scheduler", "linear-warmup", "--warmup_steps", "20", "--epochs", "1"]
    with pytest.raises(SystemExit):
        main(words)
    assert "--warmup_steps must not exceed the run (1), got 20" in capsys.readouterr().err
