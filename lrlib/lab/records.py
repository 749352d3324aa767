"""Records: what came of a study, in a small table with the key that says whether it is today's.

A record is a CSV file: a head that says what made it, and a row for each run. Where the code, the
data or the definition of a study are no longer those that made its record, it is refused.
"""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import torch

from ..schedules.base import check_choice
from ..training.cache import PACKAGE, source_fingerprint
from ..training.history import eval_steps
from ..tuning.csv_table import read_csv, read_head, write_csv
from .outcomes import PURPOSES, Outcome, Run, lacking, outcome
from .statistics import Comparison, compare_all, estimate
from .studies import STUDIES, Study
from .text import sympy_source
from .transformers import SOURCES

RECORDS = PACKAGE.parent / "book" / "records"
EARLY = (1, 5, 10)  # the updates whose training loss is kept, for a test to make them once more
DIGITS = 6  # of a loss

_SINGLE = {name: kind for name, kind in Run.__annotations__.items() if "tuple" not in kind}


@dataclass(frozen=True, eq=False)
class Record:
    """What came of a study; ``record[label]`` is the outcome of a setting.

    Args:
        study: the study.
        made: what made the runs, an entry for each day and machine: its ``date``, ``device`` and
            the versions of ``torch``, ``numpy`` and ``python``.
        outcomes: label to outcome.
    """

    study: Study
    made: Sequence[Mapping[str, str]]
    outcomes: Mapping[str, Outcome]

    def __getitem__(self, label: str) -> Outcome:
        """Return what a setting came to.

        Raises:
            ValueError: if the study has no setting of that label.
        """
        check_choice("label", label, tuple(self.outcomes))
        return self.outcomes[label]

    @property
    def origin(self) -> str:
        """What made the runs, as text."""
        form = "{date} on {device} with torch {torch}, numpy {numpy} and Python {python}"
        return "; ".join(form.format(**each) for each in self.made)

    def against_reference(self) -> dict[str, Comparison]:
        """Compare each setting with the reference of the study, by test losses, seed by seed.

        Returns:
            Label to comparison, of those settings of which no run diverged; none without reference.
        """
        whole = {k: v.test_loss for k, v in self.outcomes.items() if not v.diverged.any()}
        reference = whole.pop(self.study.reference, None)
        if reference is None:
            return {}
        return dict(zip(whole, compare_all(list(whole.values()), reference), strict=True))

    def summary(self) -> str:
        """Return a line for each setting: its peak, its loss, and what differs from that.

        The losses are those of the test part with the seeds of the report. The differences are
        taken seed by seed: from the reference of the study, if it has one, with the verdict, and of
        the average of the weights from the last.
        """
        lines = [("setting", "best peak", "loss", "against reference", "", "average less last")]
        against = self.against_reference()
        for label, found in self.outcomes.items():
            loss = found.test_loss
            if found.diverged.any():
                lines.append((label, found.peak, f"{found.diverged.sum()} of {loss.size} diverged"))
                continue
            less = estimate(found.test_loss_average - loss)
            verdict = against[label].verdict if label in against else ""
            lines.append((label, found.peak, estimate(loss), against.get(label, ""), verdict, less))
        form = "{:22} {:24} {:16} {:17} {:11} {}"
        return "\n".join(form.format(*map(str, (*line, "", "", ""))).rstrip() for line in lines)


def record(name: str, folder: Path = RECORDS) -> Record:
    """Return the record of a study.

    Args:
        name: the study's name in :data:`lrlib.lab.studies.STUDIES`.
        folder: where records are.

    Raises:
        ValueError: if there is no such study, or its record is missing, incomplete, or not of
            today's code, data and definition: it says which, and the command that mends it.
    """
    check_choice("name", name, tuple(STUDIES))
    study, path = STUDIES[name], Path(folder) / f"{name}.csv"
    mend = f"make it with: python -m lrlib record {name}"
    if not path.exists():
        raise ValueError(f"{path} is missing, where a checkout of the course has it; {mend}")
    found, made, runs = read_record(path)
    if other := differences(found, key_of(study)):
        raise ValueError(f"{path} was made with another {' and another '.join(other)}; {mend}")
    if left := lacking(study, runs):
        raise ValueError(f"{path} lacks at least {sum(map(len, left.values()))} runs; {mend}")
    return Record(study, made, {label: outcome(study, label, runs) for label in study.settings})


def key_of(study: Study) -> dict[str, object]:
    """Return what decides the runs of a study: code, data, the definition of each setting."""
    return {
        "study": study.name,
        "code": source_fingerprint(SOURCES),
        "data": data_digest(),
        "definition": study.definition(),
    }


def differences(found: Mapping[str, object], key: Mapping[str, object]) -> list[str]:
    """Return the names of the entries in which two keys differ."""
    return [name for name in key if found[name] != key[name]]


def maker(device: str) -> dict[str, str]:
    """Return what makes runs here and today.

    Args:
        device: ``"cpu"`` or ``"cuda"``.
    """
    name = torch.cuda.get_device_name() if device == "cuda" else f"CPU ({platform.machine()})"
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "device": name,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def read_record(path: Path) -> tuple[dict[str, object], list[dict[str, str]], list[Run]]:
    """Return the key of a record, what made its runs, and the runs.

    Raises:
        ValueError: if the file is not a record.
    """
    try:
        head = read_head(path)
        entries = {name: json.loads(text) for name, text in (line.split(": ", 1) for line in head)}
        key = {name: entries[name] for name in ("study", "code", "data", "definition")}
        made, evaluations = entries["made"], entries["evaluations"]
        rows = read_csv(path, _columns(evaluations), len(head))
        first, early = len(_SINGLE), len(_SINGLE) + len(evaluations)
        runs = [
            Run(*cells[:first], tuple(cells[first:early]), tuple(cells[early:])) for cells in rows
        ]
        for entry, kind in ((key["definition"], dict), (made, list)):
            if not isinstance(entry, kind):
                raise ValueError(entry)
        seeds = Counter((run.label, run.peak, run.seed) for run in runs)
        if max(seeds.values(), default=1) > 1 or not all(map(_is_sound, runs)):
            raise ValueError(path)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"path must be a record of lrlib, whole and as it was made, got {str(path)!r}; "
            f"delete it and make it with: python -m lrlib record {path.stem}"
        ) from error
    return key, made, runs


def as_kept(run: Run) -> Run:
    """Return a run as its record keeps it: losses to six digits."""
    *which, diverged, test_loss, test_average, val_average, val_loss, train_loss = astuple(run)
    ends = map(_rounded, (test_loss, test_average, val_average))
    curves = (tuple(map(_rounded, losses)) for losses in (val_loss, train_loss))
    return Run(*which, diverged, *ends, *curves)


def write_record(
    path: Path,
    study: Study,
    key: Mapping[str, object],
    made: Sequence[Mapping[str, str]],
    runs: Sequence[Run],
) -> None:
    """Write the record of a study, whole or not at all.

    Args:
        path: the file, which is replaced.
        study: the study.
        key: what decided the runs; see :func:`key_of`.
        made: what made them; see :class:`Record`.
        runs: the runs, in any order.
    """
    evaluations = eval_steps(study.total_steps, study.eval_every).tolist()
    entries = {**key, "made": made, "evaluations": evaluations}
    head = [f"{name}: {json.dumps(entry)}" for name, entry in entries.items()]
    places = {label: i for i, label in enumerate(study.settings)}
    runs = sorted(runs, key=lambda run: (places[run.label], run.peak, run.seed))
    write_csv(path, _columns(evaluations), map(_cells, runs), head)


@cache
def data_digest() -> str:
    """Return the hash of the text that studies train on."""
    return sympy_source().digest()


def _rounded(loss: float) -> float:
    return float(f"{loss:.{DIGITS}g}")


def _is_sound(run: Run) -> bool:
    """Return whether a run is of a purpose that there is, and its losses are as its fate is."""
    losses = [run.test_loss, run.test_loss_average, *run.val_loss]
    return run.purpose in PURPOSES and (run.diverged or bool(np.isfinite(losses).all()))


def _columns(evaluations: Sequence[int]) -> dict[str, str]:
    columns = [f"val_loss_{step}" for step in evaluations]
    columns += [f"train_loss_{update}" for update in EARLY]
    return _SINGLE | dict.fromkeys(columns, "float")


def _cells(run: Run) -> list[object]:
    *single, val_loss, train_loss = astuple(as_kept(run))
    return [*single, *val_loss, *train_loss]
