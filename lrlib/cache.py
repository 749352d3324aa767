"""Where lrlib keeps what it need not compute twice."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path


def cache_dir() -> Path:
    """Return the folder of generated data and finished runs, created if need be.

    It is ``$LRLIB_CACHE`` if that is set, else ``lrlib`` in the user's cache folder. Everything in
    it can be deleted at any time.
    """
    folder = Path(os.environ.get("LRLIB_CACHE") or user_cache_path("lrlib"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
