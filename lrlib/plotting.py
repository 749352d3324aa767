"""Figures of schedules and runs, in the one style of the book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .catalog import CATALOG
from .schedules import (
    CosineAnnealingWarmRestarts,
    CosineWarmup,
    CyclicLR,
    ExponentialCyclicLR,
    ExponentialWarmup,
    LinearWarmup,
    OneCycleLR,
    Schedule,
    WarmupWithDecay,
)
from .schedules.base import check_length

#: The style of the book. ``@in_book_style`` draws in it, whatever style is in force. An SVG keeps
#: its letters as text, which a page sets in its own typeface; it is narrower than the one here.
STYLE = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "figure.figsize": (7.2, 3.6),
    "font.size": 10.5,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.8,
    "svg.fonttype": "none",
    "svg.hashsalt": "lrlib",
}

in_book_style = plt.rc_context(STYLE)

_COLOURS = {entry.schedule: entry.colour for entry in CATALOG.values()}


def colour_of(schedule: Schedule | type[Schedule]) -> str:
    """Return the colour that the catalog gives to a schedule or its class.

    Raises:
        ValueError: if the catalog has no row for the class.
    """
    kind = schedule if isinstance(schedule, type) else type(schedule)
    if kind not in _COLOURS:
        raise ValueError(f"schedule must have a row in the catalog, got {kind.__name__}")
    return _COLOURS[kind]


def label_ends(ax: Axes) -> None:
    """Write each line's label just right of where it ends, in its colour, none over another.

    Takes the lines that have a label, and the axes' limits as they are: call it last. A line that
    has left the axes is labelled at the edge that it left by.
    """
    lines = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    bottom, top = ax.bbox.intervaly
    heights = []
    for line in lines:
        height = ax.transData.transform(line.get_xydata()[-1])[1]
        heights.append(min(max(bottom, height), top) if height < np.inf else top)
    point = ax.figure.dpi / 72
    free = -np.inf
    for height, line in sorted(zip(heights, lines, strict=True), key=lambda pair: pair[0]):
        free = max(free, height)
        ax.annotate(
            line.get_label(),
            (line.get_xdata()[-1], (height - bottom) / (top - bottom)),
            (6, (free - height) / point),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            color=line.get_color(),
            va="center",
            annotation_clip=False,
        )
        free += 1.15 * plt.rcParams["font.size"] * point


@in_book_style
def plot_schedules(schedules: Mapping[str, Schedule], steps: int, ax: Axes | None = None) -> Axes:
    """Draw the rate of each schedule over the first ``steps`` updates, each labelled by its key.

    Args:
        schedules: label to schedule. The colour comes from the catalog.
        steps: the number of updates shown, whole and >= 1; the rate after the last of them closes
            the curve.
        ax: the axes to draw on; new ones by default.

    Returns:
        The axes.

    Raises:
        ValueError: if ``steps`` is not a whole number >= 1.
    """
    steps = check_length("steps", steps)
    ax = ax or plt.subplots()[1]
    for label, schedule in schedules.items():
        ax.plot(schedule.curve(steps + 1), color=colour_of(schedule), label=label)
    ax.set(xlabel="update", ylabel="learning rate", xlim=(0, steps), ylim=(0, None))
    label_ends(ax)
    return ax


@in_book_style
def plot_warmup_schedules(warmup_steps: int = 1000, total_steps: int = 10000) -> Figure:
    """Draw the warmups on one pair of axes, all to a rate of 0.001.

    Args:
        warmup_steps: the length of the ramp in updates, whole, between 0 and ``total_steps``.
        total_steps: the number of updates shown, whole and >= 1.

    Returns:
        The figure.

    Raises:
        ValueError: if an argument lies outside its range.
    """
    total_steps = check_length("total_steps", total_steps)
    schedules = {
        "linear": LinearWarmup(1e-3, warmup_steps),
        "exponential": ExponentialWarmup(1e-3, warmup_steps),
        "cosine": CosineWarmup(1e-3, warmup_steps),
        "linear, then cosine decay": WarmupWithDecay(1e-3, warmup_steps, total_steps),
    }
    return plot_schedules(schedules, total_steps).figure


@in_book_style
def plot_cyclical_schedules(total_steps: int = 10000) -> Figure:
    """Draw the cyclical schedules side by side, all between rates of 0.0001 and 0.01.

    Args:
        total_steps: the number of updates shown, whole and >= 1. Cycles take a quarter of them,
            and three of the warm restarts fill them.

    Returns:
        The figure.

    Raises:
        ValueError: if ``total_steps`` lies outside its range.
    """
    total_steps = check_length("total_steps", total_steps)
    low, high, half = 1e-4, 1e-2, max(1, total_steps // 8)
    schedules = {
        "triangular": CyclicLR(low, high, half),
        "triangular2": CyclicLR(low, high, half, "triangular2"),
        "exp_range": CyclicLR(low, high, half, "exp_range", gamma=0.1 ** (1 / total_steps)),
        "exponential cyclic": ExponentialCyclicLR(low, high, 2 * half, decay_rate=0.7),
        "warm restarts": CosineAnnealingWarmRestarts(high, low, total_steps // 7 + 1),
        "1cycle": OneCycleLR(high, total_steps),
    }
    figure, axes = plt.subplots(2, 3, sharex=True, sharey=True)
    for ax, (title, schedule) in zip(axes.flat, schedules.items(), strict=True):
        ax.plot(schedule.curve(total_steps + 1), color=colour_of(schedule))
        quarters = [total_steps * share for share in (0.25, 0.5, 0.75)]
        ax.set(title=title, xlim=(0, total_steps), ylim=(0, None), xticks=quarters)
    figure.supxlabel("update")
    figure.supylabel("learning rate")
    return figure


def plot_mean(ax: Axes, x: Sequence[float], runs: np.ndarray, colour: str, label: str) -> None:
    """Draw the mean over seeds as a line and its standard error as a band.

    Args:
        ax: the axes.
        x: positions, of length n.
        runs: values of shape [seeds, n]; a run that is not finite is left out.
        colour: of line and band.
        label: of the line, for :func:`label_ends`.
    """
    runs = runs[np.isfinite(runs).all(axis=1)]
    mean = runs.mean(axis=0)
    error = runs.std(axis=0, ddof=1) / len(runs) ** 0.5
    ax.plot(x, mean, color=colour, label=label)
    ax.fill_between(x, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
