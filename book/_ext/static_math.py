"""Typeset every formula while the book is built, so that a page needs no MathJax.

MathJax runs here in an embedded V8 and turns TeX into SVG for the eye and MathML for a screen
reader. The glyphs' outlines are drawn once per page; the formulas refer to them. Equations are
numbered by Sphinx, and a formula that MathJax cannot read is a warning of the build.
"""

from __future__ import annotations

import html
import re
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number, wrap_displaymath

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

COMPONENTS = ["loader", "core", "adaptors/liteDOM", "input/tex-full"]
COMPONENTS += ["output/svg", "output/svg/fonts/tex"]

# Attributes that only MathJax's own scripts and styles look at.
UNUSED = re.compile(r' (data-(mml-node|c|mjx-[\w-]+)|xmlns(:\w+)?|role)="[^"]*"')

DRIVER = r"""
const { adaptors, core, handlers, input, mathjax, output } = MathJax._;
const adaptor = adaptors.liteAdaptor.liteAdaptor();
handlers.html_ts.RegisterHTMLHandler(adaptor);
const tex = new input.tex_ts.TeX({
  packages: ["base", "ams", "boldsymbol", "color", "mathtools", "newcommand", "textmacros"],
  formatError: (_, error) => { throw new Error(error.message); },
});
const font = new output.svg.fonts.tex_ts.TeXFont();
const svg = new output.svg_ts.SVG({ font, fontCache: "global" });
const page = mathjax.mathjax.document("", { InputJax: tex, OutputJax: svg });
const visitor = new core.MmlTree.SerializedMmlVisitor.SerializedMmlVisitor();
const { CONVERT } = core.MathItem.STATE;
globalThis.toSVG = (source, display) =>
  adaptor.innerHTML(page.convert(source, { display, em: 16, ex: 8, containerWidth: 1e6 }));
globalThis.toMathML = (source, display) =>
  visitor.visitTree(page.convert(source, { display, end: CONVERT }));
globalThis.glyphs = () => adaptor.innerHTML(svg.fontCache.getCache());
0
"""


@cache
def _mathjax() -> MiniRacer:
    """Return the one JavaScript context that has MathJax loaded."""
    package = distribution("sphinx-mathjax-offline")
    context = MiniRacer()
    context.eval("globalThis.MathJax = { loader: { load: [] } }; 0")
    for component in COMPONENTS:
        path = Path(package.locate_file(f"sphinx-mathjax-offline/static/mathjax/{component}.js"))
        context.eval(path.read_text(encoding="utf-8") + ";0")
    context.eval(DRIVER)
    return context


@cache
def typeset(source: str, display: bool = False) -> str:
    """Return a formula as HTML: an SVG that is seen and MathML that is read aloud.

    Args:
        source: the TeX, without delimiters.
        display: True for a formula on its own line.

    Raises:
        ValueError: if MathJax cannot read the formula.
    """
    try:
        svg = _mathjax().call("toSVG", source, display)
        mathml = _mathjax().call("toMathML", source, display)
    except JSEvalException as error:
        reason = str(error).partition("Error: ")[2].partition("\n")[0]
        message = f"source must be TeX that MathJax can read, got {source!r}: {reason}"
        raise ValueError(message) from error
    svg = UNUSED.sub("", svg).replace("xlink:href", "href")
    svg = svg.replace("<svg", '<svg aria-hidden="true"', 1)
    mathml = re.sub(r">\s+<", "><", UNUSED.sub("", mathml))
    return f'{svg}<span class="math-spoken">{mathml}</span>'


def glyphs(page: str) -> str:
    """Return the outlines that the formulas of a page refer to, as one invisible SVG."""
    used = set(re.findall(r'href="#(MJX-[^"]+)"', page))
    if not used:
        return ""
    drawn = re.finditer(r'<path id="([^"]+)".*?</path>', _mathjax().call("glyphs"))
    paths = "".join(path[0] for path in drawn if path[1] in used)
    return f'<svg class="math-glyphs" aria-hidden="true"><defs>{paths}</defs></svg>'


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula inside a line."""
    self.body.append(self.starttag(node, "span", "", CLASS="math-inline"))
    self.body.append(_typeset_node(node, node.astext(), display=False) + "</span>")
    raise nodes.SkipNode


def visit_displaymath(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on its own line, with Sphinx's number if it has one."""
    source = node.astext()
    if not node["nowrap"]:
        source = wrap_displaymath(source, None, False)
    number = get_node_equation_number(self, node) if node["number"] else ""
    name = f"Equation {number}" if number else "Formula"
    self.body.append(self.starttag(node, "div", CLASS="math-block"))
    # It may scroll, so a keyboard must reach it; ``book.js`` lets go of one that fits.
    box = f'<div class="math-display" tabindex="0" role="group" aria-label="{name}">'
    self.body.append(f"{box}{_typeset_node(node, source, display=True)}</div>")
    if number:
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def _typeset_node(node: nodes.Element, source: str, display: bool) -> str:
    try:
        return typeset(source, display)
    except ValueError as error:
        logger.warning(str(error), location=node)
        return f"<code>{html.escape(source)}</code>"


def _add_glyphs_to_context(app: Sphinx, pagename, templatename, context, doctree) -> None:
    context["math_glyphs"] = glyphs


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer ``static`` for ``html_math_renderer``."""
    app.add_html_math_renderer("static", (visit_math, None), (visit_displaymath, None))
    app.connect("html-page-context", _add_glyphs_to_context)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
