"""An explorer in Jupyter: ipywidgets sliders over a matplotlib figure.

In the built book the same object leaves a figure of its own in the page, alive without a kernel
(:mod:`lrlib.explorers.page`).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
from matplotlib.figure import Figure

from ..plotting import in_book_style
from .page import page_figure
from .spec import Number, Slider, Spec


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
