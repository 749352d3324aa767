"""While the book is being built its chapters train: their tests wait, and find that done."""

from filelock import FileLock


def pytest_runtest_setup(item):
    """Wait for a build that another process of this test session has begun."""
    folder = item.config.rootpath / "_build"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "book.lock"):
        pass
