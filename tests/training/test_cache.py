"""Stored results know which code made them."""

import pytest

from lrlib.training import cache

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


def test_a_cache_that_cannot_be_is_named(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LRLIB_CACHE", str(tmp_path / "file" / "below"))
    with pytest.raises(OSError, match="LRLIB_CACHE must be a folder that can be made, got .*below"):
        cache.cache_dir()
