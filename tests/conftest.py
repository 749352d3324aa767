"""Fixtures that several test modules share."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# Machines are shared: how long an example takes says nothing.
settings.register_profile("untimed", parent=settings(), deadline=None)
settings.load_profile("untimed")

# Tests run on every core already; and nobody watches a bar.
os.environ |= {"LRLIB_JOBS": "1", "LRLIB_PROGRESS": "0"}


README = Path(__file__).parents[1] / "README.md"


@pytest.fixture(scope="session")
def build_book():
    """The README's book command, as ``build_book(source, output)``; pages go to _build/html."""
    options = re.search(r"jupyter-book build \. (.*)", README.read_text("utf-8"))[1].split()
    # A book is built by all cores, as its reader builds it.
    environment = {name: value for name, value in os.environ.items() if name != "LRLIB_JOBS"}

    def build(source, output, *more):
        command = [Path(sys.executable).with_name("jupyter-book"), "build", source, *options]
        command += ["--path-output", output, *more]
        return subprocess.run(
            command,
            cwd=source,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return build


@pytest.fixture
def users_folder():
    """A folder of a user for whom the modes of files count, as they do not for root.

    The test runs as that user.
    """
    folder = Path(tempfile.mkdtemp())
    root = os.getuid() == 0
    if root:
        os.chown(folder, 65534, 65534)
        os.setresuid(65534, 65534, 0)
    yield folder
    if root:
        os.setresuid(0, 0, 0)
    subprocess.run(["chmod", "-R", "u+rwx", folder], check=True)
    shutil.rmtree(folder)


@pytest.fixture
def small_disk():
    """Lets no file grow beyond 1,000 bytes, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)
