"""What ``explorer.js`` calls: a function that draws an explorer from its sliders' positions."""

from browser import window

import lrlib
from lrlib.sketch import Axis, Sketch
from lrlib.theory import NoisyQuadratic


def start(spec):
    """Return ``draw(values)`` for one explorer; ``values`` maps each parameter to a number."""
    schedule = getattr(lrlib, spec.schedule)
    fixed = spec.fixed.to_dict()
    problem = NoisyQuadratic(spec.curvatures, spec.variances, spec.start)
    sketch = Sketch(problem, spec.steps, Axis(*spec.rate_axis), Axis(*spec.loss_axis))

    def draw(values):
        lines = sketch.draw(schedule(**fixed, **values.to_dict()))
        return [[line.path, line.end, line.text, line.area, line.values] for line in lines]

    return draw


window.startExplorer = start
