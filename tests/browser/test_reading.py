"""What a page folds, puts off and draws is there when a reader comes to it."""

import io
import re

import matplotlib.pyplot as plt
import pytest
from built import CHAPTERS, soup
from visit import SETTLED, open_page

CHAPTER = CHAPTERS[-1]
FOLDED_ANSWERS = "document.querySelectorAll('details.answer:not([open])').length"
# How far what was on the screen has moved by itself.
SHIFTS = """window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""

# A heading is on the screen, in its upper half.
ARRIVED = """(id) => {
  const { top } = document.querySelector(`#${id} > :is(h2, h3)`).getBoundingClientRect();
  const end = scrollY + innerHeight > document.documentElement.scrollHeight - 2;
  return top >= -1 && top < innerHeight * (end ? 1 : 0.5);
}"""

each_chapter = pytest.mark.parametrize("name", CHAPTERS)


@pytest.fixture
def chapter(page, site):
    """A chapter, opened."""
    open_page(page, f"{site.as_uri()}/{CHAPTER}")
    return page


def test_answers_are_folded_on_arrival_and_nothing_jumps(page, site):
    answers = len(soup(site / CHAPTER).select("details.answer[open]"))
    page.add_init_script(SHIFTS)
    page.set_viewport_size({"width": 1280, "height": 4000})
    open_page(page, f"{site.as_uri()}/{CHAPTER}")
    assert page.evaluate(FOLDED_ANSWERS) == answers > 0
    assert page.evaluate("window.shifts") < 0.01


def test_answers_are_open_where_there_are_no_scripts(browser, site):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{site.as_uri()}/{CHAPTER}")
    assert tab.locator("details.answer > p").first.is_visible()
    context.close()


def test_answers_are_printed_and_folded_again(chapter):
    before = chapter.evaluate(FOLDED_ANSWERS)
    chapter.evaluate(f"addEventListener('beforeprint', () => (window.printed = {FOLDED_ANSWERS}))")
    chapter.pdf()
    assert chapter.evaluate("window.printed") == 0
    assert chapter.evaluate(FOLDED_ANSWERS) == before


def test_a_page_is_printed_dark_on_white(chapter):
    chapter.emulate_media(color_scheme="dark")
    chapter.reload()
    chapter.wait_for_load_state("networkidle")
    scheme = "document.documentElement.dataset.theme"
    assert chapter.evaluate(scheme) == "dark"
    chapter.evaluate(f"addEventListener('beforeprint', () => (window.printed = {scheme}))")
    chapter.pdf()
    assert chapter.evaluate("window.printed") == "light"
    assert chapter.evaluate(scheme) == "dark"


def test_answers_are_open_where_the_script_of_the_book_does_not_run(browser, site):
    context = browser.new_context()
    tab = context.new_page()
    tab.route("**/book.js*", lambda route: route.abort())
    tab.goto(f"{site.as_uri()}/{CHAPTER}")
    tab.locator("details.answer > p").first.wait_for()
    context.close()


def test_an_address_within_an_answer_opens_it(chapter):
    inside = chapter.locator("details.answer > p").first
    inside.evaluate("each => (each.id = 'inside')")
    assert not inside.is_visible()
    chapter.evaluate("location.hash = 'inside'")
    inside.wait_for()
    chapter.wait_for_function("""() => {
      const { top } = document.querySelector("#inside").getBoundingClientRect();
      return top >= 0 && top < innerHeight;
    }""")


def test_folded_code_is_coloured_when_it_is_opened(chapter):
    folded = chapter.locator("details.hide pre")
    plain = folded.all_text_contents()
    assert plain
    assert not folded.locator("span").count()
    chapter.evaluate("document.querySelectorAll('details.hide').forEach(e => (e.open = true))")
    chapter.wait_for_function("!document.querySelector('pre[data-spans]')")
    assert folded.all_text_contents() == plain
    assert chapter.locator("details.hide .kn").all_text_contents()[0] in ("import", "from")
    assert set(chapter.locator("details.hide .kn").all_text_contents()) <= {"import", "from"}


@each_chapter
@pytest.mark.parametrize("width", [1280, 390])
def test_a_link_to_a_section_leads_there(page, site, name, width):
    page.set_viewport_size({"width": width, "height": 900})
    open_page(page, f"{site.as_uri()}/{name}")
    sections = [tag["id"] for tag in soup(site / name).select("article section section[id]")]
    for section in [*sections[-1:], *sections[::3]]:  # there and back
        page.evaluate("id => (location.hash = id)", section)
        page.wait_for_function(ARRIVED, arg=section)
        page.evaluate(SETTLED)
        assert page.evaluate(ARRIVED, section), section


def figures(site, name):
    """The files of a page's figures."""
    for image in soup(site / name).select(".figure-box img"):
        yield (site / name).parent / image["src"]


@each_chapter
def test_the_letters_of_a_figure_lie_within_it_in_the_typeface_of_the_page(page, site, name):
    for figure in figures(site, name):
        assert not re.search("DejaVu Sans|Verdana", figure.read_text(encoding="utf-8"))
        page.goto(figure.as_uri())
        outside = page.evaluate("""() => {
          const svg = document.documentElement.getBoundingClientRect();
          return [...document.querySelectorAll("text")].filter((each) => {
            const { left, right, top, bottom } = each.getBoundingClientRect();
            return left < svg.left - 1 || right > svg.right + 1
              || top < svg.top - 1 || bottom > svg.bottom + 1;
          }).map((each) => each.textContent);
        }""")
        assert not outside, figure


@each_chapter
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_figure_stands_on_the_ground_of_its_page(page, site, name, scheme):
    page.emulate_media(color_scheme=scheme)
    open_page(page, f"{site.as_uri()}/{name}")
    for figure in page.locator(".figure-box").all():
        figure.scroll_into_view_if_needed()
        figure.locator("img").evaluate("image => image.decode()")
        shown = plt.imread(io.BytesIO(figure.screenshot()))
        beside = plt.imread(io.BytesIO(page.locator("article h1").screenshot()))
        height, width, _ = shown.shape
        corners = shown[[3, 3, -4, -4], [width // 3, -width // 3] * 2]
        assert abs(corners - beside[0, 0]).max() < 2 / 255


@each_chapter
def test_a_table_is_read_on_a_phone_with_its_whole_caption(page, site, name):
    page.set_viewport_size({"width": 390, "height": 900})
    open_page(page, f"{site.as_uri()}/{name}")
    for table in page.locator(".pst-scrollable-table-container").all():
        box, caption = table.bounding_box(), table.locator("caption").bounding_box()
        assert caption["x"] >= box["x"]
        assert caption["x"] + caption["width"] <= box["x"] + box["width"]
        scrolls = table.evaluate("e => e.scrollWidth > e.clientWidth")
        assert not (scrolls and table.locator(".of-sentences").count())


@each_chapter
def test_a_figure_is_read_on_a_phone_as_easily_as_its_caption(page, site, name):
    page.set_viewport_size({"width": 390, "height": 900})
    open_page(page, f"{site.as_uri()}/{name}")
    caption = page.locator("figcaption").first.evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize)"
    )
    for image in page.locator(".figure-box img").all():
        scale = image.evaluate("e => e.getBoundingClientRect().width / e.getAttribute('width')")
        assert scale >= 0.99
    for figure in figures(site, name):
        sizes = re.findall(
            r"(?<!scale)font-size: ([\d.]+)px; font-family: [^;]*; text-anchor",
            figure.read_text("utf-8"),
        )
        assert min(map(float, sizes)) * 96 / 72 >= caption - 0.1
