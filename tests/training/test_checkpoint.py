"""A run that was killed ends as if it had not been; a file of anything else is refused."""

import hashlib
import io
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.optim import lr_scheduler

from lrlib import CosineAnnealingLR, LambdaLR, LinearLR, ReduceLROnPlateau, StepLR
from lrlib.training.checkpoint import Checkpoint
from lrlib.training.data import digits
from lrlib.training.loop import train

torch.set_num_threads(1)

DIGITS = digits()
COSINE = CosineAnnealingLR(0.1, T_max=40)
STEPS = 40


class Dropping(nn.Sequential):
    """A network that draws from torch's global generator, and can be made to fail."""

    def __init__(self, calls=10**9):
        with torch.random.fork_rng():
            torch.manual_seed(7)
            super().__init__(nn.Linear(64, 16), nn.BatchNorm1d(16), nn.Dropout(), nn.Linear(16, 10))
        self.calls = calls

    def forward(self, x):
        self.calls -= self.training
        if self.calls < 0:
            raise InterruptedError
        return super().forward(x)


# What has a state, in every combination that matters.
RUNS = {
    "sgd": {"schedule": COSINE},
    "momentum schedule": {"schedule": COSINE, "momentum": LinearLR(0.95, 1, 0.5, 30)},
    "adamw": {"schedule": COSINE, "optimizer": "adamw", "weight_decay": 0.1},
    "plateau": {"schedule": ReduceLROnPlateau(0.2, factor=0.5, patience=0, threshold=0.2)},
    "torch": {"schedule": partial(lr_scheduler.CosineAnnealingLR, T_max=40), "base_lr": 0.1},
    "torch one-cycle": {
        "schedule": partial(lr_scheduler.OneCycleLR, max_lr=0.1, total_steps=1000),
        "base_lr": 0.1,
    },
    "torch's milestones": {
        "schedule": partial(lr_scheduler.MultiStepLR, milestones=[9, 20]),
        "base_lr": 0.1,
    },
    "torch's plateau": {
        "schedule": partial(lr_scheduler.ReduceLROnPlateau, patience=0, threshold=0.2),
        "base_lr": 0.2,
    },
}


def digest(history, model):
    """A hash of every bit of a run's record and of its weights and buffers."""
    found = hashlib.sha256()
    for name in ("lr", "momentum", "train_loss", "val_loss", "val_accuracy", "test_loss"):
        found.update(np.asarray(getattr(history, name)).tobytes())
    for value in model.state_dict().values():
        found.update(value.numpy().tobytes())
    return found.hexdigest()


def run(options, calls=10**9, total_steps=STEPS, **more):
    model = Dropping(calls)
    torch.manual_seed(0)
    options = {"total_steps": total_steps, "eval_every": 5, "batch_size": 32} | options | more
    return digest(train(data=DIGITS, model=model, **options), model)


@pytest.mark.parametrize("options", RUNS.values(), ids=RUNS)
@settings(max_examples=4)
@given(st.integers(0, STEPS - 1), st.integers(1, STEPS + 5))
def test_a_run_that_failed_anywhere_is_continued_bit_for_bit(
    tmp_path_factory, options, calls, every
):
    path = tmp_path_factory.mktemp("run") / "run.ckpt"
    kept = {"checkpoint": path, "checkpoint_every": every}
    with pytest.raises(InterruptedError):
        run(options, calls, **kept)
    assert path.exists() == (calls >= every)
    assert run(options, **kept) == run(options)


def test_a_run_killed_at_random_moments_ends_as_one_that_was_not(tmp_path):
    command = [sys.executable, __file__, str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    outcomes = json.loads(found.stdout)
    assert set(outcomes) == {"sgd", "adamw", "plateau"}
    for name, (killed, survived, undisturbed) in outcomes.items():
        assert killed == 4, name
        assert survived == undisturbed, name
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(outcomes)


def written(path):
    return path.stat().st_mtime_ns if path.exists() else None


def be_killed_and_go_on(folder, kills=4, total_steps=400):
    """Train under kill -9, in processes of this one; print what came of it as JSON."""
    chance = random.Random()
    outcomes = {}
    for name in ("sgd", "adamw", "plateau"):
        path = Path(folder) / name
        kept = {"checkpoint": path, "checkpoint_every": 1, "total_steps": total_steps}
        # First, because it imports what every child would have to import again.
        undisturbed = run(RUNS[name], total_steps=total_steps)
        killed = 0
        for _ in range(kills):
            child = os.fork()
            if not child:
                run(RUNS[name], **kept)
                os._exit(0)
            before = written(path)
            ended = partial(os.waitid, os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            while written(path) == before and not ended():
                time.sleep(1e-4)
            time.sleep(chance.uniform(0, 0.05))
            os.kill(child, signal.SIGKILL)
            killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        survived = run(RUNS[name], **kept | {"checkpoint_every": total_steps})
        outcomes[name] = killed, survived, undisturbed
    print(json.dumps(outcomes))


def test_a_run_that_was_finished_is_finished_at_once(tmp_path):
    kept = {"checkpoint": tmp_path / "run.ckpt", "checkpoint_every": STEPS}
    first = run(RUNS["sgd"], **kept)
    assert run(RUNS["sgd"], calls=0, **kept) == first


def test_a_run_that_diverged_diverges_again(tmp_path):
    kept = {"checkpoint": tmp_path / "run.ckpt", "checkpoint_every": 1}
    wild = {"schedule": LinearLR(1e30, 0, 1, 4)}
    assert run(wild, **kept) == run(wild, **kept) == run(wild)


def test_a_checkpoint_leaves_the_run_as_it_is(tmp_path):
    kept = {"checkpoint": tmp_path / "new" / "folder" / "run.ckpt", "checkpoint_every": 7}
    assert run(RUNS["sgd"], **kept) == run(RUNS["sgd"])
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["run.ckpt"]


def test_the_default_model_is_continued_too(tmp_path):
    options = {"data": DIGITS, "total_steps": 30, "seed": 3}
    path = tmp_path / "run.ckpt"
    train(COSINE, checkpoint=path, checkpoint_every=20, **options)
    continued, whole = train(COSINE, checkpoint=path, **options), train(COSINE, **options)
    assert np.array_equal(continued.train_loss, whole.train_loss)
    assert continued.test_loss == whole.test_loss


def other_data():
    dataset = digits()
    dataset.y_test[0] = (dataset.y_test[0] + 1) % 10
    return dataset


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"schedule": StepLR(0.1, 40)}, "schedule 'CosineAnnealingLR.* this run has 'StepLR"),
        ({"schedule": CosineAnnealingLR(0.1, 41)}, "schedule .*T_max=40.*T_max=41"),
        ({"schedule": ReduceLROnPlateau(0.1)}, "schedule .*ReduceLROnPlateau"),
        (RUNS["torch"], "schedule .*CosineAnnealingLR"),
        ({"seed": 1}, "seed 0, where this run has 1"),
        ({"data": other_data()}, "data digest"),
        ({"total_steps": 41}, "total_steps 40, where this run has 41"),
        ({"batch_size": 33}, "batch_size 32, where this run has 33"),
        ({"optimizer": "adamw"}, "optimizer 'sgd', where this run has 'adamw'"),
        ({"momentum": 0.8}, "momentum 0.9, where this run has 0.8"),
        ({"momentum": LinearLR(0.9, 1, 1, 1)}, "momentum 0.9, where this run has 'LinearLR"),
        ({"weight_decay": 0.1}, "weight_decay 0.0, where this run has 0.1"),
        ({"eval_every": 6}, "eval_every 5, where this run has 6"),
        ({"model": nn.Linear(64, 10)}, "model"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_checkpoint_of_another_run_is_refused_and_left(tmp_path, change, key):
    path = tmp_path / "run.ckpt"
    options = {"schedule": COSINE, "data": DIGITS, "total_steps": STEPS, "eval_every": 5}
    options |= {"batch_size": 32, "checkpoint": path, "checkpoint_every": 10}
    train(model=Dropping(), **options)
    before = path.read_bytes()
    model = change.get("model", Dropping())
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    message = f"checkpoint '{path}' must be of the same run, got one with {key}"
    with pytest.raises(ValueError, match=message):
        train(**(options | {"model": model} | change))
    assert path.read_bytes() == before
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_functions_are_told_apart_by_the_rates_that_they_give(tmp_path):
    def options(slope):
        return {"schedule": LambdaLR(0.1, lambda step: 1 / (1 + slope * step))}

    kept = {"checkpoint": tmp_path / "run.ckpt"}
    first = run(options(0.1), checkpoint_every=10, **kept)
    assert run(options(0.1), **kept) == first
    with pytest.raises(ValueError, match="must be of the same run, got one with curves"):
        run(options(0.2), **kept)


def test_functions_of_torch_are_told_apart_by_the_rates_that_they_give(tmp_path):
    def options(slope):
        falling = partial(lr_scheduler.LambdaLR, lr_lambda=lambda step: 1 / (1 + slope * step))
        chained = lambda o: lr_scheduler.ChainedScheduler([falling(o)], o)  # noqa: E731
        return {"schedule": chained if slope > 1 else falling, "base_lr": 0.1}

    for slope in (0.1, 1.1):
        kept = {"checkpoint": tmp_path / f"{slope}.ckpt"}
        first = run(options(slope), checkpoint_every=10, **kept)
        assert run(options(slope), **kept) == first == run(options(slope))
        with pytest.raises(ValueError, match="must be of the same run, got one with curves"):
            run(options(slope + 0.1), **kept)


def test_another_number_of_threads_is_said_and_goes_on(tmp_path):
    kept = {"checkpoint": tmp_path / "run.ckpt", "checkpoint_every": 10}
    run(RUNS["sgd"], **kept)
    torch.set_num_threads(2)
    try:
        with pytest.warns(UserWarning, match="made with 1 threads of torch, now there are 2"):
            run(RUNS["sgd"], **kept)
    finally:
        torch.set_num_threads(1)


def test_how_often_a_run_is_kept_may_change(tmp_path):
    kept = {"checkpoint": tmp_path / "run.ckpt"}
    with pytest.raises(InterruptedError):
        run(RUNS["sgd"], calls=25, checkpoint_every=10, **kept)
    assert run(RUNS["sgd"], checkpoint_every=3, **kept) == run(RUNS["sgd"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "run.ckpt"
    run(RUNS["sgd"], checkpoint=path, checkpoint_every=10)
    return path.read_bytes()


def refused(path, content, message):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"checkpoint '{path}' must be {message}"):
        run(RUNS["sgd"], checkpoint=path)
    assert path.read_bytes() == content


@settings(max_examples=15)
@given(st.floats(0, 1, exclude_max=True))
def test_a_file_that_was_cut_short_is_refused_and_left(tmp_path_factory, whole, share):
    path = tmp_path_factory.mktemp("cut") / "run.ckpt"
    refused(path, whole[: int(share * len(whole))], "whole, got one that is cut short")


def a_run(path, updates):
    """A checkpoint of a small run after some updates."""
    torch.manual_seed(updates)
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout())
    updater = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(updates):
        model(torch.randn(4, 2)).square().sum().backward()
        updater.step()
    states = {"model": model, "optimizer": updater}
    return Checkpoint(path, {"seed": 0}, states, {"rates": np.arange(3.0) * updates})


def everything(file):
    """A hash of every bit that a checkpoint brings back."""
    model, updater = file.states.values()
    tensors = [*model.state_dict().values(), torch.get_rng_state()]
    tensors += [each["momentum_buffer"] for each in updater.state.values()]
    arrays = [each.numpy() for each in tensors] + [file.records["rates"]]
    return hashlib.sha256(b"".join(each.tobytes() for each in arrays)).hexdigest()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A checkpoint after two updates."""
    file = a_run(tmp_path_factory.mktemp("kept") / "run.ckpt", updates=2)
    file.save(2)
    return file.path


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_any_changed_byte_is_noticed_before_anything_is_touched(
    tmp_path_factory, kept, place, change
):
    content = bytearray(kept.read_bytes())
    content[int(place * len(content))] ^= change
    file = a_run(tmp_path_factory.mktemp("changed") / "run.ckpt", updates=1)
    file.path.write_bytes(content)
    before = everything(file)
    with pytest.raises(ValueError, match=f"checkpoint '{file.path}' must be "):
        file.resume(3)
    assert everything(file) == before
    assert file.path.read_bytes() == content


def sealed(content):
    """A file of a checkpoint with any content, which is known for whole."""
    body = io.BytesIO()
    torch.save(content, body)
    return b"lrlib checkpoint 2\n" + hashlib.sha256(body.getvalue()).digest() + body.getvalue()


def opened(path):
    """The content of a checkpoint."""
    return torch.load(io.BytesIO(path.read_bytes()[19 + 32 :]), weights_only=True)


def without(key):
    return lambda content: content.pop(key)


def with_(key, value):
    return lambda content: content.update({key: value})


OTHER = "a checkpoint, got a file with something else in it"
UNFIT = "whole, got one whose state does not fit"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        *((without(key), OTHER) for key in ("config", "step", "states")),
        *((without(key), OTHER) for key in ("records", "random", "threads")),
        (with_("more", 1), OTHER),
        (with_("step", -5), "of a run of 3 updates, got one after -5 of them"),
        (with_("step", 4), "of a run of 3 updates, got one after 4 of them"),
        (with_("step", 1.5), "of a run of 3 updates, got one after 1.5 of them"),
        (with_("step", True), "of a run of 3 updates, got one after True of them"),
        (with_("states", {}), UNFIT),
        (with_("records", {}), UNFIT),
        (with_("records", {"rates": torch.zeros(1)}), UNFIT),
        (with_("records", {"rates": None}), UNFIT),
        (with_("random", {"cpu": torch.zeros(3)}), UNFIT),
        (with_("random", {}), UNFIT),
        (lambda content: content["states"]["model"].popitem(), UNFIT),
        (lambda content: content["states"]["optimizer"].popitem(), UNFIT),
    ],
)
def test_a_file_that_lacks_something_is_one_error_and_the_run_is_as_it_was(
    tmp_path, kept, change, message
):
    content = opened(kept)
    change(content)
    file = a_run(tmp_path / "run.ckpt", updates=1)
    file.path.write_bytes(sealed(content))
    before = everything(file)
    with pytest.raises(ValueError, match=f"checkpoint '{file.path}' must be {message}"):
        file.resume(3)
    assert everything(file) == before


def test_a_file_that_fits_brings_everything_back(tmp_path, kept):
    as_kept = everything(a_run(kept, updates=2))
    file = a_run(tmp_path / "run.ckpt", updates=1)
    file.path.write_bytes(kept.read_bytes())
    assert everything(file) != as_kept
    assert file.resume(3) == 2
    assert everything(file) == as_kept


def test_a_home_is_a_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    a_run("~/runs/run.ckpt", updates=1).save(1)
    assert (tmp_path / "runs" / "run.ckpt").is_file()


def test_a_checkpoint_that_cannot_be_written_is_refused_before_the_run(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="checkpoint must be in a folder, got '.*file/run.ckpt'"):
        run(RUNS["sgd"], calls=0, checkpoint=tmp_path / "file" / "run.ckpt")
    with pytest.raises(ValueError, match="checkpoint must be a file, got "):
        run(RUNS["sgd"], calls=0, checkpoint=tmp_path)


def test_a_disk_that_is_full_is_an_error_of_the_disk_and_keeps_what_was_there(tmp_path, small_disk):
    file = a_run(tmp_path / "run.ckpt", updates=1)
    file.path.write_bytes(b"what was there")
    with pytest.raises(OSError, match="File too large: '.*run.ckpt'"):
        file.save(3)
    assert file.path.read_bytes() == b"what was there"
    assert [path.name for path in tmp_path.iterdir()] == ["run.ckpt"]


def archive(save):
    file = io.BytesIO()
    save(file)
    return file.getvalue()


class Trap:
    """What a hostile file would have executed on reading."""

    def __reduce__(self):
        return (os.mkdir, ("trap",))


FOREIGN = "a checkpoint of this lrlib, got a file of another kind"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"step,lr\n0,0.1\n", FOREIGN),
        (pickle.dumps({"step": 3}), FOREIGN),
        (archive(lambda file: np.savez(file, x=1)), FOREIGN),
        (archive(lambda file: torch.save({"a": 1}, file)), FOREIGN),
        (b"lrlib checkpoint 1\n" + sealed({})[19:], FOREIGN),
        (sealed(Trap()), "a checkpoint, got a file that pretends to be one"),
        (sealed({"a": 1}), "a checkpoint, got a file with something else in it"),
        (sealed([1]), "a checkpoint, got a file with something else in it"),
    ],
    ids=["text", "pickle", "numpy", "torch", "older", "code", "dictionary", "list"],
)
def test_a_file_that_is_no_checkpoint_is_refused_and_left(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    refused(tmp_path / "run.ckpt", content, message)
    assert not Path("trap").exists()


def test_how_often_a_run_is_kept_must_be_a_count():
    with pytest.raises(ValueError, match="checkpoint_every must be a whole number >= 1, got 0"):
        run(RUNS["sgd"], checkpoint_every=0)


if __name__ == "__main__":
    be_killed_and_go_on(sys.argv[1])
