"""What is recorded: the studies whose runs take longer than a build of the book allows.

A study is data: which schedules, on which grid of peak rates, with which seeds, in which network.
:mod:`lrlib.lab.recording` trains it, :mod:`lrlib.lab.records` reads what came of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..schedules import (
    CosineAnnealingLR,
    LinearLR,
    LinearWarmup,
    ReduceLROnPlateau,
    Schedule,
    SequentialLR,
    WarmupStableDecay,
    WarmupWithDecay,
)
from .protocol import CHOICE_SEEDS, SEEDS, Candidate
from .scoreboard import ROWS

RATES = (0.001, 0.002, 0.004, 0.008, 0.016)
# The share of the run that comes before a schedule without a rise of its own. Half of it leaves a
# few seeds behind at the best peak, as the record of the warmups shows.
WARMUP = 0.1
PROBES = (0.001, 0.016)  # the peaks at which rates are compared with those recorded
METRICS = (2.0, 1.9, 1.9, 1.91, 1.8, 1.8, 1.8, 1.8, 1.8, 1.7999, 1.79, 2.0, 1.79)  # of a plateau

# Every argument that decides a run, so that a record does not lean on what is usual.
_NETWORK = {
    "width": 64,
    "heads": 4,
    "context": 64,
    "batch_size": 16,
    "betas": (0.9, 0.95),
    "weight_decay": 0.1,
    "clip": 1.0,
    "average": 0.99,
}
PRE_LN = {"norm": "pre", "layers": 2, **_NETWORK}
POST_LN = {"norm": "post", "layers": 6, **_NETWORK}  # two layers learn at every rate

#: The rows of the scoreboard that rise by themselves.
RISING = (
    "inverse-sqrt",
    "noam",
    "linear-warmup",
    "exponential-warmup",
    "cosine-warmup",
    "warmup-decay",
    "cyclic",
    "exponential-cyclic",
    "onecycle",
    "wsd",
)
PERIODS = (0.5, 1, 1.1, 1.25, 1.5, 2, 5)  # of a cosine, in runs
WARMUP_PERCENT = (0, 1, 2, 5, 10, 20, 40)


@dataclass(frozen=True)
class Setting:
    """A schedule in a network.

    Args:
        schedule: makes the schedule, or the plateau, from its peak and the number of updates.
        network: the arguments of :func:`lrlib.lab.transformers.train_transformers` that decide a
            run, beside its schedule, its seed and its length.
    """

    schedule: Candidate
    network: Mapping[str, object] = field(default_factory=lambda: PRE_LN)


@dataclass(frozen=True)
class Study:
    """Settings that are compared, each at its own best peak.

    A peak is chosen by the mean validation loss of some seeds, and reported with others.

    Args:
        name: its name, and that of its file.
        asks: its question, in a line.
        settings: label to setting.
        grows: whether the grid of peaks grows until the best is inside.
        report: the seeds with which a peak is reported, none of them among ``choice``.
        reference: the label with which the others are compared, None if there is none.
        rates: the peaks to begin with, ascending, each twice the one before.
        choice: the seeds by which a peak is chosen.
        total_steps: the number of updates of each run.
        eval_every: the number of updates between two evaluations.
    """

    name: str
    asks: str
    settings: Mapping[str, Setting]
    grows: bool = True
    report: tuple[int, ...] = SEEDS
    reference: str | None = None
    rates: tuple[float, ...] = RATES
    choice: tuple[int, ...] = CHOICE_SEEDS[:4]
    total_steps: int = 1000
    eval_every: int = 100

    def definition(self) -> dict[str, str]:
        """Return, for each label, a hash of all that its runs are made from but peak and seed.

        That is the network, and the rate of every update at two peaks, to a millionth of the peak:
        in the last digits processors differ. Of a plateau, the rates after a few metrics go in too.
        """
        return {label: self._digest(setting) for label, setting in self.settings.items()}

    def _digest(self, setting: Setting) -> str:
        size = self.total_steps, self.eval_every, sorted(setting.network.items())
        digest = hashlib.sha256(repr(size).encode())
        for peak in PROBES:
            schedule = setting.schedule(peak, self.total_steps)
            rates = schedule.curve(self.total_steps)
            if isinstance(schedule, ReduceLROnPlateau):
                rates += map(schedule.update, METRICS)
            shape = np.array(rates) / peak
            digest.update(np.rint(1e6 * shape).astype("<i8").tobytes())
        return digest.hexdigest()[:16]


class WarmedUpPlateau(ReduceLROnPlateau):
    """A plateau behind a linear warmup, which must be over before the first metric comes.

    Args:
        plateau: the plateau, as it is before a run.
        warmup_steps: the length of the warmup in updates.
    """

    def __init__(self, plateau: ReduceLROnPlateau, warmup_steps: int) -> None:
        vars(self).update(vars(plateau))
        self.warmup_steps = warmup_steps

    def curve(self, n: int) -> list[float]:
        """Return the rates of the first ``n`` updates if no metric comes between them."""
        return LinearWarmup(self.lr, self.warmup_steps).curve(n)


def warmed_up(make: Candidate) -> Candidate:
    """Put a linear warmup before a schedule, which has the rest of the run to itself."""

    def made(peak: float, total_steps: int) -> Schedule | ReduceLROnPlateau:
        warmup = round(WARMUP * total_steps)
        rest = make(peak, total_steps - warmup)
        if isinstance(rest, ReduceLROnPlateau):
            return WarmedUpPlateau(rest, warmup)
        return SequentialLR([LinearWarmup(peak, warmup), rest], [warmup])

    return made


def _of_period(period: float) -> Candidate:
    """Return a cosine whose period is so many times the run."""
    return lambda peak, total_steps: CosineAnnealingLR(peak, round(period * total_steps))


def _stable_then(share: float, decay: str) -> Candidate:
    """Return a warmup, a stable phase, and a fall over a share of the run."""

    def made(peak: float, total_steps: int) -> Schedule:
        warmup, fall = round(WARMUP * total_steps), round(share * total_steps)
        return WarmupStableDecay(peak, warmup, total_steps - warmup - fall, fall, decay=decay)

    return made


def _line_after(percent: float) -> Candidate:
    """Return a line to zero after a warmup over so many percent of the run."""

    def made(peak: float, total_steps: int) -> Schedule:
        warmup = round(percent / 100 * total_steps)
        return WarmupWithDecay(peak, warmup, total_steps, decay="linear")

    return made


_SCHEDULES = {key: make if key in RISING else warmed_up(make) for key, make in ROWS.items()} | {
    "cosine to 10 %": warmed_up(lambda peak, n: CosineAnnealingLR(peak, n, 0.1 * peak)),
    "linear to 10 %": warmed_up(lambda peak, n: LinearLR(peak, 1, 0.1, n)),
    "wsd": _stable_then(0.2, "1-sqrt"),
    "wsd, linear": _stable_then(0.2, "linear"),
    "wsd, last 40 %": _stable_then(0.4, "1-sqrt"),
}

#: Every study by its name.
STUDIES = {
    study.name: study
    for study in (
        Study(
            "transformer-schedules",
            "Which schedule trains the transformer best, each at its own best peak?",
            {label: Setting(make) for label, make in _SCHEDULES.items()},
            reference="linear",
        ),
        Study(
            "transformer-periods",
            "What does a cosine cost whose period is not the run's?",
            {f"{c:g}": Setting(warmed_up(_of_period(c))) for c in PERIODS},
            reference="1",
        ),
        Study(
            "transformer-warmups",
            "How long a warmup does each peak need, in either kind of transformer?",
            {
                f"{kind}, {percent} %": Setting(_line_after(percent), network)
                for kind, network in (("pre-LN", PRE_LN), ("post-LN", POST_LN))
                for percent in WARMUP_PERCENT
            },
            grows=False,
            report=SEEDS[:8],
            rates=(*RATES[1:], 2 * RATES[-1]),
        ),
    )
}
