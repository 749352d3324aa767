"""Run every chapter with other seeds, and print the claims that do not survive.

A chapter's claims are asserts, and an assert that holds for the chapter's own seeds may be luck.
Here every initial weight and every order of batches is drawn anew: seed s becomes s + OFFSET.

    python tests/benchmarks/other_seeds.py 1000 [CHAPTER ...]
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

BOOK = Path(__file__).parents[2] / "book"

SHIFT = """
from lrlib.training import data, loop, many, model


def _shifted(function):
    return lambda *arguments: function(*arguments[:-1], arguments[-1] + {offset})


for _module in (data, loop, many, model):
    for _name in {{"mlp", "batch_order"}} & set(vars(_module)):
        setattr(_module, _name, _shifted(getattr(_module, _name)))
"""


def failures(path: Path, offset: int) -> list[str]:
    """Return the cells of a chapter that fail, and how."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(SHIFT.format(offset=offset)))
    place = {"metadata": {"path": BOOK}}
    NotebookClient(notebook, timeout=900, allow_errors=True, resources=place).execute()
    return [
        f"{cell.id}: {output.ename} {output.evalue}"
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]


if __name__ == "__main__":
    offset, *stems = sys.argv[1:]
    # What is stored is stored under the seeds as they are written, so it must not be mixed.
    os.environ["LRLIB_CACHE"] = os.path.expanduser(f"~/.cache/lrlib-seeds-{int(offset)}")
    for path in sorted(BOOK.glob("[0-9][0-9]_*.ipynb")):
        if not stems or path.stem in stems:
            print(path.stem, *failures(path, int(offset)) or ["holds"], sep="\n    ")
