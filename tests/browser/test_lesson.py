"""The lesson in a real browser: predict, see, try; each exercise has its own link."""

import json

import pytest

from demo.tabs.lesson.page import results_html, shipped
from stn.checkpoint import SHIPPED

DRAWN = "() => document.querySelector('#lesson')?.dataset.drawn"


@pytest.fixture
def lesson(visit):
    return lambda query="?dataset=mnist", **options: visit(f"{query}&tab=lesson", ready=DRAWN, **options)


def drawn(page, **wanted) -> dict:
    page.wait_for_function(
        """(wanted) => {
            const drawn = JSON.parse(document.querySelector('#lesson').dataset.drawn ?? '{}');
            return Object.entries(wanted).every(([key, value]) => drawn[key] === value);
        }""",
        arg=wanted,
    )
    return json.loads(page.locator("#lesson").get_attribute("data-drawn"))


def predict(page, choice: int = 0):
    page.locator(".exercise:visible .choice").nth(choice).click()
    page.locator(".exercise:visible .verdict p").wait_for()


def covered(page, canvas: str) -> bool:
    """Whether an image covers the canvas, rather than a sign on an empty one."""
    return page.evaluate(
        """(name) => {
            const c = document.querySelector(name);
            const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            return data.filter((_, i) => i % 4 === 3).every((opaque) => opaque === 255);
        }""",
        canvas,
    )


def test_nothing_is_given_away_before_the_prediction_and_everything_shown_after(lesson):
    page = lesson()
    assert drawn(page, exercise=1)["rotation"] == 40
    assert covered(page, ".bench-input") and not covered(page, ".bench-output")
    assert page.locator(".bench-after").is_hidden() and page.locator(".verdict:visible p").count() == 0
    predict(page, 1)
    verdict = page.locator(".exercise:visible .verdict")
    assert verdict.locator("strong").inner_text() in ("As you predicted.", "Not as you predicted.")
    assert page.locator(".exercise:visible .choice.is-answer").count() == 1
    assert covered(page, ".bench-output")
    assert "CNN" in page.locator(".says-cnn").inner_text() and page.locator(".bench-slider").is_visible()


def test_the_verdict_follows_the_prediction(lesson):
    page = lesson()
    said = []
    for choice in range(3):
        predict(page, choice)
        said.append(page.locator(".exercise:visible .verdict strong").inner_text())
    assert said.count("As you predicted.") == 1


def test_a_prediction_before_the_image_is_there_waits_for_it(lesson):
    page = lesson()
    predict(page)
    waiting, held = [], True
    page.route("**/component_server/**", lambda route: waiting.append(route) if held else route.continue_())
    page.locator(".steps button").nth(1).click()
    page.locator(".exercise:visible .choice").first.click()
    page.wait_for_timeout(300)
    assert page.locator(".exercise:visible .verdict p").count() == 0
    assert page.locator(".bench-after").is_hidden(), "the first exercise's answer is not the second's"
    held = False
    for route in waiting:
        route.continue_()
    page.locator(".exercise:visible .verdict p").wait_for()
    assert drawn(page, exercise=2)["scale"] == 0.7 and page.locator(".bench-after").is_visible()


def test_the_slider_moves_the_image(lesson):
    page = lesson()
    predict(page)
    slider = page.locator(".bench-slider input")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    drawn(page, rotation=43)
    assert page.locator(".bench-slider output").inner_text() == "43"


def test_each_exercise_has_its_own_link(lesson):
    page = lesson("?dataset=mnist&exercise=4")
    assert drawn(page, exercise=4)["clutter"] == 8
    assert page.locator(".steps [aria-current]").inner_text().startswith("4")
    predict(page)
    page.get_by_role("button", name="Next exercise").click()
    drawn(page, exercise=5)
    page.wait_for_function("() => location.search.includes('exercise=5')")
    assert page.locator(".bench-after").is_hidden(), "the next one is not answered yet"
    page.locator(".steps button").nth(3).click()
    drawn(page, exercise=4)
    assert page.locator(".exercise:visible .verdict p").is_visible(), "what was answered stays so"


@pytest.mark.parametrize("exercise", ["0", "6", "<b>", "1.5"])
def test_a_link_to_no_exercise_opens_the_first(lesson, exercise):
    drawn(lesson(f"?dataset=mnist&exercise={exercise}"), exercise=1)


def test_an_exercise_can_be_opened_in_play(lesson):
    page = lesson("?dataset=mnist&exercise=2")
    wanted = drawn(page, exercise=2)
    predict(page)
    page.get_by_role("button", name="Open in Play").click()
    # Gradio sets its components one by one, and the view follows each.
    page.wait_for_function(
        """(sample) => {
            const drawn = JSON.parse(document.querySelector("#view")?.dataset.drawn ?? "{}");
            return drawn.shift_x === 0.3 && drawn.sample === sample;
        }""",
        arg=wanted["sample"],
    )
    shown = json.loads(page.locator("#view").get_attribute("data-drawn"))
    assert (shown["sample"], shown["scale"], shown["compare"]) == (wanted["sample"], 0.7, "trained")


def test_sources_and_citation_are_on_the_page(lesson):
    page = lesson()
    assert "jaderberg2015spatial" in page.locator(".behind pre").inner_text()
    assert page.locator("#side").is_hidden()


def test_a_phone_scrolls_one_way_only(lesson):
    page = lesson(width=390, height=844, has_touch=True)
    predict(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_phone_shows_the_errors_beside_the_names(lesson):
    page = lesson(width=390, height=844, has_touch=True)
    page.locator(".behind .quiet").evaluate("(none, table) => none.outerHTML = table", results_html(shipped(SHIPPED)))
    page.locator("details.results").evaluate_all("all => all.forEach((group) => { group.open = true; })")
    errors = page.locator(".behind tbody td.number:nth-child(2)")
    assert errors.count() > 10
    assert errors.evaluate_all("cells => Math.min(...cells.map((cell) => cell.getBoundingClientRect().width))") > 0
    assert errors.evaluate_all("cells => Math.max(...cells.map((cell) => cell.getBoundingClientRect().right))") <= 390
