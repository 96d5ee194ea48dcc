"""The address holds the view: what a link restores, what it cannot, and that it is never more than text."""

from dataclasses import asdict
from urllib.parse import parse_qs, urlencode, urlparse

import pytest

from demo.core.state import OPENING, from_query
from stn.distort import Controls
from tests.browser.looking import pixels, settled, slider


def test_the_address_follows_and_restores_the_view(visit):
    page = visit("?dataset=mnist&sample=4&rotation=30&__theme=light")
    slider(page, "clutter").focus()
    page.keyboard.press("ArrowRight")
    settled(page, clutter=1)
    page.wait_for_function("() => location.search.includes('clutter=1')")
    query = parse_qs(urlparse(page.url).query)
    assert query["rotation"] == ["30"] and query["sample"] == ["4"] and query["__theme"] == ["light"]
    again = visit("?" + urlparse(page.url).query)
    assert settled(again, clutter=1) == settled(page, clutter=1)
    assert pixels(again, "input") == pixels(page, "input")


SHOWS = """(tab) => document.querySelector("#tabs [aria-selected=true]").dataset.tabId === tab
    && document.documentElement.dataset.tab === tab && window.stnPage.tab === tab"""


def test_back_and_forward_move_through_the_tabs_that_were_visited(visit):
    page = visit("?dataset=mnist&sample=4&rotation=30")
    for title, tab in (("Look inside", "look"), ("Gallery", "gallery"), ("Lesson", "lesson")):
        page.get_by_role("tab", name=title).click()
        page.wait_for_function(SHOWS, arg=tab)
    for tab in ("gallery", "look", "play"):
        page.evaluate("() => history.back()")
        page.wait_for_function(SHOWS, arg=tab)
    assert "tab=" not in page.url
    page.evaluate("() => history.forward()")
    page.wait_for_function(SHOWS, arg="look")
    assert page.locator("#look").is_visible() and page.locator("#view").is_hidden()
    page.wait_for_function("() => location.search.includes('tab=look')")
    page.reload()
    page.wait_for_function("() => document.querySelector('#look')?.dataset.ready === 'true'")
    page.evaluate("() => history.back()")
    page.wait_for_function(SHOWS, arg="play")


def test_a_drag_is_no_step_of_the_history_and_stays_when_one_goes_back(visit):
    page = visit("?dataset=mnist&sample=4&rotation=30")
    before = page.evaluate("() => history.length")
    slider(page, "clutter").focus()
    page.keyboard.press("ArrowRight")
    settled(page, clutter=1)
    page.get_by_role("tab", name="Look inside").click()  # before the address was written
    page.wait_for_function(SHOWS, arg="look")
    slider(page, "clutter").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => location.search.includes('clutter=2')")
    assert page.evaluate("() => history.length") == before + 1
    page.evaluate("() => history.back()")
    page.wait_for_function(SHOWS, arg="play")
    page.wait_for_function("() => location.search.includes('clutter=2')")
    assert settled(page, clutter=2)["rotation"] == 30


def test_a_broken_link_says_so_and_shows_the_rest(visit):
    page = visit("?dataset=mnist&rotation=900&scale=0.7")
    settled(page, scale=0.7, rotation=0)
    page.wait_for_function("() => document.querySelector('#source-note')?.innerText.includes('rotation')")


def test_a_link_to_a_network_or_image_that_is_not_there_says_so(visit):
    page = visit("?dataset=mnist&model=mnist-play-nonesuch&sample=99999&scale=0.7")
    assert settled(page, scale=0.7, sample=0)["model"] == "mnist-play-affine"
    note = page.locator("#source-note").inner_text()
    assert "'mnist-play-nonesuch'" in note and "no image 99999" in note


@pytest.mark.parametrize(
    "text",
    [
        "![](//ourselves.invalid/a.png)",
        "[x](//ourselves.invalid/)",
        "<img src=//ourselves.invalid/>",
        "<b>bold</b>",
        "${document.title=1}{{value}}",
    ],
)
def test_what_a_link_holds_is_shown_as_text(visit, text):
    page = visit("?" + urlencode({"dataset": "mnist", "scale": "0.7", "rotation": text, "model": text}))
    settled(page, scale=0.7)
    note = page.locator("#source-note")
    assert note.inner_text().count(text[:40]) == 2, "as it was written"
    assert note.locator("img, a, b").count() == 0
    assert not [url for url in page.requests if "ourselves.invalid" in urlparse(url).netloc]


def test_class_view_is_larger(visit):
    size = "() => parseFloat(getComputedStyle(document.querySelector('#bars-stn .says')).fontSize)"
    assert visit("?view=class").evaluate(size) > visit().evaluate(size)


def test_python_reads_the_links_that_the_page_writes(modules):
    """The two ends of a link are written in two languages: what one leaves out, the other must put in."""
    page = modules("ui/static/link.js")
    states = [
        {},
        {"sample": 3, "rotation": -90, "scale": 0.5, "clutter": 8, "noise": 0.07, "seed": 2**31 - 1},
        {"dataset": "cifar10", "model": "cifar10-play-similarity", "shift_x": -0.4, "shift_y": 0.01, "shear": 29},
        {"edges": "hidden", "rotation": 60},
        {"tab": "gallery", "rotation": OPENING.controls.rotation, "view": "class"},
    ]
    for given in states:
        state = {"dataset": "mnist", "sample": 0, "model": None, **asdict(Controls()), "tab": "play", **given}
        address = page.evaluate("(state) => linkOf(state, 'http://page.test/?__theme=dark')", state)
        query = {name: values[0] for name, values in parse_qs(urlparse(address).query).items()}
        assert query.pop("__theme") == "dark", "what is not ours stays"
        found, complaints = from_query(query)
        assert complaints == []
        wanted = {**state, "view": state.get("view", "page")}
        controls = asdict(found.controls)
        read = {name: controls.get(name, getattr(found, name, None)) for name in wanted}
        assert read == wanted
