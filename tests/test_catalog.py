"""The catalog is complete, its examples run, and its colours can be told apart."""

import inspect
import itertools
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from torch.optim import lr_scheduler

import lrlib
from lrlib import Schedule
from lrlib.catalog import CATALOG

# Schedules made of schedules, of a function or of free values: they have no shape of their own.
COMBINATORS = {
    lrlib.ClampLR,
    lrlib.CounterMomentum,
    lrlib.LambdaLR,
    lrlib.PiecewiseConstantLR,
    lrlib.PiecewiseLinearLR,
    lrlib.ProductLR,
    lrlib.ScaleLR,
    lrlib.SequentialLR,
    lrlib.ShiftLR,
    lrlib.StretchLR,
}

each_row = pytest.mark.parametrize(("key", "row"), CATALOG.items(), ids=CATALOG)


def test_every_schedule_but_the_combinators_has_one_row():
    exported = {getattr(lrlib, name) for name in lrlib.__all__} - {Schedule}
    rows = [row.schedule for row in CATALOG.values()]
    assert len(rows) == len(set(rows))
    assert set(rows) == exported - COMBINATORS


@each_row
def test_a_key_is_in_kebab_case(key, row):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", key)


def test_the_labels_are_distinct():
    assert len({row.label for row in CATALOG.values()}) == len(CATALOG)


@each_row
def test_a_chapter_is_a_file_name(key, row):
    assert re.fullmatch(r"\d\d_[a-z]+", row.chapter)


@pytest.mark.parametrize("total_steps", [40, 1500])
@each_row
def test_an_example_is_fitted_to_any_peak_and_run(key, row, total_steps):
    if not issubclass(row.schedule, Schedule):
        return
    fitted, example = row.fitted(0.3, total_steps), row.schedule(**row.example)
    assert max(fitted.curve(total_steps)) == pytest.approx(0.3, rel=0.1)
    whole = [example(1000 * t / total_steps) for t in range(total_steps)]
    scale = 0.3 / max(example.curve(1000))
    assert fitted.curve(total_steps) == pytest.approx([scale * rate for rate in whole])


@each_row
def test_an_example_moves_within_a_run_of_a_thousand_updates(key, row):
    schedule = row.schedule(**row.example)
    if isinstance(schedule, Schedule):
        curve = schedule.curve(1001)
    else:
        curve = [schedule.update(1.0) for _ in range(20)]
    assert 0 <= min(curve) < 0.5 * max(curve)
    assert max(curve) < 0.2


@each_row
def test_a_twin_is_a_scheduler_of_torch_of_the_same_name(key, row):
    if row.torch is not None:
        assert issubclass(getattr(lr_scheduler, row.torch), lr_scheduler.LRScheduler)
        assert row.torch == row.schedule.__name__


@each_row
def test_a_parameter_that_torch_has_too_has_torchs_default(key, row):
    """But for gamma of the cycle: torch's 1 makes exp_range the triangle."""
    if row.torch is not None:
        theirs = inspect.signature(getattr(lr_scheduler, row.torch)).parameters
        for name, parameter in inspect.signature(row.schedule).parameters.items():
            if name in theirs and (key, name) != ("cyclic", "gamma"):
                assert parameter.default in (theirs[name].default, inspect.Parameter.empty), name


def test_no_scheduler_of_torch_is_left_without_its_twin():
    """MultiplicativeLR has no value at a step without those before it; the rest combine."""
    theirs = {
        name
        for name, kind in vars(lr_scheduler).items()
        if isinstance(kind, type) and issubclass(kind, lr_scheduler.LRScheduler) and name[0] != "_"
    }
    twins = {row.torch for row in CATALOG.values()}
    combinators = {"ChainedScheduler", "LambdaLR", "SequentialLR"}
    assert theirs - twins == combinators | {"LRScheduler", "MultiplicativeLR"}


# ---- colours ----

TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
# What is left of linear RGB without one kind of cone (Machado, Oliveira, Fernandes 2009).
SIGHT = {
    "full": np.eye(3),
    "no red cones": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green cones": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}


def linear(colour):
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    return TO_OKLAB @ np.cbrt(TO_LMS @ rgb)


def from_oklab(lab):
    return np.linalg.solve(TO_LMS, np.linalg.solve(TO_OKLAB, lab) ** 3)


def contrast(rgb, other):
    low, high = sorted(each @ [0.2126, 0.7152, 0.0722] for each in (rgb, other))
    return (high + 0.05) / (low + 0.05)


def distance(colour, other, sight):
    seen = [oklab((sight @ linear(each)).clip(0, 1)) for each in (colour, other)]
    return np.linalg.norm(seen[0] - seen[1])


@each_row
def test_a_colour_stands_out_on_white_and_on_the_dark_page(key, row):
    """On the dark page a line is mixed with 38 % white, in OKLab."""
    mixed = from_oklab(0.62 * oklab(linear(row.colour)) + 0.38 * oklab(linear("#FFFFFF")))
    assert contrast(mixed, linear("#14181D")) >= 3
    assert contrast(linear(row.colour), linear("#FFFFFF")) >= 3


@pytest.mark.parametrize("sight", SIGHT.values(), ids=SIGHT)
def test_no_two_colours_look_alike(sight):
    for (_, one), (_, other) in itertools.combinations(CATALOG.items(), 2):
        least = 0.1 if one.chapter == other.chapter else 0.05
        assert distance(one.colour, other.colour, sight) >= least, (one.label, other.label)
