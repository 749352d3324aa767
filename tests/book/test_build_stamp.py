"""A built book is known by what it was built from."""

from types import SimpleNamespace

import build_stamp
import pytest


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """One package, in place of the hundreds whose versions take half a second to read."""
    packages = [SimpleNamespace(name="sphinx", version="7")]
    monkeypatch.setattr(build_stamp, "distributions", lambda: packages)
    return packages


@pytest.fixture
def checkout(tmp_path):
    """A folder with a few of the sources of a book."""
    for name in ("_config.yml", "book/page.md", "book/_static/book.css", "lrlib/theory.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"This is {name}.")
    return tmp_path


@pytest.fixture
def build(checkout):
    """Build the pages of the checkout as Sphinx would, and return their folder."""

    def build(exception=None, during=lambda: None, **flags):
        settings = {"nitpicky": flags.pop("nitpicky", True)}
        flags = {"fresh_env_used": True, "warningiserror": True} | flags
        pages = checkout / "_build"
        pages.mkdir(exist_ok=True)
        app = SimpleNamespace(
            srcdir=checkout, outdir=pages, config=SimpleNamespace(**settings), **flags
        )
        stamp = build_stamp.Stamp()
        stamp.begin(app)
        during()
        stamp.end(app, exception)
        return pages

    return build


def test_a_whole_build_is_current(build, checkout):
    assert build_stamp.is_current(build(), checkout)


def test_a_build_of_the_same_sources_elsewhere_has_the_same_mark(checkout):
    moved = checkout.rename(checkout.with_name("moved"))
    before = build_stamp.digest(moved)
    assert build_stamp.digest(moved.rename(checkout)) == before


@pytest.mark.parametrize("name", ["_config.yml", "book/page.md", "lrlib/theory.py"])
def test_a_change_of_any_source_makes_a_build_stale(build, checkout, name):
    pages = build()
    (checkout / name).write_text("This is new.")
    assert not build_stamp.is_current(pages, checkout)


def test_a_source_that_comes_goes_or_moves_makes_a_build_stale(build, checkout):
    pages = build()
    page = checkout / "book" / "page.md"
    moved = page.rename(checkout / "book" / "moved.md")
    assert not build_stamp.is_current(pages, checkout)
    moved.rename(page)
    assert build_stamp.is_current(pages, checkout)
    page.with_name("new.md").touch()
    assert not build_stamp.is_current(pages, checkout)


def test_another_version_of_a_package_makes_a_build_stale(build, checkout, installed):
    pages = build()
    installed[0].version = "8"
    assert not build_stamp.is_current(pages, checkout)


@pytest.mark.parametrize(
    "name",
    ["tests/test_page.py", "book/.ipynb_checkpoints/page.md", "lrlib/__pycache__/theory.pyc"],
)
def test_what_no_page_is_made_of_leaves_a_build_current(build, checkout, name):
    pages = build()
    path = checkout / name
    path.parent.mkdir(parents=True)
    path.write_text("Not in the book.")
    assert build_stamp.is_current(pages, checkout)


@pytest.mark.parametrize(
    "build_was",
    [
        {"exception": RuntimeError("a cell raised")},
        {"fresh_env_used": False},
        {"warningiserror": False},
        {"nitpicky": False},
    ],
    ids=["broken off", "of some pages", "with warnings", "with dead references"],
)
def test_a_build_that_is_not_whole_and_strict_is_not_current(build, checkout, build_was):
    build()
    assert not build_stamp.is_current(build(**build_was), checkout)


def test_a_build_whose_sources_changed_while_it_ran_is_not_current(build, checkout):
    page = checkout / "book" / "page.md"
    assert not build_stamp.is_current(build(during=lambda: page.write_text("New.")), checkout)


def test_a_whole_build_takes_away_the_pages_of_an_earlier_one(build):
    page = build() / "old" / "page.html"
    page.parent.mkdir()
    page.touch()
    build(fresh_env_used=False)
    assert page.exists()
    build()
    assert not page.exists()
