"""What a notebook writes for its readers becomes what the book needs."""

import pytest
from readers_markdown import text_to_myst, to_myst


@pytest.mark.parametrize(
    ("notebook", "book"),
    [
        ('ends at <data value="end:.3f">0.068</data>.', "ends at {number}`end:.3f 0.068`."),
        ('*<data value="verdict_1.5">better</data>*', "*{number}`verdict_1.5 better`*"),
        ('<data value="x:.1f" class="loose">9.1</data>', "{loose-number}`x:.1f 9.1`"),
        ('| <data value="a">−.1 ± .2</data> |', "| {number}`a −.1 ± .2` |"),
        ('<cite data-cite="li2020">Li et al. (2020)</cite>', "{cite:t}`05-li2020`"),
        ('<cite data-cite="a1,b2">(A, 2001; B, 2002)</cite>', "{cite:p}`05-a1,05-b2`"),
        ('by <a href="#eq-memory">(5.4)</a>', "by {eq}`eq-memory`"),
        ('by <a href="02_noise.ipynb#eq-memory">(2.4)</a>', "by {eq}`eq-memory`"),
        ('<a href="#fig-line">Figure 5.2</a>', "{numref}`fig-line`"),
        ('<a href="#tab-rows">Table 5.2</a>', "{numref}`tab-rows`"),
        ("so\n\n$$\n% eq-x\na = b \\tag{5.1}\n$$\n", "so\n\n$$\na = b\n$$ (eq-x)\n"),
        ('<a id="eq-x"></a>\n\n$$\n% eq-x\na \\tag{5.1}\n$$', "$$\na\n$$ (eq-x)"),
        ("$$\na\n$$\n\n$$\n% eq-x\nb \\tag{5.1}\n$$", "$$\na\n$$\n\n$$\nb\n$$ (eq-x)"),
        ('<a id="tab-x"></a>**Table 5.1.** Rows.', "```{table-caption} tab-x\nRows.\n```"),
        ("# 5. Half a cosine", "# Half a cosine"),
        ("[x](../exercises/05.ipynb)", "{download}`x <../exercises/05.ipynb>`"),
        ('<details class="answer"><summary>', '<details class="answer" open><summary>'),
        ("[a link](02_noise.ipynb), `code`, $x$, *a* | b", None),
    ],
)
def test_a_text_becomes_myst(notebook, book):
    assert text_to_myst(notebook, "05") == (notebook if book is None else book)


def test_references_become_the_bibliography_of_the_chapter():
    text = "## References\n\n<!-- references -->\n- A\n- B\n<!-- /references -->"
    myst = text_to_myst(text, "05")
    assert "- A" not in myst
    assert ":keyprefix: 05-" in myst


def cell(kind, source, **metadata):
    return {"cell_type": kind, "source": source.splitlines(True), "metadata": metadata}


def test_a_caption_goes_into_the_cell_of_its_figure():
    figure = cell("code", "fig;", tags=["hide-input"], mystnb={"image": {"alt": "a curve"}})
    caption = cell("markdown", '<a id="fig-x"></a>**Figure 5.1.** At <data value="a">1</data>.')
    after = cell("markdown", "And so on.")
    myst = to_myst({"cells": [figure, caption, after], "nbformat": 4}, "05")
    assert myst["nbformat"] == 4
    assert [each["cell_type"] for each in myst["cells"]] == ["code", "markdown"]
    assert myst["cells"][0]["metadata"] == {
        "tags": ["hide-input"],
        "mystnb": {
            "image": {"alt": "a curve"},
            "figure": {"name": "fig-x", "caption": "At {number}`a 1`."},
        },
    }
    assert "figure" not in figure["metadata"]["mystnb"]


CAPTION = '<a id="fig-x"></a>**Figure 5.1.** A caption.'


@pytest.mark.parametrize(
    "cells",
    [
        [("markdown", CAPTION)],
        [("markdown", "Text."), ("markdown", CAPTION)],
        [("code", "fig;"), ("markdown", CAPTION), ("markdown", CAPTION)],
    ],
)
def test_a_caption_without_a_figure_is_named(cells):
    with pytest.raises(ValueError, match="fig-x: a caption must follow"):
        to_myst({"cells": [cell(*each) for each in cells]}, "05")


@pytest.mark.parametrize(
    "text",
    [
        '<data class="loose" value="x:.1f">1</data>',
        "<data value='x'>1</data>",
        '<data value="x:">1</data>',
        '<data value="x">1\n2</data>',
        '<cite data-cite="a"><em>A</em></cite>',
        "<a href='#fig-x'>Figure 5.1</a>",
        "[Figure 5.1](#fig-x)",
        '<a id="fig-x"></a>Figure 5.1. A caption.',
        "$$\n% eq-x\na\n$$",
        "$$a \\tag{5.1}$$",
        "- a list\n\n  $$\n  % eq-x\n  a \\tag{5.1}\n  $$",
        "<!-- references -->\n- A",
    ],
)
def test_what_the_book_would_not_read_is_quoted(text):
    with pytest.raises(ValueError, match="not written as the book reads it"):
        to_myst({"cells": [cell("markdown", text)]}, "05")


def test_code_is_left_alone():
    code = cell("code", 'print("<cite data-cite=\\"a\\">(A)</cite>")')
    assert to_myst({"cells": [code]}, "05") == {"cells": [code]}
