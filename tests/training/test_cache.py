"""Stored results know which code made them."""

import os
import subprocess
import sys

import pytest

from lrlib import ConstantLR
from lrlib.training import cache, many
from lrlib.training.data import digits
from lrlib.training.many import train_many

SOURCE = '''"""A module."""

def twice(x):
    """Return double."""
    return 2 * x  # exact
'''


@pytest.fixture
def fingerprint(monkeypatch, tmp_path):
    """The fingerprint of a package of one module with some source."""
    monkeypatch.setattr(cache, "PACKAGE", tmp_path)

    def of(source):
        (tmp_path / "module.py").write_text(source, encoding="utf8")
        return cache.source_fingerprint(["module.py"])

    return of


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("double", "two times x"),
        ("A module", "The module"),
        ("  # exact", ""),
        ("    return", "\n    return"),
    ],
)
def test_words_and_layout_leave_a_fingerprint_as_it_is(fingerprint, old, new):
    assert old in SOURCE
    assert fingerprint(SOURCE.replace(old, new)) == fingerprint(SOURCE)


@pytest.mark.parametrize(("old", "new"), [("2 *", "3 *"), ("twice", "double_of"), ("(x)", "(x=1)")])
def test_a_change_of_code_changes_the_fingerprint(fingerprint, old, new):
    assert fingerprint(SOURCE.replace(old, new)) != fingerprint(SOURCE)


def test_a_fingerprint_is_the_same_in_every_version_of_python(fingerprint):
    # Versions differ in how they write f-strings and in the fields of a function's node.
    source = "def told(x: int) -> str:\n    return f\"{x!r} 'and' {x:>{3}}\" f'\\n{{x}}'\n"
    assert fingerprint(source) == (
        "33e1f8fe283b40164c3d9b168518e3691516048a209a4ca1ae3571ae23083f72"
    )


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("LRLIB_CACHE", str(tmp_path / "here"))
    assert cache.cache_dir() == tmp_path / "here"
    assert cache.cache_dir().is_dir()


def test_a_home_is_a_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LRLIB_CACHE", "~/here")
    assert cache.cache_dir() == tmp_path / "here"
    assert names(tmp_path) == ["here"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def counted(made):
    """Something that is made once and kept, and a record of how often it was made."""
    return cache.made_once(
        "made.txt",
        lambda file: file.read().decode(),
        lambda: made.append(1) or "good",
        lambda file, text: file.write(text.encode()),
    )


@pytest.mark.parametrize("named", ["file", "file/below"])
def test_a_cache_that_cannot_be_is_said_once_and_another_stands_in(monkeypatch, tmp_path, named):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LRLIB_CACHE", str(tmp_path / named))
    message = f"LRLIB_CACHE must be a folder that can be written, got '{tmp_path / named}'"
    with pytest.warns(UserWarning, match=message):
        folder = cache.cache_dir()
    made = []
    assert [counted(made) for _ in range(2)] == ["good", "good"]
    assert made == [1]
    assert names(folder) == ["made.lock", "made.txt"]


def test_a_cache_that_is_write_protected_is_read_and_left(monkeypatch, users_folder):
    monkeypatch.setenv("LRLIB_CACHE", str(users_folder))
    made = []
    counted(made)
    (users_folder / "runs" / "deep").mkdir(parents=True)
    (users_folder / "runs" / "deep" / "kept").write_text("kept")
    for folder in (users_folder, users_folder / "runs", users_folder / "runs" / "deep"):
        folder.chmod(0o555)
    cache._usable.cache_clear()
    with pytest.warns(UserWarning, match="LRLIB_CACHE must be a folder that can be written"):
        folder = cache.cache_dir()
    assert counted(made) == "good"
    assert made == [1]
    assert (folder / "runs" / "deep" / "kept").read_text() == "kept"
    (folder / "runs" / "deep" / "new").write_text("new")
    assert names(users_folder / "runs" / "deep") == ["kept"]


def test_what_a_process_without_a_cache_made_is_gone_with_it(tmp_path):
    (tmp_path / "file").touch()
    script = "from lrlib.training.cache import cache_dir; print(cache_dir())"
    found = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"LRLIB_CACHE": str(tmp_path / "file"), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith(str(tmp_path))
    assert names(tmp_path) == ["file"]


def test_what_cannot_be_kept_is_said_and_returned_all_the_same(monkeypatch, tmp_path):
    monkeypatch.setenv("LRLIB_CACHE", str(tmp_path))
    (tmp_path / "made.txt").mkdir()
    with pytest.warns(UserWarning, match="made.txt could not be kept in the cache: .*directory"):
        assert counted([]) == "good"
    assert names(tmp_path) == ["made.lock", "made.txt"]


def test_a_lock_of_another_user_stops_nobody(monkeypatch, users_folder):
    monkeypatch.setenv("LRLIB_CACHE", str(users_folder))
    (users_folder / "made.lock").touch(0o444)
    made = []
    assert [counted(made) for _ in range(2)] == ["good", "good"]
    assert made == [1]


def test_a_stored_run_is_found_in_a_cache_that_is_write_protected(monkeypatch, tmp_path):
    monkeypatch.setenv("LRLIB_CACHE", str(tmp_path))
    options = {"seeds": [0], "data": digits(), "total_steps": 2}
    stored = train_many([ConstantLR(0.1)], **options)
    before = sorted(tmp_path.rglob("*"))
    cache._usable.cache_clear()
    monkeypatch.setattr(cache.os, "access", lambda *arguments: False)
    monkeypatch.setattr(many, "map_chunks", None)
    with pytest.warns(UserWarning, match="LRLIB_CACHE must be a folder that can be written"):
        found = train_many([ConstantLR(0.1)], **options)
    assert found.test_loss.tolist() == stored.test_loss.tolist()
    assert sorted(tmp_path.rglob("*")) == before
