"""Mark the built book with a hash of what it was built from, so that a stale one is known as such.

Only a build that read every page anew and turned every warning into an error leaves the mark, and
only if nothing that it read was changed while it ran.
"""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

STAMP = ".sources"
# What pages are made of: text, the notebooks that a page lets its reader download, and code.
SOURCES = ("_config.yml", "_toc.yml", "book", "exercises", "lrlib")


def source_files(root: Path) -> Iterator[Path]:
    """Yield the files of a checkout that a build of the book may read, in order of their names.

    Folders and files that Python, Jupyter and others keep for themselves are left out.
    """
    for name in SOURCES:
        for path in sorted([root / name, *(root / name).rglob("*")]):
            parts = path.relative_to(root).parts
            if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
                yield path


def digest(root: Path) -> str:
    """Return a hash of the sources of a checkout and of the versions of all that is installed."""
    found = hashlib.sha256(platform.python_version().encode())
    for version in sorted({f"{each.name}=={each.version}" for each in distributions()}):
        found.update(version.encode() + b"\0")
    for path in source_files(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        found.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return found.hexdigest()


def is_current(pages: Path, root: Path) -> bool:
    """Return whether a folder of built pages is a whole build of a checkout as it is now."""
    stamp = pages / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == digest(root)


class Stamp:
    """The mark of one build."""

    def begin(self, app: Sphinx) -> None:
        """Take the old mark away, and what a page that is no longer in the book has left."""
        pages = Path(app.outdir)
        (pages / STAMP).unlink(missing_ok=True)
        if app.fresh_env_used:
            for page in pages.rglob("*.html"):
                page.unlink()
        self.digest = digest(Path(app.srcdir))

    def end(self, app: Sphinx, exception: Exception | None) -> None:
        """Mark the pages if they are what the sources say."""
        strict = app.warningiserror and app.config.nitpicky
        if exception or not (strict and app.fresh_env_used):
            return
        if digest(Path(app.srcdir)) == self.digest:
            (Path(app.outdir) / STAMP).write_text(self.digest, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Be first and last in the build of the pages."""
    stamp = Stamp()
    app.connect("builder-inited", stamp.begin, priority=0)
    app.connect("build-finished", stamp.end, priority=1000)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
