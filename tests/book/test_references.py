"""The bibliography holds what is cited, and nothing else; each chapter has its own list."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
ENTRIES = re.findall(
    r"^@\w+\{([\w-]+),", (ROOT / "book" / "references.bib").read_text("utf-8"), re.M
)
CITED = re.compile(r"[{:]cite:[tp][}:]`([^`]+)`|data-cite=[\\]?\"([^\"\\]+)")


def cited_in(path):
    """The keys that a file cites, as it writes them."""
    return [
        key.strip()
        for found in CITED.finditer(path.read_text("utf-8"))
        for key in (found[1] or found[2]).split(",")
    ]


def test_no_entry_stands_twice():
    assert sorted(set(ENTRIES)) == sorted(ENTRIES)


def test_every_entry_is_cited():
    places = [*CHAPTERS, *(ROOT / "book").rglob("*.md"), *(ROOT / "lrlib").rglob("*.py")]
    assert set(ENTRIES) == {key for path in places for key in cited_in(path)}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_cites_and_has_a_list_of_its_own(chapter):
    assert cited_in(chapter)
    assert "<!-- references -->" in chapter.read_text("utf-8")
