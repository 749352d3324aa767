"""Ship only what a page of this book uses: no icon fonts, deferred scripts, a description.

The templates beside this file leave Font Awesome out (``book.css`` draws the few icons) and this
extension does the rest: scripts no longer hold up the page, images say how large they are so that
nothing jumps while they load, figures are set in the page's typeface, a keyboard reaches what
scrolls, and the files that no page asks for are not copied.
"""

from __future__ import annotations

import html
import os
import re
import shutil
from itertools import cycle
from pathlib import Path
from typing import Any

import imagesize
from docutils import nodes
from sphinx.application import Sphinx

DESCRIPTION_LENGTH = 155  # what a search engine shows

# Roles that docutils gives a bibliography; ARIA has since withdrawn them or asks for other parents.
ROLES = re.compile(r' role="(doc-biblioentry|doc-backlink|list(?=" class="citation-list"))"')

# Boxes that scroll where a page is narrow; formulas are the fourth kind (``static_math.py``).
CODE = re.compile(r"<pre(?=[ >])")
TABLE = '<div class="pst-scrollable-table-container"'
FIGURE = re.compile(r'<img [^>]*src="[^"]*_images/[^"/]+\.svg"[^>]*>')
TABLES = re.compile(r"<table.*?</table>", re.S)
HEADING = re.compile(r'<th class="head[^>]*>(.*?)</th>', re.S)
MARKUP = re.compile(r"<[^>]*>")

# How matplotlib names the typefaces of an SVG, and how the theme names those of a page.
TYPEFACES = re.compile(r"'DejaVu Sans'(, [^;\"]*)?(?=[;\"])")
OWN_TYPEFACES = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
# The ground of a figure and of its axes; on none, a figure takes the page's in either scheme.
WHITE_GROUND, CLEAR_GROUND = 'style="fill: #ffffff"/>', 'style="fill: none"/>'


def defer_scripts(context: dict[str, Any]) -> None:
    """Run every script of the page after it is parsed, in order, and drop the inline settings.

    The inline ones describe a switch between versions of a site, which the book does not have.
    """
    files = [script for script in context["script_files"] if script.filename]
    for script in files:
        script.attributes["defer"] = "defer"
    context["script_files"] = files


def describe(doctree: nodes.document) -> str:
    """Return the first sentences of a page, as many as a search engine shows."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > 40:
            break
    else:
        return ""
    if len(text) <= DESCRIPTION_LENGTH:
        return text
    return text[:DESCRIPTION_LENGTH].rsplit(" ", 1)[0] + " …"


def size_images(body: str, images: dict[str, Path]) -> str:
    """Write width and height on the images of a page, and load each when it comes into view.

    Args:
        body: the page's HTML.
        images: where each image, by its name in the built book, is read from.
    """

    def sized(tag: re.Match[str]) -> str:
        width, height = imagesize.get(images[tag["name"]])
        return f'<img loading="lazy" width="{width:.0f}" height="{height:.0f}" {tag["rest"]}'

    return re.sub(r'<img (?P<rest>[^>]*src="[^"]*_images/(?P<name>[^"/]+)")', sized, body)


def name_cells(table: re.Match[str]) -> str:
    """Name each cell of a table of sentences after its column, as a phone stacks their rows.

    A table of numbers, whose columns stand to the right, stays as it is: it scrolls.
    """
    if 'class="text-right"' in table[0] or "</thead>" not in table[0]:
        return table[0]
    head, rows = table[0].split("</thead>", 1)
    names = [html.escape(html.unescape(MARKUP.sub("", name))) for name in HEADING.findall(head)]
    if len(names) < 3:
        return table[0]
    names = cycle(names)
    rows = re.sub("<td", lambda _: f'<td data-column="{next(names)}"', rows)
    return f"{head}</thead>{rows}".replace('class="', 'class="of-sentences ', 1)


def let_keyboard_reach(body: str) -> str:
    """Make each box that may scroll a stop of the keyboard; ``book.js`` lets go of those that fit.

    So a box is within reach from the first moment on, and without scripts.

    Args:
        body: the page's HTML.
    """
    body = CODE.sub('<pre tabindex="0"', body)
    box = '<span class="figure-box" tabindex="0" role="group" aria-label="Figure">'
    body = FIGURE.sub(lambda image: f"{box}{image[0]}</span>", body)
    return body.replace(TABLE, f'{TABLE} tabindex="0" role="group" aria-label="Table"')


def prepare_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Slim one page down before its template is filled in."""
    defer_scripts(context)
    images = {name: Path(app.srcdir, uri) for uri, name in app.builder.images.items()}
    body = ROLES.sub("", size_images(context.get("body", ""), images))
    context["body"] = let_keyboard_reach(TABLES.sub(name_cells, body))
    description = describe(doctree) if doctree else ""
    description = description or f"{pagename.capitalize()}: a page of “{app.config.html_title}”."
    tags = context.get("metatags", "")
    if 'name="description"' not in tags:
        tags += f'<meta name="description" content="{html.escape(description)}" />'
    context["metatags"] = tags


def fit_figures_to_page(app: Sphinx, exception: Exception | None) -> None:
    """Write the page's typefaces into matplotlib's SVGs, and let its ground shine through."""
    if exception or app.builder.format != "html":
        return
    for path in Path(app.outdir, "_images").glob("*.svg"):
        drawn = path.read_text(encoding="utf-8").replace(WHITE_GROUND, CLEAR_GROUND)
        path.write_text(TYPEFACES.sub(OWN_TYPEFACES, drawn), encoding="utf-8")


def drop_unused_files(app: Sphinx, exception: Exception | None) -> None:
    """Delete the theme's files that no page asks for: icon fonts, source maps, templates."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    shutil.rmtree(static / "vendor", ignore_errors=True)
    for path in [*static.rglob("*.map"), *static.glob("*webpack-macros.html")]:
        path.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the steps above to the build."""
    # A page shows what was trained, not how far it is, and its explorers need no kernel.
    os.environ |= {"LRLIB_PROGRESS": "0", "LRLIB_PAGES": "1"}
    app.connect("html-page-context", prepare_page, priority=900)
    app.connect("build-finished", fit_figures_to_page)
    app.connect("build-finished", drop_unused_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
