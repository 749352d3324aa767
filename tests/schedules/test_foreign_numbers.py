"""Numbers of other libraries become Python's where they enter, and what is no number is refused."""

import pickle
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from io import BytesIO

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_schedule_arguments import BAD
from test_schedules import schedules

from lrlib import (
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    LambdaLR,
    MultiStepLR,
    NoamLR,
    OneCycleLR,
    PiecewiseConstantLR,
    PiecewiseLinearLR,
    ProductLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
    WarmupStableDecay,
)
from lrlib.catalog import CATALOG
from lrlib.optim import ScheduledLR
from lrlib.schedules.base import LARGEST, Schedule

# A number of Python's as one of another library, which holds it exactly.
FOREIGN = {
    "a scalar of NumPy": lambda x: np.int64(x) if isinstance(x, int) else np.float64(x),
    "an array without axes": np.array,
    "an array of one element": lambda x: np.array([x]),
    "a tensor": lambda x: torch.tensor(x, dtype=None if isinstance(x, int) else torch.float64),
    "a tensor of one element": lambda x: torch.tensor([x], dtype=torch.float64),
    "a fraction": Fraction,
    "a decimal": Decimal,
}
each_kind = pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
each_schedule = pytest.mark.parametrize("schedule", BAD, ids=lambda each: type(each).__name__)


def is_number(value):
    return type(value) in (int, float)


@each_kind
@each_schedule
def test_a_schedule_of_foreign_numbers_is_that_of_pythons(schedule, foreign):
    given = {
        name: foreign(value) if is_number(value) else value
        for name, value in vars(schedule).items()
    }
    made = type(schedule)(**given)
    assert made == schedule
    assert repr(made) == repr(schedule)
    assert pickle.dumps(made.curve(20)) == pickle.dumps(schedule.curve(20))


@each_kind
def test_a_plateau_of_foreign_numbers_is_that_of_pythons(foreign):
    given = {"base_lr": 0.5, "factor": 0.25, "patience": 2, "cooldown": 1, "min_lr": 0.125}
    plateau = ReduceLROnPlateau(**{name: foreign(value) for name, value in given.items()})
    assert repr(vars(plateau)) == repr(vars(ReduceLROnPlateau(**given)))
    plateau.load_state_dict({name: foreign(1) for name in plateau.state_dict()})
    assert repr(plateau.state_dict()) == repr(
        {"lr": 1.0, "best": 1.0, "bad_evaluations": 1, "cooldown_left": 1}
    )


@each_kind
def test_sequences_of_foreign_numbers_become_tuples_of_pythons(foreign):
    milestones = [foreign(3), foreign(7)]
    assert repr(MultiStepLR(0.1, milestones)) == repr(MultiStepLR(0.1, (3, 7)))
    parts = [ConstantLR(0.1)] * 3
    assert repr(SequentialLR(parts, milestones)) == repr(SequentialLR(parts, (3, 7)))


def test_knots_of_foreign_numbers_are_pythons():
    for kind, steps in ((PiecewiseConstantLR, [3]), (PiecewiseLinearLR, [3, 7])):
        made = kind(np.array(steps, np.uint8), np.array([0.5, 0.25], np.float32))
        assert repr(made) == repr(kind(steps, [0.5, 0.25]))


@pytest.mark.parametrize("value", [torch.ones(2), np.ones(2), Decimal("sNaN"), None], ids=repr)
def test_what_cannot_be_compared_is_no_choice(value):
    with pytest.raises(ValueError, match="^three_phase must be one of False, True, got"):
        OneCycleLR(1.0, 10, three_phase=value)
    with pytest.raises(ValueError, match="^mode must be one of 'triangular', .*, got"):
        CyclicLR(0.1, 1.0, 5, mode=value)


def test_an_array_is_a_sequence():
    assert repr(MultiStepLR(0.1, np.array([3, 7]))) == repr(MultiStepLR(0.1, (3, 7)))
    assert repr(MultiStepLR(0.1, torch.tensor([3, 7]))) == repr(MultiStepLR(0.1, (3, 7)))


def test_a_count_that_is_a_float_becomes_an_int_and_a_rate_that_is_an_int_a_float():
    assert repr(StepLR(1, 3e1)) == "StepLR(base_lr=1.0, step_size=30, gamma=0.1)"


def test_flags_and_modes_of_numpy_become_pythons():
    schedule = OneCycleLR(1.0, 10, anneal_strategy=np.str_("linear"), three_phase=np.True_)
    assert schedule.three_phase is True
    assert type(schedule.anneal_strategy) is str
    assert type(CyclicLR(0.1, 1.0, 5, mode=np.str_("triangular")).mode) is str


NO_NUMBERS = {
    "a truth value": True,
    "a truth value of NumPy": np.True_,
    "an array of a truth value": np.array([True]),
    "a tensor of a truth value": torch.tensor(True),
    "two numbers": np.array([1, 2]),
    "a tensor of two numbers": torch.tensor([1.0, 2.0]),
    "no number at all": np.array([]),
    "a text": "1",
    "a text of NumPy": np.str_("1"),
    "a complex number": 1j,
    "a list": [1],
    "not a number": np.float32("nan"),
    "infinity": torch.tensor(float("inf")),
    "too large for a float": 10**400,
    "a number that signals": Decimal("sNaN"),
    "an unlike thing": object(),
}


@pytest.mark.parametrize("value", NO_NUMBERS.values(), ids=NO_NUMBERS)
@each_schedule
def test_what_is_no_number_is_refused_by_name(schedule, value):
    for name, legal in vars(schedule).items():
        if is_number(legal):
            with pytest.raises(ValueError, match=rf"^{name} must be"):
                type(schedule)(**{**vars(schedule), name: value})


@pytest.mark.parametrize("value", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_is_no_number_is_no_step(value):
    for schedule in (ConstantLR(0.1), WarmupStableDecay(0.1, 10, 30, 10)):
        with pytest.raises(ValueError, match="^step must be finite and >= 0, got"):
            schedule(value)
    with pytest.raises(ValueError, match="^n must be a whole number >= 0, got"):
        schedule.curve(value)


@pytest.mark.parametrize(
    "value", [3, 0.5, None, ConstantLR(0.1), np.array(3), b"3", {3}, {3: 1}], ids=repr
)
def test_one_thing_where_a_sequence_is_expected_is_refused(value):
    with pytest.raises(ValueError, match="^milestones must be a sequence, got"):
        MultiStepLR(0.1, value)
    with pytest.raises(ValueError, match="^milestones must be a sequence, got"):
        SequentialLR([ConstantLR(0.1)], value)
    with pytest.raises(ValueError, match="^schedules must be a sequence, got"):
        SequentialLR(value, [])
    with pytest.raises(ValueError, match="^schedules must be a sequence, got"):
        ProductLR(value)


def test_a_text_is_no_sequence_of_steps():
    with pytest.raises(ValueError, match="^milestones must be a sequence, got '300'"):
        MultiStepLR(0.1, "300")


@dataclass(frozen=True)
class Written(Schedule):
    """A user's own schedule, whose formula is NumPy's."""

    base_lr: float

    def _rate(self, step):
        return self.base_lr * np.exp(-step)


def test_the_rates_of_a_users_own_formula_are_numbers_of_python():
    schedule = Written(0.1)
    rates = [schedule(1), *schedule.curve(2), *schedule.rates([2])]
    assert {type(rate) for rate in rates} == {float}


NARROW = [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.uint64, np.float16, np.float32]


@pytest.mark.parametrize("narrow", NARROW)
@given(schedules, st.integers(0, 127))
def test_a_step_neither_wraps_nor_overflows(narrow, schedule, step):
    assert schedule(narrow(step)) == schedule(step)
    assert type(schedule(narrow(step))) is float


def test_an_unsigned_step_is_on_the_plateau_and_a_narrow_width_is_a_width():
    assert WarmupStableDecay(0.1, 10, 30, 10)(np.uint64(20)) == 0.1
    assert NoamLR(np.int16(512), np.int16(4000))(5) == NoamLR(512, 4000)(5)
    assert CosineAnnealingWarmRestarts(1.0, 0.0, 3, np.int8(2))(1000) > 0


@each_kind
@given(schedules, st.integers(0, 1000))
def test_a_step_of_any_library_is_that_step(foreign, schedule, step):
    assert schedule(foreign(step)) == pytest.approx(schedule(step), rel=1e-12)


def test_a_function_of_the_step_may_give_foreign_numbers():
    rates = LambdaLR(0.5, lambda t: np.float32(0.25)).curve(2)
    assert repr(rates) == "[0.125, 0.125]"


@given(schedules, st.sampled_from([1e300, 1.7e308, LARGEST, int(LARGEST)]))
def test_a_step_may_be_as_large_as_a_float(schedule, step):
    assert 0 <= schedule(step) <= LARGEST


@each_kind
def test_a_fitted_example_takes_foreign_numbers(foreign):
    entry = CATALOG["step"]
    assert repr(entry.fitted(foreign(0.5), foreign(700))) == repr(entry.fitted(0.5, 700))
    with pytest.raises(ValueError, match="total_steps must be a whole number >= 1, got 0"):
        entry.fitted(0.5, 0)


def test_what_a_schedule_of_foreign_numbers_leaves_in_an_optimizer_is_loaded_as_plain_weights():
    for schedule in (
        CosineAnnealingLR(np.float64(0.1), np.int64(10)),
        LambdaLR(0.1, lambda t: np.float64(0.5)),
        PiecewiseConstantLR([2], np.array([0.1, 0.2])),
    ):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        scheduler = ScheduledLR(optimizer, schedule)
        optimizer.step()
        scheduler.step()
        file = BytesIO()
        torch.save(optimizer.state_dict(), file)
        file.seek(0)
        state = torch.load(file, weights_only=True)
        assert repr(state["param_groups"][0]["lr"]) == repr(schedule(1))
