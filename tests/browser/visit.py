"""A visit to a page: opened once, looked at in both schemes and at every width."""

from dataclasses import dataclass, field
from itertools import product

from axe_playwright_python.base import AXE_SCRIPT, AxeResults

SCHEMES = ("light", "dark")
WIDTHS = (1280, 768, 390, 320)
AXE_WIDTHS = (1280, 390)
FORMULAS = {"inline": ".math-inline > svg", "block": ".math-block > .math-display > svg"}

SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SIZES = "all => all.map(e => { const b = e.getBoundingClientRect(); return [b.width, b.height] })"

# What a new width or scheme sets off is over: media queries and observers are heard in the next
# frame, and a change of colours that takes time is at its end.
SETTLED = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await document.fonts.ready;
  await frame();
  await frame();
  for (const each of document.getAnimations()) each.finish();
}"""

# What is folded has no layout: here all of it has.
UNFOLD = "document.querySelectorAll('main details').forEach((each) => (each.open = true))"
CLIPPED = """() => [...document.querySelectorAll("main :is(pre, .pst-scrollable-table-container)")]
  .filter((e) => e.scrollWidth > e.clientWidth)
  .map((e) => e.textContent.split("\\n").reduce((a, b) => (b.length > a.length ? b : a)))"""

# The boxes that scroll sideways beyond the reach of a keyboard, and stops of the keyboard at
# boxes that do not scroll.
SCROLLING = """() => {
  const all = [...document.querySelectorAll("main *")].filter((e) => e.checkVisibility());
  const scrolls = (e) => e.scrollWidth > e.clientWidth
    && ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
  const reached = (e) => e.tabIndex === 0 || e.querySelector("a, button, input, [tabindex='0']");
  const name = (e) => `${e.localName}.${e.className}: ${e.textContent.slice(0, 40)}`;
  return {
    unreached: all.filter((e) => scrolls(e) && !reached(e)).map(name),
    needless: all.filter((e) => e.getAttribute("tabindex") === "0" && !scrolls(e)).map(name),
    formulas: all.filter((e) => scrolls(e) && e.matches(".math-display")).length,
  };
}"""

# Contrast is judged for the longest text of each look, not for thousands of words that look alike.
# A look is the colour and size of the letters, and all that may lie between them and the paper.
ONE_OF_EACH_LOOK = """() => {
  const grounds = new Map([[null, ""]]);
  const ground = (e) => {
    if (!grounds.has(e)) {
      const s = getComputedStyle(e);
      grounds.set(e, [ground(e.parentElement), s.backgroundColor, s.backgroundImage, s.opacity,
        s.filter, s.mixBlendMode, s.clip, s.clipPath, s.transform].join());
    }
    return grounds.get(e);
  };
  const longest = new Map();
  for (const e of document.body.querySelectorAll("*")) {
    e.toggleAttribute("data-judged", e.matches("input, select, textarea"));
    const own = [...e.childNodes].filter((each) => each.nodeType === Node.TEXT_NODE);
    const length = own.map((each) => each.data).join("").trim().length;
    if (!length || !e.checkVisibility({ visibilityProperty: true })) continue;
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(e);
    const look = [ground(e), color, fontSize, fontWeight, textShadow].join();
    if (length > (longest.get(look)?.length ?? 0)) longest.set(look, { e, length });
  }
  for (const { e } of longest.values()) e.toggleAttribute("data-judged", true);
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-judged]" }] });
}"""
# The shapes of formulas, thousands of them, are hidden from screen readers: nothing for axe.
WITHOUT_SHAPES = "all => all.forEach(each => each.replaceChildren())"
# Without a preload, which would fetch what a style sheet imports; in full where something is wrong.
AXE = "axe.run({ preload: false, resultTypes: ['violations'] })"


def open_page(tab, address):
    """Open a page, and wait until its scripts have run and it asks for nothing more.

    The network alone may be at rest while a busy browser still reads the page.
    """
    tab.goto(address)
    tab.wait_for_load_state("networkidle")


@dataclass
class Visit:
    """What was seen of a page, as the names of the tests say it."""

    complaints: list
    headings: int = 0
    formulas: dict = field(default_factory=dict)
    themes: dict = field(default_factory=dict)
    violations: dict = field(default_factory=dict)
    sideways: dict = field(default_factory=dict)
    clipped: list = field(default_factory=list)
    scrolling: dict = field(default_factory=dict)


def visit(tab, complaints, url):
    """Open a page in a tab, look at it in every way, and return what was seen."""
    seen = Visit(complaints)
    tab.emulate_media(color_scheme="light", reduced_motion="reduce")
    resize(tab, WIDTHS[0])
    open_page(tab, url)
    seen.headings = tab.locator("h1:visible").count()
    tab.evaluate(UNFOLD)
    tab.evaluate(SETTLED)
    seen.clipped = tab.evaluate(CLIPPED)
    for kind, selector in FORMULAS.items():
        seen.formulas[kind] = tab.locator(selector).evaluate_all(SIZES)
    for width in WIDTHS:
        resize(tab, width)
        seen.scrolling[width] = tab.evaluate(SCROLLING)
        seen.sideways[width] = tab.evaluate(SIDEWAYS)
    tab.evaluate(AXE_SCRIPT)
    tab.locator("svg[aria-hidden=true]").evaluate_all(WITHOUT_SHAPES)
    for width, scheme in product(AXE_WIDTHS, SCHEMES):
        tab.emulate_media(color_scheme=scheme)
        resize(tab, width)
        seen.themes[width, scheme] = tab.locator("html").get_attribute("data-theme")
        tab.evaluate(ONE_OF_EACH_LOOK)
        found = AxeResults(tab.evaluate(AXE))
        seen.violations[width, scheme] = found.generate_report() if found.violations_count else ""
    return seen


def resize(tab, width):
    """Give a tab a width, and wait until the page has taken it."""
    tab.set_viewport_size({"width": width, "height": 900})
    tab.evaluate(SETTLED)
