"""K runs at once are K runs of the plain loop; none touches another; none is stale."""

import os
import signal
import weakref

import numpy as np
import pytest
import torch

from lrlib import (
    ConstantLR,
    CosineAnnealingLR,
    LinearLR,
    LinearWarmup,
    ReduceLROnPlateau,
    SequentialLR,
)
from lrlib.training import chunks, many
from lrlib.training.data import digits
from lrlib.training.loop import train
from lrlib.training.many import train_many

torch.set_num_threads(1)

DIGITS = digits()
# Rounding grows from update to update: what is compared over many of them is computed in double.
PRECISE = DIGITS.double()
RESULTS = ("lr", "train_loss", "val_loss", "val_accuracy", "test_loss", "test_accuracy")
SCHEDULES = [CosineAnnealingLR(0.1, T_max=40), LinearLR(0.05, 1, 0, 60), ConstantLR(0.02, 0.5, 9)]
SEEDS = (3, 1, 4)
OPTIONS = {"total_steps": 60, "batch_size": 32, "momentum": 0.9, "eval_every": 25}


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("LRLIB_CACHE", str(tmp_path))


@pytest.fixture
def trained(monkeypatch):
    """Counts the calls that really train."""
    calls = []
    map_chunks = many.map_chunks
    monkeypatch.setattr(
        many, "map_chunks", lambda *a, **o: (calls.append(1), map_chunks(*a, **o))[1]
    )
    return calls


@pytest.fixture(params=[2, None], ids=["in chunks of two", "in one chunk"])
def chunked(request, monkeypatch):
    if request.param:
        monkeypatch.setattr(many, "_chunks", lambda runs: -(-runs // request.param))


def assert_equal_to_the_plain_loop(
    runs, momenta, schedules=SCHEDULES, data=PRECISE, rel=1e-9, **options
):
    for s, (schedule, momentum) in enumerate(zip(schedules, momenta, strict=True)):
        for k, seed in enumerate(SEEDS):
            plain = train(schedule, data, seed=seed, **options | {"momentum": momentum})
            run = runs[s, k]
            assert np.array_equal(run.lr, plain.lr)
            assert np.array_equal(run.momentum, plain.momentum)
            assert np.array_equal(run.eval_step, plain.eval_step)
            for name in ("train_loss", "val_loss", "val_accuracy", "test_loss", "test_accuracy"):
                expected = pytest.approx(getattr(plain, name), rel=rel, abs=rel / 10)
                assert getattr(run, name) == expected, name


def test_every_run_equals_the_plain_loop_with_its_schedule_and_seed(chunked):
    runs = train_many(SCHEDULES, SEEDS, PRECISE, **OPTIONS)
    assert_equal_to_the_plain_loop(runs, [0.9] * 3, **OPTIONS)


FALLING = LinearLR(0.95, 1, 0.5, 30)
# Without momentum at first, and again for a while: what the velocity is then, torch decides.
RESTING = SequentialLR([LinearWarmup(0.9, 5), ConstantLR(0, 1), FALLING], [10, 20])


@pytest.mark.parametrize(
    "options",
    [
        {"weight_decay": 0.1},
        {"momentum": 0},
        {"momentum": 1, "total_steps": 5},
        {"momentum": FALLING},
        {"momentum": RESTING},
        {"momentum": [FALLING, 0.5, RESTING], "weight_decay": 0.1},
        {"optimizer": "adamw"},
        {"optimizer": "adamw", "momentum": 0, "weight_decay": 0.5},
        {"optimizer": "adamw", "momentum": [FALLING, 0.5, RESTING], "weight_decay": 0.5},
        {"total_steps": 0},
        {"total_steps": 0, "optimizer": "adamw"},
        {"total_steps": 1},
    ],
    ids=str,
)
def test_every_run_equals_the_plain_loop_under_every_option(options):
    options = OPTIONS | options
    runs = train_many(SCHEDULES, SEEDS, PRECISE, **options)
    momentum = options["momentum"]
    momenta = momentum if isinstance(momentum, list) else [momentum] * 3
    assert_equal_to_the_plain_loop(runs, momenta, **options)


def test_single_precision_is_that_of_the_plain_loop():
    options = OPTIONS | {"total_steps": 3}
    runs = train_many(SCHEDULES, SEEDS, DIGITS, **options)
    assert runs.train_loss.dtype == np.float32
    assert_equal_to_the_plain_loop(runs, [0.9] * 3, data=DIGITS, rel=1e-5, **options)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_results_do_not_depend_on_the_number_of_processes(optimizer):
    schedules = [*SCHEDULES, ReduceLROnPlateau(0.3, **EAGER)]
    options = OPTIONS | {"optimizer": optimizer, "weight_decay": 0.1, "cache": False}
    one, two = (train_many(schedules, range(6), DIGITS, jobs=jobs, **options) for jobs in (1, 2))
    for name in RESULTS:
        assert np.array_equal(getattr(one, name), getattr(two, name)), name


@pytest.mark.parametrize(
    ("runs", "chunks"), [(1, 1), (8, 1), (15, 1), (16, 2), (24, 2), (48, 4), (128, 4), (640, 20)]
)
def test_runs_are_divided_by_their_number_alone_so_that_two_cores_are_busy(runs, chunks):
    assert many._chunks(runs) == chunks


def test_a_little_work_stays_in_this_process_and_more_is_given_to_all(monkeypatch):
    monkeypatch.setenv("LRLIB_JOBS", "7")
    given = []
    map_chunks = many.map_chunks

    def here(work, chunks, *, jobs, **options):
        given.append(jobs)
        return map_chunks(work, chunks, jobs=1, **options)

    monkeypatch.setattr(many, "map_chunks", here)
    train_many(SCHEDULES, SEEDS, DIGITS, cache=False, **OPTIONS)
    monkeypatch.setattr(many, "SMALL", 0)
    train_many(SCHEDULES, SEEDS, DIGITS, cache=False, **OPTIONS)
    assert given == [1, 7]


def test_memory_is_taken_by_the_chunk_and_not_by_the_seed(monkeypatch):
    alive, most = weakref.WeakSet(), []
    batch_order = chunks.batch_order

    def watched(*args):
        order = batch_order(*args)
        alive.add(order)
        most.append(len(alive))
        return order

    monkeypatch.setattr(chunks, "batch_order", watched)
    options = OPTIONS | {"total_steps": 2, "cache": False}
    train_many(SCHEDULES[:1], range(100), DIGITS, **options)
    assert len(most) == 100
    assert max(most) <= 100 / many._chunks(100) + 1


def kill(*args):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_is_an_error_and_what_was_stored_is_kept(trained, monkeypatch):
    first = train_many(SCHEDULES, SEEDS, DIGITS, **OPTIONS)
    monkeypatch.setattr(many, "train_chunk", kill)
    with pytest.raises(RuntimeError, match="training under CosineAnnealingLR: a process was kill"):
        train_many(SCHEDULES[:1], range(16), DIGITS, jobs=2, **OPTIONS)
    assert len(trained) == 2
    again = train_many(SCHEDULES, SEEDS, DIGITS, **OPTIONS)
    assert len(trained) == 2
    assert np.array_equal(first.test_loss, again.test_loss)


def test_results_have_an_axis_of_schedules_and_one_of_seeds():
    runs = train_many(SCHEDULES, SEEDS, DIGITS, **OPTIONS)
    assert runs.momentum.shape == (3, 60)
    assert runs.lr.shape == runs.train_loss.shape == (3, 3, 60)
    assert runs.val_loss.shape == runs.val_accuracy.shape == (3, 3, 4)
    assert runs.test_loss.shape == runs.test_accuracy.shape == runs.diverged.shape == (3, 3)


EAGER = {"factor": 0.5, "patience": 0, "threshold": 0.1}


@pytest.mark.parametrize(
    ("rate", "options"),
    [
        (0.6, {"eval_every": 5}),
        (0.01, {"eval_every": 2, "optimizer": "adamw"}),
    ],
    ids=["sgd", "adamw"],
)
def test_every_plateau_follows_its_own_run_as_in_the_plain_loop(rate, options, chunked):
    options = OPTIONS | {"weight_decay": 0.1} | options
    schedules = [
        ReduceLROnPlateau(rate, **EAGER),
        CosineAnnealingLR(rate / 4, T_max=40),
        ReduceLROnPlateau(rate / 4, "max", 0.7, patience=1, cooldown=1, min_lr=rate / 9),
        ReduceLROnPlateau(1e-6, eps=0, **EAGER),  # too slow to improve on anything
    ]
    runs = train_many(schedules, SEEDS, PRECISE, **options)
    assert_equal_to_the_plain_loop(runs, [0.9] * 4, schedules, **options)
    assert len({tuple(lr) for lr in runs.lr[0]}) == len(SEEDS)


def test_a_plateau_is_copied_and_continued_from_where_it_is():
    plateau = ReduceLROnPlateau(0.1, **EAGER)
    plateau.update(0.01)
    before = plateau.state_dict()
    runs = train_many([plateau, plateau], SEEDS, PRECISE, **OPTIONS)
    assert plateau.state_dict() == before
    assert_equal_to_the_plain_loop(runs, [0.9] * 2, [plateau] * 2, **OPTIONS)
    assert (runs.lr[:, :, 25] == 0.05).all()


def test_a_loss_that_is_not_a_number_is_bad_for_a_plateau():
    wild = ReduceLROnPlateau(1e30, **EAGER)
    options = OPTIONS | {"eval_every": 1}
    run = train_many([wild, SCHEDULES[0]], [0], DIGITS, **options)[0, 0]
    plain = train(wild, DIGITS, seed=0, **options)
    seen = np.isfinite(plain.lr)
    assert seen.sum() > 1
    assert run.diverged
    assert np.array_equal(run.lr[seen], plain.lr[seen])
    assert run.lr[seen][-1] < 1e30


def test_hidden_layers_can_have_any_width_and_number():
    for hidden in [(), (5,), (7, 6, 5)]:
        runs = train_many(SCHEDULES[:1], [0], DIGITS, hidden=hidden, **OPTIONS)
        assert np.isfinite(runs.test_loss).all()


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_run_that_diverges_is_reported_and_leaves_its_neighbours_as_they_were(optimizer):
    options = OPTIONS | {"optimizer": optimizer}
    tame, wild = (
        train_many([SCHEDULES[0], ConstantLR(rate, 1), SCHEDULES[1]], SEEDS, DIGITS, **options)
        for rate in (0.01, 1e30)
    )
    assert not tame.diverged.any()
    assert wild.diverged.tolist() == [[False] * 3, [True] * 3, [False] * 3]
    for name in RESULTS:
        assert np.array_equal(getattr(wild, name)[::2], getattr(tame, name)[::2]), name


def test_a_run_that_diverges_leaves_the_same_record_as_in_the_plain_loop():
    wild = ConstantLR(1e30, 1)
    run = train_many([wild], [0], DIGITS, **OPTIONS)[0, 0]
    plain = train(wild, DIGITS, seed=0, **OPTIONS)
    assert run.diverged
    for name in ("train_loss", "val_loss", "val_accuracy", "test_loss", "test_accuracy"):
        mine, expected = (np.isfinite(getattr(each, name)) for each in (run, plain))
        assert np.array_equal(mine, expected), name


def test_a_run_that_the_last_update_blows_up_has_diverged():
    last = SequentialLR([ConstantLR(0.01, 1), ConstantLR(1e30, 1)], [59])
    runs = train_many([last, SCHEDULES[0]], [0], DIGITS, **OPTIONS)
    assert np.isfinite(runs.train_loss).all()
    assert runs.diverged.tolist() == [[True], [False]]
    assert runs[0, 0].diverged


def test_numbers_of_other_libraries_are_the_same_runs(trained):
    first = train_many(SCHEDULES, SEEDS, DIGITS, **OPTIONS)
    foreign = {"total_steps": 6e1, "batch_size": np.int64(32), "eval_every": torch.tensor(25)}
    foreign |= {"momentum": np.full(3, 0.9), "weight_decay": np.float32(0), "hidden": [64.0, 64]}
    again = train_many(SCHEDULES, np.array(SEEDS), DIGITS, **foreign)
    assert len(trained) == 1
    assert repr(again.seeds) == repr(first.seeds) == "(3, 1, 4)"


def test_what_was_computed_is_loaded_the_next_time(trained):
    first = train_many(SCHEDULES, SEEDS, DIGITS, **OPTIONS)
    again = train_many(SCHEDULES, SEEDS, DIGITS, **OPTIONS)
    assert len(trained) == 1
    assert np.array_equal(first.test_loss, again.test_loss)


def other_data():
    dataset = digits()
    dataset.y_train[0] = (dataset.y_train[0] + 1) % 10
    return dataset


@pytest.mark.parametrize(
    "change",
    [
        {"schedules": SCHEDULES[:2]},
        {"schedules": [CosineAnnealingLR(0.1, T_max=41), *SCHEDULES[1:]]},
        {"seeds": (3, 1, 5)},
        {"data": other_data()},
        {"batch_size": 31},
        {"momentum": 0.8},
        {"momentum": LinearLR(0.9, 1, 0.5, 60)},
        {"momentum": [0.9, 0.9, 0.8]},
        {"optimizer": "adamw"},
        {"weight_decay": 0.1},
        {"eval_every": 26},
        {"hidden": (64, 63)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_argument_trains_anew(trained, change):
    arguments = {"schedules": SCHEDULES, "seeds": SEEDS, "data": DIGITS, **OPTIONS}
    train_many(**arguments)
    train_many(**(arguments | change))
    assert len(trained) == 2


def test_equal_plateaus_share_a_result(trained):
    plateaus = [ReduceLROnPlateau(0.1, **EAGER) for _ in range(2)]
    first = train_many(plateaus, SEEDS, DIGITS, **OPTIONS)
    again = train_many([ReduceLROnPlateau(0.1, **EAGER)] * 2, SEEDS, DIGITS, **OPTIONS)
    assert len(trained) == 1
    assert np.array_equal(first.lr, again.lr)


@pytest.mark.parametrize(
    "change",
    [
        {"base_lr": 0.2},
        {"mode": "max"},
        {"factor": 0.4},
        {"patience": 1},
        {"threshold": 0.2},
        {"threshold_mode": "abs"},
        {"cooldown": 1},
        {"min_lr": 0.01},
        {"eps": 0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_plateau_with_another_setting_trains_anew(trained, change):
    setting = {"base_lr": 0.1, **EAGER}
    for each in (setting, setting | change):
        train_many([ReduceLROnPlateau(**each)], SEEDS, DIGITS, **OPTIONS)
    assert len(trained) == 2


def test_a_plateau_that_has_seen_a_loss_trains_anew(trained):
    plateau = ReduceLROnPlateau(0.1, **EAGER)
    train_many([plateau], SEEDS, DIGITS, **OPTIONS)
    plateau.update(0.01)
    train_many([plateau], SEEDS, DIGITS, **OPTIONS)
    assert len(trained) == 2


def test_a_plateau_and_the_rate_that_it_begins_with_are_two(trained):
    for schedule in (ReduceLROnPlateau(0.1, **EAGER), ConstantLR(0.1, 1)):
        train_many([schedule], SEEDS, DIGITS, **OPTIONS)
    assert len(trained) == 2


def test_changed_source_trains_anew(trained, monkeypatch):
    train_many(SCHEDULES, SEEDS, DIGITS, **OPTIONS)
    monkeypatch.setattr(many, "source_fingerprint", lambda names: "other")
    train_many(SCHEDULES, SEEDS, DIGITS, **OPTIONS)
    assert len(trained) == 2


def test_another_version_of_torch_trains_anew(trained, monkeypatch):
    train_many(SCHEDULES, SEEDS, DIGITS, **OPTIONS)
    monkeypatch.setattr(many.torch, "__version__", "0.0")
    train_many(SCHEDULES, SEEDS, DIGITS, **OPTIONS)
    assert len(trained) == 2


def test_the_number_of_processes_is_no_part_of_the_key(trained, monkeypatch):
    train_many(SCHEDULES, SEEDS, DIGITS, jobs=1, **OPTIONS)
    train_many(SCHEDULES, SEEDS, DIGITS, jobs=2, **OPTIONS)
    train_many(SCHEDULES, SEEDS, DIGITS, device="auto", **OPTIONS)
    assert len(trained) == 1 + torch.cuda.is_available()


def test_the_cache_can_be_left_out(trained):
    for _ in range(2):
        train_many(SCHEDULES, SEEDS, DIGITS, cache=False, **OPTIONS)
    assert len(trained) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedules": []}, "schedules must hold at least one schedule, got none"),
        ({"schedules": SCHEDULES[0]}, "schedules must be a sequence, got CosineAnnealingLR"),
        (
            {"schedules": [SCHEDULES[0], 0.1]},
            r"schedules\[1\] must be a Schedule or a plateau",
        ),
        ({"seeds": []}, "seeds must hold at least one seed, got none"),
        ({"seeds": 3}, "seeds must be a sequence, got 3"),
        ({"seeds": [0, 0.5]}, r"seeds\[1\] must be a whole number >= 0, got 0.5"),
        ({"seeds": [True]}, r"seeds\[0\] must be a whole number >= 0, got True"),
        ({"seeds": [-1]}, r"seeds\[0\] must be a whole number >= 0, got -1"),
        ({"seeds": [2**64]}, r"seeds\[0\] must be below 2\*\*64, got 18446744073709551616"),
        ({"momentum": None}, "momentum must be a finite number >= 0, got None"),
        ({"batch_size": True}, "batch_size must be a whole number >= 1, got True"),
        ({"hidden": 64}, "hidden must be a sequence, got 64"),
        ({"momentum": 2}, r"momentum must not exceed 1 \(1\), got 2"),
        ({"momentum": [0.9, 2, 0.9]}, r"momentum must not exceed 1 \(1\), got 2"),
        ({"momentum": [0.9]}, r"momentum must be one, or one for each of the 3 .*, got \[0.9\]"),
        ({"momentum": 1, "optimizer": "adamw"}, "momentum must be below 1 for adamw, got 1"),
        ({"optimizer": "lion"}, "optimizer must be one of 'sgd', 'adamw', got 'lion'"),
        ({"weight_decay": -1}, "weight_decay must be a finite number >= 0, got -1"),
        ({"jobs": 0}, "jobs must be a whole number >= 1, got 0"),
        ({"device": "abacus"}, "device must be one that torch finds here, got 'abacus'"),
        ({"total_steps": -1}, "total_steps must be a whole number >= 0, got -1"),
        ({"batch_size": 10**6}, "batch_size must not exceed the 1297 examples"),
        ({"eval_every": 0}, "eval_every must be a whole number >= 1, got 0"),
        ({"hidden": (64, 0)}, r"hidden\[1\] must be a whole number >= 1, got 0"),
    ],
)
def test_a_bad_argument_is_named_before_any_work(trained, change, message):
    arguments = {"schedules": SCHEDULES, "seeds": SEEDS, "data": DIGITS, **OPTIONS}
    with pytest.raises(ValueError, match=message):
        train_many(**(arguments | change))
    assert not trained
