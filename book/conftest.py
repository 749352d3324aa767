"""A chapter tested while the book is built waits, and finds its runs done."""

from filelock import FileLock


def pytest_runtest_setup(item):
    """Wait for a build that another process of this test session has begun."""
    folder = item.config.rootpath / "_build"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "book.lock"):
        pass
