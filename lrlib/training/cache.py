"""Where lrlib keeps what it need not compute twice, and how it knows what is stale."""

from __future__ import annotations

import ast
import atexit
import hashlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, TypeVar

from filelock import FileLock
from platformdirs import user_cache_path

from .files import whole_file

PACKAGE = Path(__file__).parents[1]
LOCK = ".lock"

Made = TypeVar("Made")


def cache_dir() -> Path:
    """Return the folder of generated data and finished runs, created if need be.

    It is ``$LRLIB_CACHE`` if that is set, else ``lrlib`` in the user's cache folder. Everything in
    it can be deleted at any time. Where the folder cannot be written, that is said once, and what
    is made goes to a temporary folder until the process ends; what the folder holds is read.
    """
    return _usable(os.environ.get("LRLIB_CACHE") or str(user_cache_path("lrlib")))


@cache
def _usable(named: str) -> Path:
    """Return a folder that can be written: the one named, or one that stands in for it."""
    folder = Path(os.path.expanduser(named))
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return folder
    warnings.warn(
        f"LRLIB_CACHE must be a folder that can be written, got {named!r}: "
        "what is made now is not kept",
        stacklevel=1,
    )
    return _stand_in(folder)


def _stand_in(folder: Path) -> Path:
    """Return a temporary folder in which every file of another one is found, by a link."""
    stand_in = Path(tempfile.mkdtemp(prefix="lrlib-"))
    atexit.register(shutil.rmtree, stand_in, ignore_errors=True)
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != LOCK:  # a lock is opened for writing
            link = stand_in / path.relative_to(folder)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.absolute())
    return stand_in


def made_once(
    name: str,
    load: Callable[[IO[bytes]], Made],
    make: Callable[[], Made],
    store: Callable[[IO[bytes], Made], None],
) -> Made:
    """Return what is kept in a file of :func:`cache_dir`, made and kept if it is not there.

    A file that ``load`` cannot read is taken for missing, whatever is wrong with it, and replaced.
    Where the file cannot be written, that is said, and what was made is returned all the same. Of
    several processes that ask at the same time one makes it.

    Args:
        name: the name of the file.
        load: reads it from the open file, and raises an exception if it is not what was stored.
        make: makes it.
        store: writes it into the open file.
    """
    path = cache_dir() / name
    lock = FileLock(path.with_suffix(LOCK))
    with suppress(OSError):  # of another user, say: then each makes its own
        lock.acquire()
    try:
        found = _read(path, load)
        if found is None:
            found = make()
            try:
                with whole_file(path) as file:
                    store(file, found)
            except OSError as error:
                warnings.warn(f"{name} could not be kept in the cache: {error}", stacklevel=1)
        return found
    finally:
        lock.release()


def _read(path: Path, load: Callable[[IO[bytes]], Made]) -> Made | None:
    """Return what a file holds, None if that is not what was stored there."""
    try:
        with path.open("rb") as file:
            return load(file)
    except Exception:  # whatever a foreign file makes a reader raise
        return None


def source_fingerprint(names: Iterable[str]) -> str:
    """Return a hash of the code in files of lrlib; rewording comments and docstrings leaves it.

    Args:
        names: the files, as paths below the package.
    """
    digest = hashlib.sha256()
    for name in names:
        digest.update(_code((PACKAGE / name).read_text(encoding="utf8")).encode())
    return digest.hexdigest()


@cache
def _code(source: str) -> str:
    """Return Python source as it is without comments, docstrings and layout."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if documented and ast.get_docstring(node) is not None:
            node.body[0].value = ast.Constant("")
        if isinstance(node, ast.JoinedStr):
            # Some versions of Python end a format within it by an empty text.
            node.values = [part for part in node.values if getattr(part, "value", None) != ""]
    return repr(_parts(tree))


def _parts(node: object) -> object:
    """Return a syntax tree as tuples, without what is empty.

    The text that ``ast`` makes of a tree is not the same in every version of Python: it quotes
    f-strings in another way, or shows fields that older versions do not have.
    """
    if isinstance(node, list):
        return [_parts(each) for each in node]
    if not isinstance(node, ast.AST):
        return node
    fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []))
    return type(node).__name__, *((name, _parts(value)) for name, value in fields)
