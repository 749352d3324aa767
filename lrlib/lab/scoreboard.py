"""The scoreboard: every schedule of the course in the lab, each at its own best rate.

A chapter shows the rows that it adds beside the constant rate: ``show_scoreboard("cosine")``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .. import schedules
from ..catalog import CATALOG
from ..schedules import ReduceLROnPlateau, Schedule
from .protocol import tune
from .statistics import Estimate, estimate, paired

Recipe = Callable[[float, int], Schedule | ReduceLROnPlateau]

OPTIMIZERS = {"sgd": "SGD", "adamw": "AdamW"}

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
    # the one with the smallest validation loss, under SGD and under AdamW.
    "plateau": lambda peak, steps: schedules.ReduceLROnPlateau(peak, factor=0.8, patience=0),
}

#: Each row by its key in the catalog, as a function of the peak rate and the number of updates.
ROWS: dict[str, Recipe] = {key: RECIPES.get(key, entry.fitted) for key, entry in CATALOG.items()}


@dataclass(frozen=True)
class Score:
    """A row of the scoreboard under one optimizer.

    Args:
        key: the schedule's key in :data:`ROWS`.
        optimizer: ``"sgd"`` or ``"adamw"``.
        rate: the peak rate with the smallest validation loss.
        loss: the test loss there.
        against_constant: the test loss less that of the constant rate, seed by seed.
        accuracy: the mean test accuracy.
    """

    key: str
    optimizer: str
    rate: float
    loss: Estimate
    against_constant: Estimate
    accuracy: float


def scoreboard(*keys: str, optimizer: str = "sgd") -> dict[str, Score]:
    """Train rows of the scoreboard by the lab's protocol, the constant rate always among them.

    Args:
        keys: the rows, by their keys in :data:`ROWS`.
        optimizer: ``"sgd"`` or ``"adamw"``.

    Returns:
        Key to score, the constant rate first.

    Raises:
        ValueError: if a key or the optimizer is unknown.
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"optimizer must be one of {tuple(OPTIMIZERS)}, got {optimizer!r}")
    for key in keys:
        if key not in ROWS:
            raise ValueError(f"keys must be among {tuple(ROWS)}, got {key!r}")
    tuned = {}
    for key in dict.fromkeys(("constant", *keys)):
        # One at a time, so that a row trained for one chapter serves the others too.
        tuned |= tune({key: ROWS[key]}, optimizer=optimizer)
    constant = tuned["constant"].test_loss
    return {
        key: Score(
            key,
            optimizer,
            best.rate,
            estimate(best.test_loss),
            paired(best.test_loss, constant),
            float(best.test_accuracy.mean()),
        )
        for key, best in tuned.items()
    }
