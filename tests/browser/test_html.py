"""The HTML of every page of the built book: links, formulas, weight, words for search engines."""

import gzip
import re
from copy import copy
from urllib.parse import unquote, urldefrag

import pytest
from built import PAGES, ids, soup

every_page = pytest.mark.parametrize("name", PAGES, scope="module")


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
    assert not re.search(r"\\[a-zA-Z(\[]|\$\$|\{(eq|cite|numref|doc)", html.get_text())


@every_page
def test_a_box_that_may_scroll_is_a_stop_of_the_keyboard_without_scripts(site, name):
    html = soup(site / name)
    boxes = html.select("main :is(pre, .math-display, .pst-scrollable-table-container)")
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
