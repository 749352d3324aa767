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
    next one replaces. There must be one writer at a time. The file's mode is that of any new file.

    Args:
        path: where the file is to be; its folder is made if need be.
        mode: ``"wb"`` or ``"w"``.
        options: further arguments of :func:`open`.

    Raises:
        OSError: if the file cannot be written, as on a full disk; it names the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open(mode, **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        if error.errno is not None and error.filename is None:  # as with a full disk
            error.filename = str(path)
        raise
    finally:
        part.unlink(missing_ok=True)


def check_writable(name: str, path: Path) -> None:
    """Raise ValueError unless a file can be written to ``path``; nothing is made or changed.

    Args:
        name: what the path is called in the message.
        path: where a file is to be, in a folder that exists or can be made.
    """
    if os.path.lexists(path) and not os.path.isfile(path):
        raise ValueError(f"{name} must be a file, got {str(path)!r}, which is something else")
    _check_folder(name, path, path.absolute().parent)


def check_folder(name: str, path: Path) -> None:
    """Raise ValueError unless files can be written into a folder, as it is or when it is made.

    Args:
        name: what the folder is called in the message.
        path: the folder, which need not exist; nothing is made or changed.
    """
    _check_folder(name, path, path.absolute())


def _check_folder(name: str, path: Path, folder: Path) -> None:
    nearest = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    if not nearest.is_dir():
        raise ValueError(
            f"{name} must be in a folder, got {str(path)!r}: {str(nearest)!r} is a file"
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise ValueError(
            f"{name} must be where files can be written, got {str(path)!r}: "
            f"{str(nearest)!r} is write-protected"
        )
