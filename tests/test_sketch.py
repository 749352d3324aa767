"""What an explorer draws: numbers placed on an axis, and the path through them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrlib import CosineAnnealingLR
from lrlib.sketch import OUTSIDE, Axis, Sketch, line
from lrlib.theory import harmonic_quadratic


def test_a_linear_axis_runs_from_the_bottom_to_the_top():
    assert Axis(0.0, 0.4).heights([0.0, 0.1, 0.4]) == pytest.approx([100, 75, 0])


def test_a_logarithmic_axis_gives_every_decade_the_same_room():
    assert Axis(0.01, 1.0, log=True).heights([0.01, 0.1, 1.0]) == pytest.approx([100, 50, 0])


@given(st.one_of(st.floats(), st.just(0.0), st.just(-1.0)), st.booleans())
def test_what_lies_outside_stays_near_the_panel(value, log):
    (height,) = Axis(0.1, 10.0, log).heights([value])
    assert -OUTSIDE <= height <= 100 + OUTSIDE


def test_a_line_is_a_path_over_the_updates_and_a_dot_at_its_end():
    drawn = line([0.2, 0.1, 0.04], Axis(0.0, 0.2))
    assert drawn.path == "M0 0.00L1 50.00L2 80.00"
    assert drawn.end == "M2 80.00h0"
    assert drawn.text == "0.04"


def test_a_sketch_shows_the_rate_and_the_loss_it_leads_to():
    problem, cosine = harmonic_quadratic(3), CosineAnnealingLR(0.3, 20)
    rate, loss = Sketch(problem, 20, Axis(0.0, 1.0), Axis(0.01, 1.0, log=True)).draw(cosine)
    assert rate.values == cosine.curve(21)
    assert loss.values == problem.losses(cosine.curve(20))
    assert math.isfinite(loss.values[-1])
