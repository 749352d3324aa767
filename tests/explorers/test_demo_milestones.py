"""The demo of two milestones draws the schedules that it names, and their expected loss."""

import pytest

from lrlib import ConstantLR, LinearLR, MultiStepLR
from lrlib.explorers.demos import milestones
from lrlib.theory import harmonic_quadratic

STEPS = 60
SCHEDULES = {
    "two drops": MultiStepLR(0.3, (20, 45), 0.2),
    "linear": LinearLR(0.3, 1, 0, STEPS),
    "no drop": ConstantLR(0.3, factor=1),
}


def drawn(first=20, second=45, gamma=0.2):
    return milestones(0.3, gamma, first, second, STEPS)


def test_the_run_with_drops_is_the_main_line():
    assert list(drawn()) == list(SCHEDULES)


@pytest.mark.parametrize("label", SCHEDULES)
def test_the_upper_curve_is_the_rate(label):
    rate, _ = drawn()[label]
    assert list(rate.x) == list(range(STEPS + 1))
    assert rate.y == SCHEDULES[label].curve(STEPS + 1)


@pytest.mark.parametrize("label", SCHEDULES)
def test_the_lower_curve_is_the_expected_loss_under_that_rate(label):
    _, loss = drawn()[label]
    assert list(loss.x) == list(range(STEPS + 1))
    assert loss.y == harmonic_quadratic(10).losses(SCHEDULES[label].curve(STEPS))


def test_either_milestone_may_be_the_earlier_one():
    assert drawn(first=45, second=20) == drawn(first=20, second=45)


def test_milestones_on_one_another_drop_the_rate_twice():
    rate, _ = drawn(first=30, second=30, gamma=0.1)["two drops"]
    assert rate.y[29:31] == pytest.approx([0.3, 0.003])


def test_milestones_at_the_end_never_act_in_the_run():
    late = drawn(first=STEPS, second=STEPS)
    assert late["two drops"][0].y[:-1] == late["no drop"][0].y[:-1]
    assert late["two drops"][1] == late["no drop"][1]
