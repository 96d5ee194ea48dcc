"""Words that explain themselves: on hover, on focus, on a tap."""

import pytest

ASKED = ("affine", "similarity", "tps", "padding", "theta", "border")


@pytest.fixture
def note(look):
    page = look("&dataset=mnist&sample=3")
    return page, page.locator(".term-note")


def test_every_word_of_the_tab_is_in_the_table_and_all_that_were_asked_for_are_there(look, modules):
    table = modules("ui/static/glossary.js").evaluate("() => TERMS")
    page = look("&dataset=mnist&sample=3")
    used = page.locator("[data-term]").evaluate_all("(all) => all.map((e) => e.dataset.term)")
    assert set(used) <= set(table) and set(used) >= set(ASKED)
    for title, text in table.values():
        assert title and text.endswith(".") and len(text) <= 180
    firsts = page.evaluate(
        "() => ['#look-theta h2', '.theta-code'].map((s) => document.querySelector(`${s} .term`)?.dataset.term)"
    )
    assert firsts == ["theta", "affine"], "where they first stand"
    page.locator(".guide-dot").nth(4).click()
    assert page.locator(".guide-texts .term:visible").all_inner_texts() == ["padding", "border"]


def test_a_pointer_over_a_word_shows_what_it_means(note):
    page, text = note
    assert text.is_hidden()
    page.locator(".theta-code .term").hover()
    text.wait_for(state="visible")
    assert "parallel lines parallel" in text.inner_text()
    assert page.locator(".theta-code .term").get_attribute("aria-describedby") == text.get_attribute("id")
    text.hover()  # whoever reads may put the pointer there
    page.wait_for_timeout(400)
    assert text.is_visible()
    page.mouse.move(5, 5)
    text.wait_for(state="hidden")


def test_the_keyboard_reaches_a_word_and_escape_takes_its_text_away_first(look):
    page = look("&dataset=mnist&sample=3&pixel=9-9&pin=on")
    page.locator("#look-theta h2 .term").focus()
    page.keyboard.press("Tab")  # from theta to affine
    text = page.locator(".term-note")
    assert text.is_visible() and text.inner_text().startswith("Affine")
    page.keyboard.press("Escape")
    assert text.is_hidden() and page.locator(".pixel-pin").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Escape")
    assert page.locator(".pixel-pin").get_attribute("aria-pressed") == "false"


def test_a_tap_shows_a_text_within_the_phone_and_the_next_takes_it_away(look):
    page = look("&dataset=mnist&sample=3", width=390, height=844, has_touch=True)
    text = page.locator(".term-note")
    for name in ASKED:
        term = page.locator(f".terms [data-term={name}]")
        term.tap()
        assert text.is_visible()
        box = text.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] >= 0 and box["y"] + box["height"] <= 844
        term.tap()
        assert text.is_hidden()
    page.locator(".terms [data-term=border]").tap()
    page.locator(".terms [data-term=theta]").tap()
    assert text.inner_text().startswith("theta")
    page.locator("#look-output-canvas").tap()
    assert text.is_hidden()


def test_the_family_at_work_is_a_word_that_is_explained(look):
    page = look("&dataset=mnist&sample=3")
    assert page.locator(".theta-code").inner_text() == "# affine, 6 numbers"
    page.locator(".theta-code .term").click()
    assert page.locator(".term-note").inner_text().startswith("Affine")
