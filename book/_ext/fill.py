"""Write into notebooks what their readers see in the places that the book fills by name.

    python book/_ext/fill.py                        every notebook of the book
    python book/_ext/fill.py book/05_cosine.ipynb   one
    python book/_ext/fill.py --no-run               all but the numbers of the runs

A notebook is run, and the numbers that its cells hand over by ``numbers(...)`` go into its text;
equations, figures and tables are numbered, citations and references written from the bibliography,
and cells that the page folds or leaves out are folded in Jupyter. Outputs are not kept.
"""

from __future__ import annotations

import argparse
import os
import re
from collections import Counter
from pathlib import Path

import nbformat
import yaml
from literals import Library, label_text, shown
from nbclient import NotebookClient
from readers_markdown import (
    CITATION,
    EQUATION,
    FIGURE,
    NUMBER,
    REFERENCE,
    REFERENCES,
    TABLE,
    TITLE,
    cited,
    to_myst,
)

ROOT = Path(__file__).parents[2]
GLUE = "application/papermill.record/text/plain"
FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
TAG = re.compile(r"\\tag\{[^}]*\}")


def chapters(root: Path = ROOT) -> dict[str, int]:
    """Return the number of each numbered chapter, by its file."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    files = [
        f"{each['file']}.ipynb"
        for part in toc["parts"]
        if part.get("numbered")
        for each in part["chapters"]
    ]
    return {file: i for i, file in enumerate(files, 1)}


def read(path: Path) -> nbformat.NotebookNode:
    """Return a notebook."""
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def write(path: Path, notebook: nbformat.NotebookNode) -> None:
    """Write a notebook without its outputs, line by line as Jupyter does."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def label_numbers(notebook: nbformat.NotebookNode, chapter: int) -> dict[str, str]:
    """Return the number of each equation, figure and table, by its label.

    Raises:
        ValueError: if a label is there twice.
    """
    count, numbers = Counter(), {}
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for pattern in (EQUATION, FIGURE, TABLE):
            for found in pattern.finditer(cell.source):
                if found["label"] in numbers:
                    raise ValueError(f"a label must be there once, got {found['label']!r} twice")
                count[pattern] += 1
                numbers[found["label"]] = f"{chapter}.{count[pattern]}"
    return numbers


def all_labels(root: Path = ROOT) -> dict[str, str]:
    """Return the number of every label of the book.

    Raises:
        ValueError: if two chapters have the same label.
    """
    labels = {}
    for file, chapter in chapters(root).items():
        own = label_numbers(read(root / file), chapter)
        if twice := labels.keys() & own:
            raise ValueError(f"{file}: a label must be new to the book, got {sorted(twice)}")
        labels |= own
    return labels


def fill_text(
    text: str, *, chapter: int | None, labels: dict[str, str], library: Library, works: list[str]
) -> str:
    """Return the text of a cell with its numbers of labels, its citations and its references.

    Args:
        text: the cell's source.
        chapter: the chapter's number; None if it has none.
        labels: the number of each label of the book.
        library: the works that the book cites.
        works: those that the chapter cites.
    """

    def reference(found: re.Match[str]) -> str:
        label = found["label"]
        if label not in labels:
            raise ValueError(f"a reference must lead to a label of the book, got {label!r}")
        return f'<a href="{found["page"]}#{label}">{label_text(label, labels[label])}</a>'

    def citation(found: re.Match[str]) -> str:
        keys = cited(found)
        written = library.citation(keys, in_sentence=not found["text"].startswith("("))
        return f'<cite data-cite="{",".join(keys)}">{written}</cite>'

    def caption(found: re.Match[str]) -> str:
        label = found["label"]
        return f'<a id="{label}"></a>**{label_text(label, labels[label])}.** {found["text"]}'

    def equation(found: re.Match[str]) -> str:
        label = found["label"]
        tagged = TAG.sub(rf"\\tag{{{labels[label]}}}", found["all"])
        return f'<a id="{label}"></a>\n\n{tagged}'  # where a link to it leads in Jupyter

    text = EQUATION.sub(equation, text)
    text = TABLE.sub(caption, FIGURE.sub(caption, text))
    text = CITATION.sub(citation, REFERENCE.sub(reference, text))
    listed = f"<!-- references -->\n{library.references(works)}<!-- /references -->"
    text = REFERENCES.sub(lambda _: listed, text)
    return text if chapter is None else TITLE.sub(f"# {chapter}. ", text)


def fill_structure(
    notebook: nbformat.NotebookNode, chapter: int | None, labels: dict[str, str], library: Library
) -> None:
    """Write into a notebook all that does not need a run.

    Raises:
        ValueError: if the book could not read it.
    """
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    works = [key for text in texts for found in CITATION.finditer(text) for key in cited(found)]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = fill_text(
                cell.source, chapter=chapter, labels=labels, library=library, works=works
            )
        elif FOLDED & set(cell.metadata.get("tags", ())):
            cell.metadata["jupyter"] = {"source_hidden": True}
        else:
            cell.metadata.pop("jupyter", None)
    to_myst(notebook, "")


def run_numbers(notebook: nbformat.NotebookNode, folder: Path) -> dict[str, str]:
    """Run a notebook in a folder and return what its cells hand over, by its name.

    Raises:
        ValueError: if a name is handed over twice.
    """
    copy = nbformat.from_dict(notebook)
    NotebookClient(copy, timeout=None, resources={"metadata": {"path": str(folder)}}).execute()
    handed = {}
    for cell in copy.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "display_data" and GLUE in output.data:
                name = output.metadata.scrapbook.name
                if name in handed:
                    raise ValueError(f"a number must be handed over once, got {name!r} twice")
                handed[name] = output.data[GLUE]
    return handed


def fill_numbers(text: str, numbers: dict[str, str]) -> str:
    """Return the text of a cell with the numbers of a run.

    Raises:
        ValueError: if no cell handed a number over.
    """

    def number(found: re.Match[str]) -> str:
        if found["name"] not in numbers:
            raise ValueError(f"no cell hands over {found['name']!r}")
        value = shown(numbers[found["name"]], found["spec"] or "")
        return f"{found['head']}{value}</data>"

    return NUMBER.sub(number, text)


def fill_notebook(
    path: Path, chapter: int | None, labels: dict[str, str], library: Library, run: bool
) -> None:
    """Fill one notebook, with the numbers of a run or without."""
    notebook = read(path)
    fill_structure(notebook, chapter, labels, library)
    if run:
        numbers = run_numbers(notebook, path.parent)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = fill_numbers(cell.source, numbers)
    write(path, notebook)


def main(arguments: list[str] | None = None) -> None:
    """Fill the notebooks that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="all of the book if none is named")
    parser.add_argument("--no-run", action="store_true", help="leave the runs' numbers as they are")
    options = parser.parse_args(arguments)
    os.environ["LRLIB_PROGRESS"] = "0"
    numbered, labels = chapters(), all_labels()
    library = Library(ROOT / "book" / "references.bib")
    for path in options.notebooks or sorted((ROOT / "book").glob("*.ipynb")):
        chapter = numbered.get(path.resolve().relative_to(ROOT).as_posix())
        try:
            if chapter is None and path.name[0].isdigit():
                raise ValueError("a chapter must be in a numbered part of _toc.yml")
            fill_notebook(path, chapter, labels, library, run=not options.no_run)
        except ValueError as error:
            raise SystemExit(f"{path}: {error}") from error
        print(path)


if __name__ == "__main__":
    main()
