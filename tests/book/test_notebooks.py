"""Notebooks are committed as sources: without outputs, with cell ids that stay."""

from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = [
    path.relative_to(ROOT).as_posix()
    for folder in ("book", "exercises")
    for path in sorted((ROOT / folder).rglob("*.ipynb"))
    if ".ipynb_checkpoints" not in path.parts
]

each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


def read(name):
    return nbformat.read(ROOT / name, as_version=nbformat.NO_CONVERT)


def test_there_are_notebooks():
    assert NOTEBOOKS


@each_notebook
def test_a_notebook_is_valid(name):
    nbformat.validate(read(name))


@each_notebook
def test_a_notebook_carries_no_outputs(name):
    for cell in read(name).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@each_notebook
def test_cell_ids_are_there_and_differ(name):
    notebook = read(name)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    ids = [cell["id"] for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


@each_notebook
def test_a_notebook_runs_in_the_kernel_of_its_environment(name):
    assert read(name).metadata.kernelspec.name == "python3"


@each_notebook
def test_a_notebook_carries_no_state_of_whoever_saved_it_last(name):
    notebook = read(name)
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    for cell in notebook.cells:
        assert not {"execution", "collapsed", "scrolled"} & set(cell.metadata)


@each_notebook
def test_a_notebook_is_written_line_by_line_as_jupyter_does(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text == nbformat.writes(read(name)) + "\n"
