"""What an explorer draws: numbers placed on an axis, and the path through them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrlib.explorers.sketch import OUTSIDE, Axis, Curve, line


def test_a_linear_axis_runs_from_the_bottom_to_the_top():
    assert Axis(0.0, 0.4).heights([0.0, 0.1, 0.4]) == pytest.approx([100, 75, 0])


def test_a_logarithmic_axis_gives_every_decade_the_same_room():
    assert Axis(0.01, 1.0, log=True).heights([0.01, 0.1, 1.0]) == pytest.approx([100, 50, 0])


@given(st.one_of(st.floats(), st.just(0.0), st.just(-1.0)), st.booleans())
def test_what_lies_outside_stays_near_the_panel(value, log):
    (height,) = Axis(0.1, 10.0, log).heights([value])
    assert -OUTSIDE <= height <= 100 + OUTSIDE


@given(st.floats())
def test_what_lies_beside_stays_near_the_panel_too(x):
    path = line(Curve([x], [0.0]), Axis(0.0, 1.0), (-2.0, 2.0)).path
    assert -2.4 <= float(path[1:].split()[0]) <= 2.4


def test_a_line_is_a_path_and_a_dot_at_its_end():
    drawn = line(Curve([0, 1, 2], [0.2, 0.1, 0.04]), Axis(0.0, 0.2), (0, 2))
    assert drawn.path == "M0 0.00L1 50.00L2 80.00"
    assert drawn.dot == "M2 80.00h0"
    assert drawn.text == "0.04"
    assert drawn.area == ""


def test_the_dot_and_its_value_can_be_those_of_another_point():
    drawn = line(Curve([0, 1, 2], [0.2, 0.1, 0.04], dot=1), Axis(0.0, 0.2), (0, 2))
    assert (drawn.dot, drawn.text) == ("M1 50.00h0", "0.1")


def test_a_curve_can_bring_its_own_text():
    assert line(Curve([0], [0.2], text="2 ± 1"), Axis(0.0, 1.0), (0, 1)).text == "2 ± 1"


def test_an_error_becomes_a_band_that_is_drawn_there_and_back():
    drawn = line(Curve([0, 1], [0.5, 0.5], [0.1, 0.2]), Axis(0.0, 1.0), (0, 1))
    assert drawn.area == "M0 40.00L1 30.00L1 70.00L0 60.00Z"


def test_a_curve_that_is_not_a_number_is_drawn_nevertheless():
    drawn = line(Curve([0, 1], [1.0, math.nan]), Axis(0.1, 10.0, log=True), (0, 1))
    assert drawn.text == "nan"
    assert "nan" not in drawn.path
