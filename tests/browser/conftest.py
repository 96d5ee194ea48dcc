"""A real Chromium, and the page served from this process: untrained stand-ins for the checkpoints, no data set."""

import os
import shutil
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import sync_playwright

from demo.core.models import UPRIGHT

# Gradio has said what the page shows, the network too; a first image may be drawn before.
OPEN = "() => 'model' in JSON.parse(document.querySelector('#view')?.dataset.drawn ?? '{}')"
INSIDE = "() => document.querySelector('#look')?.dataset.ready === 'true'"
PAGE = (*(f"{d}-play-{rest}" for d in ("mnist", "cifar10") for rest in ("affine", "cnn")), *UPRIGHT.values())
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Every test of this folder is one with a browser."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium on this machine; apt-get install chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def browser(chromium):
    started = chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield started
    started.close()


@pytest.fixture(scope="session")
def profile(chromium, tmp_path_factory):
    """A browser with a memory: it compiles the page's scripts once, and opens the next pages in half the time.

    The page itself keeps nothing in it, so that every test finds it as the first one did.
    """
    started = chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"), executable_path=CHROMIUM, args=FLAGS
    )
    yield started
    started.close()


@pytest.fixture
def windows(browser, profile):
    """Opens windows of a given size, with a context of their own where one needs options; closed after the test."""
    opened = []

    def open_window(width: int, height: int, **options):
        size = {"width": width, "height": height}
        if options:
            context = browser.new_context(viewport=size, **options)
            opened.append(context)
            return context.new_page()
        page = profile.new_page()
        opened.append(page)
        page.set_viewport_size(size)
        return page

    yield open_window
    for each in opened:
        each.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import torch

    from demo.core.engine import GRAPHS
    from demo.page import build, launch_options
    from stn.checkpoint import SHIPPED, save_checkpoint
    from stn.models import build_model
    from stn.recipes import get_recipe

    folder = tmp_path_factory.mktemp("checkpoints")
    shutil.copytree(SHIPPED / GRAPHS, folder / GRAPHS)  # they hold no weights, so they fit
    torch.manual_seed(0)
    for name in PAGE:
        recipe = get_recipe(name)
        save_checkpoint(
            folder / f"{name}.safetensors", recipe, build_model(recipe.model), {"result": {"accuracy": 10.0}}
        )
    page = build(data_dir=tmp_path_factory.mktemp("no-data"), checkpoints=folder)
    _, url, _ = page.launch(**launch_options(), prevent_thread_lock=True, quiet=True)
    yield url
    page.close()


@pytest.fixture
def modules(browser):
    """Opens an empty page on which what some of the page's modules export can be called by name."""
    from demo.ui import scripts

    origin, pages = "http://modules.test/", []

    def serve(route):
        text = scripts.modules().get(route.request.url.removeprefix(origin))
        if route.request.url == origin:
            route.fulfill(content_type="text/html", body="<!doctype html><canvas></canvas>")
        elif text is None:
            route.fulfill(status=404)
        else:
            route.fulfill(content_type="text/javascript", body=text)

    def open_page(*names: str):
        page = browser.new_page()
        pages.append(page)
        page.route(f"{origin}**", serve)
        page.goto(origin)
        for name in names:
            page.evaluate("async (name) => { Object.assign(window, await import(`/${name}`)); }", name)
        return page

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture
def visit(windows, address):
    """Opens the page with a query in a window of a given size; every request is recorded, and no error of a script may
    be left at the end.

    `ready` says when a tab other than the first is open; without `line` the live view has to ask by single requests.
    """
    pages = []

    def open_page(
        query: str = "", width: int = 1440, height: int = 900, ready: str = OPEN, line: bool = True, **options
    ):
        page = windows(width, height, **options)
        pages.append(page)
        if not line:
            page.route_web_socket("**/stn-live", lambda opened: opened.close())
        page.requests, page.errors = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(address + query)
        try:
            page.wait_for_function(ready, timeout=60_000)
        except Exception as error:  # a page that does not open is rare: what it said must not be lost
            drawn = page.evaluate("document.querySelector('#view')?.dataset.drawn")
            raise AssertionError(
                f"{query!r} did not open; errors {page.errors}, console {said}, drawn {drawn}"
            ) from error
        return page

    yield open_page
    assert [error for page in pages for error in page.errors] == []


@pytest.fixture
def look(windows, address):
    """Opens the tab with a query; every error of the page is recorded and none may be left at the end."""
    pages = []

    def open_page(query: str = "", width: int = 1440, height: int = 900, at: str = "", **options):
        page = windows(width, height, **options)
        pages.append(page)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(f"{at or address}?tab=look{query}")
        page.wait_for_function(INSIDE, timeout=30_000)
        # The first image may still be the opening one.
        wanted = {key: value for key, value in parse_qsl(query) if key in ("dataset", "sample", "model")}
        page.wait_for_function(
            """(wanted) => {
                const drawn = JSON.parse(document.querySelector('#look').dataset.drawn);
                return Object.entries(wanted).every(([key, value]) => String(drawn[key]) === value);
            }""",
            arg=wanted,
        )
        return page

    yield open_page
    assert [error for page in pages for error in page.errors] == []
