"""The bibliography holds what is cited, and nothing else; each chapter has its own list."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
ENTRIES = re.findall(
    r"^@\w+\{([\w-]+),", (ROOT / "book" / "references.bib").read_text("utf-8"), re.M
)
ROLE = re.compile(r"[{:]cite:[tp][}:]`([^`]+)`")


def cited_in(path):
    """The keys that a file cites, as it writes them."""
    return [
        key.strip() for keys in ROLE.findall(path.read_text("utf-8")) for key in keys.split(",")
    ]


def test_no_entry_stands_twice():
    assert sorted(set(ENTRIES)) == sorted(ENTRIES)


def test_every_entry_is_cited():
    places = [*CHAPTERS, *(ROOT / "book").rglob("*.md"), *(ROOT / "lrlib").rglob("*.py")]
    cited = {re.sub(r"^\d\d-", "", key) for path in places for key in cited_in(path)}
    assert set(ENTRIES) == cited


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_cites_into_its_own_list(chapter):
    number = chapter.stem[:2]
    assert cited_in(chapter)
    assert {key[:3] for key in cited_in(chapter)} == {f"{number}-"}
    text = chapter.read_text("utf-8")
    assert f":keyprefix: {number}-" in text
    assert f":labelprefix: {number}" in text
