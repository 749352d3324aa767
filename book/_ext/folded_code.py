"""Code that a page folds: hidden neighbours share one toggle, and colours come when it is opened.

Two fifths of a chapter's elements were the spans that colour code which nobody had unfolded. So
code is coloured here in as few spans as it takes, and what is folded in none: ``data-spans`` of the
``<pre>`` holds their lengths and classes, and ``book.js`` makes them when the code is opened. The
text is there from the first moment on, for a search, a copy and a reader without scripts.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

FOLDED = re.compile(r'<details class="[^"]*\bhide\b.*?</details>', re.S)
CODE = re.compile(r"<pre(?P<attributes>[^>]*)>(?P<code>.*?)</pre>", re.S)
# Names, punctuation and spaces, which have the colour of the text in both styles of the book.
PLAIN = re.compile(r'<span class="(?:n|nn|nx|p|pm|w)">([^<]*)</span>|<span></span>')
PIECE = re.compile(r'<span class="(?P<kind>[\w-]+)">(?P<marked>[^<]*)</span>|(?P<text>[^<]+)')


def is_hidden(node: nodes.Node | None) -> bool:
    """Return whether a node is a cell whose code is folded."""
    return isinstance(node, nodes.container) and node.get("hide_mode") == "input"


def shows_nothing(cell: nodes.container) -> bool:
    """Return whether a cell has no output, or none that is seen."""
    return not any(output.children for output in cell.children[1:])


class ShareToggles(SphinxPostTransform):
    """Put the code of a hidden cell without output before that of the hidden cell behind it."""

    default_priority = 190  # before MyST-NB folds cells
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Go over the page in its order, so that a row of cells ends in its last."""
        for cell in list(self.document.findall(is_hidden)):
            following = cell.next_node(descend=False, siblings=True)
            if shows_nothing(cell) and is_hidden(following):
                following[0][:0] = cell[0].children
                cell.parent.remove(cell)


def uncoloured(code: str) -> str:
    """Return highlighted code without the spans that have the colour of the text."""
    return PLAIN.sub(lambda span: span[1] or "", code)


def spans(code: str) -> Iterator[tuple[int, str]]:
    """Yield the length and the class of each piece of highlighted code; no class for plain text."""
    for piece in PIECE.finditer(code):
        yield len(html.unescape(piece["marked"] or piece["text"] or "")), piece["kind"] or ""


def folded(code: re.Match[str]) -> str:
    """Return a ``<pre>`` without its spans, which an attribute describes."""
    if not code["code"]:
        return code[0]
    described = " ".join(f"{length}{kind}" for length, kind in spans(code["code"]))
    text = PIECE.sub(lambda piece: piece["marked"] or piece["text"] or "", code["code"])
    return f'<pre{code["attributes"]} data-spans="{described}">{text}</pre>'


def lighten(body: str) -> str:
    """Return a page's HTML with few spans in its code, and none in what is folded."""
    body = CODE.sub(lambda code: f"<pre{code['attributes']}>{uncoloured(code['code'])}</pre>", body)
    return FOLDED.sub(lambda details: CODE.sub(folded, details[0]), body)


def lighten_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Lighten the code of one page before its template is filled in."""
    if "body" in context:
        context["body"] = lighten(context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the transforms and to the writing of pages."""
    app.add_post_transform(ShareToggles)
    app.connect("html-page-context", lighten_page, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
