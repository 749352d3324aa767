"""The second lab's runs are those of a plain loop over torch's own layers; none touches another."""

import ast
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import lrlib
from lrlib import ConstantLR, MultiStepLR, ReduceLROnPlateau, WarmupWithDecay
from lrlib.lab import chunk, transformers
from lrlib.lab.chunk import even_windows, random_starts
from lrlib.lab.gpt import GPT
from lrlib.lab.text import split_by_file
from lrlib.lab.transformers import SOURCES, train_transformers
from lrlib.optim import ScheduledLR
from lrlib.training.graphs import DeviceClock

torch.set_num_threads(1)

ROOT = Path(lrlib.__file__).parent
DEVICES = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
SHAPE = {"layers": 2, "width": 8, "heads": 2, "context": 8}
OPTIONS = SHAPE | {"batch_size": 3, "total_steps": 12, "eval_every": 5, "jobs": 1}
SCHEDULES = [WarmupWithDecay(0.02, 4, 12), ConstantLR(0.01, 1)]
SEEDS = (3, 1)
LOSSES = ("train_loss", "val_loss", "test_loss", "val_loss_average", "test_loss_average")
RESULTS = ("lr", *LOSSES, "val_accuracy", "test_accuracy")


@cache
def rhymes():
    """Forty files of words that repeat, so that there is something to learn."""
    words = [b"one ", b"two ", b"three ", b"four\n"]
    draw = np.random.default_rng(0)
    return split_by_file(
        "rhymes",
        {f"{i}": b"".join(words[j] for j in draw.integers(4, size=60)) for i in range(40)},
    )


@pytest.fixture
def double():
    """Float64 throughout, in which a difference of method cannot hide behind rounding."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


class PlainGPT(nn.Module):
    """The same transformer, of torch's own layers."""

    def __init__(self, gpt):
        super().__init__()
        first = gpt.norm == "pre"
        options = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": first}
        self.symbol = nn.Embedding(gpt.symbols, gpt.width)
        self.position = nn.Embedding(gpt.context, gpt.width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(gpt.width, gpt.heads, 4 * gpt.width, **options)
            for _ in range(gpt.layers)
        )
        self.norm = nn.LayerNorm(gpt.width) if first else nn.Identity()
        self.output = nn.Linear(gpt.width, gpt.symbols, bias=False)
        self.future = torch.ones(gpt.context, gpt.context, dtype=torch.bool).triu(1)

    def forward(self, seen):
        x = self.symbol(seen) + self.position.weight
        for layer in self.layers:
            x = layer(x, src_mask=self.future)
        return self.output(self.norm(x))


NAMES = {
    "attend": "self_attn.in_proj_weight",
    "attend.bias": "self_attn.in_proj_bias",
    "attended": "self_attn.out_proj.weight",
    "attended.bias": "self_attn.out_proj.bias",
    "expand": "linear1.weight",
    "expand.bias": "linear1.bias",
    "contract": "linear2.weight",
    "contract.bias": "linear2.bias",
    "norm1.scale": "norm1.weight",
    "norm1.bias": "norm1.bias",
    "norm2.scale": "norm2.weight",
    "norm2.bias": "norm2.bias",
}
OUTSIDE = {name: f"{name}.weight" for name in ("symbol", "position", "output")}
OUTSIDE |= {"norm.scale": "norm.weight", "norm.bias": "norm.bias"}


def plain_model(gpt, weights):
    """The plain transformer with the weights of one run."""
    model = PlainGPT(gpt)
    parts = {name: part[0] for name, part in gpt.split(weights[None]).items()}
    state = {}
    for name, part in parts.items():
        layer, _, rest = name.partition(".")
        state[OUTSIDE.get(name) or f"layers.{layer}.{NAMES[rest]}"] = part
    model.load_state_dict(state)
    return model


def loss_and_accuracy(model, windows):
    windows = windows.long()
    logits, targets = model(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten()
    accuracy = (logits.argmax(dim=1) == targets).float().mean().item()
    return cross_entropy(logits, targets), accuracy


def plain_loop(
    schedule,
    seed,
    *,
    norm="pre",
    betas=(0.9, 0.95),
    weight_decay=0.1,
    clip=1.0,
    average=0.99,
    batch_size,
    total_steps,
    eval_every,
    jobs,
    **shape,
):
    """One run as it is written for one run, of torch's own parts."""
    text = rhymes()
    gpt = GPT(len(text.vocabulary), norm, **shape)
    length = gpt.context + 1
    model = plain_model(gpt, gpt.initial_weights(seed).to(torch.get_default_dtype()))
    matrices = [part for part in model.parameters() if part.dim() == 2]
    vectors = [part for part in model.parameters() if part.dim() == 1]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=0.0, betas=betas)
    scheduler = ScheduledLR(optimizer, schedule)
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(average))
    starts = random_starts(len(text.train), length, batch_size, total_steps, seed)
    val, test = even_windows(text.val, length, 256), even_windows(text.test, length, 1024)
    run = {name: [] for name in RESULTS}
    for step in range(total_steps + 1):
        if step % eval_every == 0 or step == total_steps:
            with torch.no_grad():
                loss, accuracy = loss_and_accuracy(model, val)
                run["val_loss_average"].append(loss_and_accuracy(averaged, val)[0].item())
            run["val_loss"].append(loss.item())
            run["val_accuracy"].append(accuracy)
        if step == total_steps:
            break
        windows = torch.stack([text.train[start : start + length] for start in starts[step]])
        loss, _ = loss_and_accuracy(model, windows)
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(model.parameters(), clip)
        run["lr"].append(optimizer.param_groups[0]["lr"])
        run["train_loss"].append(loss.item())
        optimizer.step()
        scheduler.step()
        averaged.update_parameters(model)
    with torch.no_grad():
        loss, run["test_accuracy"] = loss_and_accuracy(model, test)
        run["test_loss"] = loss.item()
        run["test_loss_average"] = loss_and_accuracy(averaged, test)[0].item()
    return run


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


def test_the_number_of_processes_does_not_matter(monkeypatch):
    monkeypatch.setattr(chunk, "CPU_RUNS", 2)
    alone, shared = (
        train_transformers(SCHEDULES, SEEDS, rhymes(), **OPTIONS | {"jobs": jobs})
        for jobs in (1, 2)
    )
    for name in RESULTS:
        assert np.array_equal(getattr(alone, name), getattr(shared, name)), name


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


def test_windows_of_a_batch_reach_from_the_first_byte_to_the_last():
    starts = random_starts(12, 9, 5, 200, seed=0)
    assert starts.shape == (200, 5)
    assert starts.unique().tolist() == [0, 1, 2, 3]
    assert torch.equal(starts, random_starts(12, 9, 5, 200, seed=0))
    assert not torch.equal(starts, random_starts(12, 9, 5, 200, seed=1))


@pytest.mark.parametrize(
    ("size", "count", "firsts"),
    [(100, 4, [0, 30, 60, 90]), (100, 1, [0]), (35, 4, [0, 12, 25]), (10, 4, [0])],
)
def test_windows_to_evaluate_on_are_spread_from_end_to_end_without_overlap(size, count, firsts):
    windows = even_windows(torch.arange(size), 10, count)
    assert windows[:, 0].tolist() == firsts
    assert torch.equal(windows - windows[:, :1], torch.arange(10).expand(len(firsts), -1))


def without(part, size=8):
    """The text with a part cut short."""
    return replace(rhymes(), **{part: getattr(rhymes(), part)[:size]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedules": []}, r"schedules and seeds must not be empty, got \[\]"),
        ({"seeds": []}, "schedules and seeds must not be empty"),
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
    # What reaches a run only through the key of a record, or through checks of arguments; and what
    # says where and beside which others a run is trained.
    keyed = {"schedules.py", "schedules/base.py", "lab/text.py", "training/history.py"}
    keyed |= {"training/graphs.py", "training/loop.py", "training/many.py"}
    keyed |= {"training/parallel.py"}
    reached = {name for each in SOURCES for name in imported_by(ROOT / each)}
    assert {"lab/gpt.py", "training/many.py"} <= reached
    assert reached <= set(SOURCES) | keyed
