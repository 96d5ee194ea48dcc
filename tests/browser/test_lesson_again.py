"""A lesson that is loaded again, as a phone that slept does."""

import pytest

DRAWN = "() => document.querySelector('#lesson')?.dataset.drawn"
SIGNS = "() => [...document.querySelectorAll('.steps button')].map((step) => step.dataset.sign || '').join()"


def drawn(page, exercise: int):
    page.wait_for_function(
        "(n) => JSON.parse(document.querySelector('#lesson').dataset.drawn ?? '{}').exercise === n", arg=exercise
    )


def again(page, exercise: int):
    if exercise > 1:
        page.wait_for_url(f"**exercise={exercise}*")  # written when the hand rests
    page.reload()
    page.wait_for_function(DRAWN)
    drawn(page, exercise)


@pytest.fixture
def phone(visit):
    return visit("?dataset=mnist&tab=lesson", ready=DRAWN, width=390, height=844, has_touch=True)


def test_the_exercise_and_the_predictions_are_still_there(phone):
    for exercise, choice in ((1, 1), (2, 0)):
        drawn(phone, exercise)
        phone.locator(".exercise:visible .choice").nth(choice).click()
        phone.locator(".exercise:visible .verdict p").wait_for()
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, "it scrolls one way only"
        phone.locator(".bench-next").click()
    drawn(phone, 3)
    signs = phone.evaluate(SIGNS)
    again(phone, 3)
    assert phone.locator(".bench-after").is_hidden(), "what was not predicted is not told"
    phone.wait_for_function(f"(signs) => ({SIGNS})() === signs", arg=signs)
    phone.locator(".steps button").first.click()
    phone.locator(".exercise:visible .verdict p").wait_for()
    assert phone.locator(".exercise:visible .choice input").nth(1).is_checked()


def test_what_could_not_be_predicted_is_not_taken(phone):
    phone.evaluate("""() => sessionStorage.setItem("stn-lesson", '{"1": 99, "2": "x", "9": 0}')""")
    again(phone, 1)
    assert phone.locator(".choice input:checked").count() == 0 and phone.locator(".bench-after").is_hidden()
