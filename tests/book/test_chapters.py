"""Every chapter has the same skeleton, so that a reader finds the same thing in the same place."""

import json
import re
from pathlib import Path

import pytest

BOOK = Path(__file__).parents[2] / "book"
CHAPTERS = sorted(BOOK.glob("[0-9][0-9]_*.ipynb"))
SKELETON = [
    "Play first",
    "Derivation",
    "The code",
    "Predict",
    "Train",
    "What the papers claimed, what we saw",
    "Pitfalls",
    "In practice",
    "Summary",
    "Exercises",
    "References",
]

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


def cells(chapter, kind):
    notebook = json.loads(chapter.read_text(encoding="utf8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def markdown(chapter):
    return "\n\n".join("".join(cell["source"]) for cell in cells(chapter, "markdown"))


def code(chapter):
    return "\n\n".join("".join(cell["source"]) for cell in cells(chapter, "code"))


def test_there_are_chapters():
    assert CHAPTERS


@each_chapter
def test_a_chapter_has_the_sections_of_the_skeleton_in_order(chapter):
    assert re.findall(r"^## (.*)$", markdown(chapter), re.MULTILINE) == SKELETON


@each_chapter
def test_a_chapter_is_between_1200_and_2500_words(chapter):
    words = re.sub(r"\$\$.*?\$\$", "", markdown(chapter), flags=re.DOTALL).split()
    assert 1200 <= len(words) <= 2500, len(words)


@each_chapter
def test_every_figure_has_a_caption_and_an_alt_text(chapter):
    for cell in cells(chapter, "code"):
        if re.search(r"^fig;?$", "".join(cell["source"]), re.MULTILINE):
            shown = cell["metadata"].get("mystnb", {})
            assert shown.get("image", {}).get("alt"), cell["id"]
            assert shown.get("figure", {}).get("caption"), cell["id"]


@each_chapter
def test_a_chapter_asserts_what_it_claims(chapter):
    assert code(chapter).count("assert ") >= 3
