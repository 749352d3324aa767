"""Learning-rate schedules as pure functions of the step, and the course that derives them.

``import lrlib`` gives the schedules and needs the standard library alone. What a practitioner
imports beside them: ``lrlib.optim`` drives a torch optimizer, ``lrlib.rosetta`` has the schedules
of other libraries, ``lrlib.theory`` predicts without training, ``lrlib.training`` trains one run or
thousands, ``lrlib.tuning`` chooses a rate. What serves the course: ``lrlib.lab`` is its laboratory,
``lrlib.explorers`` its sliders, ``lrlib.course`` what a chapter imports. ``python -m lrlib`` is the
command line.
"""

from .schedules import *  # noqa: F403
from .schedules import __all__  # noqa: F401
