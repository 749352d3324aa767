"""The appendix on notation: every symbol of a chapter is in its table, with one meaning there."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

BOOK = Path(__file__).parents[2] / "book"
CHAPTERS = [path.stem for path in sorted(BOOK.glob("[0-9][0-9]_*.ipynb"))]

# What these letters stand for is the same in the whole book.
FIXED = {
    "h": "curvature",
    r"\theta": "weights",
    r"\eta": "learning rate",
    r"\sigma": "gradient noise",
    "A": "second moment",
    "T": "number of updates of a run",
    "t": "update",
    r"\phi": "shape of a fall",
    "S": "travel",
    "B": "batch size",
    "s": "standard deviation over seeds",
    "n": "number of seeds",
    r"\gamma": "factor of a drop",
    r"\beta": "momentum",
}

MATH = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$([^$]+)\$", re.S)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.S)
WORDS = re.compile(r"^% .*$|\\(?:text|operatorname|mathbb|tag|begin|end)\*?\{[^}]*\}", re.M)
DIFFERENTIAL = re.compile(r"(?<![a-zA-Z\\])d(?=[a-z]|\\varepsilon)")
PROBABILITY = re.compile(r"(?<![a-zA-Z\\])P(?=\()")
LETTER = re.compile(r"\\([a-zA-Z]+)|([a-zA-Z])")
GREEK = re.compile(
    r"(var)?(alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|rho|sigma"
    r"|tau|upsilon|phi|chi|psi|omega|Delta|Theta|Lambda|Xi|Sigma|Phi|Psi|Omega)|ell"
)
EULER = "e"  # a number, as is the Greek pi

DEFINED = re.compile(
    r"\b[Ll]et\s+\$([^$]+)\$"
    r"|\b(?:[Ww]rite|[Cc]all)\s+\$([^$=]+)[^$]*\$"
    r"|\b(?:with|where|and)\s+\$([^$]+)\$\s+(?:is\s+)?(?:the|a)\b"
)

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS)


def symbols(tex):
    r"""The letters of a formula, ``\eta`` for ``\eta_{\max}``, without functions and numbers."""
    for what in (WORDS, DIFFERENTIAL, PROBABILITY):
        tex = what.sub(" ", tex)
    letters = {
        letter or f"\\{command}"
        for command, letter in LETTER.findall(tex)
        if letter or GREEK.fullmatch(command)
    }
    return letters - {EULER}


def bases(tex):
    """The letters that a definition defines: before an equals sign, without index or argument."""
    left = re.split(r"=|\\leftarrow", tex)[0]
    return symbols(re.sub(r"[_^](\{[^}]*\}|\\?\w+)|\([^)]*\)", "", left))


def text(chapter):
    """The Markdown of a chapter, without code."""
    cells = json.loads((BOOK / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    texts = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return CODE.sub("", "\n\n".join(texts))


def used(chapter):
    """The symbols of a chapter's formulas."""
    return set().union(*(symbols("".join(found)) for found in MATH.findall(text(chapter))))


@dataclass(frozen=True)
class Row:
    """A row of the table: a symbol, what it stands for, and in which chapters."""

    symbol: str
    meaning: str
    unit: str
    introduced: tuple[str, ...]
    only_there: bool

    def holds_in(self, chapter):
        if self.only_there:
            return chapter in self.introduced
        return chapter >= self.introduced[0]


def read_rows():
    lines = (BOOK / "notation.md").read_text(encoding="utf-8").splitlines()
    table = [line.strip("| ").split(" | ") for line in lines if line.startswith("| $")]
    rows = []
    for symbol, meaning, unit, place in table:
        (letter,) = bases(symbol.strip("$"))
        introduced = re.findall(r"\]\((\w+)\.ipynb\)", place)
        rows.append(Row(letter, meaning, unit, tuple(introduced), place.startswith("only")))
    return rows


ROWS = read_rows()

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.symbol}, {row.meaning}")


@pytest.mark.parametrize(
    ("tex", "letters"),
    [
        (r"\theta_{t+1} = (1 - \eta_t h)\,\theta_t", {r"\theta", "t", r"\eta", "h"}),
        ("% eq-memory\nL_T \\approx \\tfrac12 e^{-2hS} \\tag{5.4}", {"L", "T", "h", "S"}),
        (r"\underbrace{A_0}_{\text{what the start left}}", {"A"}),
        (r"\int_0^x \sin \pi z \, dz", {"x", "z"}),
        (r"\frac1{\sqrt{dW}}", {"d", "W"}),
        (r"P(\text{no new best}) = \mathbb{E}\,\max_j x_j", {"x", "j"}),
        (r"\operatorname{Var}\bar a \le \ell\,\ln L", {"a", r"\ell", "L"}),
    ],
)
def test_symbols_are_the_letters_of_a_formula(tex, letters):
    assert symbols(tex) == letters


@each_chapter
def test_every_symbol_of_a_chapter_has_one_row_that_holds_there(chapter):
    rows = [row.symbol for row in ROWS if row.holds_in(chapter)]
    assert {symbol: rows.count(symbol) for symbol in used(chapter) if rows.count(symbol) != 1} == {}


@each_row
def test_a_row_is_whole_and_used_in_the_chapters_that_it_names(row):
    assert row.meaning
    assert row.unit
    assert row.introduced
    assert [chapter for chapter in row.introduced if row.symbol not in used(chapter)] == []


@each_row
def test_a_meaning_for_the_whole_book_is_introduced_where_the_letter_is_first_used(row):
    if not row.only_there:
        elsewhere = [other for other in ROWS if other.symbol == row.symbol and other != row]
        before = [
            chapter
            for chapter in CHAPTERS
            if chapter < row.introduced[0] and row.symbol in used(chapter)
        ]
        assert all(any(other.holds_in(chapter) for other in elsewhere) for chapter in before)


@pytest.mark.parametrize("symbol", FIXED)
def test_the_letters_of_the_whole_book_have_one_meaning(symbol):
    for row in (row for row in ROWS if row.symbol == symbol):
        assert FIXED[symbol] in row.meaning
        assert not row.only_there


@each_chapter
def test_a_chapter_defines_no_symbol_that_another_has_introduced(chapter):
    again = set()
    for found in DEFINED.findall(text(chapter)):
        for symbol in bases("".join(found)):
            rows = [row for row in ROWS if row.symbol == symbol and row.holds_in(chapter)]
            if not any(chapter in row.introduced for row in rows):
                again.add(symbol)
    assert again == set()
