"""What came of a study: how the runs of a setting choose its peak, and which are still to be made.

What to train next depends on what came of the runs before: the grid of peaks grows until the best
is inside, and the best is then trained with other seeds. Both follow from the runs alone, so that a
study that was interrupted goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..training.history import eval_steps
from .protocol import best_rate, rates_near_best
from .studies import Study

PURPOSES = ("choice", "report")  # of a run
GROWTH = 8  # how many peaks a grid may grow by before the search is given up


@dataclass(frozen=True)
class Run:
    """What one run of a study came to. Losses are in nats a byte.

    Args:
        label: the label of the setting.
        peak: the peak rate.
        seed: the seed.
        purpose: ``"choice"`` if the peak was chosen by it, ``"report"`` if it is reported.
        diverged: whether the training loss stopped being finite.
        test_loss: of the last weights.
        test_loss_average: of the average of the weights.
        val_loss_average: of the average of the weights at the end.
        val_loss: at each evaluation, the last at the end.
        train_loss: of a few early updates.
    """

    label: str
    peak: float
    seed: int
    purpose: str
    diverged: bool
    test_loss: float
    test_loss_average: float
    val_loss_average: float
    val_loss: tuple[float, ...]
    train_loss: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Outcome:
    """A setting of a study at its best peak: how that was chosen, and what other seeds did there.

    Args:
        rate: the peak with the smallest mean validation loss.
        low: the smallest peak, next to it without a gap, whose loss exceeds the smallest by no more
            than one standard error, taken seed by seed.
        high: the largest such peak.
        rates: all peaks tried, in ascending order, shape [rates].
        val_loss: the validation loss of each at the end, shape [rates, seeds of the choice].
        eval_step: how many updates were done at each evaluation, shape [evals].
        val_curve: the validation loss at each evaluation, shape [seeds, evals]; seeds are from here
            on those of the report, in order.
        diverged: whether the training loss stopped being finite, shape [seeds].
        test_loss: the test loss at the end, shape [seeds].
        test_loss_average: that of the average of the weights, shape [seeds].
    """

    rate: float
    low: float
    high: float
    rates: np.ndarray
    val_loss: np.ndarray
    eval_step: np.ndarray
    val_curve: np.ndarray
    diverged: np.ndarray
    test_loss: np.ndarray
    test_loss_average: np.ndarray

    @property
    def peak(self) -> str:
        """The best peak and the range around it as text."""
        return f"{self.rate:.2g} ({self.low:.2g} to {self.high:.2g})"


def outcome(study: Study, label: str, runs: Sequence[Run]) -> Outcome:
    """Return what a setting of a study came to.

    Args:
        study: the study.
        label: the label of the setting.
        runs: all runs of the study, none of which is lacking.
    """
    found = _choice(study, label, runs)
    rate = best_rate(found)
    there = {run.seed: run for run in runs if (run.label, run.peak) == (label, rate)}
    reported = [there[seed] for seed in study.report]
    return Outcome(
        rate,
        *rates_near_best(found),
        np.array(sorted(found)),
        np.array([found[peak] for peak in sorted(found)]),
        eval_steps(study.total_steps, study.eval_every),
        np.array([run.val_loss for run in reported]),
        np.array([run.diverged for run in reported]),
        np.array([run.test_loss for run in reported]),
        np.array([run.test_loss_average for run in reported]),
    )


def lacking(study: Study, runs: Sequence[Run]) -> dict[tuple[str, float], tuple[int, ...]]:
    """Return the runs of a study that are to be made next, none if it is complete.

    Args:
        study: the study.
        runs: those that there are.

    Returns:
        Label and peak to seeds, by label, then by peak. No setting is reported before the peaks of
        all are chosen, so that many runs can be trained together.

    Raises:
        ValueError: if the best peak of a setting is not inside a grid that has grown eight times.
    """
    there = {(run.label, run.peak, run.seed) for run in runs}
    left = {}
    for label in study.settings:
        for peak, seeds in _wanted(study, label, runs).items():
            if absent := tuple(seed for seed in seeds if (label, peak, seed) not in there):
                left[label, peak] = absent
    choosing = {which: seeds for which, seeds in left.items() if set(seeds) <= set(study.choice)}
    return choosing or left


def _wanted(study: Study, label: str, runs: Sequence[Run]) -> dict[float, tuple[int, ...]]:
    """Return the peaks whose runs decide what comes next, and the seeds of those runs."""
    found = _choice(study, label, runs)
    if absent := [peak for peak in study.rates if peak not in found]:
        return dict.fromkeys(absent, study.choice)
    peaks, best = sorted(found), best_rate(found)
    if study.grows and best in (peaks[0], peaks[-1]):
        if len(peaks) >= len(study.rates) + GROWTH:
            raise ValueError(f"rates must reach the best peak of {label!r}, got {peaks!r}")
        # Doubled and halved, a peak has the same digits in binary as the grid's.
        return {best / 2 if best == peaks[0] else best * 2: study.choice}
    return {best: study.report}


def _choice(study: Study, label: str, runs: Sequence[Run]) -> dict[float, np.ndarray]:
    """Return the validation losses of each peak that all seeds of the choice have been tried at."""
    found: dict[float, dict[int, float]] = {}
    for run in runs:
        if run.label == label and run.seed in study.choice:
            found.setdefault(run.peak, {})[run.seed] = run.val_loss[-1]
    return {
        peak: np.array([losses[seed] for seed in study.choice])
        for peak, losses in found.items()
        if len(losses) == len(study.choice)
    }
