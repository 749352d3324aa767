"""Run every chapter with other seeds, and print the claims that do not survive.

A chapter's claims are asserts, and an assert that holds for the chapter's own seeds may be luck.
Here every initial weight and every order of batches is drawn anew: seed s becomes s + OFFSET.

    python tests/benchmarks/other_seeds.py 1000 [CHAPTER ...]
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

BOOK = Path(__file__).parents[2] / "book"

SHIFT = """
import functools
import inspect
import sys

import lrlib.course
from lrlib.training import loop, many


def _shifted(function, name):
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*arguments, **options):
        bound = signature.bind(*arguments, **options)
        bound.apply_defaults()
        seeds = bound.arguments[name]
        one = isinstance(seeds, int)
        bound.arguments[name] = seeds + {offset} if one else [each + {offset} for each in seeds]
        return function(*bound.args, **bound.kwargs)

    return call


for _function, _name in ((many.train_many, "seeds"), (loop.train, "seed")):
    for _module in [each for name, each in sys.modules.items() if name.startswith("lrlib")]:
        if vars(_module).get(_function.__name__) is _function:
            setattr(_module, _function.__name__, _shifted(_function, _name))
# The network that a chapter makes itself; the trainers make theirs from a seed that has moved.
lrlib.course.mlp = _shifted(lrlib.course.mlp, "seed")
"""


def failures(path: Path, offset: int) -> list[str]:
    """Return the cells of a chapter that fail, and how."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(SHIFT.format(offset=offset)))
    place = {"metadata": {"path": BOOK}}
    NotebookClient(notebook, timeout=3600, allow_errors=True, resources=place).execute()
    return [
        f"{cell.id}: {output.ename} {output.evalue}"
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]


if __name__ == "__main__":
    offset, *stems = sys.argv[1:]
    for path in sorted(BOOK.glob("[0-9][0-9]_*.ipynb")):
        if not stems or path.stem in stems:
            print(path.stem, *failures(path, int(offset)) or ["holds"], sep="\n    ", flush=True)
