"""The built book and a browser to read it with."""

import functools
import http.server
import os
import shutil
import threading
from contextlib import contextmanager

import build_stamp
import pytest
from filelock import FileLock
from playwright.sync_api import sync_playwright

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync", "--no-first-run"]
# The network is off: only this machine has an address.
QUIET += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


@pytest.fixture(scope="session")
def site(tmp_path_factory, pytestconfig, build_book, worker_id):
    """The folder of the book's pages. They are built here unless they are those of the sources."""
    root = pytestconfig.rootpath
    pages = root / "_build" / "html"
    folder = tmp_path_factory.getbasetemp()
    failure = (folder if worker_id == "master" else folder.parent) / "book.log"
    pages.parent.mkdir(exist_ok=True)
    with FileLock(pages.parent / "book.lock"):
        if not failure.exists() and not build_stamp.is_current(pages, root):
            build = build_book(root, root)
            if build.returncode:
                failure.write_text(build.stdout, encoding="utf-8")
            elif not build_stamp.is_current(pages, root):
                failure.write_text("a source was changed while the book was built", "utf-8")
    if failure.exists():
        pytest.fail(failure.read_text(encoding="utf-8"), pytrace=False)
    return pages


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line on the console for each."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def served(site):
    """The address of a web server that shows the book."""
    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(params=["file", "http"])
def site_url(request, site):
    """The book's address, from the disk and from a web server."""
    return site.as_uri() if request.param == "file" else request.getfixturevalue("served")


@pytest.fixture(scope="session")
def browser():
    """A Chromium without a network. It may be missing at home, never in CI."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        missing = "no chromium on the path: apt-get install -y chromium"
        pytest.fail(missing) if "CI" in os.environ else pytest.skip(missing)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def new_tab(browser):
    """Open a tab in a fresh profile, and list what it complains of and what it asks of outside."""

    @contextmanager
    def open_tab(**profile):
        context = browser.new_context(**profile)
        tab = context.new_page()
        complaints = []

        def on_request(request):
            if not request.url.startswith(("file://", "http://127.0.0.1:", "data:", "blob:")):
                complaints.append(f"outside request: {request.url}")

        def on_response(response):
            if response.status >= 400:
                complaints.append(f"{response.status}: {response.url}")

        def on_failure(request):
            # The icon is asked for late, and given up when the page is left meanwhile.
            if not request.url.endswith("/favicon.svg"):
                complaints.append(f"failed: {request.url}")

        def on_console(message):
            if message.type in ("error", "warning"):
                complaints.append(f"console {message.type}: {message.text}")

        tab.on("request", on_request)
        tab.on("response", on_response)
        tab.on("requestfailed", on_failure)
        tab.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
        tab.on("console", on_console)
        yield tab, complaints
        context.close()

    return open_tab


@pytest.fixture
def page(new_tab):
    """A tab in a fresh profile; the test fails if what it opened complained or went outside."""
    with new_tab() as (tab, complaints):
        yield tab
    assert not complaints
