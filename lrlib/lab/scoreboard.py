"""The scoreboard: every schedule of the course in the lab, each at its own best rate.

A chapter shows the rows that it adds beside the constant rate: ``show_scoreboard("cosine")``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .. import schedules
from ..catalog import CATALOG
from ..schedules import ReduceLROnPlateau, Schedule
from ..schedules.base import check_choice
from .protocol import Tuned, tune
from .statistics import Comparison, Estimate, compare, compare_all, estimate

Recipe = Callable[[float, int], Schedule | ReduceLROnPlateau]

#: What stands for a schedule, where the catalog's example, fitted to the run, is not what one uses.
RECIPES: dict[str, Recipe] = {
    "constant": lambda peak, steps: schedules.ConstantLR(peak, factor=1),
    "multistep": lambda peak, steps: schedules.MultiStepLR(peak, (steps // 2, 3 * steps // 4)),
    "exponential": lambda peak, steps: schedules.ExponentialLR(peak, 0.01 ** (1 / steps)),
    "cosine": lambda peak, steps: schedules.CosineAnnealingLR(peak, steps),
    "linear": lambda peak, steps: schedules.LinearLR(peak, 1, 0, steps),
    "inverse-time": lambda peak, steps: schedules.InverseTimeLR(peak, max(1, steps // 20), 1),
    "inverse-sqrt": lambda peak, steps: schedules.InverseSqrtLR(peak, steps // 10),
    # Of 31 pairs of a factor from 0.1 to 0.9 and a patience of up to 5 of the lab's evaluations,
    # the one with the smallest validation loss in the mean of SGD and AdamW.
    "plateau": lambda peak, steps: schedules.ReduceLROnPlateau(peak, factor=0.8, patience=0),
}

#: Each row by its key in the catalog, as a function of the peak rate and the number of updates.
ROWS: dict[str, Recipe] = {key: RECIPES.get(key, entry.fitted) for key, entry in CATALOG.items()}


@dataclass(frozen=True, eq=False)
class Score:
    """A row of the scoreboard under one optimizer.

    Args:
        key: the schedule's key in :data:`ROWS`.
        optimizer: the optimizer's key in :data:`lrlib.lab.protocol.OPTIMIZERS`.
        tuned: the schedule at its best peak rate.
        against_constant: its test loss against that of the constant rate; how many rows were asked
            for is how many comparisons are made.
    """

    key: str
    optimizer: str
    tuned: Tuned
    against_constant: Comparison

    @property
    def loss(self) -> Estimate:
        """The test loss."""
        return estimate(self.tuned.test_loss)

    @property
    def accuracy(self) -> float:
        """The mean test accuracy."""
        return float(self.tuned.test_accuracy.mean())


def row(key: str, optimizer: str = "sgd") -> Tuned:
    """Return a schedule of the scoreboard at its best peak rate, by the lab's protocol.

    Each row is tuned by itself, so that one trained for a chapter serves the others too.

    Args:
        key: its key in :data:`ROWS`.
        optimizer: the optimizer's key in :data:`lrlib.lab.protocol.OPTIMIZERS`.

    Raises:
        ValueError: if the key or the optimizer is unknown.
    """
    check_choice("key", key, tuple(ROWS))
    return tune({key: ROWS[key]}, optimizer=optimizer)[key]


def scoreboard(*keys: str, optimizer: str = "sgd") -> dict[str, Score]:
    """Return rows of the scoreboard, the constant rate always among them.

    Args:
        keys: the rows, by their keys in :data:`ROWS`.
        optimizer: the optimizer's key in :data:`lrlib.lab.protocol.OPTIMIZERS`.

    Returns:
        Key to score, the constant rate first.

    Raises:
        ValueError: if a key or the optimizer is unknown.
    """
    wanted = list(dict.fromkeys(("constant", *keys)))
    for key in wanted:
        check_choice("keys", key, tuple(ROWS))
    tuned = {key: row(key, optimizer) for key in wanted}
    losses = [each.test_loss for each in tuned.values()]
    against = [compare(losses[0], losses[0]), *compare_all(losses[1:], losses[0])]
    return {
        key: Score(key, optimizer, tuned[key], each)
        for key, each in zip(wanted, against, strict=True)
    }
