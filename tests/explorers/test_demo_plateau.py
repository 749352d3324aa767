"""The demo of the plateau: lrlib's own plateau, watching the noisy quadratic through noise."""

import itertools

import pytest

from lrlib import ReduceLROnPlateau
from lrlib.explorers.demos import plateau
from lrlib.explorers.demos.noise import normals
from lrlib.explorers.demos.plateau import UPDATES
from lrlib.theory import harmonic_quadratic

SLIDERS = {"noise": 0.1, "patience": 2, "factor": 0.5, "threshold": 0.01, "cooldown": 1}
NOISY = pytest.mark.parametrize("noise", [0.0, 0.05, 0.3])


def drawn(**moved):
    return plateau(**(SLIDERS | {"base_lr": 0.3} | moved))


def rates(**moved):
    """The rate before the first evaluation, and after each."""
    rate, _ = drawn(**moved)["plateau"]
    return rate.y[::2]


def test_the_main_line_comes_first_and_the_others_are_in_the_panel_of_the_loss():
    lines = drawn()
    assert list(lines) == ["plateau", "seen", "best"]
    assert [lines[label][0] for label in ("seen", "best")] == [None, None]


@NOISY
def test_the_rate_is_what_lrlibs_plateau_makes_of_what_is_seen(noise):
    seen = drawn(noise=noise)["seen"][1].y
    watcher = ReduceLROnPlateau(0.3, factor=0.5, patience=2, threshold=0.01, cooldown=1)
    assert rates(noise=noise) == [0.3, *map(watcher.update, seen)]


@NOISY
def test_the_loss_is_the_quadratics_under_that_rate(noise):
    losses = drawn(noise=noise)["plateau"][1].y
    used = [rate for rate in rates(noise=noise)[:-1] for _ in range(UPDATES)]
    expected = harmonic_quadratic(10).losses(used)[::UPDATES]
    assert losses == pytest.approx(expected)


def test_what_is_seen_is_the_loss_and_noise_in_proportion():
    lines = drawn()
    losses, seen = lines["plateau"][1].y[1:], lines["seen"][1].y
    assert seen == pytest.approx(
        [loss * (1 + 0.1 * z) for loss, z in zip(losses, normals(60), strict=True)]
    )


def test_another_seed_is_other_noise():
    assert drawn(seed=2)["seen"][1].y != drawn()["seen"][1].y


def test_without_a_threshold_the_best_is_the_smallest_seen_so_far():
    lines = drawn(threshold=0.0)
    assert lines["best"][1].y == list(itertools.accumulate(lines["seen"][1].y, min))


def test_a_perfect_view_of_a_falling_loss_never_drops_the_rate():
    assert set(rates(noise=0.0, threshold=0.0)) == {0.3}


def test_a_drop_is_a_cliff_at_its_evaluation():
    rate, _ = drawn()["plateau"]
    assert rate.x == [0, *(at for each in range(1, 61) for at in (each, each))]
    assert rate.y[1::2] == rates()[:-1]


@pytest.mark.parametrize(
    ("moved", "text"),
    [
        ({"noise": 0.0, "threshold": 0.0}, "0.3 after 0 drops"),
        ({"noise": 0.0, "evaluations": 15, "factor": 0.1, "threshold": 0.1}, "0.03 after 1 drop"),
        ({"noise": 0.1, "threshold": 0.0, "cooldown": 0}, "0.00469 after 6 drops"),
    ],
)
def test_the_panels_head_tells_the_rate_and_counts_the_drops(moved, text):
    assert drawn(**moved)["plateau"][0].text == text


def test_a_cooldown_makes_drops_rarer_and_a_threshold_makes_them_more():
    def drops(**moved):
        return len(set(rates(**moved))) - 1

    assert drops(cooldown=8) < drops(cooldown=0)
    assert drops(threshold=0.1) > drops(threshold=0.0)
