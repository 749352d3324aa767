"""The plateau is torch's on ordinary metrics; where torch is wrong, both are shown."""

import inspect
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler as theirs

from lrlib import ReduceLROnPlateau

INF, NAN = math.inf, math.nan
# Few different values, so that ties and margins decide; not negative, where torch is right.
metrics = st.lists(
    st.one_of(st.sampled_from([0.0, 0.5, 0.9, 0.99, 0.999, 1.0, 1.01, 2.0]), st.floats(0, 1e3)),
    max_size=60,
)
arguments = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["min", "max"]),
        "factor": st.floats(0, 0.99),
        "patience": st.integers(0, 4),
        "threshold": st.sampled_from([0.0, 1e-4, 0.01, 0.1, 0.5]),
        "threshold_mode": st.sampled_from(["rel", "abs"]),
        "cooldown": st.integers(0, 4),
        "min_lr": st.floats(0, 1),
        "eps": st.sampled_from([0.0, 1e-8, 1e-3, 0.1]),
    }
)


def updated(plateau, metrics):
    """The rate after each evaluation."""
    return [plateau.update(metric) for metric in metrics]


def torchs(base_lr, metrics, **arguments):
    """The rate that torch leaves in a real optimizer after each evaluation."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base_lr)
    scheduler = theirs.ReduceLROnPlateau(optimizer, **arguments)
    rates = []
    for metric in metrics:
        optimizer.step()
        scheduler.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def reductions(rates, base_lr=1.0):
    """The evaluations, counted from 1, after which the rate is lower than before."""
    before = [base_lr, *rates]
    return [i + 1 for i, rate in enumerate(rates) if rate < before[i]]


@given(metrics, arguments)
def test_on_ordinary_metrics_it_is_torchs(metrics, arguments):
    plateau = ReduceLROnPlateau(1.0, **arguments)
    assert updated(plateau, metrics) == torchs(1.0, metrics, **arguments)


@given(st.lists(st.floats(-1e3, 1e3), max_size=60), arguments)
def test_on_metrics_of_either_sign_it_is_torchs_if_the_margin_is_absolute(metrics, arguments):
    arguments["threshold_mode"] = "abs"
    plateau = ReduceLROnPlateau(1.0, **arguments)
    assert updated(plateau, metrics) == torchs(1.0, metrics, **arguments)


@given(metrics, arguments)
def test_a_smaller_metric_is_better_as_a_larger_negative_one_is(metrics, arguments):
    plateau = ReduceLROnPlateau(1.0, **arguments)
    arguments["mode"] = {"min": "max", "max": "min"}[arguments["mode"]]
    mirrored = ReduceLROnPlateau(1.0, **arguments)
    assert updated(plateau, metrics) == updated(mirrored, [-metric for metric in metrics])


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=60), arguments)
def test_the_rate_never_rises_and_stays_above_its_floor(metrics, arguments):
    rates = [1.0, *updated(ReduceLROnPlateau(1.0, **arguments), metrics)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] >= arguments["min_lr"]


def test_it_reduces_after_more_bad_evaluations_than_its_patience():
    """With patience 2 on a flat metric: the first is good, the fourth is the third bad one."""
    rates = updated(ReduceLROnPlateau(1.0, factor=0.5, patience=2), [1.0] * 10)
    assert reductions(rates) == [4, 7, 10]
    assert rates[3:7] == [0.5, 0.5, 0.5, 0.25]


def test_in_its_cooldown_no_evaluation_is_bad():
    plateau = ReduceLROnPlateau(1.0, factor=0.5, patience=2, cooldown=2)
    assert reductions(updated(plateau, [1.0] * 12)) == [4, 9]


@pytest.mark.parametrize(
    ("mode", "threshold_mode", "best", "good", "bad"),
    [
        ("min", "rel", 2.0, 1.79, 1.81),
        ("min", "abs", 2.0, 1.89, 1.91),
        ("max", "rel", 2.0, 2.21, 2.19),
        ("max", "abs", 2.0, 2.11, 2.09),
        ("min", "rel", -2.0, -2.21, -2.19),
        ("max", "rel", -2.0, -1.79, -1.81),
        ("min", "rel", 0.0, -1e-9, 0.0),
    ],
)
def test_an_evaluation_is_good_if_it_beats_the_best_by_the_margin(
    mode, threshold_mode, best, good, bad
):
    for metric, kept in ((good, good), (bad, best)):
        plateau = ReduceLROnPlateau(1.0, mode, threshold=0.1, threshold_mode=threshold_mode)
        updated(plateau, [best, metric])
        assert plateau.best == kept
        assert plateau.bad_evaluations == (kept == best)


def test_a_reduction_stops_at_the_floor_and_a_tiny_one_is_left_out():
    assert updated(ReduceLROnPlateau(1.0, patience=0, min_lr=0.2), [1, 1, 1]) == [1.0, 0.2, 0.2]
    assert updated(ReduceLROnPlateau(1.0, factor=0.5, patience=0, eps=0.5), [1, 1]) == [1.0, 1.0]


def test_a_metric_may_be_a_tensor():
    plateau = ReduceLROnPlateau(1.0)
    plateau.update(torch.tensor(0.5))
    assert plateau.state_dict()["best"] == 0.5


# ---- where torch is wrong ----


@pytest.mark.parametrize(("mode", "metric"), [("min", -1.0), ("max", -1.0)])
def test_a_flat_negative_metric_is_a_plateau_and_to_torch_an_improvement(mode, metric):
    flat = [metric] * 10
    assert reductions(torchs(1.0, flat, mode=mode, patience=2)) == []
    assert reductions(updated(ReduceLROnPlateau(1.0, mode, patience=2), flat)) == [4, 7, 10]


def test_a_metric_that_is_not_a_number_is_bad_here_as_in_torch():
    for flat in ([1.0] + [NAN] * 9, [NAN] * 10):
        rates = updated(ReduceLROnPlateau(1.0, patience=2), flat)
        assert rates == torchs(1.0, flat, patience=2)
        assert reductions(rates) == ([4, 7, 10] if flat[0] == 1 else [3, 6, 9])


def test_a_metric_of_nan_is_never_the_best():
    plateau = ReduceLROnPlateau(1.0)
    updated(plateau, [NAN, 3.0, NAN])
    assert (plateau.best, plateau.bad_evaluations) == (3.0, 1)


@pytest.mark.parametrize(("mode", "infinite"), [("min", -INF), ("max", INF)])
def test_an_infinite_metric_is_bad_and_to_torch_the_best_for_ever(mode, infinite):
    better = [infinite, *(float(i if mode == "max" else -i) for i in range(1, 12))]
    absolute = {"mode": mode, "patience": 2, "threshold_mode": "abs"}
    assert reductions(torchs(1.0, better, **absolute)) == [4, 7, 10]
    assert reductions(updated(ReduceLROnPlateau(1.0, **absolute), better)) == []


def test_a_margin_of_the_whole_metric_still_accepts_a_first_and_torch_none():
    """torch multiplies the infinity that it begins with by zero."""
    metrics = [1.0, 1.0, 1.0]
    assert reductions(torchs(1.0, metrics, patience=1, threshold=1.0)) == [2]
    assert reductions(updated(ReduceLROnPlateau(1.0, patience=1, threshold=1.0), metrics)) == [3]


def test_a_floor_holds_however_often_the_rate_is_reduced():
    """Where it is dropped: ignite, if no single parameter group is named."""
    assert updated(ReduceLROnPlateau(1.0, patience=0, min_lr=0.3), [1.0] * 9)[-1] == 0.3


# ---- state ----


@given(metrics, metrics, arguments)
def test_a_state_continues_where_it_was_saved(before, after, arguments):
    whole, resumed = ReduceLROnPlateau(1.0, **arguments), ReduceLROnPlateau(1.0, **arguments)
    updated(whole, before)
    resumed.load_state_dict(whole.state_dict())
    assert updated(resumed, after) == updated(whole, after)
    assert resumed.state_dict() == whole.state_dict()


def test_a_state_holds_no_arguments_and_so_overwrites_none_where_torchs_does():
    old = ReduceLROnPlateau(1.0, patience=2)
    old.update(1.0)
    assert old.state_dict() == {
        "lr": 1.0,
        "best": 1.0,
        "bad_evaluations": 0,
        "cooldown_left": 0,
    }
    new = ReduceLROnPlateau(1.0, patience=9)
    new.load_state_dict(old.state_dict())
    assert new.patience == 9

    def scheduler(patience):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        return theirs.ReduceLROnPlateau(optimizer, patience=patience)

    theirs_new = scheduler(9)
    theirs_new.load_state_dict(scheduler(2).state_dict())
    assert theirs_new.patience == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": -1.0}, "lr must be a finite number >= 0, got -1.0"),
        ({"lr": NAN}, "lr must be a finite number >= 0, got nan"),
        ({"best": INF}, "best must be a finite number, got inf"),
        ({"best": "low"}, "best must be a finite number, got 'low'"),
        ({"bad_evaluations": -1}, "bad_evaluations must be a whole number >= 0, got -1"),
        ({"cooldown_left": 1.5}, "cooldown_left must be a whole number >= 0, got 1.5"),
        ({"patience": 3}, "state_dict must hold .*, got .*'patience'"),
    ],
)
def test_a_bad_state_is_refused_whole(change, message):
    plateau = ReduceLROnPlateau(1.0, patience=0)
    updated(plateau, [1.0, 1.0])
    before = dict(vars(plateau))
    good = {"lr": 0.5, "best": 2.0, "bad_evaluations": 1, "cooldown_left": 1}
    with pytest.raises(ValueError, match=message):
        plateau.load_state_dict(good | change)
    assert vars(plateau) == before
    plateau.load_state_dict(good)
    assert plateau.state_dict() == good


def test_a_state_with_something_missing_is_refused():
    state = ReduceLROnPlateau(1.0).state_dict()
    del state["best"]
    with pytest.raises(ValueError, match="state_dict must hold .*'best'"):
        ReduceLROnPlateau(1.0).load_state_dict(state)


BAD = {
    "base_lr": [-0.1, NAN, INF, None],
    "mode": ["Min", "minimum", None],
    "factor": [-0.1, 1.5, NAN],
    "patience": [-1, 2.5, None],
    "threshold": [-0.1, NAN, INF],
    "threshold_mode": ["relative", None],
    "cooldown": [-1, 2.5],
    "min_lr": [-0.1, 2.0, NAN],
    "eps": [-1e-9, NAN, INF],
}


def test_every_argument_is_checked():
    assert set(BAD) == set(inspect.signature(ReduceLROnPlateau).parameters)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values]
)
def test_a_bad_argument_is_refused_by_name_and_value(name, value):
    with pytest.raises(ValueError, match=name) as error:
        ReduceLROnPlateau(**{"base_lr": 1.0, name: value})
    assert repr(value) in str(error.value)


@pytest.mark.parametrize("metric", [None, "0.5", True, [0.5], torch.ones(2), 10**400], ids=repr)
def test_a_metric_that_is_no_number_is_refused_and_changes_nothing(metric):
    plateau = ReduceLROnPlateau(1.0, patience=0)
    plateau.update(0.5)
    before = plateau.state_dict()
    with pytest.raises(ValueError, match="metric must be a number, got"):
        plateau.update(metric)
    assert plateau.state_dict() == before


@pytest.mark.parametrize(
    "metric",
    [np.float32(0.5), np.array([0.5]), torch.tensor(0.5), torch.tensor([0.5]), Fraction(1, 2)],
    ids=repr,
)
def test_a_metric_may_be_a_number_of_any_library(metric):
    plateau = ReduceLROnPlateau(1.0)
    plateau.update(metric)
    assert repr(plateau.best) == "0.5"
