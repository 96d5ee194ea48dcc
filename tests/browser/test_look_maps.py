"""A feature map, large, with the scale of its values."""

import base64
import json

import numpy as np
import pytest

from tests.browser.looking import slider

DIALOG = ".map-large"


def answers(page):
    """The maps of the answers that come from now on: [{chosen, ranges, images}] of every stage."""
    seen = []

    def read(response):
        if "component_server" in response.url and "maps" in (body := response.text()):
            seen.append(json.loads(body)["maps"])

    page.on("response", read)
    return seen


def test_a_click_enlarges_a_map_with_its_scale_and_another_click_closes_it(look):
    page = look("&dataset=mnist&sample=3")
    seen = answers(page)
    slider(page, "rotation").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => JSON.parse(document.querySelector('#look').dataset.drawn).rotation === 1")
    cell = page.locator(".map").nth(4)
    name = cell.get_attribute("aria-label").removesuffix(", enlarge")
    shown = cell.locator("canvas").evaluate("(c) => [c.width, c.toDataURL()]")
    cell.click()
    dialog = page.locator(DIALOG)
    assert dialog.is_visible() and dialog.locator("h2").inner_text() == name
    assert dialog.locator("canvas").evaluate("(c) => [c.width, c.toDataURL()]") == shown
    assert dialog.locator("canvas").bounding_box()["width"] >= 300
    # Black and white are the smallest and the largest value of this very map.
    channel = int(name.split(": map ")[1].split()[0]) - 1
    stage = next(s for s in seen[-1] if name.startswith(s["net"]) and channel in s["chosen"])
    at = stage["chosen"].index(channel)
    low, high = stage["ranges"][at]
    ticks = [float(t.replace("\u2212", "-")) for t in dialog.locator(".map-ticks li").all_inner_texts()]
    assert ticks == pytest.approx(np.linspace(high, low, 5), abs=0.01 * max(1, high))
    levels = np.frombuffer(base64.b64decode(stage["images"][at]["data"]), np.uint8)
    assert (levels.min(), levels.max()) == (0, 255) and high > low >= 0
    dialog.locator("canvas").click()
    assert dialog.is_hidden()


def test_the_keyboard_opens_a_map_and_escape_closes_it_and_nothing_else(look):
    page = look("&dataset=mnist&sample=3&pixel=9-9&pin=on")
    page.locator(".map").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(DIALOG).is_visible()
    page.keyboard.press("Escape")
    assert page.locator(DIALOG).is_hidden()
    assert page.evaluate("() => document.activeElement === document.querySelector('.map')")
    assert page.locator(".pixel-pin").get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_large_map_fits_a_phone(look, scheme):
    page = look("&dataset=cifar10&sample=4", width=390, height=844, has_touch=True, color_scheme=scheme)
    page.locator(".map").first.tap()
    inside = page.locator(DIALOG).evaluate(
        """(d) => [d, ...d.querySelectorAll('*')].every((e) => {
            const { left, right, top, bottom } = e.getBoundingClientRect();
            return left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight;
        })"""
    )
    assert inside
    page.touchscreen.tap(195, 30)  # beside it
    assert page.locator(DIALOG).is_hidden()
