"""A table is read back as it was written, with the lines before it; what is no table is refused."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrlib.tuning.csv_table import CELLS, read_csv, read_head, write_csv

COLUMNS = {"label": "str", "rate": "float", "seed": "int", "diverged": "bool"}
rows = st.tuples(st.text(), st.floats(), st.integers(), st.booleans())
lines = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)


def test_every_kind_of_cell_can_be_written():
    assert set(COLUMNS.values()) == set(CELLS)


@example([('a,"\r\n# b', 0.1, 3, True)], ["", "# twice"])
@given(st.lists(rows, max_size=4), st.lists(lines, max_size=3))
def test_rows_and_head_are_read_back_as_they_were_written(tmp_path_factory, rows, head):
    path = tmp_path_factory.mktemp("table") / "table.csv"
    write_csv(path, COLUMNS, rows, head)
    assert read_head(path) == head
    assert repr(read_csv(path, COLUMNS, len(head))) == repr(list(map(list, rows)))


def test_what_cannot_be_written_leaves_the_table_as_it_was(tmp_path):
    path = tmp_path / "table.csv"
    write_csv(path, COLUMNS, [("a", 0.1, 3, True)])
    before = path.read_bytes()
    with pytest.raises(UnicodeEncodeError):
        write_csv(path, COLUMNS, [("\udc80", 0.1, 3, True)])
    assert path.read_bytes() == before


GOOD = '"label","rate","seed","diverged"\n"a",0.1,3,True\n'
BAD = {
    "empty": "",
    "cut": GOOD[:-3],
    "a cell more": GOOD[:-1] + ",1\n",
    "a fraction": GOOD.replace("3", "3.5"),
    "an open quote": GOOD + '"',
    "a head": "# head\n" + GOOD,
    "other columns": GOOD.replace("seed", "epoch"),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_not_the_table_is_refused(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"path must be a table of \['label'.*got '.*table.csv'"):
        read_csv(path, COLUMNS)
