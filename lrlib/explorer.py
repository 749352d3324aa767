"""What all explorers share: sliders over panels, in Jupyter and in the built page.

An explorer is made from a :class:`Spec`, which says what moves and what is drawn.
:mod:`lrlib.explore_demo` makes those that the page computes, :mod:`lrlib.explore` those of
schedules among them, and :mod:`lrlib.explore_runs` those of recorded runs.
"""

from __future__ import annotations

import io
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
from matplotlib.figure import Figure

from .explore_page import page_figure
from .plotting import in_book_style
from .sketch import Axis, Curve, Line, line

Number = float | int


@dataclass(frozen=True)
class Slider:
    """A parameter that the reader moves.

    Args:
        name: the parameter.
        low: its smallest value.
        high: its largest value.
        start: where it stands at first.
        step: from one position to the next.
        unit: what it counts; empty for a rate.
        choices: what the positions 0, 1, 2, ... stand for, where they stand for something else.
        handle: whether it is a place on the horizontal axis that can be dragged in the panels.
    """

    name: str
    low: Number
    high: Number
    start: Number
    step: Number
    unit: str = ""
    choices: tuple[str, ...] = ()
    handle: bool = False

    @property
    def decimals(self) -> int:
        """How many decimals a position has."""
        return max(0, -math.floor(math.log10(self.step)))

    def text(self, position: Number) -> str:
        """Return a position as a reader would write it."""
        value = self.choices[int(position)] if self.choices else f"{position:,.{self.decimals}f}"
        return f"{value} {self.unit}".strip()


@dataclass(frozen=True)
class Panel:
    """A panel of an explorer.

    Args:
        title: what its vertical axis shows.
        axis: its vertical axis.
        span: the ends of its horizontal axis.
        unit: what its horizontal axis shows.
        when: for which point the values in its head hold.
    """

    title: str
    axis: Axis
    span: tuple[float, float]
    unit: str = "update"
    when: str = "at the end"

    def draw(self, curve: Curve | None) -> Line | None:
        """Return a curve as it is drawn in this panel."""
        return None if curve is None else line(curve, self.axis, self.span)


@dataclass(frozen=True)
class Drawn:
    """What is drawn in one colour.

    Args:
        label: what it is called.
        colour: its colour.
        lines: its line in each panel, None where it has none.
        moves: whether it moves with the sliders.
    """

    label: str
    colour: str
    lines: tuple[Line | None, ...]
    moves: bool


class Spec(ABC):
    """What an explorer shows; checked when it is made.

    Attributes:
        id: names the explorer in its page and in the page's address.
        title: stands above it.
        sliders: the parameters that move.
        panels: the panels, from top to bottom.
    """

    id: str
    title: str
    sliders: tuple[Slider, ...]
    panels: tuple[Panel, ...]

    @property
    def start(self) -> dict[str, Number]:
        """Where the sliders stand at first."""
        return {slider.name: slider.start for slider in self.sliders}

    @property
    def feet(self) -> list[bool]:
        """Which panels draw their horizontal axis, all but those above one that shares it."""
        across = [(panel.span, panel.unit) for panel in self.panels]
        return [mine != below for mine, below in zip(across, [*across[1:], None], strict=True)]

    @abstractmethod
    def drawn(self, values: Mapping[str, Number]) -> list[Drawn]:
        """Return what is drawn with the sliders at ``values``: what moves, then what stays.

        The first is the main one: a thick line with a dot.
        """

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """Return what the page's script needs to draw the explorer, as JSON can hold it."""


def check_id(id: str) -> None:
    """Raise ValueError unless ``id`` can name an explorer in a page's address."""
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9-]*", id):
        raise ValueError(f"id must be letters, digits and hyphens, got {id!r}")


class Explorer(widgets.VBox):
    """An explorer, as a notebook cell shows it."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.html = page_figure(spec)
        self.controls = {slider.name: _control(slider) for slider in spec.sliders}
        self.figure = widgets.Image(format="svg+xml", layout={"max_width": "46rem"})
        for control in self.controls.values():
            control.observe(self.update, names="value")
        self.update()
        super().__init__([widgets.HTML(f"<b>{spec.title}</b>"), *self.controls.values()])
        self.children = (*self.children, self.figure)

    @property
    def values(self) -> dict[str, Number]:
        """Where the sliders stand."""
        return {name: control.value for name, control in self.controls.items()}

    def update(self, _change: object = None) -> None:
        """Draw the figure for the sliders' positions."""
        self.figure.value = draw_figure(self.spec, self.values)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return super()._repr_mimebundle_(**kwargs) | {"text/html": self.html}


def _control(slider: Slider) -> widgets.Widget:
    shared = {
        "description": slider.name,
        "style": {"description_width": "8rem"},
        "layout": {"width": "32rem"},
    }
    if slider.choices:
        options = [(slider.text(i), i) for i in range(len(slider.choices))]
        return widgets.SelectionSlider(options=options, value=slider.start, **shared)
    kind = widgets.IntSlider if slider.step == 1 else widgets.FloatSlider
    written = "d" if slider.step == 1 else f".{slider.decimals}f"
    span = {"min": slider.low, "max": slider.high, "step": slider.step}
    return kind(slider.start, **span, readout_format=written, **shared)


# The labels stand in a line above the panel, as they do in the page.
_HEAD = {
    "loc": "lower right",
    "bbox_to_anchor": (1.0, 1.0),
    "frameon": False,
    "fontsize": "small",
    "handlelength": 1.2,
    "columnspacing": 1.2,
    "borderpad": 0.1,
}


@in_book_style
def draw_figure(spec: Spec, values: Mapping[str, Number]) -> bytes:
    """Return the panels, with the sliders at ``values``, as an SVG file."""
    drawn = spec.drawn(values)
    figure = Figure((7.2, 2.4 * len(spec.panels)), layout="constrained")
    axes = figure.subplots(len(spec.panels), squeeze=False)[:, 0]
    for i, (ax, panel, foot) in enumerate(zip(axes, spec.panels, spec.feet, strict=True)):
        for each in reversed(drawn):
            line, main = each.lines[i], each is drawn[0]
            if line is None:
                continue
            label = f"{each.label} {line.text}"
            ax.plot(line.x, line.values, "-", c=each.colour, lw=2.4 if main else 1.2, label=label)
            if line.band:
                ax.fill_between(line.x, *line.band, color=each.colour, alpha=0.2, linewidth=0)
            if main:
                x, y = line.x[line.at], line.values[line.at]
                away = not panel.axis.low <= y <= panel.axis.high
                ax.plot(x, y, "o", color=each.colour, clip_on=away)
        for slider in spec.sliders:
            if slider.handle:
                ax.axvline(values[slider.name], color="0.5", linewidth=1, linestyle=":")
        scale, limits = "log" if panel.axis.log else "linear", (panel.axis.low, panel.axis.high)
        ax.set(ylabel=panel.title, yscale=scale, ylim=limits, xlim=panel.span)
        ax.set_xlabel(panel.unit if foot else "")
        ax.tick_params(labelbottom=foot)
        handles, _ = ax.get_legend_handles_labels()
        ax.legend(handles=handles[::-1], ncols=len(handles), **_HEAD)
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()
