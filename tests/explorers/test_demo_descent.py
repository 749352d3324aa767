"""Descent on a bowl, as its explorer shows it: stable where the theory says, and drawn whole."""

import math

import pytest

from lrlib.explorers.demos.descent import EDGE, START, descend, descent, level_lines, loss_at

FLAT, STEEP = 0.5, 10.0
BEST = 2 / (FLAT + STEEP)


def drawn(rate=BEST, momentum=0.0, steps=40):
    return descent(rate, momentum, FLAT, STEEP, steps)


def test_without_momentum_each_direction_shrinks_by_its_own_factor():
    for t, (x, y) in enumerate(descend(0.05, 0.0, (FLAT, STEEP), 20)):
        assert x == pytest.approx(START[0] * (1 - 0.05 * FLAT) ** t)
        assert y == pytest.approx(START[1] * (1 - 0.05 * STEEP) ** t)


def test_momentum_keeps_its_share_of_the_last_step():
    points = descend(0.02, 0.7, (FLAT, STEEP), 20)
    for before, now, after in zip(points, points[1:], points[2:], strict=False):
        for i, curvature in enumerate((FLAT, STEEP)):
            expected = 0.7 * (now[i] - before[i]) - 0.02 * curvature * now[i]
            assert after[i] - now[i] == pytest.approx(expected)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_the_edge_is_where_the_theory_puts_it(momentum):
    edge = 2 * (1 + momentum) / STEEP
    inside = loss_at(descend(0.99 * edge, momentum, (FLAT, STEEP), 3000)[-1], (FLAT, STEEP))
    outside = loss_at(descend(1.01 * edge, momentum, (FLAT, STEEP), 3000)[-1], (FLAT, STEEP))
    assert inside < 1e-3 < 1e3 < outside


def test_no_rate_without_momentum_shrinks_the_slower_direction_more_than_the_one_called_best():
    def farthest(rate):
        end = descend(rate, 0.0, (FLAT, STEEP), 40)[-1]
        return max(abs(at / start) for at, start in zip(end, START, strict=True))

    assert farthest(BEST) == pytest.approx(((STEEP - FLAT) / (STEEP + FLAT)) ** 40)
    assert farthest(BEST) <= min(farthest(rate / 1000) for rate in range(5, 400))


def test_at_the_best_rate_both_losses_agree():
    both = drawn(BEST)
    assert both["yours"][0].y == both["best, no momentum"][0].y


def test_the_loss_begins_at_the_start_and_has_a_value_for_each_update():
    loss = drawn()["yours"][0]
    assert loss.x == list(range(41))
    assert loss.y[0] == loss_at(START, (FLAT, STEEP))
    assert loss.y[-1] == loss_at(descend(BEST, 0.0, (FLAT, STEEP), 40)[-1], (FLAT, STEEP))


def test_a_path_that_stays_is_drawn_to_its_end():
    path = drawn()["yours"][1]
    assert list(zip(path.x, path.y, strict=True)) == descend(BEST, 0.0, (FLAT, STEEP), 40)
    assert path.text.startswith("at (")


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.35])
def test_a_path_that_is_stable_under_momentum_stays_in_the_picture(rate):
    assert len(drawn(rate, 0.9)["yours"][1].x) == 41


@pytest.mark.parametrize(("rate", "momentum"), [(0.21, 0.0), (0.4, 0.0), (0.4, 0.9)])
def test_a_path_that_leaves_is_cut_at_the_edge_of_the_square(rate, momentum):
    path = drawn(rate, momentum)["yours"][1]
    assert len(path.x) < 41
    assert max(map(abs, path.x + path.y)) == pytest.approx(EDGE)
    assert abs(path.y[-1]) == pytest.approx(EDGE)
    assert path.text == "has left"


def test_the_last_piece_of_a_cut_path_points_to_where_it_went():
    path = drawn(0.4)["yours"][1]
    visited = descend(0.4, 0.0, (FLAT, STEEP), 40)[: len(path.x)]
    (x, y), (a, b) = visited[-2:]
    share = (path.x[-1] - x) / (a - x)
    assert 0 < share < 1
    assert path.y[-1] == pytest.approx(y + share * (b - y))


def test_level_lines_are_ellipses_a_quarter_apart_and_the_outermost_holds_the_start():
    lines = level_lines((FLAT, STEEP))
    points = list(zip(lines.x, lines.y, strict=True))[:-1]
    powers = [
        math.log(loss_at(START, (FLAT, STEEP)) / loss_at(p, (FLAT, STEEP)), 4) for p in points
    ]
    assert powers == pytest.approx([round(power) for power in powers], abs=1e-9)
    assert [round(power) for power in powers] == sorted(list(range(5)) * (len(points) // 5))


def test_the_level_lines_end_inside_the_picture_where_their_label_stands():
    lines = level_lines((FLAT, STEEP))
    assert (lines.x[-1], lines.y[-1]) == (EDGE, 0)


@pytest.mark.parametrize("rate", [0.005, 0.4])
@pytest.mark.parametrize("momentum", [0.0, 0.95])
@pytest.mark.parametrize(("flat", "steep"), [(0.1, 2.0), (2.0, 20.0), (0.1, 20.0)])
def test_every_number_is_finite_at_the_ends_of_the_sliders(rate, momentum, flat, steep):
    for curves in descent(rate, momentum, flat, steep, 40).values():
        for curve in curves:
            assert curve is None or all(map(math.isfinite, curve.x + curve.y))
