"""Learning-rate schedules as pure functions of the step, and a trainer that trains under them.

``import lrlib`` gives the schedules and needs the standard library alone. The adapter for torch,
the trainer, the figures, the explorers and the schedules of other libraries are modules of their
own: ``lrlib.optim``, ``lrlib.trainer``, ``lrlib.ensemble``, ``lrlib.range_test``, ``lrlib.sweep``,
``lrlib.plotting``, ``lrlib.explore``, ``lrlib.rosetta``. ``python -m lrlib`` is the command line.
"""

from .schedules import *  # noqa: F403
from .schedules import __all__  # noqa: F401
