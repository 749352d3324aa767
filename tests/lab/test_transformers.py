"""The second lab's runs are those of a plain loop over torch's own layers; none touches another."""

import ast
import pickle
from dataclasses import replace
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
import torch
from plain_gpt import RESULTS, plain_loop, rhymes

import lrlib
from lrlib import ConstantLR, MultiStepLR, ReduceLROnPlateau, WarmupWithDecay
from lrlib.lab import chunk, transformers
from lrlib.lab.studies import STUDIES, WarmedUpPlateau
from lrlib.lab.transformers import SOURCES, train_transformers
from lrlib.training.graphs import DeviceClock

torch.set_num_threads(1)

ROOT = Path(lrlib.__file__).parent
DEVICES = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
SHAPE = {"layers": 2, "width": 8, "heads": 2, "context": 8}
OPTIONS = SHAPE | {"batch_size": 3, "total_steps": 12, "eval_every": 5, "jobs": 1}
SCHEDULES = [WarmupWithDecay(0.02, 4, 12), ConstantLR(0.01, 1)]
SEEDS = (3, 1)
LOSSES = ("train_loss", "val_loss", "test_loss", "val_loss_average", "test_loss_average")


@pytest.fixture
def double():
    """Float64 throughout, in which a difference of method cannot hide behind rounding."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "options",
    [
        {"norm": "pre"},
        {"norm": "post"},
        {"clip": 0.05},
        {"clip": 1e9},
        {"weight_decay": 0.0},
        {"betas": (0.0, 0.999), "weight_decay": 3.0},
        {"average": 0.0},
        {"average": 0.5, "layers": 1, "heads": 4, "norm": "post"},
        {"total_steps": 0},
        {"total_steps": 1},
    ],
    ids=str,
)
def test_every_run_equals_a_plain_loop_over_layers_of_torch(double, options, device):
    options = OPTIONS | options
    runs = train_transformers(SCHEDULES, SEEDS, rhymes(), device=device, **options)
    for s, schedule in enumerate(SCHEDULES):
        for k, seed in enumerate(SEEDS):
            plain = plain_loop(schedule, seed, **options)
            for name in RESULTS:
                found = getattr(runs, name)[s, k]
                assert found == pytest.approx(np.array(plain[name]), rel=1e-8), name


def test_clipping_and_training_do_something_in_these_runs():
    """Without which the equality above would say little."""
    free, clipped = (
        train_transformers(SCHEDULES, SEEDS, rhymes(), **OPTIONS | {"clip": clip})
        for clip in (1e9, 0.05)
    )
    assert (free.test_loss != clipped.test_loss).all()
    assert (free.val_loss[..., -1] < free.val_loss[..., 0] - 0.1).all()


@pytest.mark.parametrize("device", DEVICES)
def test_float32_gives_what_float64_gives_to_its_own_precision(device, double):
    exact = train_transformers(SCHEDULES, SEEDS, rhymes(), **OPTIONS)
    torch.set_default_dtype(torch.float32)
    runs = train_transformers(SCHEDULES, SEEDS, rhymes(), device=device, **OPTIONS)
    assert runs.train_loss.dtype == np.float32
    for name in LOSSES:
        assert getattr(runs, name) == pytest.approx(getattr(exact, name), rel=2e-4), name


def test_results_have_an_axis_of_schedules_and_one_of_seeds():
    runs = train_transformers(SCHEDULES * 2, SEEDS, rhymes(), **OPTIONS)
    assert runs.seeds == SEEDS
    assert runs.eval_step.tolist() == [0, 5, 10, 12]
    assert runs.momentum.shape == (4, 12)
    assert (runs.momentum == 0.9).all()
    assert runs.lr.shape == runs.train_loss.shape == (4, 2, 12)
    for name in ("val_loss", "val_accuracy", "val_loss_average"):
        assert getattr(runs, name).shape == (4, 2, 4)
    for name in ("test_loss", "test_accuracy", "test_loss_average", "diverged"):
        assert getattr(runs, name).shape == (4, 2)
    assert runs[1, 0].test_loss == runs.test_loss[1, 0]
    assert runs.lr[0, 1].tolist() == SCHEDULES[0].curve(12)


@pytest.mark.parametrize("device", DEVICES)
def test_runs_of_one_seed_share_weights_and_batches_and_seeds_differ(device):
    frozen = [ConstantLR(0.0), ConstantLR(0.0)]
    runs = train_transformers(frozen, SEEDS, rhymes(), device=device, **OPTIONS)
    assert runs.train_loss[0] == pytest.approx(runs.train_loss[1], rel=1e-6)
    assert (runs.val_loss[0, 0] != runs.val_loss[0, 1]).all()
    assert len(set(runs.train_loss[0].flatten().tolist())) == 24


def test_the_same_call_gives_the_same_bits_and_leaves_the_global_generator_alone():
    state = torch.get_rng_state()
    first, again = (train_transformers(SCHEDULES, SEEDS, rhymes(), **OPTIONS) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    for name in RESULTS:
        assert np.array_equal(getattr(first, name), getattr(again, name)), name


@pytest.mark.parametrize("together", [1, 3])
def test_how_runs_are_put_together_does_not_matter(monkeypatch, together):
    in_one = train_transformers(SCHEDULES, SEEDS, rhymes(), **OPTIONS)
    monkeypatch.setattr(chunk, "CPU_RUNS", together)
    apart = train_transformers(SCHEDULES, SEEDS, rhymes(), **OPTIONS)
    for name in RESULTS:
        assert getattr(apart, name) == pytest.approx(getattr(in_one, name), rel=1e-4), name


def test_what_is_trained_can_be_sent_to_other_processes(monkeypatch):
    here = train_transformers(SCHEDULES, SEEDS, rhymes(), **OPTIONS)

    def sent(work, chunks, **options):
        return [pickle.loads(pickle.dumps(work))(pickle.loads(pickle.dumps(c))) for c in chunks]

    monkeypatch.setattr(transformers, "map_chunks", sent)
    there = train_transformers(SCHEDULES, SEEDS, rhymes(), **OPTIONS)
    for name in RESULTS:
        assert np.array_equal(getattr(here, name), getattr(there, name)), name


@pytest.mark.parametrize(("device", "jobs"), [("cpu", 3), ("cuda", 1)])
def test_processors_share_the_work_among_jobs_and_a_gpu_has_one(monkeypatch, device, jobs):
    def refuse(work, chunks, **options):
        raise KeyError(options["jobs"], options["sizes"])

    monkeypatch.setattr(transformers, "map_chunks", refuse)
    monkeypatch.setattr(transformers, "find_device", lambda device: device)
    monkeypatch.setattr(transformers, "runs_together", lambda setting: 3)
    with pytest.raises(KeyError) as called:
        train_transformers(SCHEDULES, SEEDS, rhymes(), **OPTIONS | {"device": device, "jobs": 3})
    assert called.value.args == (jobs, [3, 1])


def test_the_clock_of_a_gpu_reads_what_that_of_a_cpu_reads(monkeypatch):
    by_host = train_transformers(SCHEDULES, SEEDS, rhymes(), **OPTIONS)
    monkeypatch.setattr(chunk, "clock_on", DeviceClock)
    by_device = train_transformers(SCHEDULES, SEEDS, rhymes(), **OPTIONS)
    for name in RESULTS:
        assert np.array_equal(getattr(by_host, name), getattr(by_device, name)), name


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("device", DEVICES)
def test_a_run_that_diverges_is_reported_and_leaves_its_neighbours_as_they_were(norm, device):
    options = OPTIONS | {"norm": norm, "device": device}
    tame = SCHEDULES[0], SCHEDULES[1], SCHEDULES[0]
    wild = SCHEDULES[0], ConstantLR(1e30, 1), SCHEDULES[0]
    alone, beside = (train_transformers(each, SEEDS, rhymes(), **options) for each in (tame, wild))
    assert beside.diverged.tolist() == [[False] * 2, [True] * 2, [False] * 2]
    for name in RESULTS:
        assert np.array_equal(getattr(beside, name)[::2], getattr(alone, name)[::2]), name
    for name in LOSSES[1:]:
        assert not np.isfinite(getattr(beside, name)[1].reshape(2, -1)[:, -1]).any(), name
    assert np.isnan(beside.test_accuracy[1]).all()


@pytest.mark.parametrize("device", DEVICES)
def test_every_plateau_follows_the_validation_loss_of_its_own_run(device):
    eager = ReduceLROnPlateau(0.3, factor=0.5, patience=0, threshold=0.05)
    before = eager.state_dict()
    options = OPTIONS | {"eval_every": 2, "device": device}
    runs = train_transformers([SCHEDULES[0], eager], (3, 1, 4, 5), rhymes(), **options)
    assert eager.state_dict() == before
    for k in range(4):
        plateau = ReduceLROnPlateau(0.3, factor=0.5, patience=0, threshold=0.05)
        expected = [0.3, 0.3]
        for loss in runs.val_loss[1, k, 1:-1]:
            expected += [plateau.update(loss)] * 2
        assert runs.lr[1, k].tolist() == expected
    assert len({tuple(lr) for lr in runs.lr[1]}) > 1
    assert runs.lr[0, 0].tolist() == SCHEDULES[0].curve(12)


@pytest.mark.parametrize("device", DEVICES)
def test_a_rate_that_a_plateau_lowers_is_the_rate_that_trains(double, device):
    """A plateau that halves once is a schedule that halves there."""
    plateau = ReduceLROnPlateau(0.02, factor=0.5, patience=0, threshold=10, cooldown=9)
    plateau.update(1.0)
    runs = train_transformers([plateau], SEEDS, rhymes(), device=device, **OPTIONS)
    halved = MultiStepLR(0.02, (5,), 0.5)
    expected = train_transformers([halved], SEEDS, rhymes(), device=device, **OPTIONS)
    assert np.array_equal(runs.lr, expected.lr)
    assert runs.test_loss == pytest.approx(expected.test_loss, rel=1e-12)


def without(part, size=8):
    """The text with a part cut short."""
    return replace(rhymes(), **{part: getattr(rhymes(), part)[:size]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedules": []}, "schedules must hold at least one schedule, got none"),
        ({"seeds": []}, "seeds must hold at least one seed, got none"),
        ({"schedules": [0.1]}, r"schedules\[0\] must be a Schedule or a plateau, got 0.1"),
        ({"seeds": [0, 0.5]}, r"seeds\[1\] must be a whole number >= 0, got 0.5"),
        ({"text": "text"}, "text must be a Text, got 'text'"),
        ({"text": without("train")}, r"text .* context \+ 1 \(9\) bytes .*, got 8 in 'train'"),
        ({"text": without("val")}, r"text .* context \+ 1 \(9\) bytes .*, got 8 in 'val'"),
        ({"text": without("test", 0)}, r"text .* context \+ 1 \(9\) bytes .*, got 0 in 'test'"),
        ({"norm": "layer"}, "norm must be one of 'pre', 'post', got 'layer'"),
        ({"layers": 0}, "layers must be a whole number >= 1, got 0"),
        ({"width": 0}, "width must be a whole number >= 1, got 0"),
        ({"heads": 3}, r"heads must divide width \(8\), got 3"),
        ({"context": 0}, "context must be a whole number >= 1, got 0"),
        ({"batch_size": 0}, "batch_size must be a whole number >= 1, got 0"),
        ({"total_steps": -1}, "total_steps must be a whole number >= 0, got -1"),
        ({"betas": (0.9, 1)}, r"betas\[1\] must be below 1, got 1"),
        ({"betas": (-0.1, 0.9)}, r"betas\[0\] must be a number in \[0, 1\], got -0.1"),
        ({"betas": (0.9,)}, r"betas must be two numbers, got \(0.9,\)"),
        ({"weight_decay": -1}, "weight_decay must be a finite number >= 0, got -1"),
        ({"clip": 0}, "clip must be a finite number > 0, got 0"),
        ({"average": 1.5}, r"average must be a number in \[0, 1\], got 1.5"),
        ({"eval_every": 0}, "eval_every must be a whole number >= 1, got 0"),
        ({"device": "abacus"}, "device must be .*, got 'abacus'"),
        ({"jobs": 0}, "jobs must be a whole number >= 1, got 0"),
    ],
    ids=str,
)
def test_a_bad_argument_is_named_before_any_work_is_done(monkeypatch, change, message):
    monkeypatch.setattr(transformers, "map_chunks", None)
    monkeypatch.setattr(transformers, "sympy_source", None)
    arguments = {"schedules": SCHEDULES, "seeds": SEEDS, "text": rhymes()} | OPTIONS | change
    with pytest.raises(ValueError, match=message):
        train_transformers(**arguments)


def imported_by(path):
    """The modules of lrlib that a module imports from, as paths below the package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = path.parents[node.level - 1]
            yield (folder / node.module.replace(".", "/")).relative_to(ROOT).as_posix() + ".py"


def test_the_fingerprint_of_records_covers_what_they_are_trained_by():
    # What reaches a run only through the key of a record, and what says where it is trained.
    keyed = {"schedules.py", "schedules/base.py", "schedules/plateau.py", "lab/text.py"}
    keyed |= {"training/graphs.py"}
    reached = {name for each in SOURCES for name in imported_by(ROOT / each)}
    assert {"lab/gpt.py", "training/graphs.py"} <= reached
    assert reached <= set(SOURCES) | keyed


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_a_study_says_every_argument_that_decides_its_runs(study):
    deciding = set(signature(train_transformers).parameters)
    deciding -= {"schedules", "seeds", "total_steps", "eval_every"}  # said by the study itself
    deciding -= {"text", "device", "jobs"}
    for setting in study.settings.values():
        assert set(setting.network) == deciding


def test_a_warmup_longer_than_the_wait_for_a_plateaus_first_metric_is_refused():
    plateau = WarmedUpPlateau(ReduceLROnPlateau(0.1), 5)
    with pytest.raises(ValueError, match=r"schedules\[1\] must have warmed up .* after 3 updates"):
        train_transformers(
            [ConstantLR(0.1, 1), plateau], [0], rhymes(), eval_every=3, total_steps=9
        )
