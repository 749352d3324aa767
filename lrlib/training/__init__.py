"""Training under a schedule: one run in a plain loop, or thousands of runs at once."""

from .data import DATASETS, Dataset, digits, mnist1d, spirals
from .history import History
from .loop import train
from .many import Runs, train_many

__all__ = [
    "DATASETS",
    "Dataset",
    "History",
    "Runs",
    "digits",
    "mnist1d",
    "spirals",
    "train",
    "train_many",
]
