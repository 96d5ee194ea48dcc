"""The page's modules in a real browser: which are asked for, when, and where."""

from urllib.parse import urlparse

from demo.ui import frontend, scripts
from tests.browser.prefixed import under


def modules_of(page) -> list[str]:
    """Names of the modules that were asked for, in order."""
    mark = f"/stn-assets/{scripts.version()}/"
    return [url.split(mark)[1] for url in page.requests if mark in url]


def test_a_visit_asks_for_each_module_once_and_for_no_other_tabs(visit):
    page = visit()
    asked = modules_of(page)
    assert len(asked) == len(set(asked)) and {"tabs/play/view.js", "controls/panel.js"} <= set(asked)
    assert not [name for name in asked if name.startswith("tabs/") and not name.startswith("tabs/play/")]
    assert len([url for url in page.requests if "stn-assets" in url]) == len(asked)
    page.get_by_role("tab", name="Gallery").click()
    page.wait_for_function("() => window.stnGallery?.shown()")
    more = set(modules_of(page)) - set(asked)
    assert more == {f"tabs/gallery/{name}.js" for name in ("view", "draw", "cells")}, "what is shared is there already"


def test_the_head_names_all_that_the_page_needs_of_gradios_and_nothing_else(windows, address):
    """What it asks for without these links; another version of Gradio needs demo/ui/frontend.txt written anew."""
    page = windows(1440, 900)
    asked = []

    def without_links(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(frontend.preloads(), ""))

    page.route(address, without_links)
    page.on("request", lambda request: asked.append(request.url.removeprefix(f"{address}assets/")))
    page.goto(address)
    page.wait_for_function("() => document.querySelector('#view')?.dataset.ready === 'true'")
    page.wait_for_load_state("networkidle")
    entry = {src.rpartition("/")[2] for src in page.evaluate("[...document.scripts].map((script) => script.src)")}
    assert {name for name in asked if name.endswith(".js") and "/" not in name} - entry == set(
        frontend.NEEDED.read_text().split()
    )


COUNTED = """
    window.frames_ = 0;
    const native = window.requestAnimationFrame;
    window.requestAnimationFrame = (call) => ((window.frames_ += 1), native(call));
"""


def test_a_page_at_rest_asks_for_no_animation_frames(windows, address):
    """Gradio's loading screen does, sixty a second for ever, where nobody stops it."""
    page = windows(1440, 900)
    page.add_init_script(COUNTED)
    page.goto(address)
    page.wait_for_function("() => document.querySelector('#view')?.dataset.ready === 'true'")
    frames = []
    while len(frames) < 16 and (not frames or frames[-1] > 4):  # the loading screen's last movement takes seconds
        before = page.evaluate("() => window.frames_")
        page.wait_for_timeout(500)
        frames.append(page.evaluate("() => window.frames_") - before)
    assert frames[-1] <= 4, frames


def test_the_pages_own_scripts_find_the_browsers_animation_frames(windows, address):
    """They keep the function: the slow one, which Gradio's clocks find, would hold back three images of four."""
    page = windows(1440, 900)
    page.route("**/*.js", lambda route: kept(route) if "/stn-assets/" in route.request.url else route.continue_())

    def kept(route):
        answer = route.fetch()
        body = f"(window.found_ ??= []).push(window.requestAnimationFrame.toString());\n{answer.text()}"
        route.fulfill(response=answer, body=body)

    page.goto(address)
    page.wait_for_function("() => document.querySelector('#view')?.dataset.ready === 'true'")
    found = page.evaluate("() => window.found_")
    assert len(found) > 10 and all("[native code]" in text for text in found), found


def test_behind_a_proxy_everything_is_under_its_prefix(browser, tmp_path):
    from demo.page import build, launch_options

    app = build(data_dir=tmp_path, checkpoints=tmp_path)
    _, inside, _ = app.launch(**launch_options(), root_path="/some/where", prevent_thread_lock=True, quiet=True)
    page = browser.new_page()
    seen, errors = [], []
    page.on("response", lambda answer: seen.append((answer.url, answer.status)))
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        with under("/some/where", urlparse(inside).port) as outside:
            page.goto(outside)
            page.locator("#notice", has_text="No trained transformer").wait_for(timeout=60_000)
            page.get_by_role("tab", name="Lesson").click()
            page.wait_for_function("() => document.querySelector('.exercise:not([hidden])')", timeout=60_000)
    finally:
        page.close()
        app.close()
    ours = [(url, status) for url, status in seen if "stn-assets" in url]
    assert len(ours) > 15 and all(url.startswith(f"{outside}stn-assets/") and status == 200 for url, status in ours)
    assert any(url.endswith("tabs/lesson/view.js") for url, _ in ours) and errors == []


def test_a_visitor_is_told_when_the_scripts_do_not_come(browser, address):
    page = browser.new_page()
    page.route("**/stn-assets/**", lambda route: route.abort())
    page.goto(address)
    page.get_by_text(scripts.LOST).first.wait_for(timeout=30_000)
    page.close()
