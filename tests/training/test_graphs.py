"""What a GPU does, an update recorded once and replayed, is what the CPU does.

Without a GPU the same updates run on the CPU by the clock of a GPU, as they are recorded there.
"""

import numpy as np
import pytest
import torch

from lrlib import ConstantLR, CosineAnnealingLR, LinearLR, LinearWarmup, ReduceLROnPlateau
from lrlib import SequentialLR as Sequential
from lrlib.training import chunks, many
from lrlib.training.chunks import runs_that_fit
from lrlib.training.data import digits
from lrlib.training.graphs import Clock, DeviceClock, clock_on, repeatable
from lrlib.training.many import train_many

torch.set_num_threads(1)

DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
DIGITS = digits()
# Rounding grows from update to update: what is compared over many of them is computed in double.
PRECISE = DIGITS.double()
RESULTS = ("lr", "train_loss", "val_loss", "val_accuracy", "test_loss", "test_accuracy")
FALLING = LinearLR(0.95, 1, 0.5, 30)
RESTING = Sequential([LinearWarmup(0.9, 5), ConstantLR(0, 1), FALLING], [10, 20])
SCHEDULES = [
    CosineAnnealingLR(0.1, T_max=40),
    ReduceLROnPlateau(0.2, factor=0.5, patience=0, threshold=0.1),
    ConstantLR(0.02, 0.5, 9),
]
SEEDS = (3, 1, 4)
OPTIONS = {"total_steps": 60, "batch_size": 32, "eval_every": 10, "cache": False}


@pytest.fixture(params=DEVICES)
def device(request, monkeypatch):
    """A device whose updates are such as can be recorded, and where it can be, they are."""
    if request.param == "cpu":
        monkeypatch.setattr(chunks, "clock_on", DeviceClock)
    return request.param


def assert_equal(runs, expected, rel):
    for name in RESULTS:
        exact = pytest.approx(getattr(expected, name), rel=rel, abs=rel / 10, nan_ok=True)
        assert getattr(runs, name) == exact, name


OPTIMIZERS = [
    {},
    {"weight_decay": 0.1, "momentum": 0},
    {"momentum": [FALLING, 0.5, RESTING], "weight_decay": 0.1},
    {"optimizer": "adamw", "weight_decay": 0.5},
    {"optimizer": "adamw", "momentum": [FALLING, 0.5, 0]},
    {"total_steps": 2},
    {"total_steps": 0},
]


@pytest.mark.parametrize("options", OPTIMIZERS, ids=str)
def test_recorded_updates_give_the_results_of_a_cpu(device, options):
    options = OPTIONS | options
    expected = plain_cpu(SCHEDULES, PRECISE, options)
    runs = train_many(SCHEDULES, SEEDS, PRECISE, device=device, **options)
    # AdamW divides by the size of a slope: where that is small, rounding grows a hundredfold.
    assert_equal(runs, expected, 0 if device == "cpu" else 1e-6)
    if options["total_steps"] == 60:
        assert len(np.unique(runs.lr[1])) > 2  # the plateau's rate fell between two replays


def plain_cpu(schedules, data, options):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "clock_on", lambda device: Clock())
        return train_many(schedules, SEEDS, data, **options)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_single_precision_is_not_cut_down(device, optimizer):
    options = OPTIONS | {"total_steps": 3, "optimizer": optimizer}
    schedules = [ConstantLR(0.01, 1)]
    expected = plain_cpu(schedules, DIGITS, options)
    runs = train_many(schedules, SEEDS, DIGITS, device=device, **options)
    assert_equal(runs, expected, 2e-5)  # products of ten bits would be off by 1e-3


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_run_that_diverges_leaves_its_neighbours_as_they_were(device, optimizer):
    options = OPTIONS | {"optimizer": optimizer, "device": device}
    cosine = SCHEDULES[0]
    tame, wild = (
        train_many([cosine, ConstantLR(rate, 1), cosine], SEEDS, DIGITS, **options)
        for rate in (0.01, 1e30)
    )
    assert wild.diverged.tolist() == [[False] * 3, [True] * 3, [False] * 3]
    for name in RESULTS:
        assert np.array_equal(getattr(wild, name)[::2], getattr(tame, name)[::2]), name


def test_runs_that_do_not_fit_at_once_are_trained_one_chunk_after_another(device, monkeypatch):
    options = OPTIONS | {"device": device}
    together = train_many(SCHEDULES, SEEDS, PRECISE, **options)
    monkeypatch.setattr(many, "runs_that_fit", lambda data, setting: 4)
    monkeypatch.setattr(many, "_chunks", lambda runs: 3)
    assert_equal(train_many(SCHEDULES, SEEDS, PRECISE, **options), together, 1e-9)


def test_what_fits_is_what_memory_is_free_for(monkeypatch):
    free = [0]
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free[0], 2**40))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 3 * 2**20)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 2**20)
    setting = chunks.Setting(
        (40, 64, 64, 10), 64, "sgd", 0.0, np.zeros((1, 1500)), {}, np.zeros((1, 1500)), [0], "cuda"
    )
    assert runs_that_fit(DIGITS, setting) == 1
    free[0] = 2**30
    some = runs_that_fit(DIGITS, setting)
    assert 300 < some < 1000
    free[0] = 2**34
    assert runs_that_fit(DIGITS, setting) == pytest.approx(16 * some, rel=0.01)


@pytest.mark.parametrize("device", DEVICES)
def test_an_update_reads_and_writes_tables_by_the_clock(device):
    clock = DeviceClock(device)
    given, taken = torch.arange(8.0, device=device), torch.zeros(8, device=device)
    total, calls = torch.zeros((), device=device), []

    def update():
        calls.append(1)
        total.add_(clock.read(given))
        clock.write(taken, total)
        clock.tick()

    make_update = repeatable(update, device)
    for step in range(8):
        if step == 6:
            given[6:] = 100
        make_update()
    assert taken.tolist() == [0, 1, 3, 6, 10, 15, 115, 215]
    assert len(calls) == {"cpu": 8, "cuda": 4}[device]


@pytest.mark.parametrize("clock", [Clock(), DeviceClock("cpu")], ids=["host", "device"])
def test_both_clocks_tell_the_same(clock):
    table = torch.arange(12.0).view(3, 4)
    for step in range(3):
        assert torch.equal(clock.read(table), table[step])
        clock.write(table, torch.full((4,), float(step)))
        clock.tick()
    assert table.tolist() == [[0.0] * 4, [1.0] * 4, [2.0] * 4]


def test_only_a_gpu_needs_a_clock_of_its_own():
    assert isinstance(clock_on("cpu"), Clock)
    assert repeatable(len, "cpu") is len
