"""An explorer in Jupyter: the page's drawing over ipywidgets sliders.

In the built book the same object leaves a figure of its own in the page, alive without a kernel
(:mod:`lrlib.explorers.page`). A saved notebook keeps a line that says to run the cell, for whoever
opens it without one.
"""

from __future__ import annotations

import os
from html import escape
from typing import Any

import ipywidgets as widgets

from .page import drawing, jupyter_head, page_figure
from .spec import Number, Slider, Spec

PAGES = "LRLIB_PAGES"  # set while the book is built


class Explorer(widgets.VBox):
    """An explorer, as a notebook cell shows it."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.html = page_figure(spec)
        names = _room_for([slider.name for slider in spec.sliders])
        units = _room_for([slider.unit for slider in spec.sliders])
        self.controls = {slider.name: _control(slider, names) for slider in spec.sliders}
        # HTML and not an image, so that text and lines take their colours from the front end.
        self.drawing = widgets.HTML()
        self.drawing.add_class("explorer-drawing")
        reset = widgets.Button(description="Reset", layout={"width": "5rem"})
        reset.on_click(self.reset)
        head = widgets.HBox(
            [widgets.HTML(jupyter_head(spec)), reset], layout={"justify_content": "space-between"}
        )
        head.add_class("explorer-head")
        rows = [
            widgets.HBox([control, widgets.Label(slider.unit, layout={"width": units})])
            for slider, control in zip(spec.sliders, self.controls.values(), strict=True)
        ]
        super().__init__([head, self.drawing, *rows])
        self.add_class("lrlib-explorer")
        for control in self.controls.values():
            control.observe(self.update, names="value")
        self.update()

    @property
    def values(self) -> dict[str, Number]:
        """Where the sliders stand."""
        return {name: control.value for name, control in self.controls.items()}

    def update(self, _change: object = None) -> None:
        """Draw the panels for the sliders' positions."""
        self.drawing.value = drawing(self.spec, self.values)

    def reset(self, _button: object = None) -> None:
        """Put the sliders back to where they stood at first."""
        for name, start in self.spec.start.items():
            self.controls[name].value = start

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        title, run = self.spec.title, "(run this cell to move its sliders)"
        line = f"<p><strong>{escape(title)}</strong> {run}</p>"
        shown = self.html if PAGES in os.environ else line
        said = {"text/plain": f"{title} {run}", "text/html": shown}
        return super()._repr_mimebundle_(**kwargs) | said


def _room_for(texts: list[str]) -> str:
    """Return a width that any of the texts fits in."""
    return f"{max(map(len, texts)) + 2}ch"  # letters may be wider than the digit that ch is


def _control(slider: Slider, room: str) -> widgets.Widget:
    """Return a slider whose name takes so much room."""
    shared = {
        "description": slider.name,
        "style": {"description_width": room},
        "layout": {"flex": "1 1 auto", "width": "auto"},
    }
    if slider.choices:
        options = [(slider.text(i), i) for i in range(len(slider.choices))]
        return widgets.SelectionSlider(options=options, value=slider.start, **shared)
    kind = widgets.IntSlider if slider.step == 1 else widgets.FloatSlider
    written = "d" if slider.step == 1 else f".{slider.decimals}f"
    span = {"min": slider.low, "max": slider.high, "step": slider.step}
    return kind(slider.start, **span, readout_format=written, **shared)
