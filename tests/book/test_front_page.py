"""The front page leads to every chapter by its name, and begins with something to move."""

import re

import fill
import yaml

PAGE = fill.read(fill.ROOT / "book" / "intro.ipynb")
TEXT = "\n\n".join(cell.source for cell in PAGE.cells if cell.cell_type == "markdown")
TOC = yaml.safe_load((fill.ROOT / "_toc.yml").read_text(encoding="utf-8"))


def title(name):
    """The title of a page of the book, as it writes it."""
    if (fill.ROOT / f"{name}.ipynb").exists():
        text = fill.read(fill.ROOT / f"{name}.ipynb").cells[0].source
    else:
        text = (fill.ROOT / f"{name}.md").read_text(encoding="utf-8")
    return re.search(r"^# (.*)$", text, re.MULTILINE)[1]


def test_the_first_code_is_the_explorer():
    code = [cell for cell in PAGE.cells if cell.cell_type == "code"]
    assert "explore(" in code[0].source


def test_the_map_leads_to_every_page_by_its_title_in_order():
    pages = [each["file"] for part in TOC["parts"] for each in part["chapters"]]
    wanted = [(title(page), page.removeprefix("book/")) for page in pages]
    links = re.findall(r"\[([^]]+)\]\(([\w/]+)\.(?:ipynb|md)\)", TEXT)
    assert links == wanted


def test_the_map_names_every_part():
    for part in TOC["parts"]:
        assert f"| {part['caption']} |" in TEXT
