"""What all explorers share: sliders over two panels, in Jupyter and in the built page.

An explorer is made from a :class:`Spec`, which says what moves and what is drawn.
:mod:`lrlib.explore` makes those of schedules, :mod:`lrlib.explore_runs` those of recorded runs.
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
from .plotting import in_book_style, label_ends
from .sketch import Axis, Line

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
    """

    name: str
    low: Number
    high: Number
    start: Number
    step: Number
    unit: str = ""
    choices: tuple[str, ...] = ()

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
    """A panel over the updates of a run."""

    title: str
    axis: Axis


@dataclass(frozen=True)
class Drawn:
    """What is drawn in every panel in one colour: a line for each panel."""

    label: str
    colour: str
    lines: tuple[Line, ...]


class Spec(ABC):
    """What an explorer shows; checked when it is made.

    Attributes:
        id: names the explorer in its page and in the page's address.
        title: stands above it.
        steps: the number of updates shown.
        sliders: the parameters that move.
        panels: the panels, from top to bottom.
    """

    id: str
    title: str
    steps: int
    sliders: tuple[Slider, ...]
    panels: tuple[Panel, ...]

    @property
    def start(self) -> dict[str, Number]:
        """Where the sliders stand at first."""
        return {slider.name: slider.start for slider in self.sliders}

    @abstractmethod
    def drawn(self, values: Mapping[str, Number]) -> list[Drawn]:
        """Return what is drawn with the sliders at ``values``: first what moves, then the rest."""

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """Return what the page's script needs to draw the explorer, as JSON can hold it."""

    def summary(self, live: Drawn) -> str:
        """Return in a sentence what is shown, for those who do not see it."""
        ends = ", ".join(
            f"{panel.title} {line.text}"
            for panel, line in zip(self.panels, live.lines, strict=True)
        )
        return f"After {self.steps:,} updates: {ends}."


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
        self.figure.value = draw_figure(self.spec, self.spec.drawn(self.values))

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


@in_book_style
def draw_figure(spec: Spec, drawn: list[Drawn]) -> bytes:
    """Return the panels as an SVG file."""
    figure = Figure((7.2, 4.8), layout="constrained")
    axes = figure.subplots(len(spec.panels), sharex=True)
    for i, (ax, panel) in enumerate(zip(axes, spec.panels, strict=True)):
        for each in reversed(drawn):
            line, width = each.lines[i], 2.4 if each is drawn[0] else 1.2
            label = f"{each.label} {line.text}"
            ax.plot(line.x, line.values, color=each.colour, linewidth=width, label=label)
            if line.band:
                ax.fill_between(line.x, *line.band, color=each.colour, alpha=0.2, linewidth=0)
        scale, limits = "log" if panel.axis.log else "linear", (panel.axis.low, panel.axis.high)
        ax.set(ylabel=panel.title, yscale=scale, ylim=limits, xlim=(0, spec.steps))
    axes[-1].set(xlabel="update")
    for ax in axes:
        label_ends(ax)
    file = io.BytesIO()
    figure.savefig(file, format="svg")
    return file.getvalue()
