"""What every schedule can do beside giving a rate: rows of steps, and its configuration."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_schedules import MADE, schedules, steps

from lrlib import (
    ConstantLR,
    CyclicLR,
    LambdaLR,
    LinearWarmup,
    MultiStepLR,
    OneCycleLR,
    ScaleLR,
    Schedule,
    SequentialLR,
    StepLR,
    WarmupWithDecay,
)

# ---- rows of steps ----


@given(schedules, st.lists(steps, max_size=20))
def test_a_row_of_steps_has_the_rates_of_its_steps(schedule, row):
    assert schedule.rates(row) == [schedule(step) for step in row]
    assert schedule.rates(np.array(row)) == schedule.rates(np.array(row, dtype=float))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (3, "steps must be a sequence, got 3"),
        ([1, -1], "step must be finite and >= 0, got -1"),
        ([[1, 2]], r"step must be finite and >= 0, got \[1, 2\]"),
    ],
)
def test_a_bad_row_of_steps_is_refused(row, message):
    with pytest.raises(ValueError, match=message):
        ConstantLR(0.1).rates(row)


def test_the_documented_recipes_for_arrays_and_compiled_updates():
    """numpy.take clips as JAX's does."""
    schedule = WarmupWithDecay(0.1, 10, 100)
    grid = np.arange(12).reshape(3, 4)
    assert np.vectorize(schedule, otypes=[float])(grid).tolist() == [
        schedule.rates(row) for row in grid
    ]
    table = np.array(schedule.curve(100 + 1))
    for count in (0, 3, 10, 99, 100, 101, 10**6):
        assert np.take(table, count, mode="clip") == schedule(count)


# ---- configurations ----


@given(schedules)
def test_a_schedule_is_rebuilt_from_its_configuration_and_that_from_json(schedule):
    config = schedule.to_config()
    assert json.loads(json.dumps(config)) == config
    again = Schedule.from_config(json.loads(json.dumps(config)))
    assert repr(again) == repr(schedule)


@given(MADE[CyclicLR] | MADE[OneCycleLR])
def test_a_momentum_is_rebuilt_from_its_configuration(cycle):
    momentum = cycle.momentum()
    assert Schedule.from_config(json.loads(json.dumps(momentum.to_config()))) == momentum


def test_a_configuration_names_classes_and_parameters():
    schedule = SequentialLR([LinearWarmup(0.1, 5), MultiStepLR(0.1, [4, 2])], [5])
    assert schedule.to_config() == {
        "class": "SequentialLR",
        "schedules": [
            {"class": "LinearWarmup", "base_lr": 0.1, "warmup_steps": 5, "start_lr": 0.0},
            {"class": "MultiStepLR", "base_lr": 0.1, "milestones": [2, 4], "gamma": 0.1},
        ],
        "milestones": [5],
    }


def test_what_a_configuration_leaves_out_has_its_default():
    config = {"class": "StepLR", "base_lr": 0.1, "step_size": 3}
    assert Schedule.from_config(config) == StepLR(0.1, 3)


@dataclass(frozen=True)
class StepLRBut(Schedule):
    """A schedule of one's own."""

    inner: Schedule
    least: float = 0.0

    def _rate(self, step):
        return max(self.inner(step), self.least)


def test_a_schedule_of_ones_own_is_rebuilt_under_the_name_of_its_module():
    schedule = StepLRBut(StepLR(0.1, 3), 0.01)
    config = schedule.to_config()
    assert config["class"] == f"{__name__}.StepLRBut"
    assert Schedule.from_config(config) == schedule


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (3, "config must be a dictionary with a known 'class', got 3"),
        ({}, "config must be a dictionary with a known 'class', got {}"),
        ({"class": ["StepLR"]}, "config must be a dictionary with a known 'class'"),
        ({"class": "Schedule"}, "config must be a dictionary with a known 'class'"),
        (
            {"class": "StepLR", "base_lr": 0.1},
            "must hold the parameters of StepLR: .*step_size",
        ),
        ({"class": "ConstantLR", "base_lr": 1, "x": 2}, "the parameters of ConstantLR: .*'x'"),
        ({"class": "ConstantLR", "base_lr": -1}, "base_lr must be a finite number >= 0, got -1"),
        ({"class": "ScaleLR", "schedule": {}, "factor": 1}, "with a known 'class', got {}"),
    ],
)
def test_a_bad_configuration_is_refused(config, message):
    with pytest.raises(ValueError, match=message):
        Schedule.from_config(config)


def test_a_function_has_no_configuration():
    with pytest.raises(ValueError, match="lr_lambda must be a plain value to be written, got"):
        ScaleLR(LambdaLR(0.1, abs), 2).to_config()
