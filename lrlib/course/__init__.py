"""What a chapter imports, in one line: ``from lrlib.course import ...``."""

from .. import lab, schedules
from ..catalog import CATALOG
from ..explorers.demo import Panel, explore_demo
from ..explorers.demos import descent, drop, milestones, plateau, power
from ..explorers.demos.descent import descend
from ..explorers.runs import explore_runs, mean_curve, rate_curve
from ..explorers.schedules import explore
from ..explorers.sketch import Axis, Curve
from ..lab.records import record
from ..lab.scoreboard import ROWS, row, scoreboard
from ..optim import ScheduledLR, driven_rates
from ..plotting import colour_of, label_ends, plot_mean
from ..rosetta import port
from ..schedules import *  # noqa: F403
from ..schedules.shapes import cosine_fall, linear_fall, rex_fall
from ..theory import (
    NoisyQuadratic,
    best_last_iterate_bound,
    harmonic_quadratic,
    last_iterate_bound,
)
from ..training import digits, mnist1d, train, train_many
from ..training.loop import HIDDEN
from ..training.model import mlp
from .notebook import ask, numbers, show_source, use_book_style
from .tables import show_scoreboard, show_table

__all__ = [
    *schedules.__all__,
    "CATALOG",
    "HIDDEN",
    "ROWS",
    "Axis",
    "Curve",
    "NoisyQuadratic",
    "Panel",
    "ScheduledLR",
    "ask",
    "best_last_iterate_bound",
    "colour_of",
    "cosine_fall",
    "descend",
    "descent",
    "digits",
    "driven_rates",
    "drop",
    "explore",
    "explore_demo",
    "explore_runs",
    "harmonic_quadratic",
    "lab",
    "label_ends",
    "last_iterate_bound",
    "linear_fall",
    "mean_curve",
    "milestones",
    "mlp",
    "mnist1d",
    "numbers",
    "plateau",
    "plot_mean",
    "port",
    "power",
    "rate_curve",
    "record",
    "rex_fall",
    "row",
    "scoreboard",
    "show_scoreboard",
    "show_source",
    "show_table",
    "train",
    "train_many",
    "use_book_style",
]
