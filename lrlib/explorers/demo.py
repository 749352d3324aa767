"""Explorers of demos: what the page computes anew whenever a slider moves."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import demos
from .sketch import Curve, Line
from .spec import Drawn, Number, Panel, Slider, Spec, check_id
from .widget import Explorer

__all__ = ["DemoSpec", "Panel", "explore_demo", "make_slider", "positions"]


def make_slider(name: str, span: tuple[Number, ...], whole: bool, unit: str = "") -> Slider:
    """Return the slider for ``(low, high)`` or ``(low, high, start)``.

    A whole number moves by one. Any other moves by the power of ten that gives it 100 to 1,000
    positions, and its span must lie on them. Without a start it begins in the middle.

    Raises:
        ValueError: if the span is not of this form.
    """
    form = f"{name} must be (low, high) or (low, high, start) with low <= start <= high"
    if len(span) not in (2, 3) or not all(isinstance(x, (int, float)) for x in span):
        raise ValueError(f"{form}, got {span!r}")
    low, high = span[:2]
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"{form}, finite, got {span!r}")
    step = 1 if whole else 10 ** math.floor(math.log10((high - low) / 100) + 1e-9)
    slider = Slider(name, low, high, low, step, unit)
    middle = round((low + high) / 2, slider.decimals)
    start = span[2] if len(span) == 3 else int(middle) if whole else middle
    if not low <= start <= high:
        raise ValueError(f"{form}, got {span!r}")
    for value in (low, high, start):
        if not math.isclose(value, round(value, slider.decimals), abs_tol=1e-12):
            raise ValueError(f"{name} must move in steps of {step:g}, got {value!r}")
    return dataclasses.replace(slider, start=start)


def positions(sliders: Sequence[Slider]) -> list[dict[str, Number]]:
    """Return every combination of the sliders' low ends, starts and high ends."""
    names = [slider.name for slider in sliders]
    ends = itertools.product(*((s.low, s.start, s.high) for s in sliders))
    return [dict(zip(names, values, strict=True)) for values in ends]


@dataclass(frozen=True)
class DemoSpec(Spec):
    """A demo under sliders, and lines that stay.

    Args:
        id: names the explorer in its page and in the page's address.
        title: stands above it.
        demo: the demo, one of those in :mod:`lrlib.explorers.demos`.
        sliders: its arguments that move.
        fixed: its arguments that do not, as JSON can hold them.
        panels: the panels.
        colours: label to colour, for each label of the demo.
        still: label to colour and lines, for what stays.
    """

    id: str
    title: str
    demo: Callable[..., dict[str, tuple[Curve | None, ...]]]
    sliders: tuple[Slider, ...]
    fixed: Mapping[str, Any]
    panels: tuple[Panel, ...]
    colours: Mapping[str, str]
    still: Mapping[str, tuple[str, tuple[Line, ...]]]

    def drawn(self, values: Mapping[str, Number]) -> list[Drawn]:
        """Return what the demo draws, and what stays."""
        moving = [
            Drawn(label, self.colours[label], self.lines(curves), moves=True)
            for label, curves in self.demo(**self.fixed, **values).items()
        ]
        return moving + [
            Drawn(label, colour, lines, moves=False)
            for label, (colour, lines) in self.still.items()
        ]

    def lines(self, curves: Sequence[Curve | None]) -> tuple[Line | None, ...]:
        """Return one curve for each panel as they are drawn."""
        return tuple(panel.draw(each) for panel, each in zip(self.panels, curves, strict=True))

    def data(self) -> dict[str, Any]:
        """Return what lrlib in the page needs to run the demo."""
        axes = [
            [panel.axis.low, panel.axis.high, panel.axis.log, *panel.span] for panel in self.panels
        ]
        return {"demo": self.demo.__name__, "fixed": dict(self.fixed), "axes": axes}


def explore_demo(
    demo: Callable[..., dict[str, tuple[Curve | None, ...]]],
    *,
    id: str,
    title: str,
    panels: Sequence[Panel],
    colours: Mapping[str, str],
    units: Mapping[str, str] | None = None,
    handles: Sequence[str] = (),
    **parameters: Any,
) -> Explorer:
    """Put a demo under sliders.

    Args:
        demo: one of those in :mod:`lrlib.explorers.demos`. A parameter that it annotates as
            ``int`` moves in whole steps.
        id: names the explorer in its page: letters, digits and hyphens.
        title: stands above it.
        panels: from top to bottom, as many as the demo gives each label curves.
        colours: label to colour, for each label of the demo; the first is the main one.
        units: what parameters count, for those that count something.
        handles: the parameters that are places on the horizontal axis and can be dragged there.
        parameters: the demo's arguments: ``(low, high)`` or ``(low, high, start)`` for one that
            moves, anything else for one that does not.

    Raises:
        ValueError: if an argument is not of this form, the demo has no such parameter, none moves,
            or the demo refuses what the sliders allow.
    """
    check_id(id)
    if getattr(demos, getattr(demo, "__name__", ""), None) is not demo:
        raise ValueError(f"demo must be one of {demos.__all__}, got {demo!r}")
    known = inspect.signature(demo).parameters
    for name in [*parameters, *(units or {})]:
        if name not in known:
            raise ValueError(
                f"{demo.__name__} takes {', '.join(known)}, got the parameter {name!r}"
            )
    fixed = {name: value for name, value in parameters.items() if not isinstance(value, tuple)}
    moving = [name for name in parameters if name not in fixed]
    if not moving:
        raise ValueError("parameters must hold one (low, high) at least, got none")
    for name in handles:
        if name not in moving or known[name].annotation != "int":
            raise ValueError(f"handles must name parameters that move and are whole, got {name!r}")
    sliders = tuple(
        dataclasses.replace(
            make_slider(
                name, parameters[name], known[name].annotation == "int", (units or {}).get(name, "")
            ),
            handle=name in handles,
        )
        for name in moving
    )
    for values in positions(sliders):
        drawn = demo(**fixed, **values)
        if list(drawn) != list(colours):
            raise ValueError(
                f"colours must be of {list(drawn)}, in this order, got {list(colours)}"
            )
        for label, curves in drawn.items():
            if len(curves) != len(panels):
                raise ValueError(
                    f"panels must be {len(curves)}, as {label!r} has curves, got {len(panels)}"
                )
    return Explorer(DemoSpec(id, title, demo, sliders, fixed, tuple(panels), dict(colours), {}))
