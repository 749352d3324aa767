"""Where lrlib keeps what it need not compute twice, and how it knows what is stale."""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

PACKAGE = Path(__file__).parents[1]


def cache_dir() -> Path:
    """Return the folder of generated data and finished runs, created if need be.

    It is ``$LRLIB_CACHE`` if that is set, else ``lrlib`` in the user's cache folder. Everything in
    it can be deleted at any time.
    """
    folder = Path(os.environ.get("LRLIB_CACHE") or user_cache_path("lrlib"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"LRLIB_CACHE must be a folder that can be made, got {str(folder)!r}"
        ) from error
    return folder


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
