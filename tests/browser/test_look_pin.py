"""The pixel that is looked at: it follows the pointer until it is pinned, and its sums are in sight with it."""

import pytest

from tests.browser.looking_inside import pixel

SIZES = [(1366, 768), (1440, 900)]


def point_at(page, row: int, column: int, canvas: str = "#look-output-canvas", side: int = 28):
    """Moves the pointer over a pixel of the output."""
    box = page.locator(canvas).bounding_box()
    page.mouse.move(box["x"] + (column + 0.5) * box["width"] / side, box["y"] + (row + 0.5) * box["height"] / side)


def click(page):
    page.mouse.down()
    page.mouse.up()


def stays(page, row: int, column: int):
    """Says that the pixel is still the same after the pointer was elsewhere on both canvases."""
    for canvas in ("#look-output-canvas", "#look-grid-canvas"):
        for place in ((3, 3), (14, 15), (13, 12)):
            point_at(page, *place, canvas)
    seen = pixel(page)
    assert (seen["row"], seen["column"]) == (row, column)


def test_a_click_pins_the_pixel_and_a_second_one_releases_it(look):
    page = look("&dataset=mnist&sample=3")
    point_at(page, 8, 12)
    pixel(page, 8, 12)
    click(page)
    assert page.locator(".pixel-pin").get_attribute("aria-pressed") == "true"
    stays(page, 8, 12)
    page.wait_for_function("() => /pixel=8-12/.test(location.search) && /pin=on/.test(location.search)")
    point_at(page, 20, 5)
    click(page)
    pixel(page, 20, 5)
    point_at(page, 6, 7)
    pixel(page, 6, 7)
    page.wait_for_function("() => !location.search.includes('pin=')")


def test_a_click_on_the_grid_pins_the_sample_next_to_it(look):
    page = look("&dataset=mnist&sample=3")
    box = page.locator("#look-grid-canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2 + 3)
    pixel(page, 14, 14)
    click(page)
    stays(page, 14, 14)


@pytest.mark.parametrize("release", ["Escape", "button"])
def test_escape_and_the_button_release_it(look, release):
    page = look("&dataset=mnist&sample=3&pixel=9-9&pin=on")
    stays(page, 9, 9)
    if release == "Escape":
        page.keyboard.press("Escape")
    else:
        assert page.locator(".pixel-pin").inner_text() == "Release"
        page.locator(".pixel-pin").click()
    assert page.locator(".pixel-pin").inner_text() == "Pin"
    point_at(page, 6, 7)
    pixel(page, 6, 7)


def test_the_keyboard_pins_moves_and_releases(look):
    page = look("&dataset=mnist&sample=3&pixel=9-9")
    page.locator("#look-output-canvas").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    stays(page, 9, 10)
    page.keyboard.press("ArrowDown")  # whoever presses a key means it
    stays(page, 10, 10)
    page.keyboard.press("Enter")
    assert page.locator(".pixel-pin").get_attribute("aria-pressed") == "false"
    page.keyboard.press(" ")
    stays(page, 10, 10)


def test_a_tap_pins_another_one_moves_the_pin_and_one_on_it_releases_it(look):
    page = look("&dataset=mnist&sample=3", width=390, height=844, has_touch=True)
    page.locator("#look-output-canvas").scroll_into_view_if_needed()
    box = page.locator("#look-output-canvas").bounding_box()

    def tap(row: int, column: int):
        page.touchscreen.tap(box["x"] + box["width"] * (column + 0.5) / 28, box["y"] + box["height"] * (row + 0.5) / 28)
        pixel(page, row, column)
        return page.locator(".pixel-pin").get_attribute("aria-pressed") == "true"

    assert [tap(7, 20), tap(10, 11), tap(10, 11)] == [True, True, False]


def test_a_pinned_pixel_outlives_a_new_image(look):
    page = look("&dataset=mnist&sample=3&pixel=9-9&pin=on")
    page.locator("#next").click()
    page.wait_for_function("() => JSON.parse(document.querySelector('#look').dataset.drawn).sample === 4")
    stays(page, 9, 9)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(
    "query",
    ["&step=4", "&step=5", "&step=5&averaging=on", "&dataset=cifar10&sample=4&step=5", "&step=5&view=class"],
)
def test_the_sums_are_in_sight_with_the_pixel(look, width, height, query):
    page = look(f"&dataset=mnist&sample=3{query}&pixel=9-9", width=width, height=height)
    seen = page.evaluate(
        """() => ['#look-output-canvas', '#look-grid-canvas', '#look-patch', '.sums li:last-child'].map((name) => {
            const { top, bottom } = document.querySelector(name).getBoundingClientRect();
            return [top, bottom];
        })"""
    )
    assert all(top >= 0 and bottom <= height for top, bottom in seen), seen


def test_a_click_brings_the_sums_to_the_pixel_and_leaves_the_pixel_where_it_is(look):
    page = look("&dataset=mnist&sample=3", width=1366, height=768)
    before = page.locator("#look-output-canvas").bounding_box()
    point_at(page, 8, 12)
    click(page)
    assert page.locator("#look-output-canvas").bounding_box() == before
    last = page.locator(".sums li:last-child").bounding_box()
    assert last["y"] + last["height"] <= 768
    page.keyboard.press("Escape")
    assert page.locator("#look-output-canvas").bounding_box() == before
    assert page.locator("#look-localiser").bounding_box()["y"] < 768


DRAWN = """() => [...document.querySelectorAll('.look-strip canvas')].map((canvas) => canvas.toDataURL())"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (900, 700)])
def test_in_a_narrow_window_grid_and_output_stay_above_the_sliders(look, width, height):
    page = look("&dataset=mnist&sample=3", width, height)
    page.locator("#noise").scroll_into_view_if_needed()
    page.locator("#noise input[type=range]").evaluate("(slider) => slider.scrollIntoView({ block: 'center' })")
    box = page.locator(".look-strip").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] < page.locator("#noise").bounding_box()["y"] < height
    before = page.evaluate(DRAWN)
    page.locator("#rotation input[type=range]").focus()
    page.keyboard.press("PageUp")
    page.wait_for_function(f"(before) => ({DRAWN})().every((url, i) => url !== before[i])", arg=before)


def test_in_a_wide_window_there_are_no_copies(look):
    assert look("&dataset=mnist&sample=3").locator(".look-strip").is_hidden()
