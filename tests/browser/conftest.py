"""The built book and a browser to read it with."""

import functools
import http.server
import os
import shutil
import threading

import pytest
from filelock import FileLock
from playwright.sync_api import sync_playwright

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync", "--no-first-run"]
# The network is off: only this machine has an address.
QUIET += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


@pytest.fixture(scope="session")
def site(tmp_path_factory, pytestconfig, build_book, worker_id):
    """The folder of the book's pages, built once for all workers of a test session."""
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent
    log, failed, pages = folder / "book.log", folder / "book.failed", folder / "_build" / "html"
    with FileLock(folder / "book.lock"):
        if not log.exists():
            build = build_book(pytestconfig.rootpath, folder)
            if build.returncode:
                failed.touch()
            log.write_text(build.stdout, encoding="utf-8")
    if failed.exists():
        pytest.fail(log.read_text(encoding="utf-8"), pytrace=False)
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


@pytest.fixture
def page(browser):
    """A tab in a fresh profile; the test fails if what it opened complained or went outside."""
    context = browser.new_context()
    tab = context.new_page()
    complaints = []

    def on_request(request):
        if not request.url.startswith(("file://", "http://127.0.0.1:", "data:", "blob:")):
            complaints.append(f"outside request: {request.url}")

    def on_response(response):
        if response.status >= 400:
            complaints.append(f"{response.status}: {response.url}")

    def on_console(message):
        if message.type in ("error", "warning"):
            complaints.append(f"console {message.type}: {message.text}")

    tab.on("request", on_request)
    tab.on("response", on_response)
    tab.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    tab.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
    tab.on("console", on_console)
    yield tab
    context.close()
    assert not complaints
