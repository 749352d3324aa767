"""The second lab's text is the one that is named, and no file of it is in two parts."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from lrlib.lab import text
from lrlib.lab.text import PARTS, split_by_file, sympy_source
from lrlib.training.cache import cache_dir

FILES = {f"{i}.py": f"<{i}>".encode() * (10 + i % 7) for i in range(100)}


def content(made, part):
    return bytes(made.vocabulary[symbol] for symbol in getattr(made, part).tolist())


def test_each_part_holds_whole_files_and_no_file_is_in_two_parts():
    made = split_by_file("files", FILES)
    parts = {part: content(made, part) for part in PARTS}
    for file in FILES.values():
        assert sum(file in part for part in parts.values()) == 1
    assert sum(map(len, parts.values())) == sum(map(len, FILES.values()))


def test_nine_tenths_of_the_bytes_are_trained_on():
    made = split_by_file("files", FILES)
    total = sum(map(len, FILES.values()))
    shares = [len(getattr(made, part)) / total for part in PARTS]
    assert shares == pytest.approx([0.9, 0.05, 0.05], abs=0.015)


def test_symbols_are_the_positions_of_bytes_in_the_vocabulary():
    made = split_by_file("files", FILES)
    assert made.vocabulary == b"0123456789<>"
    symbols = torch.cat([getattr(made, part) for part in PARTS])
    assert symbols.dtype == torch.uint8
    assert symbols.unique().tolist() == list(range(12))


def test_the_order_in_which_files_are_given_does_not_matter():
    backwards = dict(reversed(FILES.items()))
    assert split_by_file("a", FILES).digest() == split_by_file("b", backwards).digest()


def test_the_digest_tells_texts_apart_by_their_bytes_and_by_their_parts():
    made = split_by_file("files", FILES)
    others = [
        split_by_file("files", FILES | {"7.py": b"<8>"}),
        replace(made, val=made.test, test=made.val),
        replace(made, train=made.train[:-1], val=torch.cat([made.train[-1:], made.val])),
        replace(made, vocabulary=made.vocabulary[:-1] + b"?"),
    ]
    assert len({each.digest() for each in (made, *others)}) == 5


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, "0 of 0 bytes"),
        ({"a": b"", "b": b"", "c": b""}, "3 of 0 bytes"),
        ({"a": b"a", "b": b"b"}, "2 of 2 bytes"),
        ({"a": b"a" * 1000, "b": b"b", "c": b"c"}, "3 of 1002 bytes"),
    ],
)
def test_files_that_leave_a_part_empty_are_refused(files, found):
    with pytest.raises(ValueError, match=f"files must be enough .* train, val, test, got {found}"):
        split_by_file("files", files)


def test_the_source_of_sympy_is_the_text_that_results_are_reported_for():
    made = sympy_source()
    assert made.digest() == "10c215649e62e6abed3915fb95c5ef05b2fd71d05cd9c2196d97b70f4b80850e"
    assert [len(getattr(made, part)) for part in PARTS] == [14_954_345, 842_492, 815_434]
    assert len(made.vocabulary) == 137
    assert b"def integrate(" in content(replace(made, train=made.train[: 10**6]), "train")


@pytest.fixture
def install(monkeypatch, tmp_path):
    """Puts a package in the place of SymPy, as ``install(version, files)``; None removes it."""
    monkeypatch.setenv("LRLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(text, "SYMPY_DIGEST", text._digest(FILES))
    sympy_source.cache_clear()

    def put(version, files=FILES):
        root = tmp_path / str(version)
        for name, written in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written)
        spec = SimpleNamespace(submodule_search_locations=[str(root)])
        monkeypatch.setattr(text, "find_spec", lambda name: version and spec)
        monkeypatch.setattr(text.metadata, "version", lambda name: version)

    yield put
    sympy_source.cache_clear()


def test_tests_of_sympy_and_what_is_not_python_are_left_out(install):
    extra = {"core/tests/test_a.py": b"assert 1", "tests/b.py": b"1", "readme.rst": b"SymPy"}
    install("1.14.0", FILES | extra)
    assert sympy_source().digest() == split_by_file("files", FILES).digest()


@pytest.mark.parametrize(
    ("version", "change", "found"),
    [
        ("1.13.3", {"7.py": b"older"}, "SymPy 1.13.3;"),
        ("1.14.0", {"7.py": b"altered"}, "SymPy 1.14.0, altered;"),
        ("1.14.0", {"new.py": b""}, "SymPy 1.14.0, altered;"),
        (None, {}, "no SymPy;"),
    ],
)
def test_another_source_is_refused_with_the_version_found_and_the_one_needed(
    install, version, change, found
):
    install(version, FILES | change)
    with pytest.raises(RuntimeError, match=f"SymPy 1.14.0 as published, found {found} install"):
        sympy_source()


@pytest.mark.parametrize("later", ["1.15.0", None])
def test_a_text_that_is_kept_serves_whatever_is_installed_later(install, later):
    install("1.14.0")
    digest = sympy_source().digest()
    sympy_source.cache_clear()
    install(later, {"0.py": b"newer"})
    assert sympy_source().digest() == digest


@pytest.mark.parametrize(
    "damage", ["truncated", "one byte changed", "not an archive", "empty", "older"]
)
def test_a_damaged_archive_is_made_again(install, damage):
    install("1.14.0")
    digest = sympy_source().digest()
    sympy_source.cache_clear()
    (path,) = cache_dir().glob("*.zip")
    whole = bytearray(path.read_bytes())
    if damage == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "one byte changed":
        whole[60] ^= 1
        path.write_bytes(whole)
    elif damage == "not an archive":
        path.write_bytes(b"hello")
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        with path.open("wb") as file:
            text._store(file, FILES | {"7.py": b"older"})
    assert sympy_source().digest() == digest
    with path.open("rb") as file:
        assert text._stored(file) == FILES


def test_reading_the_text_does_not_import_sympy():
    code = "import sys; from lrlib.lab.text import sympy_source; sympy_source(); "
    subprocess.run([sys.executable, "-c", code + "assert 'sympy' not in sys.modules"], check=True)
