"""The text of the second lab: Python source that every reader has on disk, byte by byte."""

from __future__ import annotations

import hashlib
import random
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import numpy as np
import torch
from torch import Tensor

from ..training.cache import made_once

PARTS = ("train", "val", "test")
SHARE = 0.05  # of the bytes, to choose by; as many to report on
SPLIT_SEED = 0

SYMPY = "1.14.0"
SYMPY_DIGEST = "f0253e754929067eff5060c9b045e93f5efd31c432df968803d2adbbdc2b6bff"


@dataclass(frozen=True, eq=False)
class Text:
    """Text to train on, to choose by and to report on, as symbols.

    A symbol is the position of a byte in the vocabulary. Each part is uint8 of shape [bytes], and
    holds whole files.

    Args:
        name: what the text is.
        train: the symbols to train on.
        val: the symbols to choose by.
        test: the symbols to report on.
        vocabulary: the bytes that occur, in ascending order.
    """

    name: str
    train: Tensor
    val: Tensor
    test: Tensor
    vocabulary: bytes

    def digest(self) -> str:
        """Return a hash of every byte in the text, and of the part that it is in."""
        digest = hashlib.sha256(self.vocabulary)
        for part in PARTS:
            symbols = getattr(self, part).numpy()
            digest.update(len(symbols).to_bytes(8, "big") + symbols.tobytes())
        return digest.hexdigest()


@cache
def sympy_source() -> Text:
    """Return the Python source of SymPy 1.14.0 without its tests: 16.6 MB in 854 files.

    torch installs SymPy, so that the text is at hand wherever torch is. It is read without
    importing SymPy and kept in :func:`lrlib.training.cache.cache_dir`; where it is kept, another
    SymPy may be installed.

    Raises:
        RuntimeError: if the text is not kept yet, and the SymPy that is installed is another one or
            has been altered.
    """
    files = made_once(f"sympy-{SYMPY}.zip", _stored, _installed, _store)
    return split_by_file(f"the source of SymPy {SYMPY}", files)


def split_by_file(name: str, files: Mapping[str, bytes]) -> Text:
    """Return a text of files, each of them in one part: 90 % of the bytes to train, 5 %, 5 %.

    Files of one text are alike, and a byte is easy to predict where its neighbours were trained on.
    So whole files are held out, drawn once and for all; no file is cut for the sake of the shares.

    Args:
        name: what the text is.
        files: the content of each file by its name; the order does not matter.

    Raises:
        ValueError: if the files are so few or so unequal that a part would be empty.
    """
    names = sorted(files)
    random.Random(SPLIT_SEED).shuffle(names)
    sizes = np.array([len(files[each]) for each in names], dtype=np.int64)
    # The part of a file is where its middle lies on the way from the first byte to the last.
    middles = (np.cumsum(sizes) - sizes / 2) / max(sizes.sum(), 1)
    parts = np.searchsorted([SHARE, 2 * SHARE], middles, side="right")
    val, test, train = (
        b"".join(files[each] for each, place in zip(names, parts, strict=True) if place == part)
        for part in range(3)
    )
    if not (val and test and train):
        raise ValueError(
            f"files must be enough to fill the parts {', '.join(PARTS)}, "
            f"got {len(names)} of {sizes.sum()} bytes"
        )
    vocabulary = bytes(sorted(set(train + val + test)))
    symbol = np.zeros(256, dtype=np.uint8)
    symbol[list(vocabulary)] = np.arange(len(vocabulary))
    symbols = [
        torch.from_numpy(symbol[np.frombuffer(part, dtype=np.uint8)]) for part in (train, val, test)
    ]
    return Text(name, *symbols, vocabulary)


def _installed() -> dict[str, bytes]:
    """Return the files of the installed SymPy by their names below it."""
    spec = find_spec("sympy")
    files = {}
    if spec is not None:
        root = Path(spec.submodule_search_locations[0])
        for path in root.rglob("*.py"):
            name = path.relative_to(root)
            if "tests" not in name.parts:
                files[name.as_posix()] = path.read_bytes()
    if _digest(files) != SYMPY_DIGEST:
        found = f"SymPy {metadata.version('sympy')}" if spec else "no SymPy"
        if found == f"SymPy {SYMPY}":
            found += ", altered"
        raise RuntimeError(
            f"the second lab reads the source of SymPy {SYMPY} as published, found {found}; "
            f"install that one (pip install --force-reinstall sympy=={SYMPY}) or give another text"
        )
    return files


def _store(file: IO[bytes], files: Mapping[str, bytes]) -> None:
    """Keep the files by their names in an archive."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as kept:
        for name, content in files.items():
            kept.writestr(name, content)


def _stored(file: IO[bytes]) -> dict[str, bytes]:
    """Return the files that are kept in an archive, by their names."""
    with zipfile.ZipFile(file) as kept:
        files = {name: kept.read(name) for name in kept.namelist()}
    if _digest(files) != SYMPY_DIGEST:
        raise ValueError(f"not the source of SymPy {SYMPY}")
    return files


def _digest(files: Mapping[str, bytes]) -> str:
    """Return a hash of names and contents."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return digest.hexdigest()
