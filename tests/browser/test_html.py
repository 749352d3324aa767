"""The HTML of every page of the built book: links, formulas, weight, words for search engines."""

import gzip
import re
from collections import Counter
from copy import copy
from urllib.parse import unquote, urldefrag

import fill
import pytest
import yaml
from built import CHAPTERS, PAGES, TOC, ids, soup
from readers_markdown import CITATION, REFERENCE

every_page = pytest.mark.parametrize("name", PAGES, scope="module")
every_chapter = pytest.mark.parametrize("name", CHAPTERS, scope="module")


def test_the_site_has_no_other_pages(site):
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert pages - {"index.html"} == set(PAGES)


@every_page
def test_every_glyph_of_a_formula_is_on_the_page(site, name):
    html = soup(site / name)
    used = {use["href"][1:] for use in html.select("svg use")}
    assert used == {path["id"] for path in html.select(".math-glyphs path")}


@every_page
def test_no_tex_is_left_to_read(site, name):
    html = copy(soup(site / name))
    for code in html.select("pre, code, script, style"):
        code.decompose()
    assert not re.search(r"\\[a-zA-Z(\[]|\$\$|\{[a-z:-]+\}`", html.get_text())


@every_chapter
def test_every_table_has_a_number_and_a_caption(site, name):
    tables = soup(site / name).select("article table")
    chapter = int(name.removeprefix("book/")[:2])
    numbers = [table.select_one("caption .caption-number") for table in tables]
    assert None not in numbers
    wanted = [f"Table {chapter}.{i}" for i in range(1, len(tables) + 1)]
    assert [number.get_text().strip() for number in numbers] == wanted


@every_page
def test_a_box_that_may_scroll_is_a_stop_of_the_keyboard_without_scripts(site, name):
    html = soup(site / name)
    boxes = html.select(
        "main :is(pre, .math-display, .figure-box, .pst-scrollable-table-container)"
    )
    assert all(box.get("tabindex") == "0" for box in boxes)
    named = [box for box in boxes if box.name != "pre"]
    assert all(box["role"] == "group" and box["aria-label"] for box in named)


@every_page
def test_links_and_fragments_lead_somewhere(site, name):
    source = site / name
    for tag in soup(source).select("[href], [src]"):
        link = tag.get("href") or tag.get("src")
        if re.match(r"(https?|mailto|data):", link):
            assert tag.name == "a", f"{link} is loaded from outside"
            continue
        path, fragment = urldefrag(link)
        target = (source.parent / unquote(path.partition("?")[0])).resolve() if path else source
        assert target.is_file(), link
        if fragment:
            assert unquote(fragment) in ids(target), link


@every_page
def test_a_page_ships_only_what_it_uses(site, name):
    html = soup(site / name)
    loaded = [
        tag.get("src") or tag["href"] for tag in html.select("script[src], link[rel=stylesheet]")
    ]
    unused = re.compile("fontawesome|font-awesome|thebe|require|mathjax|togglebutton|html-manager")
    assert not [link for link in loaded if unused.search(link.lower())]
    assert all(script.has_attr("defer") for script in html.select("script[src]"))


@every_page
def test_a_page_with_all_it_loads_stays_light(site, name):
    source = site / name
    html = soup(source)
    loaded = html.select("script[src], img[src], link[rel=stylesheet]")
    links = {(tag.get("src") or tag["href"]).partition("?")[0] for tag in loaded}
    files = {source, *((source.parent / unquote(link)).resolve() for link in links)}
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 300_000


@every_page
def test_a_page_says_what_it_is(site, name):
    html = soup(site / name)
    assert html.html["lang"] == "en"
    assert html.title.get_text(strip=True)
    description = html.select("meta[name=description]")
    assert len(description) == 1
    assert 40 <= len(description[0]["content"]) <= 160


@every_page
def test_every_picture_has_an_alternative_and_a_size(site, name):
    for picture in soup(site / name).select("img"):
        assert len(picture.get("alt", "").split()) > 3
        assert int(picture["width"]) > 0
        assert int(picture["height"]) > 0


@every_page
def test_equations_are_numbered_and_referred_to_by_their_number(site, name):
    html = soup(site / name)
    for block in html.select(".math-block[id]"):
        number = re.search(r"\([\d.]+\)", block.select_one(".eqno").get_text())[0]
        for link in html.select(f'a.reference[href="#{block["id"]}"]'):
            assert link.get_text(strip=True) == number


@every_page
def test_a_page_says_nothing_of_the_machine_that_built_it(site, name):
    assert str(TOC.parent) not in (site / name).read_text(encoding="utf-8")


@every_page
def test_folded_code_has_no_spans_and_other_code_none_of_the_colour_of_the_text(site, name):
    html = soup(site / name)
    assert not html.select("details.hide pre span")
    assert not html.select("main pre :is(.n, .p, .w)")


@every_chapter
def test_a_chapter_is_not_too_much_for_a_slow_phone(site, name):
    assert len(soup(site / name).select("*")) < 7_000


@every_chapter
def test_answers_come_open(site, name):
    answers = soup(site / name).select("details.answer")
    assert answers
    assert all(answer.has_attr("open") for answer in answers)


def notebook(name):
    """The text of the notebook that a page is made from."""
    cells = fill.read((TOC.parent / name).with_suffix(".ipynb")).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@every_chapter
def test_labels_have_the_numbers_of_the_notebook(site, name):
    html, chapter = soup(site / name), fill.chapters()[name.replace(".html", ".ipynb")]
    assert html.select_one("article h1").get_text().startswith(f"{chapter}. ")
    path = (TOC.parent / name).with_suffix(".ipynb")
    for label, number in fill.label_numbers(fill.read(path), chapter).items():
        if label.startswith("eq-"):
            block = html.find(id=f"equation-{label}")
            assert block.select_one(".eqno").get_text().startswith(f"({number})"), label
        else:
            kind = {"fig": "Figure", "tab": "Table"}[label.partition("-")[0]]
            place = html.find(id=label)
            assert place.name == kind.lower(), label
            shown = place.select_one(".caption-number").get_text(strip=True)
            assert shown == f"{kind} {number}", label


@every_chapter
def test_references_to_labels_read_as_in_the_notebook(site, name):
    wanted = Counter(
        (found["label"], found["text"]) for found in REFERENCE.finditer(notebook(name))
    )
    links = soup(site / name).select("article a.reference.internal[href*='#']")
    shown = Counter(
        (found[1], link.get_text(" ", strip=True))
        for link in links
        if (found := re.search(r"#(?:equation-)?((?:eq|fig|tab)-[\w-]+)$", link["href"]))
    )
    assert shown == wanted


@every_chapter
def test_citations_read_as_in_the_notebook(site, name):
    wanted = Counter(found["text"] for found in CITATION.finditer(notebook(name)))
    tags = soup(site / name).select(".bibtex-citation")
    assert Counter(" ".join(tag.get_text().split()) for tag in tags) == wanted


@every_page
def test_the_list_of_pages_has_the_parts_and_the_numbers_of_chapters(site, name):
    toc = yaml.safe_load(TOC.read_text(encoding="utf-8"))
    bar = soup(site / name).select_one(".bd-sidebar-primary nav.bd-links")
    captions = [tag.get_text(strip=True) for tag in bar.select("p.caption")]
    assert captions == [part["caption"] for part in toc["parts"]]
    titles = [tag.get_text(strip=True) for tag in bar.select("li.toctree-l1 > a")]
    numbers = [title.partition(". ")[0] for title in titles if re.match(r"\d+\. ", title)]
    assert numbers == [str(i) for i in fill.chapters().values()]
