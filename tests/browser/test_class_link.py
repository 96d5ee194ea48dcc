"""The class link: what is ticked is what the link shows, no more and no less."""

from urllib.parse import parse_qs, urlparse

import pytest

from demo.core.state import SLIDERS, TABS
from tests.browser.looking import settled

BOXES = "(boxes) => Object.fromEntries(boxes.map((box) => [box.name, box.checked]))"
EVERYTHING = {*SLIDERS, "edges", "network", *TABS, "large"}


def build(page) -> dict[str, bool]:
    """Opens the form; returns what is ticked."""
    page.locator("#class-link").click()
    page.locator(".class-link[open]").wait_for()
    return page.locator(".class-link [type=checkbox]").evaluate_all(BOXES)


def link(page) -> str:
    return page.locator(".class-link-text").input_value()


def shown(page) -> set[str]:
    """What a visitor can use, by its name in a link."""
    seen = {name for name in SLIDERS if page.locator(f"#{name.replace('_', '-')} input[type=range]").is_visible()}
    seen |= {tab for tab in TABS if page.locator(f"#tabs button[role=tab][data-tab-id={tab}]").first.is_visible()}
    seen |= {"edges"} if page.locator("#edges input").is_visible() else set()
    seen |= {"network"} if page.locator("#model-box").first.is_visible() else set()
    return seen | ({"pictures"} if page.locator("#picture-box").first.is_visible() else set())


@pytest.mark.parametrize(
    "ticked",
    [
        {"rotation", "clutter", *TABS, "fixed"},
        {"shift_x", "edges", "network", "play", "lesson", "large"},
        {*TABS, "fixed"},
    ],
    ids=["two sliders", "two tabs", "tabs alone"],
)
def test_a_link_restores_exactly_what_was_ticked(visit, ticked):
    page = visit("?dataset=mnist&sample=4&rotation=30&keys=off")
    assert {name for name, on in build(page).items() if on} == EVERYTHING
    for name in {*EVERYTHING, "fixed"}:
        page.locator(f".class-link input[name={name}]").set_checked(name in ticked)
    address = link(page)
    query = parse_qs(urlparse(address).query)
    assert query["view"] == ["class"] and ("type" in query) == ("large" not in ticked)
    opened = visit("?" + urlparse(address).query)
    seen = shown(opened)
    wanted = (ticked - {"large", "fixed"}) | (set() if "fixed" in ticked else {"pictures"})
    assert seen == wanted
    assert opened.evaluate("() => document.documentElement.matches('.view-class')") == ("large" in ticked)
    assert settled(opened, sample=4)["rotation"] == 30, "the image that was on the screen"
    assert {name for name, on in build(opened).items() if on} == ticked, "and the form says so again"
    assert parse_qs(urlparse(link(opened)).query) == query


def test_with_everything_ticked_nothing_is_named_and_without_a_tab_there_is_no_link(visit):
    page = visit("?dataset=mnist&sample=4")
    build(page)
    assert "show=" not in link(page)
    for tab in TABS:
        page.locator(f".class-link input[name={tab}]").uncheck()
    assert page.locator(".class-link .is-main").is_disabled()
    assert page.locator(".class-link-said").inner_text() == "Tick one tab at least."


def test_a_fixed_image_is_not_changed_by_a_key(visit):
    page = visit("?dataset=mnist&sample=4&view=class&show=rotation")
    page.keyboard.press("n")
    page.locator("#rotation input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    assert settled(page, rotation=1)["sample"] == 4
