"""What is in sight in windows of several sizes, and in which order the keyboard reaches it."""

import pytest

from tests.browser.looking import settled, slider


def bottom(page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    return box["y"] + box["height"]


@pytest.mark.parametrize("query", ["?dataset=mnist&sample=3", "?dataset=cifar10&sample=3"])
def test_every_control_is_in_sight_on_a_screen_of_768_lines(visit, query):
    page = visit(query, width=1366, height=768)
    for control in ("noise", "edges", "reset", "spin", "new-clutter", "model"):
        assert bottom(page, f"#{control}") <= 768, control
    boxes = [page.locator(f"#{name}").bounding_box() for name in ("mistake", "mistake-stn", "own-draw", "own-camera")]
    assert max(box["x"] + box["width"] for box in boxes) <= page.locator("#view").bounding_box()["x"] - 20


def test_what_a_link_gets_wrong_is_said_on_top_of_every_tab_and_nothing_jumps(visit):
    page = visit("?dataset=mnist&sample=3&rotation=900", width=1366, height=768)
    note = page.locator("#source-note")
    assert "rotation" in note.inner_text() and "drawings" in note.inner_text()
    for title in ("Look inside", "Train", "Lesson", "Play"):
        page.get_by_role("tab", name=title).click()
        assert note.is_visible() and bottom(page, "#source-note") < 160, title
    plain = visit("?dataset=mnist&sample=3", width=1366, height=768)
    top = plain.locator("#side").bounding_box()["y"]
    plain.evaluate("() => document.querySelector('#source-box').replaceChildren()")
    assert plain.locator("#side").bounding_box()["y"] == top, "one line has its room before it is said"


def test_the_keyboard_goes_from_the_data_set_to_the_image_the_sliders_and_then_the_tools(visit):
    page = visit("?dataset=mnist&sample=3")
    settled(page, sample=3)
    stops = []
    while "save-figure" not in stops and len(stops) < 60:
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate("() => document.activeElement.dataset.tabId ?? document.activeElement.closest('[id]').id")
        )
    places = [
        stops.index(name) for name in ("play", "dataset", "sample", "strip", "rotation", "noise", "reset", "model")
    ]
    places += [stops.index(name) for name in ("keys-on", "copy-link", "save-figure")]
    assert places == sorted(places), stops


@pytest.mark.parametrize(("width", "height"), [(900, 700), (720, 450), (683, 384), (640, 360)])
def test_in_a_frame_and_enlarged_the_images_stay_above_the_sliders(visit, width, height):
    page = visit("?dataset=mnist&sample=3", width=width, height=height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heads = page.locator(".panel figcaption .name")
    assert all(head.evaluate("(e) => e.offsetTop < 20") for head in heads.all()), "a name falls out of its line"
    page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
    for name in ("noise", "rotation"):
        slider(page, name).focus()
        page.wait_for_function(
            """(name) => {
                const { top, bottom } = document.querySelector(`#${name} input[type=range]`).getBoundingClientRect();
                const canvases = [...document.querySelectorAll(".panels canvas")];
                const images = canvases.map((canvas) => canvas.getBoundingClientRect());
                return images.every((box) => box.top >= 0 && box.bottom <= top) && bottom <= innerHeight;
            }""",
            arg=name,
        )


def test_on_a_phone_the_drawing_pad_opens_in_view(visit):
    page = visit("?dataset=mnist&sample=3", width=390, height=844, has_touch=True)
    page.evaluate("() => document.querySelector('#own-draw').scrollIntoView({ block: 'end' })")
    page.locator("#own-draw").click()
    page.wait_for_function(
        "() => document.querySelector('#pad-box').getBoundingClientRect().bottom <= innerHeight + 1"
        " && document.querySelector('#pad').getBoundingClientRect().top >= document.querySelector('.panels')"
        ".getBoundingClientRect().bottom"
    )


SMALL = """() => {
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    for (let node = words.nextNode(); node; node = words.nextNode()) {
        const place = node.parentElement, box = place.getBoundingClientRect();
        const seen = place.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.height > 1;
        const { clipPath, color } = getComputedStyle(place);
        const hidden = place.closest('.spoken') || clipPath !== 'none' || color === 'rgba(0, 0, 0, 0)';
        if (!node.textContent.trim() || !seen || hidden) continue;
        if (parseFloat(getComputedStyle(place).fontSize) < 24) found.push(node.textContent.trim());
    }
    return found;
}"""


def test_a_projector_of_1080_lines_shows_nothing_smaller_than_24_pixels(visit):
    page = visit("?dataset=mnist&sample=3&view=class", width=1920, height=1080)
    assert page.evaluate(SMALL) == []
    assert bottom(page, "#bars-stn .bar:last-child") <= 1080 and bottom(page, "#model") <= 1080
    for tab, there in (("robustness", ".robust-readings"), ("gallery", ".gallery-list a")):
        page.locator(f"#tabs button[role=tab][data-tab-id={tab}]").click()
        page.locator(there).first.wait_for()
        assert page.evaluate(SMALL) == [], tab
        assert page.evaluate("document.documentElement.scrollWidth") <= 1920
    page = visit("?dataset=mnist&sample=3", width=1920, height=1080)
    assert page.evaluate(SMALL) != [], "only in a class view"


@pytest.mark.parametrize("query, width", [("", 1440), ("&view=class", 1366), ("&view=class", 1920)])
def test_no_bar_begins_on_the_name_of_its_class(visit, query, width):
    page = visit(f"?dataset=cifar10&sample=4{query}", width=width, height=1080 if width == 1920 else 768)
    page.wait_for_function("() => document.querySelectorAll('.play .bar-class').length === 20")
    page.evaluate(
        "() => document.querySelectorAll('.play .bar').forEach((bar) => bar.classList.add('is-true', 'is-top'))"
    )
    clipped = """() => [...document.querySelectorAll('.play .bar')].filter((bar) => {
        const words = document.createRange();
        words.selectNodeContents(bar.querySelector('.bar-class'));
        return words.getBoundingClientRect().right > bar.querySelector('.bar-track').getBoundingClientRect().left;
    }).map((bar) => bar.textContent)"""
    assert page.evaluate(clipped) == []
