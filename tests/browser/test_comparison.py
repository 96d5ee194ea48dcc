"""The switch between the two comparisons, and the input under the hand."""

import json

import pytest

from demo.core.pairs import TITLES
from demo.core.state import COMPARISONS
from tests.browser.looking import pixels, settled


def titles(page) -> list[str]:
    return [page.locator(f"#{of}-title").inner_text() for of in ("cnn", "stn")]


def switch(page, name: str):
    page.locator(f"#view .comparison label:has([value={name}])").click()


def test_the_switch_changes_both_networks_the_link_and_the_other_tabs(visit):
    page = visit("?dataset=mnist&sample=3&rotation=40")
    settled(page, compare="upright", rotation=40)
    assert titles(page) == [TITLES[role] for role in COMPARISONS["upright"]]
    before = pixels(page, "input")
    switch(page, "trained")
    settled(page, compare="trained", rotation=40)
    page.wait_for_function("() => location.search.includes('compare=trained')")
    assert titles(page) == [TITLES[role] for role in COMPARISONS["trained"]]
    assert pixels(page, "input") == before, "the image stays"
    again = visit(page.url.partition("/?")[2].join(["?", ""]))
    settled(again, compare="trained", rotation=40)
    assert again.locator("#view .comparison [value=trained]").is_checked()
    page.get_by_role("tab", name="Gallery").click()
    page.wait_for_function("() => document.querySelector('#gallery .comparison [value=trained]').checked")


def test_the_switch_is_one_for_the_keyboard_too(visit):
    page = visit("?dataset=mnist&sample=3")
    page.locator("#view .comparison [value=upright]").focus()
    page.keyboard.press("ArrowRight")
    settled(page, compare="trained")
    page.keyboard.press("ArrowLeft")
    settled(page, compare="upright")


def test_what_was_asked_stands_beside_what_was_done(visit):
    page = visit("?dataset=mnist&sample=3&rotation=60")
    settled(page, rotation=60)
    said = page.locator("#theta .turn").inner_text()
    assert said.startswith("Turned by +60\u00b0, undone by ")
    # These networks are untrained: they undo nothing, and the output is not called corrected.
    assert page.locator(".output-name").inner_text() == "Output, a quarter turn off"


@pytest.fixture
def hand(visit):
    """The page, and a drag on its input between two points in half-widths from the middle, y down."""
    page = visit("?dataset=mnist&sample=3")
    box = page.locator("#input").bounding_box()

    def at(x, y):
        return box["x"] + box["width"] * (1 + x) / 2, box["y"] + box["height"] * (1 + y) / 2

    def drag(*points):
        page.mouse.move(*at(*points[0]))
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*at(*point), steps=4)
        page.mouse.up()

    return page, drag


def state_when(page, condition: str) -> dict:
    page.wait_for_function(
        f"() => {{ const s = JSON.parse(document.querySelector('#view').dataset.drawn); return {condition}; }}",
        timeout=15_000,
    )
    return json.loads(page.locator("#view").get_attribute("data-drawn"))


def test_the_rim_turns_the_input_and_the_middle_shifts_it(hand):
    page, drag = hand
    drag((0.42, 0), (0.3, -0.3), (0, -0.42))  # a quarter of the way round, counter-clockwise
    turned = state_when(page, "Math.abs(s.rotation - 90) <= 3")
    assert turned["shift_x"] == turned["shift_y"] == 0
    drag((0, 0), (0.2, -0.1))
    moved = state_when(page, "Math.abs(s.shift_x - 0.2) < 0.03 && Math.abs(s.shift_y + 0.1) < 0.03")
    assert moved["rotation"] == turned["rotation"]
    assert float(page.locator("#rotation input[type=range]").input_value()) == turned["rotation"]


def test_the_wheel_scales_the_input_within_its_range(hand):
    page, _ = hand
    page.locator("#input").hover()
    page.mouse.wheel(0, -150)
    grown = state_when(page, "s.scale > 1.1")["scale"]
    page.mouse.wheel(0, 5000)
    assert state_when(page, f"s.scale < {grown} && s.scale < 0.8")["scale"] >= 0.3
    assert page.evaluate("scrollY") == 0


def test_a_transformers_mistake_is_looked_for_among_the_answers_behind_it(visit, monkeypatch):
    from demo.controls.mistakes import MistakeFinder

    asked = []

    def find(self, state, klass, of):
        asked.append((state.compare, of))
        return {"sample": 9, "words": "Here is one."}

    monkeypatch.setattr(MistakeFinder, "find", find)
    page = visit("?dataset=mnist&sample=3&compare=trained")
    page.locator("#mistake-stn").click()
    settled(page, sample=9)
    assert asked[-1][0] == "trained"
    page.locator("#mistake").click()
    page.wait_for_function("() => document.querySelector('#picks-said').innerText === 'Here is one.'")
    assert len({of for _, of in asked}) == 2, "each button looks for its own network's"
