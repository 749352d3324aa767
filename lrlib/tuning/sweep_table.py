"""The table of a sweep: one row for each run, in a file that is whole at every moment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from types import ModuleType

from filelock import FileLock

from ..training.files import check_writable, whole_file
from .csv_table import read_csv, write_csv

SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True)
class Row:
    """What one run of a sweep came to.

    Args:
        label: the label of the candidate.
        rate: the rate that it was made with.
        seed: the seed.
        train_loss: the loss of the last update's batch, before the update.
        val_loss: the loss on the validation examples after the last update.
        val_accuracy: the share of validation examples classified correctly then.
        test_loss: the loss on the test examples then.
        test_accuracy: the share of test examples classified correctly then.
        diverged: whether the loss stopped being finite, at an update or after the last.
    """

    label: str
    rate: float
    seed: int
    train_loss: float
    val_loss: float
    val_accuracy: float
    test_loss: float
    test_accuracy: float
    diverged: bool


Key = tuple[str, float, int, str]  # label, rate, seed, fingerprint

_FINGERPRINT = re.compile("[0-9a-f]{64}")
_COLUMNS = Row.__annotations__ | {"fingerprint": "str"}


def check_table(path: Path) -> None:
    """Raise ValueError unless a table can be at ``path``, ImportError if it needs an extra."""
    if path.suffix not in SUFFIXES:
        raise ValueError(f"out must be a .csv or .parquet file, got {str(path)!r}")
    check_writable("out", path)
    if path.suffix == ".parquet":
        _pyarrow()


def load_table(path: Path) -> dict[Key, Row]:
    """Return the rows of a table by their keys, none if there is no file.

    Raises:
        ValueError: if the file is not a table that :func:`add_to_table` wrote.
    """
    if not path.exists():
        return {}
    try:
        cells = _read_parquet(path) if path.suffix == ".parquet" else read_csv(path, _COLUMNS)
        rows = [(Row(*cells), fingerprint) for *cells, fingerprint in cells]
        table = {key_of(row, fingerprint): row for row, fingerprint in rows}
        if len(table) < len(rows) or not all(
            map(_FINGERPRINT.fullmatch, (key[-1] for key in table))
        ):
            raise ValueError(path)
    except ValueError as error:
        raise ValueError(f"out must be a table that a sweep wrote, got {str(path)!r}") from error
    return table


def add_to_table(path: Path, rows: dict[Key, Row]) -> None:
    """Add rows to a table, whole or not at all; other processes may add to it at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(path.name + ".lock")):
        merged = load_table(path) | rows
        cells = [(*astuple(row), key[-1]) for key, row in merged.items()]
        if path.suffix == ".parquet":
            _write_parquet(path, cells)
        else:
            write_csv(path, _COLUMNS, cells)


def key_of(row: Row, fingerprint: str) -> Key:
    """Return what tells a row from every other."""
    return row.label, row.rate, row.seed, fingerprint


def _read_parquet(path: Path) -> Iterable[tuple]:
    table = _pyarrow().parquet.ParquetFile(path).read()
    if not table.schema.equals(_schema()):
        raise ValueError(table.schema)
    return zip(*table.to_pydict().values(), strict=True)


def _write_parquet(path: Path, rows: list[tuple]) -> None:
    columns = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
    pyarrow = _pyarrow()
    with whole_file(path) as file:
        pyarrow.parquet.write_table(pyarrow.table(columns, schema=_schema()), file)


def _schema():
    pyarrow = _pyarrow()
    types = {"str": pyarrow.string(), "float": pyarrow.float64()}
    types |= {"int": pyarrow.int64(), "bool": pyarrow.bool_()}
    fields = [pyarrow.field(name, types[kind], nullable=False) for name, kind in _COLUMNS.items()]
    return pyarrow.schema(fields)


def _pyarrow() -> ModuleType:
    """Return pyarrow, which only tables in Parquet need."""
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError("a .parquet table needs: pip install 'lrlib[cluster]'") from error
    return pyarrow
