"""A run can be looked at, written to files and read again, every number exact."""

import json
import re

import numpy as np
import pytest
import torch

from lrlib import ConstantLR, CosineAnnealingLR
from lrlib.training import files as lrlib_files
from lrlib.training.data import digits
from lrlib.training.history import History, eval_steps
from lrlib.training.loop import train

DIGITS = digits()
COSINE = CosineAnnealingLR(0.1, T_max=30)
NUMBERS = ("lr", "momentum", "train_loss", "eval_step", "val_loss", "val_accuracy")
FILES = ["accuracy.png", "config.json", "history.csv", "loss.png", "rate.png"]


@pytest.fixture(scope="module")
def history():
    return train(COSINE, DIGITS, total_steps=25, eval_every=10)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_evaluations_are_at_the_start_at_intervals_and_at_the_end():
    assert eval_steps(25, 10).tolist() == [0, 10, 20, 25]
    assert eval_steps(20, 10).tolist() == [0, 10, 20]
    assert eval_steps(0, 10).tolist() == [0]


def test_a_figure_shows_the_rate_the_losses_and_the_accuracy(history):
    rate, loss, accuracy = history.plot().axes
    assert [ax.get_ylabel() for ax in (rate, loss, accuracy)] == [
        "learning rate",
        "loss (nats)",
        "accuracy",
    ]
    assert rate.get_lines()[0].get_ydata().tolist() == COSINE.curve(25)
    training, validation = loss.get_lines()
    assert training.get_ydata().tolist() == history.train_loss.tolist()
    assert validation.get_xydata().tolist() == list(
        map(list, zip(history.eval_step, history.val_loss, strict=True))
    )
    assert accuracy.get_lines()[0].get_ydata().tolist() == history.val_accuracy.tolist()
    assert [text.get_text() for text in loss.texts] == ["training", "validation"]
    assert {ax.get_xlabel() for ax in (rate, loss, accuracy)} == {"update"}


@pytest.mark.parametrize(
    ("schedule", "total_steps"),
    [(COSINE, 25), (COSINE, 1), (COSINE, 0), (ConstantLR(1e30, 1), 20)],
    ids=["as usual", "one update", "no update", "diverged"],
)
def test_what_was_saved_is_loaded_exactly(tmp_path, schedule, total_steps):
    history = train(schedule, DIGITS, total_steps=total_steps, eval_every=10)
    folder = tmp_path / "runs" / "one"
    history.save(folder)
    loaded = History.load(folder)
    for name in (*NUMBERS, "test_loss", "test_accuracy"):
        assert np.array_equal(getattr(loaded, name), getattr(history, name), equal_nan=True), name
    assert loaded.config == history.config
    assert loaded.eval_step.dtype == history.eval_step.dtype
    assert names(folder) == FILES


def test_a_home_is_a_home(tmp_path, monkeypatch, history):
    monkeypatch.setenv("HOME", str(tmp_path))
    history.save("~/run")
    assert names(tmp_path / "run") == FILES
    assert History.load("~/run").test_loss == history.test_loss


def test_the_configuration_says_how_many_threads_torch_had(history):
    assert history.config["threads"] == torch.get_num_threads()


def test_the_curves_are_pictures(tmp_path, history):
    history.save(tmp_path)
    for name in ("rate", "loss", "accuracy"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_has_a_row_for_each_update_and_one_for_the_end(tmp_path, history):
    history.save(str(tmp_path))
    header, *rows = (tmp_path / "history.csv").read_text(encoding="utf8").splitlines()
    assert header == ("step,lr,momentum,train_loss,val_loss,val_accuracy,test_loss,test_accuracy")
    assert len(rows) == 26
    assert rows[3].split(",")[:3] == ["3", repr(COSINE(3)), "0.9"]
    assert rows[3].endswith(",,,,")
    assert rows[25].startswith("25,,,,")
    assert not rows[25].endswith(",")


def test_the_configuration_says_what_was_trained(tmp_path, history):
    history.save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf8"))
    assert config["schedule"] == repr(COSINE)
    assert (config["data"], config["seed"], config["total_steps"]) == ("digits", 0, 25)
    assert (config["optimizer"], config["momentum"], config["weight_decay"]) == ("sgd", 0.9, 0.0)


def test_saving_again_replaces_the_old_run(tmp_path, history):
    history.save(tmp_path)
    train(COSINE, DIGITS, total_steps=3).save(tmp_path)
    assert len(History.load(tmp_path).lr) == 3


@pytest.mark.parametrize(
    "content",
    [
        lambda good: b"",
        lambda good: b"step,lr\n0,0.1\n",
        lambda good: good.splitlines(keepends=True)[0],
        lambda good: good.splitlines(keepends=True)[0] + b"0,1\n",
        lambda good: good[: len(good) // 2],
        lambda good: good + good,
        lambda good: good.replace(b"0.9", b"abc"),
        lambda good: b"\xff" + good,
        lambda good: good + b'"',
        lambda good: b"".join(line for line in good.splitlines(keepends=True) if line[:2] != b"2,"),
        lambda good: re.sub(rb"(?m)^(2,)[^,]+", rb"\1", good),
        lambda good: re.sub(rb"(?m)^2,", b",", good),
    ],
    ids=["empty", "other", "header", "row", "half", "twice", "word", "bytes", "quote"]
    + ["without a row", "without a rate", "without a step"],
)
def test_a_damaged_table_is_refused(tmp_path, history, content):
    history.save(tmp_path)
    table = tmp_path / "history.csv"
    table.write_bytes(content(table.read_bytes()))
    with pytest.raises(ValueError, match="folder must hold the files .* another '.*history.csv'"):
        History.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b'{"seed": 0', b"\xff", b"[1]"])
def test_a_damaged_configuration_is_refused(tmp_path, history, content):
    history.save(tmp_path)
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ValueError, match="folder must hold the files .* another '.*config.json'"):
        History.load(tmp_path)


def test_a_save_that_fails_leaves_the_old_files_and_no_halves(tmp_path, history, monkeypatch):
    history.save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def replace(source, target):
        raise OSError("disk full")

    monkeypatch.setattr(lrlib_files.os, "replace", replace)
    with pytest.raises(OSError, match="disk full"):
        train(COSINE, DIGITS, total_steps=3).save(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
