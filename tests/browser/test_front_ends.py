"""A notebook reads in other front ends as it does in the book, before and after a run."""

import re
import shutil
import socket
import subprocess
import sys
import time
from importlib.resources import files
from urllib.request import urlopen

import fill
import nbconvert
import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from readers_markdown import CITATION, NUMBER, REFERENCE

CHAPTERS = [fill.ROOT / file for file in fill.chapters()]
NOTEBOOKS = [fill.ROOT / "book" / "intro.ipynb", *CHAPTERS]
# What only MyST reads: roles, directives, labels, attributes; and names that nobody filled in.
FOREIGN = re.compile(r"\{[a-z:-]+\}`|^```\{|:::|\$\$ \(eq-|<data|<cite|<details|data-cite")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def texts(path):
    return [cell.source for cell in fill.read(path).cells if cell.cell_type == "markdown"]


def promised(text):
    """What a reader must see of numbers, citations and references, in order."""
    found = [*NUMBER.finditer(text), *CITATION.finditer(text), *REFERENCE.finditer(text)]
    return [plain(match["text"]) for match in sorted(found, key=lambda match: match.start())]


def plain(html):
    return " ".join(BeautifulSoup(html, "html.parser").get_text().split())


def assert_reads(html, text):
    """The text is there as its author wrote it, and nothing of what only the book reads."""
    page = plain(html)
    assert not FOREIGN.search(page), FOREIGN.search(page)
    at = 0
    for each in promised(text):
        at = page.index(each, at) + len(each)


@each_notebook
def test_a_notebook_reads_in_a_page_of_nbconvert(path):
    exporter = nbconvert.HTMLExporter(template_name="lab", embed_images=False)
    body, _ = exporter.from_notebook_node(fill.read(path))
    cells = BeautifulSoup(body, "html.parser").select(".jp-RenderedMarkdown")
    for cell, text in zip(cells, texts(path), strict=True):
        assert_reads(str(cell), text)


@pytest.fixture(scope="module")
def purify(new_tab):
    """DOMPurify, with which VS Code, GitLab and others clean what markdown-it has made."""
    static = files("jupyterlab") / "static"
    [bundle] = [
        path
        for path in static.iterdir()
        if path.suffix == ".js" and "DOMPurify" in path.read_text()
    ]
    with new_tab() as (tab, _):
        tab.evaluate(
            """bundle => {
              const chunks = self.rspackChunk_jupyterlab_application_top = [];
              new Function(bundle)();
              const modules = chunks[0][1];
              const id = Object.keys(modules).find(id => /removeAllHooks/.test(modules[id]));
              const exports = {};
              const require = () => ({});
              require.d = (_, all) => Object.entries(all).forEach(
                ([name, get]) => Object.defineProperty(exports, name, { get, enumerable: true }));
              require.r = () => {};
              modules[id]({ exports }, exports, require);
              self.purify = Object.values(exports).find(each => each?.sanitize);
            }""",
            bundle.read_text(),
        )
        yield lambda html: tab.evaluate("html => purify.sanitize(html)", html)


def test_dompurify_cleans(purify):
    assert purify("<b onclick='f()'>text</b><script>f()</script>") == "<b>text</b>"


@each_notebook
def test_a_notebook_reads_where_markdown_it_and_dompurify_show_it(path, purify):
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    for text in texts(path):
        assert_reads(purify(markdown.render(text)), text)


# ---- JupyterLab itself


def settings_of_jupyterlab(folder):
    """Let JupyterLab draw whole notebooks, and ask nobody for news."""
    for name, content in {
        "notebook-extension/tracker": '{"windowingMode": "none"}',
        "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
    }.items():
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory):
    """The address of a JupyterLab that shows a copy of the notebooks, and the copy's folder."""
    folder = tmp_path_factory.mktemp("jupyterlab")
    for name in ("book", "exercises"):
        shutil.copytree(fill.ROOT / name, folder / name, ignore=shutil.ignore_patterns("_build"))
    settings_of_jupyterlab(folder / "settings")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser"]
    command += [f"--port={port}", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    command += [f"--LabApp.user_settings_dir={folder / 'settings'}"]
    command += [f"--LabApp.workspaces_dir={folder / 'workspaces'}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        for _ in range(240):
            try:
                urlopen(f"http://127.0.0.1:{port}/api").close()
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail("JupyterLab did not start")
        yield f"http://127.0.0.1:{port}/lab/tree", folder
        server.terminate()


def idle(tab):
    """Wait until the kernel has nothing to do."""
    at_rest = tab.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']")
    at_rest.first.wait_for(state="attached")


def open_in_jupyterlab(tab, jupyterlab, name):
    """Open a notebook with nothing else open, see that it reads, and return where it is."""
    address, folder = jupyterlab
    tab.set_default_timeout(60_000)
    tab.goto(f"{address}/{name}?reset")
    tab.locator(".jp-NotebookPanel .jp-MarkdownOutput h1").wait_for()
    idle(tab)
    assert_reads_in_jupyterlab(tab, folder / name)
    return folder / name


def run_until(tab, selector):
    """Run cell after cell until an output shows something."""
    tab.locator(".jp-NotebookPanel .jp-Cell").first.click()
    for _ in range(20):
        tab.keyboard.press("Shift+Enter")
        idle(tab)
        if tab.locator(selector).count():
            return
    pytest.fail(f"no cell showed {selector}")


def assert_reads_in_jupyterlab(tab, path):
    shown = ".jp-NotebookPanel .jp-MarkdownOutput"
    tab.wait_for_function(
        "([all, n]) => document.querySelectorAll(all).length === n", arg=[shown, len(texts(path))]
    )
    cells = tab.locator(shown).all_text_contents()  # those of closed folds, too
    for page, text in zip(cells, texts(path), strict=True):
        page = " ".join(page.split())
        assert not FOREIGN.search(page), FOREIGN.search(page)
        assert all(each in page for each in promised(text))
    assert not tab.locator("mjx-merror, .jp-MarkdownOutput [data-mjx-error]").count()
    assert not tab.locator(".jp-OutputArea-output[data-mime-type*=stderr], .jp-mod-error").count()


def test_a_chapter_in_jupyterlab(jupyterlab, new_tab):
    with new_tab() as (tab, _):
        path = open_in_jupyterlab(tab, jupyterlab, "book/05_cosine.ipynb")
        hidden = tab.locator(".jp-CodeCell.jp-mod-noEditor, .jp-CodeCell .jp-InputPlaceholder")
        folded = [
            cell
            for cell in fill.read(path).cells
            if cell.cell_type == "code" and cell.metadata.get("jupyter")
        ]
        assert hidden.count() == len(folded)
        run_until(tab, ".widget-slider")
        before = tab.locator(".explorer-drawing svg").first.inner_html()
        slider = tab.locator(".widget-slider .noUi-handle").first
        slider.focus()
        slider.press("ArrowLeft")
        tab.wait_for_function(
            "old => document.querySelector('.explorer-drawing svg').innerHTML !== old",
            arg=before,
        )
        assert_reads_in_jupyterlab(tab, path)


def test_an_exercise_in_jupyterlab(jupyterlab, new_tab):
    with new_tab() as (tab, _):
        open_in_jupyterlab(tab, jupyterlab, "exercises/05_cosine.ipynb")
        hint = tab.locator(".jp-MarkdownOutput details").first
        inside = hint.locator("xpath=./*[not(self::summary)]").first
        assert not inside.is_visible()
        hint.locator("summary").click()
        assert inside.is_visible()
