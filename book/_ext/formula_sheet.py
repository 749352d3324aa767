"""The formula sheet: every row of the catalog on one page, read from the class's docstring.

Each has the curve of the row's example, the constructor, the formula, what its letters are called
in code, and the way to the chapter and to the class of torch that means the same.
"""

from __future__ import annotations

import html
import inspect
import re
from textwrap import dedent, indent

from api_reference import chapter_of, constructor_arguments, parse_rst
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lrlib.catalog import CATALOG, Entry
from lrlib.explorers.sketch import Axis, Curve, line
from lrlib.schedules import Schedule

UPDATES = 1000  # what the examples of the catalog are made for
EVERY = 5  # one point of a curve for so many updates: what a small drawing can show
EVALUATION = 50  # updates between the evaluations that a plateau is found in
IMPROVING = 6  # evaluations that improve, before the plateau


def formula(docstring: str) -> str:
    """Return the formula of a docstring as TeX: the first block of mathematics in it.

    Raises:
        ValueError: if there is none.
    """
    block = re.search(r"^\.\. math::(.*(?:\n(?: +.*)?)*)", docstring, re.MULTILINE)
    if not block:
        raise ValueError(f"docstring must hold a block '.. math::', got {docstring!r}")
    return dedent(block[1].lstrip(" ")).strip()


def remarks(docstring: str) -> str:
    """Return the paragraph that follows the formula, as reStructuredText on one line.

    Sentences that cite are left out, and names of code are not linked.
    """
    after = docstring.partition(".. math::")[2]
    paragraph = re.search(r"\n\n(\S.*?)(?=\n\n|$)", after, re.DOTALL)
    if not paragraph or paragraph[1].startswith("Args:"):
        return ""
    sentences = re.split(r"(?<=\.)\s+(?=[A-Z`:])", " ".join(paragraph[1].split()))
    kept = " ".join(sentence for sentence in sentences if ":cite:" not in sentence)
    return re.sub(r":(?:class|meth|func|attr):`~?([^`]+)`", r"``\1``", kept)


def symbols(docstring: str) -> dict[str, str]:
    """Return the letter, as TeX, of each argument that has one."""
    arguments = docstring.partition("Args:\n")[2].partition("\n\n")[0]
    found = {}
    for argument in re.split(r"\n(?=\S)", dedent(arguments)):
        name, _, meaning = argument.partition(":")
        letter = re.search(r":math:`([^`]+)`", meaning)
        if letter:
            found[name] = letter[1]
    return found


def example_rates(entry: Entry) -> list[float]:
    """Return the rates of a row's example, those of updates 0 to :data:`UPDATES`.

    A schedule that follows a metric is given one that improves for some evaluations and then
    stands still.
    """
    example = entry.schedule(**entry.example)
    if isinstance(example, Schedule):
        return example.curve(UPDATES + 1)
    metrics = (1 / min(t // EVALUATION + 1, IMPROVING) for t in range(0, UPDATES + 1, EVALUATION))
    return [rate for rate in map(example.update, metrics) for _ in range(EVALUATION)][: UPDATES + 1]


def curve(entry: Entry) -> str:
    """Draw the example of a row as an SVG that stretches to the room it is given."""
    rates = example_rates(entry)
    shown = Curve(list(range(0, UPDATES + 1, EVERY)), rates[::EVERY])
    drawn = line(shown, Axis(0.0, 1.04 * max(rates)), (0, UPDATES))
    said = (
        f"Rate against update, {entry.label}: {rates[0]:.3g} at first, at most {max(rates):.3g}, "
        f"{rates[-1]:.3g} after {UPDATES:,} updates."
    )
    return (
        f'<svg class="sheet-curve" style="--line: {entry.colour}" '
        f'viewBox="0 0 {UPDATES} 100" preserveAspectRatio="none" role="img" '
        f'aria-label="{html.escape(said)}"><path d="{drawn.path}"/></svg>'
    )


class FormulaSheet(SphinxDirective):
    """``{formula-sheet}``: a section for each row of the catalog."""

    def run(self) -> list[nodes.Node]:
        """Return the sections, in the order of the catalog."""
        return [self._section(key, entry) for key, entry in CATALOG.items()]

    def _section(self, key: str, entry: Entry) -> nodes.section:
        name = f"formula-{key}"
        section = nodes.section(ids=[name], names=[name], classes=["sheet-row"])
        section += nodes.title("", entry.label[:1].upper() + entry.label[1:])
        self.state.document.note_implicit_target(section, section)
        section += nodes.raw("", curve(entry), format="html")
        for part, rst in self._parts(entry).items():
            container = nodes.container(classes=[f"sheet-{part}"])
            parse_rst(self, rst.splitlines(), container)
            section += container
        return section

    def _parts(self, entry: Entry) -> dict[str, str]:
        """Return what stands beside the curve, each part as reStructuredText."""
        kind = entry.schedule
        docstring = inspect.getdoc(kind)
        reference = f":class:`~{kind.__module__}.{kind.__name__}`"
        letters = (f":math:`{tex}` is ``{name}``" for name, tex in symbols(docstring).items())
        where = [f"Chapter: :doc:`/{chapter}`"] if (chapter := chapter_of(kind, self.env)) else []
        if entry.torch:
            where.append(f"torch: ``lr_scheduler.{entry.torch}``")
        return {
            "call": rf"{reference}\ ``({constructor_arguments(kind)})``",
            "formula": f".. math::\n\n{indent(formula(docstring), '   ')}",
            "remarks": f"{remarks(docstring)}\n\nHere {', '.join(letters)}.",
            "where": "\n\n".join(where),
        }


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("formula-sheet", FormulaSheet)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
