"""The book's command fails when a cell raises or a page warns, and says where."""

import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


@pytest.fixture
def build_page(tmp_path, pytestconfig, build_book):
    """Build a book of one page, with the settings of this one."""

    def build(*cells):
        source = tmp_path / "source"
        for path in (
            "_config.yml",
            "book/_ext",
            "book/_static",
            "book/favicon.ico",
            "book/references.bib",
        ):
            original, copy = pytestconfig.rootpath / path, source / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if original.is_dir() else shutil.copy)(original, copy)
        (source / "_toc.yml").write_text("format: jb-book\nroot: page\n")
        notebook = new_notebook(
            cells=[new_markdown_cell("# A page"), *cells], metadata={"kernelspec": KERNEL}
        )
        nbformat.write(notebook, source / "page.ipynb")
        return build_book(source, tmp_path)

    return build


def test_a_page_without_a_fault_builds(build_page):
    build = build_page(new_code_cell("1 + 1"), new_markdown_cell("Half of $x^2$."))
    assert build.returncode == 0, build.stdout


def test_a_cell_that_raises_fails_the_build(build_page):
    build = build_page(new_code_cell("raise RuntimeError('the cell failed')"))
    assert build.returncode != 0
    assert "the cell failed" in build.stdout


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (new_markdown_cell("{ref}`nowhere`"), "nowhere"),
        (new_markdown_cell("{cite:t}`nobody1900`"), "nobody1900"),
        (new_markdown_cell(r"$\frac{1$"), "TeX that MathJax can read"),
        (new_code_cell("import warnings; warnings.warn('watch out')"), "stderr"),
    ],
    ids=["a reference to nothing", "an unknown citation", "broken TeX", "a Python warning"],
)
def test_a_warning_fails_the_build(build_page, fault, said):
    build = build_page(fault)
    assert build.returncode != 0
    assert said in build.stdout
