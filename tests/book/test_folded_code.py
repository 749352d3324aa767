"""Folded code: neighbours share a toggle, and no colours are made before it is opened."""

import html
import re

from docutils import nodes
from docutils.utils import new_document
from folded_code import ShareToggles, lighten
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

SOURCE = 'def f(x):\n    """Say "<&>"."""\n    return [x, 1.5e3]  # done\n'


def cell(code, hide_mode="input", output=None):
    """A code cell as MyST-NB leaves it."""
    node = nodes.container(nb_element="cell_code", hide_mode=hide_mode)
    node += nodes.container("", nodes.literal_block(code, code), nb_element="cell_code_source")
    if output is not None:
        node += nodes.container("", *output, nb_element="cell_code_output")
    return node


def shared(*cells):
    """The code of each cell that is left."""
    document = new_document("chapter")
    document += cells
    ShareToggles(document).run()
    return [[part.astext() for part in each[0]] for each in document]


def test_hidden_cells_in_a_row_share_the_toggle_of_the_last():
    seen = nodes.paragraph("", "a figure")
    assert shared(cell("a"), cell("b"), cell("c", output=[seen])) == [["a", "b", "c"]]


def test_an_output_that_nobody_sees_does_not_part_them():
    assert shared(cell("a", output=[]), cell("b")) == [["a", "b"]]


def test_what_is_seen_between_them_parts_them():
    seen = nodes.container("", nodes.container("", nodes.paragraph("", "text")))
    shown = cell("shown", hide_mode=None)
    drawn = cell("drawn", output=[nodes.paragraph("", "a figure")])
    assert shared(cell("a"), seen, cell("b")) == [["a"], ["text"], ["b"]]
    assert shared(cell("a"), shown, cell("b")) == [["a"], ["shown"], ["b"]]
    assert shared(drawn, cell("b")) == [["drawn"], ["b"]]


def highlighted(source):
    return highlight(source, PythonLexer(), HtmlFormatter())


def test_code_has_no_spans_of_the_colour_of_the_text():
    light = lighten(highlighted(SOURCE))
    assert '<span class="nf">f</span>(x):' in light
    assert re.sub("<[^>]*>", "", light) == re.sub("<[^>]*>", "", highlighted(SOURCE))


def test_folded_code_has_no_spans_and_says_where_they_belong():
    page = f'<details class="admonition hide above-input">{highlighted(SOURCE)}</details>'
    folded = lighten(page)
    ((spans, text),) = re.findall(r'<pre data-spans="([^"]*)">([^<]*)</pre>', folded)
    assert html.unescape(text) == SOURCE
    assert spans == "3k 1 1nf 9 16sd 5 6k 5 5mf 3 6c1 1"


def test_an_empty_box_in_a_fold_has_no_spans_to_make():
    page = '<details class="hide"><pre></pre></details>'
    assert lighten(page) == page


def test_code_that_is_not_folded_keeps_its_colours():
    assert "data-spans" not in lighten(f"<details class='answer'>{highlighted(SOURCE)}</details>")
