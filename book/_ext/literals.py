"""What a notebook writes out in the places that the book fills by name: numbers, citations, labels.

Here is how each is written; ``fill.py`` writes it, and ``readers_markdown.py`` checks the numbers.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from myst_nb.core.variables import format_plain_text
from pybtex.database import BibliographyData, parse_file
from pybtex.plugin import find_plugin
from pybtex.richtext import Text

from lrlib.lab.statistics import VERDICTS

TOLERANCE = 0.01  # of a number without an error; processors differ in their last digits
DIGITS = re.compile(r"(?<![\w.])[-+−]?(?:\d[\d,]*)?\.?\d+(?:e[-+]?\d+)?")
NEEDLESS = re.compile(r"\\([.()-])")  # what pybtex escapes and Markdown does not need escaped
DRAWS = 3  # errors between two draws
UNDECIDED = "undecided"
ERROR = re.compile(r"\s*±\s*")

KINDS = {"eq": "({})", "fig": "Figure {}", "tab": "Table {}"}


def shown(content: str, spec: str) -> str:
    """Return a value of a run as text shows it.

    Args:
        content: the value as Jupyter prints it.
        spec: a format as in ``format``; empty for the value as it stands.

    Raises:
        ValueError: if the value has no such format.
    """
    text = format_plain_text(content, spec or "s")
    if spec.endswith("d") and float(content) != int(text):
        raise ValueError(f"a value shown as {spec!r} must be whole, got {content}")
    return text


def agree(literal: str, today: str, spec: str = "") -> bool:
    """Return whether what a notebook shows is what a run of today says, on any machine.

    On another processor the same seeds are other draws. So a number with an error behind it, as
    in ``0.13 ± 0.02``, may be off by three errors of a difference of two such draws, and a verdict
    may become or cease to be *undecided*. A number without an error may be off by a hundredth of
    itself, and by one in its last digit where it was rounded. All other words stay.

    Args:
        literal: what the notebook shows.
        today: the same from a run.
        spec: the format in which the number is shown.
    """
    if UNDECIDED in (literal, today) and {literal, today} <= set(VERDICTS):
        return True
    if DIGITS.sub("#", literal) != DIGITS.sub("#", today):
        return False
    then, now = list(DIGITS.finditer(literal)), list(DIGITS.finditer(today))
    for i, (old, new) in enumerate(zip(then, now, strict=True)):
        slack = TOLERANCE * abs(_value(new))
        if "." in new[0] or spec.endswith(("e", "f", "g", "%")):
            slack = max(slack, _last_digit(new[0]))
        if _has_error(today, now, i):
            slack = max(slack, DRAWS * math.hypot(_value(then[i + 1]), _value(now[i + 1])))
        elif i and _has_error(today, now, i - 1):
            slack = max(slack, _value(old) / 2, _value(new) / 2)  # so uncertain are errors
        if abs(_value(old) - _value(new)) > 1.000001 * slack:
            return False
    return True


def _value(number: re.Match[str]) -> float:
    return float(number[0].replace("−", "-").replace(",", ""))


def _last_digit(number: str) -> float:
    mantissa, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def _has_error(text: str, found: list[re.Match[str]], i: int) -> bool:
    """Return whether number ``i`` of a text is followed by its error."""
    return i + 1 < len(found) and bool(ERROR.fullmatch(text[found[i].end() : found[i + 1].start()]))


def label_text(label: str, number: str) -> str:
    """Return how a reference to a label reads, ``Figure 5.2`` for ``fig-line`` and ``5.2``."""
    return KINDS[label.partition("-")[0]].format(number)


class Library:
    """The works that a book cites.

    Args:
        path: a BibTeX file.
    """

    def __init__(self, path: Path) -> None:
        self._data: BibliographyData = parse_file(path)
        self._style = find_plugin("pybtex.style.formatting", "plain")()
        self._markdown = find_plugin("pybtex.backends", "markdown")()

    def citation(self, keys: list[str], in_sentence: bool) -> str:
        """Return a citation by author and year.

        Args:
            keys: the works' keys, in any order; they are named in that of the references.
            in_sentence: True for ``Li et al. (2020)``, False for ``(Li et al., 2020)``.

        Raises:
            ValueError: if a key is not in the file.
        """
        entries = self._style.sort([self._entry(key) for key in keys])
        works = [(self._authors(entry.key), entry.fields["year"]) for entry in entries]
        if in_sentence:
            return ", ".join(f"{authors} ({year})" for authors, year in works)
        return "(" + "; ".join(f"{authors}, {year}" for authors, year in works) + ")"

    def references(self, keys: list[str]) -> str:
        """Return the works as a list in Markdown, in the order of their authors."""
        data = BibliographyData({key: self._entry(key) for key in dict.fromkeys(keys)})
        entries = self._style.format_bibliography(data)
        lines = (NEEDLESS.sub(r"\1", entry.text.render(self._markdown)) for entry in entries)
        return "".join(f"- {' '.join(line.split())}\n" for line in lines)

    def _entry(self, key: str):
        if key not in self._data.entries:
            raise ValueError(f"a citation must be a key of the bibliography, got {key!r}")
        return self._data.entries[key]

    def _authors(self, key: str) -> str:
        people = self._entry(key).persons["author"]
        names = [str(Text.from_latex(" ".join(person.last_names))) for person in people]
        if len(names) > 2 or names[-1] == "others":
            return f"{names[0]} et al."
        return " and ".join(names)
