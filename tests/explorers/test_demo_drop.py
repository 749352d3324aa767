"""The demo of one drop draws the noisy quadratic, and its runs average to what it draws."""

from importlib import import_module

import pytest

from lrlib import ConstantLR, MultiStepLR
from lrlib.explorers.demos.drop import NOISE, drop, floor, one_run
from lrlib.explorers.demos.noise import normals
from lrlib.theory import harmonic_quadratic

SLIDERS = {"eta": 0.3, "noise": 1.5, "batch": 4, "drop_at": 75, "factor": 0.1}


def curves(label, panel, **moved):
    return drop(**(SLIDERS | moved))[label][panel].y


def test_the_rate_is_the_schedules():
    assert curves("drop", 0) == MultiStepLR(0.3, (75,), 0.1).curve(151)
    assert curves("constant", 0) == ConstantLR(0.3, factor=1).curve(151)


def test_the_loss_is_the_quadratics_with_the_variance_of_a_batch():
    problem = harmonic_quadratic(6, noise=1.5**2 / 4)
    assert curves("drop", 1) == problem.losses(MultiStepLR(0.3, (75,), 0.1).curve(150))
    assert curves("constant", 1) == problem.losses([0.3] * 150)


def test_the_update_that_the_drop_is_named_after_is_the_first_at_the_lower_rate():
    assert curves("drop", 0)[74:76] == pytest.approx([0.3, 0.03])
    assert curves("drop", 1)[:76] == curves("constant", 1)[:76]
    assert curves("drop", 1)[76] < curves("constant", 1)[76]


def test_four_times_the_batch_is_half_the_noise():
    assert curves("drop", 1, batch=16) == pytest.approx(curves("drop", 1, noise=0.75))


@pytest.mark.parametrize("rate", [0.05, 0.5, 1.2])
def test_a_constant_rate_levels_off_at_its_floor(rate):
    problem = harmonic_quadratic(6, noise=0.3)
    assert problem.final_loss([rate] * 1000) == pytest.approx(floor(problem, rate))


def test_the_floor_drawn_is_that_of_the_rate_of_each_update():
    problem = harmonic_quadratic(6, noise=1.5**2 / 4)
    drawn = curves("floor", 1)
    assert set(drawn[:75]) == {floor(problem, 0.3)}
    assert set(drawn[75:]) == {floor(problem, 0.3 * 0.1)}
    assert drop(**SLIDERS)["floor"][0] is None


def test_runs_average_to_the_expected_loss(monkeypatch):
    rates = MultiStepLR(0.3, (30,), 0.1).curve(60)
    problem = harmonic_quadratic(3)
    module, runs = import_module("lrlib.explorers.demos.drop"), []
    for seed in range(1, 801):
        monkeypatch.setattr(module, "NOISE", normals(180, seed))
        runs.append(one_run(problem, rates))
    mean = [sum(losses) / len(runs) for losses in zip(*runs, strict=True)]
    expected = problem.losses(rates)
    assert mean[0] == pytest.approx(expected[0])
    assert mean[30] == pytest.approx(expected[30], rel=0.1)
    assert mean[60] == pytest.approx(expected[60], rel=0.1)


def test_without_noise_a_run_is_what_is_expected():
    assert curves("one run", 1, noise=0.0) == pytest.approx(curves("drop", 1, noise=0.0))


def test_a_run_is_the_same_run_wherever_the_sliders_are_and_in_the_page():
    assert normals(1000) == NOISE
    early, late = curves("one run", 1, drop_at=50), curves("one run", 1, drop_at=100)
    assert early[:51] == late[:51]
    assert early[51] != late[51]
