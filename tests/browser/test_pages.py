"""Every page of the built book opens without a network and reads well; its links lead somewhere."""

import gzip
import re
from copy import copy
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

TOC = Path(__file__).parents[2] / "_toc.yml"
CHAPTERS = re.findall(r"(?:root|file): (\S+)", TOC.read_text(encoding="utf-8"))
PAGES = [f"{name}.html" for name in [*CHAPTERS, "search"]]

every_page = pytest.mark.parametrize("name", PAGES)
each_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])
each_width = pytest.mark.parametrize("width", [1280, 390])

SCROLLS_SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
BOXES = "all => all.map(e => { const b = e.getBoundingClientRect(); return [b.width, b.height] })"


@cache
def soup(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_the_site_has_no_other_pages(site):
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert pages - {"index.html"} == set(PAGES)


def test_the_index_leads_to_the_front_page(page, site_url):
    page.goto(f"{site_url}/index.html")
    page.wait_for_url(f"{site_url}/{PAGES[0]}")


@every_page
@each_scheme
def test_a_page_opens_without_a_complaint_and_follows_the_scheme(page, site_url, name, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{site_url}/{name}", wait_until="networkidle")
    assert page.locator("html").get_attribute("data-theme") == scheme
    assert page.locator("h1:visible").count() == 1


@every_page
@each_scheme
@each_width
def test_axe_finds_nothing(page, served, name, scheme, width):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{served}/{name}", wait_until="networkidle")
    results = Axe().run(page, options={"preload": False})  # it would fetch a sheet's imports
    assert results.violations_count == 0, results.generate_report()


@every_page
def test_a_page_does_not_scroll_sideways_at_any_width(page, site, name):
    page.goto(f"{site.as_uri()}/{name}", wait_until="networkidle")
    for width in (1280, 768, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert not page.evaluate(SCROLLS_SIDEWAYS), width


@every_page
def test_formulas_are_drawn(page, site, name):
    page.goto(f"{site.as_uri()}/{name}")
    for kind, drawing in ((".math-inline", "svg"), (".math-block", ".math-display > svg")):
        written = soup(site / name).select(kind)
        boxes = page.locator(f"{kind} > {drawing}").evaluate_all(BOXES)
        assert len(boxes) == len(written)
        assert all(width > 2 and height > 2 for width, height in boxes)


def test_a_long_brace_is_cut_to_size(page, site):
    page.goto(f"{site.as_uri()}/book/05_cosine.html")
    pieces = page.locator(".math-display svg svg")
    assert pieces.count()
    cut = pieces.evaluate_all("all => all.map(each => getComputedStyle(each).overflow)")
    assert set(cut) == {"hidden"}


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
            assert soup(target).find(id=unquote(fragment)), link


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


def test_equations_are_numbered_and_referred_to_by_their_number(site):
    for name in PAGES:
        html = soup(site / name)
        for block in html.select(".math-block[id]"):
            number = re.search(r"\(\d+\)", block.select_one(".eqno").get_text())[0]
            for link in html.select(f'a.reference[href="#{block["id"]}"]'):
                assert link.get_text(strip=True) == number


def test_search_finds_a_chapter(page, site_url):
    page.goto(f"{site_url}/search.html?q=cosine", wait_until="networkidle")
    page.locator('#search-results a[href*="05_cosine"]').first.wait_for()


def test_a_wide_formula_scrolls_in_its_own_box_and_by_keyboard(page, site):
    page.set_viewport_size({"width": 320, "height": 900})
    wide = 0
    for name in PAGES:
        page.goto(f"{site.as_uri()}/{name}", wait_until="networkidle")
        for box in page.locator(".math-display").all():
            overflows = box.evaluate("e => e.scrollWidth > e.clientWidth")
            assert (box.get_attribute("tabindex") == "0") == overflows
            wide += overflows
    assert wide


def test_the_switch_changes_the_scheme_and_the_page_remembers_it(page, site):
    page.emulate_media(color_scheme="light")
    page.goto(f"{site.as_uri()}/{PAGES[0]}", wait_until="networkidle")
    html = page.locator("html")
    while html.get_attribute("data-mode") != "dark":
        page.locator(".theme-switch-button:visible").click()
    page.wait_for_function("typeof startExplorer !== 'undefined'")  # the click has woken Python
    page.reload(wait_until="networkidle")
    assert html.get_attribute("data-theme") == "dark"
