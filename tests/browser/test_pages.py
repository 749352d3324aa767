"""Every page of the built book opens without a network, reads well and can be reached."""

import pytest
from built import PAGES, soup
from visit import AXE_WIDTHS, SCHEMES, WIDTHS, open_page, visit

each_scheme = pytest.mark.parametrize("scheme", SCHEMES)
each_axe_width = pytest.mark.parametrize("width", AXE_WIDTHS)
each_width = pytest.mark.parametrize("width", WIDTHS)


@pytest.fixture(scope="module", params=PAGES)
def name(request):
    """A page."""
    return request.param


@pytest.fixture(scope="module")
def seen(name, served, new_tab):
    """What a visit to a page showed."""
    with new_tab() as (tab, complaints):
        return visit(tab, complaints, f"{served}/{name}")


def test_a_page_opens_without_a_complaint(seen):
    assert not seen.complaints
    assert seen.headings == 1


@each_scheme
@each_axe_width
def test_a_page_follows_the_scheme(seen, width, scheme):
    assert seen.themes[width, scheme] == scheme


@each_scheme
@each_axe_width
def test_axe_finds_nothing(seen, width, scheme):
    assert not seen.violations[width, scheme], seen.violations[width, scheme]


@each_width
def test_a_page_does_not_scroll_sideways(seen, width):
    assert not seen.sideways[width]


def test_code_and_tables_stay_within_the_measure(seen):
    assert not seen.clipped


@each_width
def test_a_box_is_a_stop_of_the_keyboard_just_when_it_scrolls(seen, width):
    assert not seen.scrolling[width]["unreached"]
    assert not seen.scrolling[width]["needless"]


@pytest.mark.parametrize("kind", ["inline", "block"])
def test_formulas_are_drawn(seen, site, name, kind):
    sizes = seen.formulas[kind]
    assert len(sizes) == len(soup(site / name).select(f".math-{kind}"))
    assert all(width > 2 and height > 2 for width, height in sizes)


def test_a_page_opens_from_a_folder_in_the_dark(new_tab, site, name):
    with new_tab(color_scheme="dark") as (tab, complaints):
        open_page(tab, f"{site.as_uri()}/{name}")
        assert tab.locator("html").get_attribute("data-theme") == "dark"
        assert tab.locator("h1:visible").count() == 1
    assert not complaints


def test_the_index_leads_to_the_front_page(page, site_url):
    page.goto(f"{site_url}/index.html")
    page.wait_for_url(f"{site_url}/{PAGES[0]}")


def test_a_long_brace_is_cut_to_size(page, site):
    page.goto(f"{site.as_uri()}/book/05_cosine.html")
    pieces = page.locator(".math-display svg svg")
    assert pieces.count()
    cut = pieces.evaluate_all("all => all.map(each => getComputedStyle(each).overflow)")
    assert set(cut) == {"hidden"}


def test_a_wide_formula_scrolls_in_its_own_box_by_keyboard(page, site):
    page.set_viewport_size({"width": 320, "height": 900})
    open_page(page, f"{site.as_uri()}/book/05_cosine.html")
    box = page.locator(".math-display[tabindex='0']").first
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())


def test_search_finds_a_chapter(page, site_url):
    open_page(page, f"{site_url}/search.html?q=cosine")
    page.locator('#search-results a[href*="05_cosine"]').first.wait_for()


def test_the_switch_changes_the_scheme_and_the_page_remembers_it(page, site):
    page.emulate_media(color_scheme="light")
    open_page(page, f"{site.as_uri()}/{PAGES[0]}")
    html = page.locator("html")
    while html.get_attribute("data-mode") != "dark":
        page.locator(".theme-switch-button:visible").click()
    page.wait_for_function("typeof startExplorer !== 'undefined'")  # the click has woken Python
    page.reload()
    page.wait_for_load_state("networkidle")
    assert html.get_attribute("data-theme") == "dark"
