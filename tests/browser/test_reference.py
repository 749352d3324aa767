"""The API reference and the formula sheet as they stand in the built book."""

import importlib
import inspect
import re
from pathlib import Path

import built
import pytest

from lrlib.catalog import CATALOG

BOOK = Path(__file__).parents[2] / "book"
REFERENCE = sorted(BOOK.glob("api/*.md"))

each_page = pytest.mark.parametrize("page_of", REFERENCE, ids=lambda path: path.stem)
each_row = pytest.mark.parametrize("key", CATALOG)


def soup(site, name):
    return built.soup(site / "book" / f"{name}.html")


def modules(page):
    for listing in re.findall(r"```\{api\}\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        yield from map(importlib.import_module, listing.split())


def has_chapter(site, entry):
    return (site / "book" / f"{entry.chapter}.html").exists()


@each_page
def test_every_public_name_of_a_module_is_on_its_page(site, page_of):
    entries = {tag["id"] for tag in soup(site, f"api/{page_of.stem}").select("dt.sig[id]")}
    for module in modules(page_of):
        for name, member in vars(module).items():
            defined = getattr(member, "__module__", None) == module.__name__
            if defined and not name.startswith("_") and inspect.isroutine(member):
                assert f"{module.__name__}.{name}" in entries
            if defined and not name.startswith("_") and inspect.isclass(member):
                assert f"{module.__name__}.{name}" in entries


@each_page
def test_a_page_of_the_reference_lists_what_it_cites_and_nothing_else(site, page_of):
    article = soup(site, f"api/{page_of.stem}").select_one("article")
    listed = {tag["id"] for tag in article.select(".citation[id]")}
    cited = {
        tag["href"].removeprefix("#")
        for tag in article.select("dd a.reference.internal[href]")
        if re.search(r"#id\d+$", tag["href"])
    }
    assert cited == listed
    if any(":cite:" in inspect.getsource(module) for module in modules(page_of)):
        assert listed


@each_row
def test_a_schedule_leads_to_the_chapter_that_derives_it(site, key):
    entry = CATALOG[key]
    kind = entry.schedule
    signature = soup(site, "api/schedules").find(id=f"{kind.__module__}.{kind.__name__}")
    links = signature.find_next_sibling("dd").select(f'a[href="../{entry.chapter}.html"]')
    assert len(links) == has_chapter(site, entry)


def test_the_formula_sheet_has_the_rows_of_the_catalog_in_their_order(site):
    rows = [tag["id"] for tag in soup(site, "formula_sheet").select("section.sheet-row")]
    assert rows == [f"formula-{key}" for key in CATALOG]


@each_row
def test_a_row_shows_its_curve_its_call_and_its_formula(site, key):
    entry, row = CATALOG[key], soup(site, "formula_sheet").find(id=f"formula-{key}")
    assert row.h2.get_text().lower().startswith(entry.label.lower())
    curve = row.select_one("svg.sheet-curve")
    assert f"--line: {entry.colour}" in curve["style"]
    assert "at first" in curve["aria-label"]
    assert row.select_one(".sheet-formula .math-display > svg use")
    call = row.select_one(".sheet-call").get_text().strip()
    names = inspect.signature(entry.schedule).parameters
    assert call.startswith(f"{entry.schedule.__name__}(")
    assert re.findall(r"(?<=[(\s])[a-zA-Z_]\w*(?=[,=)])", call) == list(names)
    assert ("torch: " in row.get_text()) == (entry.torch is not None)
    assert len(row.select(f'a[href="{entry.chapter}.html"]')) == has_chapter(site, entry)


def test_a_signature_wraps_where_the_page_is_narrow(page, site):
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{site.as_uri()}/book/api/schedules.html")
    overflow = "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.id)"
    assert page.locator("dt.sig").evaluate_all(overflow) == []


def test_the_formula_sheet_prints_without_the_sidebars(page, site):
    page.emulate_media(media="print")
    page.goto(f"{site.as_uri()}/book/formula_sheet.html")
    for bar in page.locator(".bd-sidebar-primary, .bd-sidebar-secondary").all():
        assert not bar.is_visible()
