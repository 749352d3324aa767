"""Figures: the catalog's colours, labels that can be read, means with their error."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from lrlib import ConstantLR, CosineAnnealingLR, LinearLR, Schedule, WarmupWithDecay
from lrlib.catalog import CATALOG
from lrlib.plotting import (
    colour_of,
    label_ends,
    plot_cyclical_schedules,
    plot_mean,
    plot_schedules,
    plot_warmup_schedules,
)


@pytest.fixture
def ax():
    return Figure().subplots()


def test_every_schedule_has_one_colour():
    assert colour_of(CosineAnnealingLR) == colour_of(CosineAnnealingLR(0.1, 9)) == "#0072B2"
    assert len({entry.colour for entry in CATALOG.values()}) == len(CATALOG)


def test_a_schedule_outside_the_catalog_has_no_colour():
    with pytest.raises(ValueError, match="schedule must have a row in the catalog, got Schedule"):
        colour_of(Schedule())


def test_schedules_are_drawn_to_the_end_of_the_run_and_labelled(ax):
    plot_schedules({"a": CosineAnnealingLR(0.2, 50), "b": LinearLR(0.1, 1, 0, 50)}, 50, ax)
    cosine, linear = ax.get_lines()
    assert cosine.get_ydata().tolist() == CosineAnnealingLR(0.2, 50).curve(51)
    assert linear.get_color() == colour_of(LinearLR)
    assert [text.get_text() for text in ax.texts] == ["a", "b"]


def test_the_style_of_the_book_is_used_and_no_other_changed():
    before = dict(plt.rcParams)
    ax = plot_schedules({"constant": ConstantLR(0.1, 1)}, 10)
    assert not ax.spines["top"].get_visible()
    assert ax.figure.get_layout_engine() is not None
    assert dict(plt.rcParams) == before
    plt.close(ax.figure)


def test_schedules_are_drawn_on_new_axes_by_default():
    ax = plot_schedules({"constant": ConstantLR(0.1, 1)}, 10)
    assert ax.get_xlabel() == "update"
    plt.close(ax.figure)


def test_labels_of_lines_that_end_together_do_not_overlap(ax):
    for label in "abc":
        ax.plot([0, 1], [1, 0.5], label=label)
    ax.plot([0, 1], [0, 0.5])
    label_ends(ax)
    ax.figure.canvas.draw()
    boxes = sorted((text.get_window_extent() for text in ax.texts), key=lambda box: box.y0)
    assert len(boxes) == 3
    assert all(low.y1 <= high.y0 + 1 for low, high in itertools.pairwise(boxes))


def test_a_label_stands_at_the_end_of_a_line_that_ends_alone(ax):
    ax.plot([0, 1], [1, 0.2], label="low")
    ax.plot([0, 1], [1, 0.8], label="high", color="#123456")
    label_ends(ax)
    low, high = ax.texts
    assert (low.get_text(), low.xyann, high.xyann) == ("low", (6, 0), (6, 0))
    assert low.xy[0] == 1
    assert ax.transAxes.transform(low.xy)[1] == pytest.approx(ax.transData.transform([1, 0.2])[1])
    assert high.get_color() == "#123456"


@pytest.mark.parametrize(("end", "edge"), [(1e300, 1), (np.inf, 1), (np.nan, 1), (-5, 0)])
def test_the_label_of_a_line_that_left_the_axes_stands_at_the_edge(ax, end, edge):
    ax.plot([0, 1], [1, end], label="away")
    ax.set_ylim(0, 2)
    label_ends(ax)
    assert ax.texts[0].xy[1] == edge


def test_a_mean_has_its_standard_error_around_it_and_leaves_diverged_runs_out(ax):
    runs = np.array([[1.0, 2.0], [3.0, 6.0], [np.nan, 1.0]])
    plot_mean(ax, [0, 10], runs, "#0072B2", "mean")
    (line,), (band,) = ax.get_lines(), ax.collections
    assert line.get_xydata().tolist() == [[0, 2], [10, 4]]
    assert (band.get_datalim(ax.transData).y0, band.get_datalim(ax.transData).y1) == (1, 6)


def test_the_warmups_are_drawn_on_one_pair_of_axes_up_to_one_rate():
    figure = plot_warmup_schedules(warmup_steps=30, total_steps=100)
    (ax,) = figure.axes
    lines = {text.get_text(): line for text, line in zip(ax.texts, ax.lines, strict=True)}
    assert set(lines) == {"linear", "exponential", "cosine", "linear, then cosine decay"}
    assert all(line.get_ydata()[30] == pytest.approx(1e-3) for line in ax.lines)
    assert ax.lines[3].get_ydata().tolist() == WarmupWithDecay(1e-3, 30, 100).curve(101)
    assert len({line.get_color() for line in ax.lines}) == 4
    plt.close(figure)


def test_the_cyclical_schedules_are_drawn_in_panels_between_the_same_rates():
    figure = plot_cyclical_schedules(total_steps=560)
    assert [ax.get_title(loc="left") for ax in figure.axes] == [
        "triangular",
        "triangular2",
        "exp_range",
        "exponential cyclic",
        "warm restarts",
        "1cycle",
    ]
    for ax in figure.axes:
        rates = ax.lines[0].get_ydata()
        assert len(rates) == 561
        assert 0.007 < rates.max() <= 0.01
        assert rates.min() <= 4e-4
    restarts = figure.axes[4].lines[0].get_ydata()
    assert [step for step in range(561) if restarts[step] == 0.01] == [0, 81, 243]
    plt.close(figure)


def test_figures_of_the_shortest_run_and_of_the_default_one_can_be_drawn():
    for figure in (
        plot_warmup_schedules(),
        plot_cyclical_schedules(),
        plot_warmup_schedules(0, 1),
        plot_cyclical_schedules(1),
    ):
        figure.canvas.draw()
        plt.close(figure)


@pytest.mark.parametrize(
    ("plot", "message"),
    [
        (lambda: plot_warmup_schedules(11, 10), "warmup_steps must not exceed total_steps"),
        (lambda: plot_warmup_schedules(0, 0), "total_steps must be a whole number >= 1, got 0"),
        (lambda: plot_cyclical_schedules(0), "total_steps must be a whole number >= 1, got 0"),
    ],
)
def test_a_run_that_cannot_be_drawn_is_refused(plot, message):
    with pytest.raises(ValueError, match=message):
        plot()


def test_a_length_may_be_a_narrow_number_of_another_library(ax):
    plot_schedules({"a": CosineAnnealingLR(0.2, 50)}, np.uint8(255), ax)
    assert len(ax.get_lines()[0].get_xdata()) == 256
    assert plot_cyclical_schedules(np.int8(100)).axes


def test_schedules_are_not_drawn_over_no_updates(ax):
    with pytest.raises(ValueError, match="steps must be a whole number >= 1, got 0"):
        plot_schedules({"a": CosineAnnealingLR(0.2, 50)}, 0, ax)
