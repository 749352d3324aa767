"""`import lrlib` is cheap, and imports point one way."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import nbformat
import page_python
import pytest

import lrlib
from lrlib.training import many

ROOT = Path(lrlib.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
# From the bottom up: a room imports from itself and from those before it.
ROOMS = ["schedules", "rosetta", "theory", "catalog", "optim", "plotting", "training", "tuning"]
ROOMS += ["lab", "explorers", "course", "cli"]


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


def name_of(path):
    """A module's name below lrlib, a package's own for its face."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


def ours_imported_by(path):
    """The modules of lrlib that a module names in its imports, those for type checking included."""
    home = name_of(path).split(".") if name_of(path) else []
    if path.name == "__init__.py":
        home = [*home, ""]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = home[: len(home) - node.level] + (node.module or "").split(".")
            base = ".".join(part for part in base if part)
            named = {f"{base}.{alias.name}".strip(".") for alias in node.names}
            yield from named & set(NAMES) or {base}


def room_of(name):
    return name.partition(".")[0]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("", "__main__")])
def test_rooms_import_one_way(name):
    floor = ROOMS.index(room_of(name))
    for other in ours_imported_by(NAMES[name]):
        assert ROOMS.index(room_of(other)) <= floor, f"{name} imports {other}"


def test_no_modules_import_each_other_in_a_circle():
    imports = {name: set(ours_imported_by(path)) - {name} for name, path in NAMES.items()}
    while leaves := {name for name, others in imports.items() if not others & set(imports)}:
        imports = {name: others for name, others in imports.items() if name not in leaves}
    assert not imports


# What has to be installed for a room: nothing, or an extra of pyproject.toml.
EXTRAS = dict.fromkeys(["schedules", "rosetta", "theory", "catalog"], None)
EXTRAS |= {"optim": "torch", "plotting": "plot", "training": "training", "tuning": "cluster"}
EXTRAS |= dict.fromkeys(["lab", "explorers", "course"], "course")


def packages_of(extra):
    """The packages that an extra installs, by name."""
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text("utf8"))["project"]
    assert project["dependencies"] == []
    for line in project["optional-dependencies"][extra] if extra else []:
        name, of, others = re.match(r"([\w-]+)(\[)?([\w,-]*)", line).groups()
        yield from (
            (each for other in others.split(",") for each in packages_of(other)) if of else [name]
        )


@pytest.mark.parametrize("room", EXTRAS)
def test_the_extra_of_a_room_installs_all_that_it_imports(room):
    installed = set(packages_of(EXTRAS[room]))
    distributions = packages_distributions()
    for name, path in NAMES.items():
        if room_of(name) == room:
            for module in modules_imported_by(path):
                found = distributions.get(module.partition(".")[0], []) if module[0] != "." else []
                assert not found or {each.lower() for each in found} & installed, module


PURE = [path for pattern in page_python.PURE for path in ROOT.glob(pattern)]


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_what_runs_in_the_page_needs_math_and_dataclasses_only(path):
    outside = {name for name in modules_imported_by(path) if not name.startswith(".")}
    assert outside <= {"__future__", "math", "dataclasses"}


def test_the_fingerprint_of_stored_runs_covers_what_they_are_trained_by():
    covered = {name.removesuffix(".py").replace("/", ".") for name in many.SOURCES}
    # What reaches a run only through the key of the store, or through checks of arguments.
    keyed = {"schedules", "schedules.base", "optim"}
    keyed |= {"training.cache", "training.loop", "training.history"}
    reached = {name for each in many.SOURCES for name in ours_imported_by(ROOT / each)}
    assert {"training.model", "schedules.base"} <= reached
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
