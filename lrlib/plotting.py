"""Figures of schedules and runs, in the one style of the book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib_inline.backend_inline import set_matplotlib_formats

from .catalog import CATALOG
from .schedules import Schedule

_STYLE = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "figure.figsize": (7.2, 3.6),
    "font.size": 10,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "lrlib",
}

_COLOURS = {entry.schedule: entry.colour for entry in CATALOG.values()}


def use_book_style() -> None:
    """Draw every later figure in the style of the book, and show it as SVG in notebooks."""
    plt.rcParams.update(_STYLE)
    set_matplotlib_formats("svg", metadata={"Date": None})


def colour_of(schedule: Schedule | type[Schedule]) -> str:
    """Return the colour that the catalog gives to a schedule or its class.

    Raises:
        ValueError: if the catalog has no row for the class.
    """
    kind = schedule if isinstance(schedule, type) else type(schedule)
    if kind not in _COLOURS:
        raise ValueError(f"schedule must have a row in the catalog, got {kind.__name__}")
    return _COLOURS[kind]


def label_end(ax: Axes, x: float, y: float, text: str, colour: str, dy: float = 0) -> None:
    """Write ``text`` just right of the point where a line ends, ``dy`` points above it."""
    ax.annotate(
        text, (x, y), (6, dy), textcoords="offset points", color=colour, va="center", clip_on=False
    )


def plot_schedules(schedules: Mapping[str, Schedule], steps: int, ax: Axes | None = None) -> Axes:
    """Draw the rate of each schedule over the first ``steps`` updates, each labelled by its key.

    Args:
        schedules: label to schedule. The colour comes from the catalog.
        steps: the number of updates shown; the rate after the last of them closes the curve.
        ax: the axes to draw on; new ones by default.

    Returns:
        The axes.
    """
    ax = ax or plt.subplots()[1]
    for label, schedule in schedules.items():
        rates = schedule.curve(steps + 1)
        ax.plot(rates, color=colour_of(schedule))
        label_end(ax, steps, rates[-1], label, colour_of(schedule))
    ax.set(xlabel="update", ylabel="learning rate", xlim=(0, steps), ylim=(0, None))
    return ax


def plot_mean(
    ax: Axes, x: Sequence[float], runs: np.ndarray, colour: str, label: str, dy: float = 0
) -> None:
    """Draw the mean over seeds as a line and its standard error as a band, labelled at its end.

    Args:
        ax: the axes.
        x: positions, of length n.
        runs: values of shape [seeds, n]; a run that is not finite is left out.
        colour: of line and band.
        label: written at the end of the line.
        dy: shift of the label in points, where two lines end close together.
    """
    runs = runs[np.isfinite(runs).all(axis=1)]
    mean = runs.mean(axis=0)
    error = runs.std(axis=0, ddof=1) / len(runs) ** 0.5
    ax.plot(x, mean, color=colour)
    ax.fill_between(x, mean - error, mean + error, color=colour, alpha=0.2, linewidth=0)
    label_end(ax, x[-1], mean[-1], label, colour, dy)
