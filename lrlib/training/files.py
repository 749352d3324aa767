"""Files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def whole_file(path: Path, mode: str = "wb", **options: str) -> Iterator[IO]:
    """Open a file for writing that takes its name only when everything in it is written.

    Until then the old file, if there is one, is left as it is, and so it stays if the writing fails
    or is killed. What a killed writer leaves behind is ``path`` with ``.part`` appended, which the
    next one replaces. There must be one writer at a time.

    Args:
        path: where the file is to be.
        mode: ``"wb"`` or ``"w"``.
        options: further arguments of :func:`open`.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open(mode, **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
