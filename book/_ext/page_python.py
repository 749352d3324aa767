"""Give the book's pages what lrlib brings along: Python, and the drawing's style sheet.

Python is Brython and the very source files of lrlib that chapters import. It travels as two
scripts, because a page opened from a folder may not read other files: ``brython.js`` as its package
ships it, and ``page-python.js`` with the modules as text. Pages load them when a reader first stirs
(``explorer.js``).
"""

from __future__ import annotations

import ast
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import lrlib

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

BRYTHON = files("brython") / "data"
LRLIB = Path(lrlib.__file__).parent
STANDARD = ("math", "__future__")  # the modules of the standard library that travel along
# What runs in the page.
PURE = ("__init__.py", "schedules/*.py", "theory.py", "explorers/__init__.py")
PURE += ("explorers/sketch.py", "explorers/demos/*.py")
OURS = Path(__file__).parent / "page"
DRAWING = LRLIB / "explorers" / "templates" / "drawing.css"  # an explorer in Jupyter has it, too


def standard_modules() -> dict[str, list]:
    """Return the modules of Brython's standard library that lrlib imports."""
    source = (BRYTHON / "brython_stdlib.js").read_text(encoding="utf-8")
    start = re.search(r"var scripts = ", source).end()
    scripts, _ = json.JSONDecoder().raw_decode(source, start)
    return {name: scripts[name] for name in STANDARD}


def module(path: Path) -> list:
    """Return a source file as Brython files it: its kind, its text, its imports, if a package."""
    source = path.read_text(encoding="utf-8")
    imports = [
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    return [".py", source, imports] + [1] * (path.stem == "__init__")


def bundle() -> str:
    """Return the script that hands every module to Brython."""
    modules = standard_modules()
    for path in sorted(OURS.glob("*.py")):
        modules[path.stem] = module(path)
    for path in sorted(each for pattern in PURE for each in LRLIB.glob(pattern)):
        name = path.relative_to(LRLIB.parent).with_suffix("").as_posix().replace("/", ".")
        modules[name.removesuffix(".__init__")] = module(path)
    return f"__BRYTHON__.loadBrythonPackage({json.dumps(modules)});\n"


def write_scripts(app: Sphinx, exception: Exception | None) -> None:
    """Put both scripts beside the pages."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    (static / "brython.js").write_bytes((BRYTHON / "brython.js").read_bytes())
    (static / "page-python.js").write_text(bundle(), encoding="utf-8")


def add_style_sheet(app: Sphinx, config: Config) -> None:
    """Let Sphinx take the drawing's style sheet along."""
    config.html_static_path.append(str(DRAWING))


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the beginning of the build and to its end."""
    app.connect("config-inited", add_style_sheet)
    app.connect("build-finished", write_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
