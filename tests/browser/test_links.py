"""The address holds the view: what a link restores, what it cannot, and that it is never more than text."""

from urllib.parse import parse_qs, urlencode, urlparse

import pytest

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
