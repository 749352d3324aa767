"""The book's command fails when a cell raises or a page warns, and says where."""

import shutil

import build_stamp
import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
SHARED = ("_config.yml", "book/_ext", "book/_static", "book/favicon.ico", "book/references.bib")
# What is wrong with each page of a book, and what the warning says.
FAULTS = {
    "reference": ("{ref}`nowhere`", "nowhere"),
    "citation": ("{cite:t}`nobody1900`", "nobody1900"),
    "formula": (r"$\frac{1$", "TeX that MathJax can read"),
}


def notebook(*cells):
    return new_notebook(
        cells=[new_markdown_cell("# A notebook"), *cells], metadata={"kernelspec": KERNEL}
    )


@pytest.fixture(scope="module")
def build_pages(tmp_path_factory, pytestconfig, build_book):
    """Build a book with the settings of this one, as ``build_pages(name=text or notebook)``."""

    def build(*options, **pages):
        source = tmp_path_factory.mktemp("source")
        for path in SHARED:
            original, copy = pytestconfig.rootpath / path, source / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if original.is_dir() else shutil.copy)(original, copy)
        root, *others = pages
        chapters = "".join(f"- file: {name}\n" for name in others)
        toc = f"format: jb-book\nroot: {root}\n" + ("chapters:\n" + chapters if others else "")
        (source / "_toc.yml").write_text(toc)
        for name, page in pages.items():
            if isinstance(page, str):
                (source / f"{name}.md").write_text(f"# A page\n\n{page}\n")
            else:
                nbformat.write(page, source / f"{name}.ipynb")
        return source, build_book(source, source, *options)

    return build


NUMBERS = """from lrlib.course import numbers
numbers(mean=0.5, error='.50 ± .02', chaos=7.0, word='better')"""
TEXT = """<data value="mean:.2f">{mean}</data> <data value="error">.51 ± .02</data>
<data value="chaos:.1f" class="loose">9.9</data> <data value="word">better</data>"""


@pytest.fixture(scope="module")
def faulty(build_pages):
    """The log of a book in which something is wrong with every page but the first."""
    warns = notebook(new_code_cell("import warnings; warnings.warn('watch out')"))
    pages = {name: text for name, (text, _) in FAULTS.items()} | {"warning": warns}
    pages["number"] = notebook(new_code_cell(NUMBERS), new_markdown_cell(TEXT.format(mean="0.60")))
    pages["nameless"] = notebook(new_markdown_cell('<data value="loss">0.60</data>'))
    _, build = build_pages("--keep-going", index="All is well.", **pages)
    assert build.returncode != 0
    return build.stdout


def warnings_of(log, page):
    return [line for line in log.splitlines() if "WARNING" in line and f"/{page}." in line]


def test_a_book_without_a_fault_builds_and_is_marked_as_current(build_pages):
    text = new_markdown_cell("Half of $x^2$: " + TEXT.format(mean="0.50"))
    source, build = build_pages(page=notebook(new_code_cell(NUMBERS), text))
    assert build.returncode == 0, build.stdout
    page = BeautifulSoup((source / "_build" / "html" / "page.html").read_text(), "html.parser")
    assert [each.get_text() for each in page.select(".pasted-text")] == [
        "0.50",
        ".50 ± .02",
        "7.0",
        "better",
    ]
    assert build_stamp.is_current(source / "_build" / "html", source)


def test_a_cell_that_raises_fails_the_build(build_pages):
    page = notebook(new_code_cell("raise RuntimeError('the cell failed')"))
    source, build = build_pages(page=page)
    assert build.returncode != 0
    assert "the cell failed" in build.stdout
    assert not build_stamp.is_current(source / "_build" / "html", source)


@pytest.mark.parametrize(("page", "said"), [(page, said) for page, (_, said) in FAULTS.items()])
def test_a_fault_of_a_page_is_a_warning_and_fails_the_build(faulty, page, said):
    assert any(said in line for line in warnings_of(faulty, page))


def test_a_python_warning_is_a_warning_and_fails_the_build(faulty):
    assert any("stderr" in line for line in warnings_of(faulty, "warning"))


def test_a_number_that_the_run_contradicts_fails_the_build_and_says_what_mends_it(faulty):
    [warning] = warnings_of(faulty, "number")
    assert "shows '0.60' for mean:.2f, the run says '0.50'" in warning
    assert "fill.py number.ipynb" in warning


def test_a_number_that_no_cell_hands_over_fails_the_build(faulty):
    assert any("loss" in line for line in warnings_of(faulty, "nameless"))


def test_a_page_without_a_fault_has_no_warning(faulty):
    assert not warnings_of(faulty, "index")
