"""What the built book consists of, and the HTML of its pages."""

import re
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup

TOC = Path(__file__).parents[2] / "_toc.yml"
WRITTEN = re.findall(r"(?:root|file): (\S+)", TOC.read_text(encoding="utf-8"))
PAGES = [f"{name}.html" for name in [*WRITTEN, "search"]]
PLAYED = [name for name in PAGES if re.search(r"book/(intro|\d\d_\w+)\.html", name)]
CHAPTERS = [name for name in PLAYED if "intro" not in name]


@cache
def soup(path):
    """The HTML of a page."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def ids(path):
    """The names of the places on a page that a link may lead to."""
    return set(re.findall(r'\sid="([^"]*)"', path.read_text(encoding="utf-8")))
