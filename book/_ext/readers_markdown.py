r"""Read notebooks that are written for every front end as the book needs them.

A chapter is opened in JupyterLab, in VS Code, on a code host. So its text holds what all of them
show, Markdown with a little HTML, and this extension turns it into MyST when Sphinx reads it:

====================================================  ============================================
in the notebook                                       in the book
====================================================  ============================================
``<data value="loss:.3f">0.068</data>``               the run's number, by its name and format
``<cite data-cite="li2020budgeted">…</cite>``         a citation, in brackets if that one is
``% eq-memory`` heads ``$$``, ``\tag{5.4}`` ends it   a labelled equation
``<a href="#eq-memory">(5.4)</a>``                    a reference to it; so are ``fig-``, ``tab-``
``<a id="fig-line"></a>`` heads a cell                the caption of the figure above it
``<a id="tab-rows"></a>`` heads a line                the caption of the table below it
``<!-- references -->`` … ``<!-- /references -->``    the chapter's bibliography
``[a name](../exercises/05_cosine.ipynb)``            a file that a reader can download
``# 5. A title``                                      a title that Sphinx numbers
``<details class="answer">``                          an answer, open until a script has folded it
====================================================  ============================================

An author leaves out what a reader sees, ``<data value="loss:.3f"></data>``, or sets a 0 for it,
``\tag{0}``, ``**Figure 0.**``, ``# 0. A title``: what a notebook shows in these places, and where a
link to an equation leads, is written by ``fill.py``. A page shows the run's numbers and
Sphinx's own; where a number of the notebook is not the run's, the build warns.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive
from literals import agree, shown
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

NUMBER = re.compile(
    r'(?P<head><data value="(?P<name>[^":]+)(?::(?P<spec>[^"]+))?"(?P<loose> class="loose")?>)'
    r"(?P<text>[^<\n]*)</data>"
)
CITATION = re.compile(r'<cite data-cite="(?P<keys>[^"]+)">(?P<text>[^<]*)</cite>')
EQUATION = re.compile(
    r'(?:^<a id="eq-[\w-]+"></a>\n\n)?'
    r"(?P<all>^\$\$\n% (?P<label>eq-[\w-]+)\n(?P<body>(?:(?!\$\$).)*?)\s*\\tag\{[^}]*\}\n\$\$$)",
    re.M | re.S,
)
REFERENCE = re.compile(
    r'<a href="(?P<page>[^"#]*)#(?P<label>(?:eq|fig|tab)-[\w-]+)">(?P<text>[^<]*)</a>'
)
FIGURE = re.compile(
    r'\A<a id="(?P<label>fig-[\w-]+)"></a>\*\*Figure [^*]*\.\*\* (?P<text>.*)\Z', re.S
)
TABLE = re.compile(r'^<a id="(?P<label>tab-[\w-]+)"></a>\*\*Table [^*]*\.\*\* (?P<text>.*)$', re.M)
REFERENCES = re.compile(r"<!-- references -->\n(?P<text>.*?)<!-- /references -->", re.S)
DOWNLOAD = re.compile(r"\[(?P<name>[^]]+)\]\((?P<path>\.\./exercises/[^)]+)\)")
TITLE = re.compile(r"\A# \d+\. ")
# What is left of these when a text has been turned into MyST was not written as the book reads it.
UNREAD = re.compile(
    r"</?(?:data|cite)\b[^>]*>|<a (?:id|href)=[^>]*\b(?:eq|fig|tab)-[^>]*>"
    r"|\]\(#(?:eq|fig|tab)-[^)]*\)|^\s*% eq-.*$|\\tag\b|<!-- /?references -->",
    re.M,
)
ANSWER = '<details class="answer">'


def cited(citation: re.Match[str]) -> list[str]:
    """Return the keys of the works that a citation names."""
    return [key.strip() for key in citation["keys"].split(",")]


def text_to_myst(text: str, chapter: str) -> str:
    """Return the text of a Markdown cell as MyST.

    Args:
        text: the cell's source.
        chapter: the two digits that head the keys of the chapter's citations.
    """

    def citation(found: re.Match[str]) -> str:
        keys = ",".join(f"{chapter}-{key}" for key in cited(found))
        return f"{{cite:{'p' if found['text'].startswith('(') else 't'}}}`{keys}`"

    def reference(found: re.Match[str]) -> str:
        role = "eq" if found["label"].startswith("eq-") else "numref"
        return f"{{{role}}}`{found['label']}`"

    def number(found: re.Match[str]) -> str:
        role = "loose-number" if found["loose"] else "number"
        name = found["name"] + (f":{found['spec']}" if found["spec"] else "")
        return f"{{{role}}}`{name} {found['text']}`"

    text = NUMBER.sub(number, text)
    text = CITATION.sub(citation, text)
    text = REFERENCE.sub(reference, text)
    text = DOWNLOAD.sub(r"{download}`\g<name> <\g<path>>`", text)
    text = EQUATION.sub(lambda found: f"$$\n{found['body']}\n$$ ({found['label']})", text)
    text = TABLE.sub(
        lambda found: f"```{{table-caption}} {found['label']}\n{found['text']}\n```", text
    )
    bibliography = f"```{{bibliography}}\n:filter: docname in docnames\n:keyprefix: {chapter}-\n"
    bibliography += f":labelprefix: {chapter}\n```"
    text = REFERENCES.sub(lambda _: bibliography, text)
    return TITLE.sub("# ", text).replace(ANSWER, ANSWER[:-1] + " open>")


def read(text: str, chapter: str) -> str:
    """Return the text of a Markdown cell as MyST, with nothing left that is not.

    Raises:
        ValueError: quoting what is left.
    """
    myst = text_to_myst(text, chapter)
    if found := UNREAD.search(myst):
        raise ValueError(
            f"this is not written as the book reads it: {found[0].strip()!r} "
            "(book/_ext/readers_markdown.py says how)"
        )
    return myst


def to_myst(notebook: dict[str, Any], chapter: str) -> dict[str, Any]:
    """Return a notebook for readers as one for the book; a figure's caption goes into its cell.

    Raises:
        ValueError: if a caption does not follow the cell of its figure, or something is not written
            as the book reads it.
    """
    cells = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "markdown":
            cells.append(cell)
            continue
        source = "".join(cell["source"])
        if caption := FIGURE.match(source):
            if not cells or cells[-1]["cell_type"] != "code" or _has_caption(cells[-1]):
                raise ValueError(
                    f"{caption['label']}: a caption must follow the cell of its figure"
                )
            figure = {"name": caption["label"], "caption": read(caption["text"], chapter)}
            metadata = cells[-1]["metadata"]
            own = metadata.get("mystnb", {}) | {"figure": figure}
            cells[-1] = cells[-1] | {"metadata": metadata | {"mystnb": own}}
        else:
            cells.append(cell | {"source": read(source, chapter)})
    return notebook | {"cells": cells}


def _has_caption(cell: dict[str, Any]) -> bool:
    return "figure" in cell["metadata"].get("mystnb", {})


def read_notebook(app: Sphinx, docname: str, source: list[str]) -> None:
    """Turn a notebook into MyST before anybody else reads it."""
    if app.env.doc2path(docname).endswith(".ipynb"):
        chapter = docname.rpartition("/")[2].partition("_")[0]
        try:
            source[0] = json.dumps(to_myst(json.loads(source[0]), chapter))
        except ValueError as error:
            raise ExtensionError(f"{docname}: {error}") from error


class Number(SphinxRole):
    """A number of the run, and what the notebook shows in its place."""

    loose = False

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the run's number; warn if the notebook shows another one."""
        place, _, literal = self.text.partition(" ")
        name, _, spec = place.partition(":")
        try:
            data = retrieve_glue_data(self.inliner.document, name).data
            today = shown(data["text/plain"], spec)
        except (RetrievalError, ValueError) as error:
            logger.warning(f"{place}: {error}", location=self.get_location())
            return [], []
        if not self.loose and not agree(literal, today, spec):
            notebook = self.env.doc2path(self.env.docname, base=False)
            logger.warning(
                f"{notebook} shows {literal!r} for {place}, the run says {today!r}; "
                f"to mend it: python book/_ext/fill.py {notebook}",
                location=self.get_location(),
            )
        return [nodes.inline(today, today, classes=["pasted-text"])], []


class LooseNumber(Number):
    """A number that hangs on chaos: it differs from machine to machine, and is not compared."""

    loose = True


class table_caption(nodes.General, nodes.Element):  # noqa: N801  (docutils names nodes so)
    """The caption of the next table."""


class TableCaption(Directive):
    """``{table-caption} label``: number the next table, and set the text above it."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the caption, to be moved by ``MoveTableCaptions``."""
        caption = table_caption(label=self.arguments[0])
        self.state.nested_parse(self.content, self.content_offset, caption)
        return [caption]


class MoveTableCaptions(SphinxTransform):
    """Move the caption of each table into it."""

    default_priority = 200

    def apply(self, **_: Any) -> None:
        """Pair each caption with the table that follows it."""
        for caption in list(self.document.findall(table_caption)):
            table = caption.next_node(nodes.table, siblings=True, ascend=True)
            if table is None or isinstance(table[0], nodes.title):
                logger.warning(f"no table follows {caption['label']}", location=caption)
            else:
                title = nodes.title("", "", *caption[0].children)
                table.insert(0, title)
                table["names"].append(caption["label"])
                self.document.note_explicit_target(table, table)
            caption.parent.remove(caption)


def _round() -> BracketStyle:
    return BracketStyle(left="(", right=")", sep="; ")


@dataclass
class RoundBrackets(AuthorYearReferenceStyle):
    """Author and year, in round brackets."""

    bracket_parenthetical: BracketStyle = field(default_factory=_round)
    bracket_textual: BracketStyle = field(default_factory=lambda: BracketStyle("(", ")"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the roles, the directive and the style that ``text_to_myst`` writes."""
    app.connect("source-read", read_notebook)
    app.add_role("number", Number())
    app.add_role("loose-number", LooseNumber())
    app.add_node(table_caption)
    app.add_directive("table-caption", TableCaption)
    app.add_transform(MoveTableCaptions)
    register_plugin("sphinxcontrib.bibtex.style.referencing", "author_year_round", RoundBrackets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
