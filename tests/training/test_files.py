"""Every file is whole or not there, and where none can be, that is known beforehand."""

import os
import stat

import pytest

from lrlib.training import files
from lrlib.training.files import check_folder, check_writable, whole_file


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    with whole_file(path, "w", encoding="utf8") as file:
        file.write("old")
        assert not path.exists()
    with pytest.raises(ZeroDivisionError), whole_file(path, "w", encoding="utf8") as file:
        file.write(f"half {1 / 0}")
    assert path.read_text(encoding="utf8") == "old"
    assert names(tmp_path) == ["a.txt"]


def test_what_a_killed_writer_left_is_replaced(tmp_path):
    path = tmp_path / "a.txt"
    (tmp_path / "a.txt.part").write_text("half of something long", encoding="utf8")
    with whole_file(path, "w", encoding="utf8") as file:
        file.write("new")
    assert path.read_text(encoding="utf8") == "new"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_the_mode_of_a_file_is_that_of_any_new_file(tmp_path, umask):
    before = os.umask(umask)
    try:
        with whole_file(tmp_path / "a") as file:
            file.write(b"a")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o666 & ~umask


def test_a_file_is_on_the_disk_before_it_takes_its_name(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        kept = getattr(os, name)
        monkeypatch.setattr(
            files.os, name, lambda *a, name=name, kept=kept: (calls.append(name), kept(*a))
        )
    with whole_file(tmp_path / "a") as file:
        file.write(b"a")
    assert calls == ["fsync", "replace"]


def test_the_folder_of_a_file_is_made(tmp_path):
    with whole_file(tmp_path / "b" / "c" / "a") as file:
        file.write(b"a")
    assert names(tmp_path / "b" / "c") == ["a"]


def test_a_disk_that_is_full_leaves_the_old_file_and_no_half(tmp_path, small_disk):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="File too large: '.*a'"), whole_file(path) as file:
        file.write(bytes(10**6))
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_path_that_can_be_written_passes_and_nothing_is_made(tmp_path):
    (tmp_path / "old").touch()
    for path in ("old", "new", "folders/that/are/new"):
        check_writable("out", tmp_path / path)
    assert names(tmp_path) == ["old"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("folder", "out must be a file, got '.*folder', which is something else"),
        ("/dev/null", "out must be a file, got '/dev/null', which is something else"),
        ("file/below", "out must be in a folder, got '.*file/below': '.*file' is a file"),
        ("file/deep/below", "out must be in a folder, got '.*below': '.*file' is a file"),
    ],
)
def test_a_path_that_cannot_be_written_is_named(tmp_path, path, message):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=message):
        check_writable("out", tmp_path / path)


@pytest.mark.parametrize("path", ["file", "file/below"])
def test_a_folder_that_cannot_be_is_named(tmp_path, path):
    (tmp_path / "file").touch()
    check_folder("out", tmp_path)
    check_folder("out", tmp_path / "new" / "folder")
    with pytest.raises(ValueError, match=f"out must be in a folder, got '.*{path}': '.*file' is a"):
        check_folder("out", tmp_path / path)
    assert names(tmp_path) == ["file"]


def test_a_folder_that_is_write_protected_is_named(users_folder):
    users_folder.chmod(0o555)
    message = f"must be where files can be written, got .*: '{users_folder}' is write-protected"
    with pytest.raises(ValueError, match=message):
        check_writable("out", users_folder / "new" / "file")
    with pytest.raises(ValueError, match=message):
        check_folder("out", users_folder)
    assert not names(users_folder)
