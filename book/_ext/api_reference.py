"""The reference of lrlib, read from its docstrings.

A page lists modules, one a line, in an ``{api}`` directive; each becomes a section with all that is
public in it. What autodoc does not do by itself is done here: defaults as the source writes them, a
link from each schedule to the chapter that derives it, citations that stay within their page, and
names that are documented elsewhere than they are imported from.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import pkgutil
import re
import textwrap
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from lrlib.catalog import CATALOG

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

CITATION = re.compile(r"(?<=:cite:t:`)(?=[^`])")
FIELD = re.compile(r":(param|returns?|rtype|raises|yields?)\b")


def constructor_arguments(kind: type) -> str:
    """Return what a class is called with; a dataclass's defaults as its source writes them.

    So a third is ``1 / 3`` and not sixteen digits.
    """
    parameters = inspect.signature(kind).parameters.values()
    defaults = {each.name: repr(each.default) for each in parameters if each.default != each.empty}
    if dataclasses.is_dataclass(kind):
        source = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
        for node in source.body:
            if isinstance(node, ast.AnnAssign) and node.value:
                defaults[node.target.id] = _default(node.value)
    names = [each.name for each in parameters]
    return ", ".join(f"{name}={defaults[name]}" if name in defaults else name for name in names)


def _default(value: ast.expr) -> str:
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "field":
        return f"{ast.unparse(value.keywords[0].value)}()"  # what the factory makes
    return ast.unparse(value)


def chapter_of(schedule: type, env: BuildEnvironment) -> str | None:
    """Return the document of the chapter that derives a schedule, if the book has it."""
    for entry in CATALOG.values():
        if entry.schedule is schedule and f"book/{entry.chapter}" in env.found_docs:
            return f"book/{entry.chapter}"
    return None


def parse_rst(directive: SphinxDirective, lines: list[str], parent: nodes.Element) -> None:
    """Append reStructuredText, the language of docstrings, to a part of a Markdown page."""
    source, _ = directive.get_source_info()
    fenced = StringList(["```{eval-rst}", *lines, "```"], source)
    directive.state.nested_parse(fenced, directive.content_offset, parent)


class Api(SphinxDirective):
    """``{api}``: the modules that its lines name, each in a section of its own."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return one section for each module."""
        return [self._section(line.strip()) for line in self.content if line.strip()]

    def _section(self, module: str) -> nodes.section:
        section = nodes.section(ids=[nodes.make_id(module)], names=[module])
        section += nodes.title("", "", nodes.literal("", module))
        self.state.document.note_implicit_target(section, section)
        parse_rst(self, [f".. automodule:: {module}"], section)
        return section


def write_defaults(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str, returns: str
) -> tuple[str, None] | None:
    """Sign a dataclass with :func:`constructor_arguments`."""
    if dataclasses.is_dataclass(obj):
        return f"({constructor_arguments(obj)})", None
    return None


def complete_docstring(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Link a schedule to its chapter, and give the citations the prefix of their page.

    A work that two pages cite stands in the references of both, under two keys.
    """
    prefix = f"{PurePosixPath(app.env.docname).name}-"
    lines[:] = [CITATION.sub(prefix, line) for line in lines]
    chapter = chapter_of(obj, app.env) if isinstance(obj, type) else None
    if chapter:
        end = next((i for i, line in enumerate(lines) if FIELD.match(line)), len(lines))
        lines[end:end] = [f"Derived in :doc:`/{chapter}`.", ""]


def find_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: nodes.TextElement
) -> nodes.Element | None:
    """Resolve a Python name that is not documented under the name it was given.

    A name of lrlib may have been imported from where it is not defined; a constant leads to its
    module. What belongs to another package is shown without a link, because a build asks nothing
    of the network. A name that does not exist stays unresolved, which fails the build.
    """
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    for name in (target, f"{node.get('py:module')}.{target}", f"builtins.{target}"):
        try:
            found = pkgutil.resolve_name(name)
        except (ImportError, AttributeError, ValueError):
            continue
        home = getattr(found, "__module__", None) or name.rpartition(".")[0]
        if home.partition(".")[0] != "lrlib":
            return shown
        documented = f"{home}.{found.__qualname__}" if hasattr(found, "__qualname__") else home
        return env.domains["py"].resolve_xref(
            env, node["refdoc"], app.builder, "obj", documented, node, shown
        )
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive, and complete what autodoc and then napoleon have read."""
    app.add_directive("api", Api)
    app.connect("autodoc-process-signature", write_defaults)
    app.connect("autodoc-process-docstring", complete_docstring, priority=600)
    app.connect("missing-reference", find_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
