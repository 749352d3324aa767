"""Fixtures that several test modules share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Machines are shared: how long an example takes says nothing.
settings.register_profile("untimed", parent=settings(), deadline=None)
settings.load_profile("untimed")

# Tests run on every core already; and nobody watches a bar.
os.environ |= {"LRLIB_JOBS": "1", "LRLIB_PROGRESS": "0"}


@pytest.fixture(scope="session")
def build_book():
    """The README's book command, as ``build_book(source, output)``; pages go to _build/html."""

    def build(source, output):
        command = [Path(sys.executable).with_name("jupyter-book"), "build", source]
        command += ["-W", "-n", "--all", "--path-output", output]
        return subprocess.run(
            command, cwd=source, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    return build
