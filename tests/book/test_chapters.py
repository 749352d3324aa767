"""Every chapter has the same skeleton, so that a reader finds the same thing in the same place."""

import ast
import itertools
import json
import re
from pathlib import Path

import pytest
from readers_markdown import FIGURE, REFERENCES, TABLE

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


def sections(chapter):
    """The text of each section, by its heading; the head of the chapter under an empty one."""
    head, *parts = re.split(r"^## (.*)$", markdown(chapter), flags=re.MULTILINE)
    return {"": head} | dict(zip(parts[::2], parts[1::2], strict=True))


def prose(chapter):
    """The running text: without equations, tables and their captions, tags and references."""
    text = TABLE.sub("", REFERENCES.sub("", markdown(chapter)))
    text = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)
    return re.sub(r"^\|.*$|<[^>]*>", "", text, flags=re.MULTILINE)


@each_chapter
def test_a_chapter_is_between_1200_and_2200_words(chapter):
    assert 1200 <= len(prose(chapter).split()) <= 2200, len(prose(chapter).split())


@each_chapter
def test_running_prose_holds_at_most_thirty_errors(chapter):
    assert prose(chapter).count("±") <= 30, prose(chapter).count("±")


@each_chapter
def test_a_chapter_begins_with_its_answer(chapter):
    box = re.findall(r"^> .*$", sections(chapter)[""], re.MULTILINE)
    assert box[0].startswith("> **")
    assert 2 <= len(box) <= 5


@each_chapter
@pytest.mark.parametrize("section", ["Play first", "Predict"])
def test_what_is_asked_is_answered_in_a_fold(chapter, section):
    text = sections(chapter)[section]
    assert re.search(r'<details class="answer"><summary>[^<]+</summary>\n\n', text)
    assert "\n\n</details>" in text


@each_chapter
def test_a_chapter_trains_at_most_three_experiments(chapter):
    experiments = re.findall(r"^### (.*)$", sections(chapter)["Train"], re.MULTILINE)
    assert len(set(experiments) - {"The scoreboard"}) <= 3


@each_chapter
def test_a_claim_has_one_of_four_verdicts(chapter):
    text = sections(chapter)["What the papers claimed, what we saw"]
    verdicts = [row.rstrip(" |").rpartition("| ")[2] for row in re.findall(r"^\|.*$", text, re.M)]
    assert len(verdicts) > 2
    for verdict in verdicts[2:]:
        assert re.match(r"(replicates|does not|in part|not tested)\b", verdict), verdict


@each_chapter
@pytest.mark.parametrize(
    "tic", ["surprised us", "we expected", "now ask a network", "tells you what is wrong"]
)
def test_a_chapter_is_free_of_what_was_said_too_often(chapter, tic):
    assert tic not in prose(chapter).lower()


@each_chapter
def test_every_figure_has_a_caption_and_an_alt_text(chapter):
    notebook = json.loads(chapter.read_text(encoding="utf8"))
    for cell, after in itertools.pairwise(notebook["cells"]):
        if re.search(r"^fig;?$", "".join(cell["source"]), re.MULTILINE):
            shown = cell["metadata"].get("mystnb", {})
            assert shown.get("image", {}).get("alt"), cell["id"]
            assert FIGURE.match("".join(after["source"])), cell["id"]


@each_chapter
def test_a_chapter_asserts_what_it_claims(chapter):
    assert code(chapter).count("assert ") >= 3


def names(node):
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def repeated(tree):
    """Every loop of a cell: the names that change with it, and what is repeated."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For):
            stored = {
                each.id
                for line in node.body
                for each in ast.walk(line)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            }
            yield names(node.target) | stored, node.body
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            yield set().union(*(names(each.target) for each in node.generators)), [node.elt]
        elif isinstance(node, ast.DictComp):
            changing = set().union(*(names(each.target) for each in node.generators))
            yield changing, [node.key, node.value]


@each_chapter
def test_comparisons_of_many_with_one_say_how_many_they_are(chapter):
    for cell in cells(chapter, "code"):
        for changing, body in repeated(ast.parse("".join(cell["source"]))):
            for call in itertools.chain.from_iterable(map(ast.walk, body)):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "lab.compare":
                    one_stays = [not names(each) & changing for each in call.args] in (
                        [True, False],
                        [False, True],
                    )
                    told = any(each.arg == "among" for each in call.keywords)
                    assert told or not one_stays, ast.unparse(call)
