"""What an explorer shows: sliders over panels, and what is drawn at each of their positions.

:mod:`lrlib.explorers.demo` makes specifications that the page computes, those of schedules
(:mod:`lrlib.explorers.schedules`) among them, and :mod:`lrlib.explorers.runs` those of recorded
runs. :mod:`lrlib.explorers.page` draws them, and :mod:`lrlib.explorers.widget` puts ipywidgets
below the drawing.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

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

    @cached_property
    def first(self) -> list[Drawn]:
        """What is drawn at first."""
        return self.drawn(self.start)

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
