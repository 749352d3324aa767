"""Tables of typed columns in CSV files that are whole at every moment."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..training.files import whole_file

#: How a cell of each kind of column is read.
CELLS = {
    "str": str,
    "float": float,
    "int": int,
    "bool": {"True": True, "False": False}.__getitem__,
}
HEAD = "# "  # begins each line of the head


def write_csv(
    path: Path, columns: Iterable[str], rows: Iterable[Sequence], head: Sequence[str] = ()
) -> None:
    """Write a table, whole or not at all.

    Args:
        path: the file, which is replaced.
        columns: the names of the columns; the first does not begin with ``#``.
        rows: the cells of each row.
        head: lines about the table that stand before it.
    """
    with whole_file(path, "w", encoding="utf8", newline="") as file:
        file.writelines(f"{HEAD}{line}\n" for line in head)
        # Text is quoted: the module leaves a bare carriage return in a cell as it is.
        table = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        table.writerow(columns)
        table.writerows(rows)


def read_head(path: Path) -> list[str]:
    """Return the lines that stand before a table."""
    head = []
    with path.open(encoding="utf8", newline="") as file:
        for line in file:
            if not line.startswith(HEAD):
                break
            head.append(line.removeprefix(HEAD).rstrip("\n"))
    return head


def read_csv(path: Path, columns: Mapping[str, str], head: int = 0) -> list[list]:
    """Return the cells of each row of a table that :func:`write_csv` wrote.

    Args:
        path: the file.
        columns: the name of each column to its kind in :data:`CELLS`.
        head: the number of lines that stand before the table.

    Raises:
        ValueError: if the file is not such a table, or has other columns.
    """
    try:
        with path.open(encoding="utf8", newline="") as file:
            for _ in range(head):
                next(file)
            names, *rows = csv.reader(file, strict=True)
        if names != list(columns):
            raise ValueError(f"columns {names}")
        kinds = [CELLS[kind] for kind in columns.values()]
        return [[read(cell) for read, cell in zip(kinds, row, strict=True)] for row in rows]
    except (ValueError, KeyError, StopIteration, csv.Error) as error:
        raise ValueError(f"path must be a table of {list(columns)}, got {str(path)!r}") from error
