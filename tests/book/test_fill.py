"""The command that writes into notebooks what their readers see."""

import fill
import nbformat
import pytest
from literals import Library
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

LIBRARY = Library(fill.ROOT / "book" / "references.bib")
BOOK = sorted((fill.ROOT / "book").glob("*.ipynb"))

TEXT = """# 0. A title

$$
% eq-one
a = b \\tag{0}
$$

By <a href="#eq-one">x</a>, <a href="#fig-two">x</a>
and <a href="#fig-one">x</a>,
with <cite data-cite="li2020budgeted">x</cite>
and others <cite data-cite="goyal2017accurate">(</cite>.

<a id="tab-one"></a>**Table 0.** A table.

<!-- references -->
- old
<!-- /references -->"""

CAPTION = '<a id="fig-x"></a>**Figure 0.** A figure.'

FILLED = """# 3. A title

<a id="eq-one"></a>

$$
% eq-one
a = b \\tag{3.1}
$$

By <a href="#eq-one">(3.1)</a>, <a href="#fig-two">Figure 3.2</a>
and <a href="#fig-one">Figure 3.1</a>,
with <cite data-cite="li2020budgeted">Li et al. (2020)</cite>
and others <cite data-cite="goyal2017accurate">(Goyal et al., 2017)</cite>.

<a id="tab-one"></a>**Table 3.1.** A table.

<!-- references -->
"""


def notebook():
    cells = [new_markdown_cell(TEXT)]
    for name in ("one", "two"):
        caption = f'<a id="fig-{name}"></a>**Figure 0.** A figure.'
        cells += [new_code_cell("fig;"), new_markdown_cell(caption)]
    return new_notebook(cells=cells)


def test_a_notebook_is_numbered_and_cites_by_name():
    filled = notebook()
    labels = fill.label_numbers(filled, 3)
    fill.fill_structure(filled, 3, labels, LIBRARY)
    text, _, one, _, two = (cell.source for cell in filled.cells)
    assert text.startswith(FILLED)
    assert "Budgeted training" in text
    assert "old" not in text
    assert one == '<a id="fig-one"></a>**Figure 3.1.** A figure.'
    assert two == '<a id="fig-two"></a>**Figure 3.2.** A figure.'


def test_filling_twice_changes_nothing():
    once = notebook()
    labels = fill.label_numbers(once, 3)
    fill.fill_structure(once, 3, labels, LIBRARY)
    twice = nbformat.from_dict(once)
    fill.fill_structure(twice, 3, labels, LIBRARY)
    assert twice == once


@pytest.mark.parametrize("tag", ["hide-input", "remove-input", "remove-cell"])
def test_what_the_page_folds_is_folded_in_jupyter(tag):
    folded = new_code_cell("1", metadata={"tags": [tag]})
    read = new_code_cell("2", metadata={"jupyter": {"source_hidden": True}})
    fill.fill_structure(new_notebook(cells=[folded, read]), None, {}, LIBRARY)
    assert folded.metadata["jupyter"] == {"source_hidden": True}
    assert "jupyter" not in read.metadata


def test_a_reference_to_nothing_is_named():
    lost = new_notebook(cells=[new_markdown_cell('<a href="#eq-lost">x</a>')])
    with pytest.raises(ValueError, match="eq-lost"):
        fill.fill_structure(lost, 3, {}, LIBRARY)


def test_a_label_that_is_there_twice_is_named():
    twice = new_notebook(cells=[new_markdown_cell(CAPTION) for _ in range(2)])
    with pytest.raises(ValueError, match="fig-x"):
        fill.label_numbers(twice, 3)


def test_a_label_of_two_chapters_is_named(monkeypatch):
    monkeypatch.setattr(fill, "label_numbers", lambda notebook, chapter: {"fig-x": f"{chapter}.1"})
    with pytest.raises(ValueError, match="fig-x"):
        fill.all_labels()


def test_outputs_are_not_kept(tmp_path):
    ran = new_code_cell("1", execution_count=1, outputs=[new_output("stream", text="1")])
    fill.write(tmp_path / "a.ipynb", new_notebook(cells=[ran], metadata={"widgets": {}}))
    written = fill.read(tmp_path / "a.ipynb")
    assert written.cells[0].outputs == []
    assert written.cells[0].execution_count is None
    assert not written.metadata


def test_a_format_may_hold_any_sign():
    text = '<data value="loss:>6.1f"></data>'
    filled = fill.fill_numbers(text, {"loss": "0.5"})
    assert filled == '<data value="loss:>6.1f">   0.5</data>'


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("05_cosine.ipynb", '<cite data-cite="nobody1900">x</cite>', "nobody1900"),
        ("05_cosine.ipynb", "<data value='x'>1</data>", "<data value='x'>"),
        ("99_new.ipynb", "", "_toc.yml"),
    ],
)
def test_a_fault_is_told_with_its_notebook(tmp_path, monkeypatch, name, text, message):
    for each in ("_toc.yml", "book/references.bib", *fill.chapters()):
        (tmp_path / each).parent.mkdir(exist_ok=True)
        (tmp_path / each).write_bytes((fill.ROOT / each).read_bytes())
    monkeypatch.setattr(fill, "ROOT", tmp_path)
    monkeypatch.setattr(fill.all_labels, "__defaults__", (tmp_path,))
    monkeypatch.setattr(fill.chapters, "__defaults__", (tmp_path,))
    path = tmp_path / "book" / name
    fill.write(path, new_notebook(cells=[new_markdown_cell(text)]))
    with pytest.raises(SystemExit, match=f"{name}.*{message}"):
        fill.main(["--no-run", str(path)])


def of_code(code):
    kernel = {"name": "python3", "display_name": "", "language": "python"}
    return new_notebook(cells=[new_code_cell(code)], metadata={"kernelspec": kernel})


def test_a_run_hands_its_numbers_over(tmp_path):
    code = "from lrlib.course import numbers\nnumbers(loss=0.06789, verdict='better')"
    numbers = fill.run_numbers(of_code(code), tmp_path)
    text = '<data value="loss:.3f"></data>, <data value="verdict" class="loose">?</data>'
    assert fill.fill_numbers(text, numbers) == (
        '<data value="loss:.3f">0.068</data>, <data value="verdict" class="loose">better</data>'
    )


def test_a_number_that_is_handed_over_twice_is_named(tmp_path):
    code = "from lrlib.course import numbers\nnumbers(loss=1)\nnumbers(loss=2)"
    with pytest.raises(ValueError, match="a number must be handed over once, got 'loss' twice"):
        fill.run_numbers(of_code(code), tmp_path)


def test_a_number_that_no_cell_hands_over_is_named():
    with pytest.raises(ValueError, match="loss"):
        fill.fill_numbers('<data value="loss:.3f"></data>', {})


@pytest.mark.parametrize("path", BOOK, ids=lambda path: path.stem)
def test_a_notebook_of_the_book_is_filled(path):
    filled = fill.read(path)
    chapter = fill.chapters().get(f"book/{path.name}")
    fill.fill_structure(filled, chapter, fill.all_labels(), LIBRARY)
    assert filled == fill.read(path)
    texts = [cell.source for cell in filled.cells if cell.cell_type == "markdown"]
    assert not [
        found[0] for text in texts for found in fill.NUMBER.finditer(text) if not found["text"]
    ]
