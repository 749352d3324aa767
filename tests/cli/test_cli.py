"""The command line does what it says, and says in one line what it does not understand."""

import csv
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lrlib import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    MultiStepLR,
    OneCycleLR,
    SequentialLR,
    StepLR,
    StretchLR,
    WarmupStableDecay,
    WarmupWithDecay,
)
from lrlib.catalog import CATALOG
from lrlib.cli.commands import parameters
from lrlib.cli.parser import main
from lrlib.lab import recording
from lrlib.lab.records import record
from lrlib.lab.scoreboard import ROWS
from lrlib.lab.studies import STUDIES, Setting, Study
from lrlib.training.cache import cache_dir
from lrlib.training.data import DATASETS, digits
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
    assert all("not given" in line for line in out.splitlines())
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
        ("step --step-size 1 --gamma 0.1", StepLR(0.1, EPOCH)),
        ("step --step_size 7 --gamma 0.1 --unit update", StepLR(0.1, 7)),
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
        ("train --scheduler step --scheduler cosine", "argument --scheduler: must be given once"),
        ("train --scheduler step --step_size x", "argument --step_size/--step-size: invalid int"),
        ("train --scheduler step --step_size 0", "--step_size must be a whole number >= 1, got 0"),
        ("train --scheduler step --gamma -2", "--gamma must be a finite number >= 0"),
        (
            "train --scheduler step --step-size -3",
            "--step-size must be a whole number >= 1, got -3",
        ),
        (
            "train --scheduler step --step-size=-3",
            "--step-size must be a whole number >= 1, got -3",
        ),
        ("train --scheduler cosine --T-max -3", "--T-max must be a whole number >= 0, got -3"),
        ("train --scheduler multistep --milestones 3 1 -5", "--milestones"),
        ("train --scheduler onecycle --pct-start 20", "--pct-start must be a number in [0, 1]"),
        (
            "train --scheduler cyclic --base-lr 2 --max-lr 1",
            "--base-lr must not exceed --max-lr (1.0), got 2.0",
        ),
        ("train --scheduler cosine --gamma 0.5", "unrecognized arguments: --gamma 0.5"),
        (
            "train --scheduler cosine --epochs -3",
            "argument --epochs: must be a whole number >= 1, ",
        ),
        (
            "train --scheduler cosine --epochs 1.5",
            "--epochs: must be a whole number >= 1, got '1.5'",
        ),
        ("train --scheduler cosine --batch_size 0", "/--batch-size: must be a whole number >= 1"),
        ("train --scheduler cosine --batch-size 9999", "--batch-size must not exceed the 1297"),
        ("train --scheduler cosine --momentum 2", "--momentum must"),
        ("train --scheduler cosine --seed -1", "--seed: must be a whole number >= 0, got '-1'"),
        ("train --scheduler cosine --data cifar", "invalid choice: 'cifar'"),
        ("train --scheduler cosine --checkpoint no.txt", "--checkpoint 'no.txt' must be a checkp"),
        (
            "train --scheduler cosine --checkpoint no.txt/x",
            "--checkpoint must be in a folder, got ",
        ),
        ("train --scheduler cosine --checkpoint .", "--checkpoint must be a file, got '.'"),
        ("train --scheduler cosine --checkpoint ''", "--checkpoint: must name a file or a folder"),
        ("train --scheduler cosine --out no.txt", "--out must be in a folder, got 'no.txt'"),
        ("train --scheduler cosine --out ''", "--out: must name a file or a folder, got ''"),
        ("plot", "either --scheduler or --family must be given"),
        ("plot --scheduler cosine --family warmup", "either --scheduler or --family"),
        ("plot --scheduler plateau", "has no curve: its rate follows a metric"),
        ("plot --scheduler cosine --out no.txt/x", "--out must be in a folder, got 'no.txt/x'"),
        ("plot --scheduler cosine --steps 0", "--steps: must be a whole number >= 1, got '0'"),
        ("range-test --low 1 --high 0.1", "--low must not exceed --high (0.1), got 1.0"),
        ("range-test --out no.txt", "--out must be in a folder, got 'no.txt'"),
        ("sweep --schedulers cosine", "the following arguments are required: --rates"),
        ("sweep --schedulers plateau --rates 0.1", "invalid choice: 'plateau'"),
        ("sweep --schedulers cosine --rates 0.1 --out t.txt", "--out must"),
        ("sweep --schedulers cosine --rates 0.1 --out new/t.txt", "--out must"),
        ("sweep --schedulers cosine --rates 0.1 --out no.txt/t.csv", "--out must be in a folder"),
        ("sweep --schedulers cosine --rates 0.1 0", "--rates[1] must be a finite number > 0"),
        (
            "sweep --schedulers cosine --rates 0.1 --jobs 0",
            "--jobs: must be a whole number >= 1, got",
        ),
        ("sweep --schedulers cosine --rates 0.1 --seeds 0", "--seeds: must be a whole number >= 1"),
        ("sweep --schedulers cosine wsd cosine --rates 0.1", "--schedulers must hold each once"),
        ("sweep --schedulers cosine --rates 0.1 0.1", "--rates must hold each once, got 0.1 0.1"),
        ("sweep --schedulers cosine --schedulers wsd --rates 0.1", "--schedulers: must be given o"),
        (
            "sweep --schedulers cosine --rates 0.1 --backend dask --scheduler-address here",
            "--scheduler-address must be like 'tcp://host:8786', got 'here'",
        ),
        ("record tea", "NAME must be one of 'transformer-schedules', "),
        ("record transformer-periods --device gpu", "invalid choice: 'gpu'"),
        ("record transformer-periods --jobs 0", "--jobs: must be a whole number >= 1, got '0'"),
        ("record transformer-periods --out no.txt", "--out must be in a folder, got 'no.txt'"),
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


@pytest.mark.parametrize("key", CATALOG)
def test_every_schedule_trains_by_its_name_alone(elsewhere, key, capsys):
    assert run(f"train --scheduler {key} --epochs 2") == 0
    told = capsys.readouterr().out.splitlines()[0]
    lr = History.load(elsewhere / "runs" / key).lr
    assert told.startswith(f"{key}: not given, so as in the catalog: ")
    for name in CATALOG[key].example:
        assert f"{name} " in told
    if key not in ("plateau", "noam"):
        fitted = CATALOG[key].fitted(0.1, 2 * EPOCH).curve(2 * EPOCH)
        # Lengths are rounded to updates: of 40, a twentieth is 2, a seventh 6, not 5.7.
        assert lr == pytest.approx(fitted, abs=0.013)
        assert max(lr) <= 0.1


@pytest.mark.parametrize(
    ("flags", "schedule", "told"),
    [
        (
            "sgdr --max_lr 0.01",
            CosineAnnealingWarmRestarts(0.01, 0.0001, 9, 2),
            "min_lr 0.0001, t_0 9 updates, t_mult 2",
        ),
        (
            "cyclic --base_lr 0.02 --mode triangular",
            CyclicLR(0.02, 0.2, 8),
            "max_lr 0.2, step_size 8",
        ),
        (
            "wsd --warmup_steps 1 --base_lr 0.3",
            WarmupStableDecay(0.3, EPOCH, 32, 8),
            "stable_steps 32 updates, decay_steps 8 updates",
        ),
        ("exponential", StretchLR(ExponentialLR(0.1, 0.367327), EPOCH), "gamma 0.367327"),
        ("step --gamma 0.3 --unit update", StepLR(0.1, 18, 0.3), "base_lr 0.1, step_size 18"),
    ],
)
def test_what_is_not_given_is_fitted_to_the_run_and_to_what_is(
    elsewhere, flags, schedule, told, capsys
):
    assert run(f"train --epochs 3 --out here --scheduler {flags}") == 0
    assert History.load(elsewhere / "here").lr.tolist() == schedule.curve(3 * EPOCH)
    assert told in capsys.readouterr().out


def test_a_home_is_a_home(elsewhere, monkeypatch):
    monkeypatch.setenv("HOME", str(elsewhere))
    assert run("plot --scheduler cosine --out=~/figures") == 0
    assert (elsewhere / "figures" / "cosine.png").is_file()


def test_a_disk_that_is_full_is_one_line_that_names_the_file(elsewhere, small_disk, capsys):
    with pytest.raises(SystemExit):
        run("train --scheduler cosine --epochs 5 --checkpoint run.pt")
    (told,) = capsys.readouterr().err.splitlines()
    assert told == "lrlib train: error: [Errno 27] File too large: 'run.pt'"


def test_a_rate_beyond_the_numbers_of_the_data_is_one_line(capsys):
    with pytest.raises(SystemExit):
        run("train --scheduler constant --base_lr 1e39 --factor 1 --epochs 1")
    (told,) = capsys.readouterr().err.splitlines()
    assert "schedule must give rates that torch.float32 can hold, got 1e+39" in told


@pytest.mark.filterwarnings("default")
def test_a_warning_is_one_line(elsewhere, monkeypatch, capsys):
    (elsewhere / "file").touch()
    monkeypatch.setenv("LRLIB_CACHE", str(elsewhere / "file"))
    monkeypatch.setitem(DATASETS, "digits", lambda: (cache_dir(), digits())[1])
    assert run("train --scheduler cosine --epochs 1") == 0
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("lrlib train: warning: LRLIB_CACHE must be a folder that can be written")


COMMAND = [sys.executable, "-m", "lrlib"]


def test_the_package_can_be_run():
    found = subprocess.run([*COMMAND, "list"], capture_output=True, text=True, check=True)
    assert "warmup-decay" in found.stdout
    assert SequentialLR.__name__ not in found.stdout


def test_it_runs_without_docstrings():
    line = [sys.executable, "-OO", *COMMAND[1:], "train", "--scheduler", "step", "--epochs", "1"]
    found = subprocess.run(line, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
    assert "the run is in runs/step" in found.stdout


def test_a_reader_who_leaves_is_no_error():
    unread, written = os.pipe()
    os.close(unread)
    found = subprocess.run([*COMMAND, "list"], stdout=written, stderr=subprocess.PIPE, text=True)
    os.close(written)
    assert (found.returncode, found.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_an_output_that_is_full_is_one_line():
    with open("/dev/full", "w") as full:
        found = subprocess.run([*COMMAND, "list"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert found.returncode == 2
    (told,) = found.stderr.splitlines()
    assert told.endswith("error: [Errno 28] No space left on device")


def interrupted(line, path):
    """What a command leaves and says that is stopped by Ctrl-C once there is a file."""
    with subprocess.Popen(
        [*COMMAND, *shlex.split(line)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    ) as command:
        while not path.exists() and command.poll() is None:
            time.sleep(0.05)
        os.killpg(command.pid, signal.SIGINT)  # as a terminal does: to workers as well
        return command.wait(), command.stderr.read().splitlines()


def test_ctrl_c_is_one_line_that_names_the_checkpoint_and_the_run_goes_on(elsewhere):
    line = "train --scheduler cosine --epochs 2000 --checkpoint run.pt"
    status, told = interrupted(line, elsewhere / "run.pt")
    assert status == 130
    assert told == ["lrlib train: interrupted; the same command goes on from run.pt"]
    assert sorted(path.name for path in elsewhere.iterdir()) == ["run.pt"]


def test_ctrl_c_in_a_sweep_is_one_line_that_names_the_table(elsewhere):
    line = "sweep --schedulers cosine wsd --rates 0.1 0.2 --seeds 200 --jobs 2 --out t.csv"
    status, told = interrupted(line, elsewhere / "t.csv")
    assert status == 130
    assert told == ["lrlib sweep: interrupted; the same command goes on from t.csv"]


def test_ctrl_c_before_anything_is_kept_says_so(monkeypatch, capsys):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setitem(DATASETS, "digits", interrupt)
    assert run("train --scheduler cosine --checkpoint run.pt") == 130
    assert capsys.readouterr().err == "lrlib train: interrupted\n"


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
