"""What ``explorer.js`` calls: a function that draws an explorer from its sliders' positions."""

from browser import window

from lrlib.explorers import demos
from lrlib.explorers.sketch import Axis, line


def start(spec):
    """Return ``draw(values)`` for one explorer; ``values`` maps each parameter to a number.

    It gives for each panel the lines of what moves: path, dot, text, area, values.
    """
    demo = getattr(demos, spec.demo)
    fixed = spec.fixed.to_dict()
    panels = [(Axis(low, high, log), (left, right)) for low, high, log, left, right in spec.axes]

    def draw(values):
        drawn = zip(*demo(**fixed, **values.to_dict()).values(), strict=True)
        return [
            [written(line(curve, *panel)) for curve in curves if curve is not None]
            for curves, panel in zip(drawn, panels, strict=True)
        ]

    return draw


def written(line):
    """Return a line as ``explorer.js`` reads it."""
    return [line.path, line.dot, line.text, line.area, line.values]


window.startExplorer = start
