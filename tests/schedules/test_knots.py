"""Schedules through given values: pieces of constant rates, and straight lines between knots."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_schedules import counts, pieces, rates

from lrlib import ConstantLR, PiecewiseConstantLR, PiecewiseLinearLR, SequentialLR


@given(pieces, st.integers(0, 20_000))
def test_constant_pieces_are_constant_rates_in_sequence(drawn, step):
    milestones, values = drawn[0][1:], drawn[1]
    parts = SequentialLR([ConstantLR(value, 1) for value in values], milestones)
    assert PiecewiseConstantLR(milestones, values)(step) == parts(step)


@given(st.lists(st.tuples(counts, rates), min_size=1, max_size=5, unique_by=lambda each: each[0]))
def test_linear_pieces_are_numpys_interpolation(drawn):
    knots, values = zip(*sorted(drawn), strict=True)
    schedule = PiecewiseLinearLR(knots, values)
    steps = np.arange(0, 20_000, 7)
    expected = np.interp(steps, knots, values)
    assert schedule.rates(steps) == pytest.approx(expected, rel=1e-9, abs=1e-12 * max(values))
    assert schedule.rates(knots) == list(values)


def test_at_a_knot_given_twice_the_rate_jumps():
    schedule = PiecewiseLinearLR([2, 4, 4, 6], [0.2, 0.4, 1.0, 0.0])
    assert schedule.curve(8) == pytest.approx([0.2, 0.2, 0.2, 0.3, 1.0, 0.5, 0.0, 0.0])
    assert PiecewiseLinearLR([0, 0], [0.1, 0.2])(0) == 0.2
