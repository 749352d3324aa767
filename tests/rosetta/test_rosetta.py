"""Other libraries' schedules, by their own names, have the rates that those libraries apply."""

import inspect
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

import lrlib
from lrlib.rosetta import LIBRARIES, NAMES, port

# The file's `convention` says how its numbers were made and how to read them.
RECORD = json.loads((Path(__file__).parents[1] / "data/peers_golden.json").read_text("utf8"))
GOLDEN, SIGNATURES = RECORD["cases"], RECORD["signatures"]


def assert_close(got, want, rtol):
    slack = 0.1 * max(map(abs, want), default=0)
    for step, (mine, theirs) in enumerate(zip(got, want, strict=True)):
        assert abs(mine - theirs) <= rtol * (abs(theirs) + slack), step


def names_of(cases):
    return [case["name"] for case in cases]


@pytest.mark.parametrize("case", GOLDEN, ids=names_of(GOLDEN))
def test_a_port_has_the_rates_that_the_library_was_seen_to_apply(case):
    schedule = port(case["name"], case["lr"], **case["kwargs"])
    assert_close(schedule.curve(len(case["values"])), case["values"], case["rtol"])


# Arguments that JSON cannot hold, and a default too long for the file.
STATED = [
    ("torch.LambdaLR", 0.5, {"lr_lambda": lambda t: 1 / (1 + t)}, {0: 0.5, 4: 0.1}),
    ("torch.LambdaLR", 0.5, {"lr_lambda": [lambda t: 1 / (1 + t)]}, {4: 0.1}),
    (
        "torch.MultiplicativeLR",
        0.6,
        {"lr_lambda": lambda t: 1 / (1 + t)},
        {0: 0.6, 1: 0.3, 3: 0.025},
    ),
    (
        "torch.SequentialLR",
        None,
        {"schedulers": [lrlib.ConstantLR(0.2), lrlib.ConstantLR(0.4)], "milestones": [6]},
        {4: 0.2 / 3, 5: 0.2, 6: 0.4 / 3, 11: 0.4},
    ),
    (
        "torch.ChainedScheduler",
        0.5,
        {"schedulers": [lrlib.ExponentialLR(0.5, 0.5), lrlib.ConstantLR(0.5, 0.1, 2)]},
        {0: 0.05, 1: 0.025, 2: 0.125, 3: 0.0625},
    ),
    ("torch.CyclicLR", None, {"base_lr": [0.1], "max_lr": [0.5]}, {0: 0.1, 2000: 0.5, 4000: 0.1}),
    (
        "timm.WSDLRScheduler",
        0.4,
        {"t_initial": 8, "decay_t": 4, "decay_fn": lambda x: 0.8 - 0.5 * x},
        {4: 0.4, 5: 0.27, 8: 0.12, 9: 0.12},
    ),
    (
        "optax.join_schedules",
        None,
        {"schedules": [lrlib.ConstantLR(0.1), lrlib.ExponentialLR(0.4, 0.5)], "boundaries": [6]},
        {5: 0.1, 6: 0.4, 7: 0.2},
    ),
]


@pytest.mark.parametrize(
    ("name", "lr", "arguments", "values"), STATED, ids=[row[0] for row in STATED]
)
def test_a_port_takes_its_stated_values(name, lr, arguments, values):
    schedule = port(name, lr, **arguments)
    assert {t: schedule(t) for t in values} == pytest.approx(values, rel=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_a_port_takes_its_librarys_arguments_with_their_defaults(name):
    library = LIBRARIES[name.partition(".")[0]]
    mine = {
        key: parameter.default
        for key, parameter in inspect.signature(NAMES[name]).parameters.items()
        if key != "lr"
    }
    needed = {key for key, default in mine.items() if default is inspect.Parameter.empty}
    theirs = SIGNATURES[name]["defaults"]
    assert needed == set(SIGNATURES[name]["needs"])
    shared = {key: mine[key] for key in mine if key in theirs}
    assert json.loads(json.dumps(shared)) == {
        key: theirs[key] for key in theirs if key not in library.without_effect
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_port_is_seen_at_work_and_says_where_it_departs(name):
    assert name in [*names_of(GOLDEN), *(row[0] for row in STATED)]
    assert len(inspect.getdoc(NAMES[name])) > 40


EVERY_CASE = [*((c["name"], c["lr"], c["kwargs"]) for c in GOLDEN), *(row[:3] for row in STATED)]


@pytest.mark.parametrize(
    ("name", "lr", "arguments"), EVERY_CASE, ids=[case[0] for case in EVERY_CASE]
)
def test_a_port_is_a_schedule_that_hashes_and_has_no_end(name, lr, arguments):
    schedule = port(name, lr, **arguments)
    assert isinstance(schedule, lrlib.Schedule)
    assert schedule == port(name, lr, **arguments)
    assert hash(schedule) == hash(port(name, lr, **arguments))
    assert schedule.curve(3) == [schedule(0), schedule(1), schedule(2)]
    for step in (0.5, 1e4 + 0.5, *(() if "Multiplicative" in name else (10**9, 1e15))):
        assert not math.isnan(schedule(step))


def test_timm_has_the_minimum_at_a_restart_that_its_logarithm_misses():
    schedule = port("timm.CosineLRScheduler", 1.0, t_initial=2, cycle_mul=3.0, cycle_limit=6)
    assert [schedule(t) for t in (8, 26, 80)] == [1, 1, 1]
    assert schedule(242) == 0


def test_timm_holds_the_minimum_when_shrinking_cycles_have_run_out():
    schedule = port(
        "timm.CosineLRScheduler", 1.0, t_initial=4, lr_min=0.1, cycle_mul=0.5, cycle_limit=99
    )
    assert [schedule(t) for t in (8, 9, 1e9)] == [0.1] * 3


def test_transformers_leaves_the_ramp_where_a_decay_of_no_length_stops_it():
    schedule = port("transformers.polynomial", 1.0, num_warmup_steps=4, num_training_steps=4)
    assert schedule.curve(7) == [0, 0.25, 0.5, 0.75, 0.75, 0.75, 0.75]


def test_a_rate_that_grows_without_bound_becomes_the_largest_float():
    assert port("torch.ExponentialLR", 1.0, gamma=2.0)(1e5) == sys.float_info.max


def test_boundaries_may_be_the_strings_that_json_makes_of_them():
    numbers = {4: 0.5, 10: 0.5}
    strings = json.loads(json.dumps(numbers))
    one, other = (
        port("optax.piecewise_constant_schedule", init_value=1.0, boundaries_and_scales=steps)
        for steps in (numbers, strings)
    )
    assert one == other


def test_the_rosetta_stone_needs_none_of_the_libraries():
    report = "import lrlib.rosetta, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True
    )
    libraries = {name.partition(".")[0] for name in NAMES}
    assert not set(found.stdout.split()) & libraries
