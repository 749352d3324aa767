"""Ports take the numbers of any library, and the negative ones that their library runs."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lrlib import Schedule
from lrlib.rosetta import port
from lrlib.schedules.base import LARGEST

RECORD = json.loads((Path(__file__).parents[1] / "data/peers_golden.json").read_text("utf8"))
CASES = RECORD["cases"]


def with_numbers(value, foreign):
    """The same argument, every number in it replaced."""
    if isinstance(value, list):
        return [with_numbers(member, foreign) for member in value]
    if isinstance(value, dict):
        return {key: with_numbers(member, foreign) for key, member in value.items()}
    return foreign(value) if type(value) in (int, float) else value


FOREIGN = {
    "numpy": lambda x: np.int64(x) if isinstance(x, int) else np.float64(x),
    "torch": lambda x: torch.tensor(x, dtype=torch.int64 if isinstance(x, int) else torch.float64),
}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_port_of_foreign_numbers_is_that_of_pythons(case):
    plain = port(case["name"], case["lr"], **case["kwargs"])
    for name, foreign in FOREIGN.items():
        if name == "torch" and "pct_start" in case["kwargs"]:
            continue  # torch and mmengine ask for a float, which NumPy's is
        lr = with_numbers(case["lr"], foreign)
        made = port(case["name"], lr, **with_numbers(case["kwargs"], foreign))
        assert repr(made).partition(" at 0x")[0] == repr(plain).partition(" at 0x")[0]
        assert repr(made.curve(30)) == repr(plain.curve(30))


# The ports that hold the shape of a fall as a function.
SHAPED = {"mmengine.OneCycleLR", "torch.OneCycleLR", "transformers.warmup_stable_decay"}
SHAPED |= {f"timm.{name}LRScheduler" for name in ("Cosine", "Poly", "Tanh", "WSD")}
SHAPED |= {f"optax.{name}_onecycle_schedule" for name in ("cosine", "linear")}
SHAPED |= {"optax.piecewise_interpolate_schedule"}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_port_is_rebuilt_from_its_configuration_unless_it_holds_a_shape(case):
    schedule = port(case["name"], case["lr"], **case["kwargs"])
    if case["name"] in SHAPED:
        with pytest.raises(ValueError, match="fall must be a plain value to be written"):
            schedule.to_config()
    else:
        again = Schedule.from_config(json.loads(json.dumps(schedule.to_config())))
        assert repr(again) == repr(schedule)


@pytest.mark.parametrize("value", [True, np.True_, np.array([0.1, 0.2]), "0.1", 10**400], ids=repr)
def test_what_is_no_number_is_refused_by_a_port(value):
    with pytest.raises(ValueError, match="^lr must be a finite number >= 0, got"):
        port("torch.StepLR", value, step_size=3)
    with pytest.raises(ValueError, match="^step_size must be a whole number >= 1, got"):
        port("torch.StepLR", 0.1, step_size=value)
    with pytest.raises(ValueError, match="^decay_steps must be a whole number >= 1, got"):
        port("optax.cosine_decay_schedule", init_value=0.1, decay_steps=value)
    with pytest.raises(ValueError, match="^transition_steps must be a whole number, got"):
        port("optax.linear_schedule", init_value=0.1, end_value=0.0, transition_steps=value)


RUN = {"peak_value": -0.4, "warmup_steps": 4}


@pytest.mark.parametrize(
    ("name", "arguments", "values"),
    [
        ("optax.constant_schedule", {"value": -0.1}, {0: -0.1, 9: -0.1}),
        (
            "optax.piecewise_constant_schedule",
            {"init_value": -0.1, "boundaries_and_scales": {3: 0.5}},
            {2: -0.1, 3: -0.05},
        ),
        (
            "optax.linear_schedule",
            {"init_value": -0.1, "end_value": 0.1, "transition_steps": 10},
            {0: -0.1, 5: 0.0, 10: 0.1},
        ),
        (
            "optax.exponential_decay",
            {"init_value": -0.4, "transition_steps": 2, "decay_rate": 0.5, "end_value": -0.3},
            {0: -0.3, 2: -0.2},
        ),
        (
            "optax.exponential_decay",
            {"init_value": -0.1, "transition_steps": 2, "decay_rate": 2.0, "end_value": -0.3},
            {0: -0.3, 4: -0.4},
        ),
        (
            "optax.cosine_decay_schedule",
            {"init_value": -0.2, "decay_steps": 10},
            {0: -0.2, 5: -0.1},
        ),
        (
            "optax.warmup_cosine_decay_schedule",
            {"init_value": 0.0, "decay_steps": 8, "end_value": -0.2, **RUN},
            {2: -0.2, 4: -0.4, 6: -0.3, 8: -0.2},
        ),
        (
            "optax.piecewise_interpolate_schedule",
            {
                "interpolate_type": "linear",
                "init_value": -0.4,
                "boundaries_and_scales": {10: 0.5},
            },
            {5: -0.3, 10: -0.2},
        ),
        (
            "keras.PiecewiseConstantDecay",
            {"boundaries": [3], "values": [-0.1, 0.2]},
            {3: -0.1, 4: 0.2},
        ),
        (
            "keras.InverseTimeDecay",
            {"initial_learning_rate": -0.4, "decay_steps": 5, "decay_rate": 1.0},
            {0: -0.4, 5: -0.2},
        ),
        (
            "keras.PolynomialDecay",
            {"initial_learning_rate": -0.4, "decay_steps": 10, "end_learning_rate": -0.2},
            {0: -0.4, 5: -0.3, 20: -0.2},
        ),
    ],
)
def test_libraries_without_an_optimizers_rate_run_negative_values(name, arguments, values):
    schedule = port(name, **arguments)
    assert {t: schedule(t) for t in values} == pytest.approx(values)


def test_a_rate_of_zero_does_not_grow():
    assert port("torch.ExponentialLR", 0.0, gamma=2.0)(1e5) == 0.0
    assert port("torch.MultiStepLR", 0.0, gamma=1e200, milestones=[1, 2])(3) == 0.0


def test_a_rate_that_grows_out_of_the_range_of_floats_stops_there():
    assert port("torch.MultiStepLR", 1.0, gamma=1e200, milestones=[1, 2])(3) == LARGEST
