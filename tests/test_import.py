"""`import lrlib` is cheap, and imports point one way."""

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import nbformat
import pytest

import lrlib
from lrlib import ensemble

ROOT = Path(lrlib.__file__).parent
PURE = [
    *ROOT.glob("schedules/*.py"),
    *ROOT.glob("demos/*.py"),
    ROOT / "theory.py",
    ROOT / "sketch.py",
]


def modules_imported_by(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_importing_lrlib_imports_the_standard_library_alone():
    report = "import lrlib, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True
    )
    heavy = set(found.stdout.split()) & {"torch", "numpy", "matplotlib", "IPython", "ipywidgets"}
    assert "lrlib" in found.stdout
    assert not heavy


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
def test_what_runs_in_the_page_needs_math_and_dataclasses_only(path):
    outside = {name for name in modules_imported_by(path) if not name.startswith(".")}
    assert outside <= {"__future__", "math", "dataclasses"}


def test_the_fingerprint_of_stored_runs_covers_what_the_ensemble_imports():
    covered = {name.removesuffix(".py").replace("/", ".") for name in ensemble._SOURCES}
    # What reaches a run only through the key of the store, or through checks of arguments.
    keyed = {"schedules", "schedules.base", "cache", "optim", "trainer", "history"}
    reached = set()
    for name in ensemble._SOURCES:
        folder = name.rpartition("/")[0]
        found = modules_imported_by(ROOT / name)
        reached |= {(folder + module).removeprefix(".") for module in found if module[0] == "."}
    assert {"model", "schedules.base"} <= reached
    assert reached <= covered | keyed


def sources():
    """Every Python file of the project, and the code of its notebooks, as text."""
    project = ROOT.parent
    for folder in ("lrlib", "book", "exercises", "tests"):
        for path in (project / folder).rglob("*.py"):
            yield path.read_text(encoding="utf8")
        for path in (project / folder).rglob("*.ipynb"):
            if ".ipynb_checkpoints" not in path.parts:
                cells = nbformat.read(path, as_version=4).cells
                yield "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def test_every_package_that_is_imported_is_pinned():
    pinned = set(re.findall(r"^([\w-]+)==", (ROOT.parent / "requirements.txt").read_text(), re.M))
    distributions = packages_distributions()
    for source in sources():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            else:
                continue
            for name in names:
                package = name.partition(".")[0]
                found = {d.lower().replace("_", "-") for d in distributions.get(package, [])}
                assert not found or found & (pinned | {"lrlib"}), f"{package} is not pinned"
