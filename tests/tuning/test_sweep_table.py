"""The table of a sweep gives back every number, refuses what it did not write, loses nothing."""

import threading
from dataclasses import astuple, replace

import pyarrow
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyarrow import parquet

from lrlib.schedules import CosineAnnealingLR
from lrlib.training.data import digits
from lrlib.tuning import sweep_table
from lrlib.tuning.sweep import sweep
from lrlib.tuning.sweep_table import Row, add_to_table, load_table

numbers = st.floats()
rows = st.builds(
    Row, st.text(), st.floats(0), st.integers(0, 2**63 - 1), *[numbers] * 5, st.booleans()
)
ROW = Row("cosine", 0.1, 3, 1.5, 1.25, 0.5, float("nan"), 0.25, True)
KEY = ("cosine", 0.1, 3, "f" * 64)
SUFFIXES = pytest.mark.parametrize("suffix", sweep_table.SUFFIXES)


def keyed(rows, fingerprint="f" * 64):
    return {(row.label, row.rate, row.seed, fingerprint): row for row in rows}


@SUFFIXES
@example([replace(ROW, label='a,"\r\n')])
@example([replace(ROW, label="\r")])
@given(st.lists(rows, min_size=1, max_size=4))
def test_every_row_is_read_back_as_it_was_written(tmp_path_factory, suffix, rows):
    path = tmp_path_factory.mktemp("table") / f"table{suffix}"
    table = keyed(rows)
    add_to_table(path, table)
    assert repr(load_table(path)) == repr(table)


@SUFFIXES
def test_rows_are_added_and_those_of_the_same_key_replaced(tmp_path, suffix):
    path = tmp_path / f"table{suffix}"
    assert load_table(path) == {}
    other = replace(ROW, seed=4)
    add_to_table(path, keyed([ROW, other]))
    add_to_table(path, keyed([replace(ROW, val_loss=9.0), replace(ROW, seed=5)]))
    assert [(row.seed, row.val_loss) for row in load_table(path).values()] == [
        (3, 9.0),
        (4, 1.25),
        (5, 1.25),
    ]


@SUFFIXES
def test_many_writers_at_once_lose_nothing(tmp_path, suffix):
    path = tmp_path / f"table{suffix}"
    writers = [
        threading.Thread(target=add_to_table, args=(path, keyed([replace(ROW, seed=seed)])))
        for seed in range(8)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(row.seed for row in load_table(path).values()) == list(range(8))


@SUFFIXES
def test_what_cannot_be_written_leaves_the_table_as_it_was(tmp_path, suffix):
    path = tmp_path / f"table{suffix}"
    add_to_table(path, keyed([ROW]))
    before = path.read_bytes()
    with pytest.raises(UnicodeEncodeError):
        add_to_table(path, {KEY: replace(ROW, label="\udc80")})
    assert path.read_bytes() == before


def csv_of(tmp_path):
    path = tmp_path / "table.csv"
    add_to_table(path, keyed([ROW, replace(ROW, seed=4)]))
    return path.read_bytes()


def parquet_of(tmp_path):
    path = tmp_path / "table.parquet"
    add_to_table(path, keyed([ROW]))
    return path.read_bytes()


def foreign_parquet(tmp_path):
    table = pyarrow.table({"label": ["a"], "rate": [0.1]})
    parquet.write_table(table, tmp_path / "foreign.parquet")
    return (tmp_path / "foreign.parquet").read_bytes()


def null_parquet(tmp_path):
    columns = dict(zip(sweep_table._COLUMNS, zip([*astuple(ROW), "f" * 64]), strict=True))
    table = pyarrow.table(columns | {"rate": pyarrow.array([None], pyarrow.float64())})
    parquet.write_table(table, tmp_path / "null.parquet")
    return (tmp_path / "null.parquet").read_bytes()


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".csv", lambda folder: b""),
        (".csv", lambda folder: b"epoch,loss\n1,0.5\n"),
        (".csv", lambda folder: csv_of(folder)[:-10] + b'"\n'),
        (".csv", lambda folder: csv_of(folder)[:-66]),
        (".csv", lambda folder: csv_of(folder).replace(b"val_loss", b"dev_loss")),
        (".csv", lambda folder: csv_of(folder).replace(b"1.25", b"much")),
        (".csv", lambda folder: csv_of(folder).replace(b"True", b"true")),
        (".csv", lambda folder: csv_of(folder) + csv_of(folder).splitlines(True)[1]),
        (".csv", lambda folder: b"\x93\xff" + csv_of(folder)),
        (".parquet", lambda folder: b""),
        (".parquet", csv_of),
        (".parquet", lambda folder: parquet_of(folder)[:-10]),
        (".parquet", foreign_parquet),
        (".parquet", null_parquet),
    ],
    ids=[
        "empty csv",
        "foreign csv",
        "last fingerprint cut",
        "last cells cut",
        "another column",
        "text for a number",
        "another word for a truth",
        "a row twice",
        "not text",
        "empty parquet",
        "csv called parquet",
        "parquet cut",
        "foreign parquet",
        "parquet with a hole",
    ],
)
def test_a_file_that_no_sweep_wrote_is_refused_and_left_as_it_was(tmp_path, suffix, content):
    content = content(tmp_path)
    path = tmp_path / f"out{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"out must be a table that a sweep wrote, got .*out"):
        sweep({"x": CosineAnnealingLR}, [0.1], [0], digits(), total_steps=1, jobs=1, out=path)
    with pytest.raises(ValueError, match="out must be a table that a sweep wrote"):
        add_to_table(path, keyed([ROW]))
    assert path.read_bytes() == content
