"""The real page in a real browser: what a visitor does, and what must then be seen."""

import pytest

from demo.benchmark import MeasuringError, benchmark
from tests.browser.looking import colours, memory, moved_by_words, pixels, seq, settled, slider


def test_the_page_opens_on_three_images_and_twenty_bars(visit):
    page = visit()
    for canvas in ("input", "grid", "output"):
        box = page.locator(f"#view canvas#{canvas}").bounding_box()
        assert box["width"] > 200 and abs(box["width"] - box["height"]) < 2
        assert colours(page, canvas) > 2, f"{canvas} is blank"
    for group in ("bars-cnn", "bars-stn"):
        names = page.locator(f"#view #{group} .bar-class").all_inner_texts()
        assert names == list("0123456789")
        assert page.locator(f"#{group} .is-true").count() == 1
    assert "drawing" in page.locator("#source-note").inner_text().lower()
    assert page.locator("#fetch").is_visible()


def test_every_id_users_hold_on_to_is_there(visit):
    page = visit()
    for elem_id in (
        *("dataset", "sample", "model", "rotation", "scale", "shift-x", "shift-y", "shear", "clutter", "noise"),
        *("view", "input", "grid", "output", "bars-cnn", "bars-stn"),
    ):
        assert page.locator(f"#{elem_id}").count() == 1, elem_id


def test_dragging_draws_on_the_way_and_ends_on_the_last_value(visit):
    page = visit("?dataset=mnist&sample=3")
    before, old = seq(page), pixels(page, "input")
    box = slider(page, "rotation").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    for step in range(1, 41):
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.45 * step / 40), y)
        if step % 10 == 0:  # the button is still down
            page.wait_for_function("(old) => Number(document.querySelector('#view').dataset.seq) > old", arg=before)
            before = seq(page)
    page.mouse.up()
    last = float(slider(page, "rotation").input_value())
    assert last > 60
    assert settled(page, rotation=last)["dataset"] == "mnist"
    assert pixels(page, "input") != old


def test_the_keyboard_moves_a_slider(visit):
    page = visit("?dataset=mnist&sample=3")
    slider(page, "shear").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    settled(page, shear=5)


def test_a_typed_number_counts(visit):
    page = visit("?dataset=mnist&sample=3")
    field = page.locator("#scale input[type=number]")
    field.fill("0.6")
    field.press("Enter")
    settled(page, scale=0.6)


def test_a_number_between_two_steps_becomes_the_nearest(visit):
    page = visit("?dataset=mnist&sample=3")
    field = page.locator("#rotation input[type=number]")
    for typed, key, taken in (("12.6", "Tab", 13), ("20.2", "Enter", 20), ("1000", "Tab", 90), ("", "Tab", 0)):
        field.fill(typed)
        field.press(key)
        settled(page, rotation=taken)
        page.wait_for_function("([field, taken]) => field.value === String(taken)", arg=[field.element_handle(), taken])


def test_a_number_that_is_emptied_to_be_typed_anew_is_no_news(visit):
    page = visit("?dataset=mnist&sample=3")
    before = seq(page)
    page.locator("#sample input").fill("")
    page.wait_for_timeout(500)
    assert page.locator("#notice").is_hidden() and seq(page) == before
    page.locator("#sample input").fill("5")
    settled(page, sample=5)


def test_reset_undoes_every_control_and_keeps_the_image(visit):
    page = visit(
        "?dataset=mnist&sample=5&rotation=30&scale=0.7&shift_x=0.2&shift_y=-0.1&shear=9&clutter=4&noise=0.2&edges=hidden"
    )
    settled(page, rotation=30, scale=0.7, shift_x=0.2, shift_y=-0.1, shear=9, clutter=4, noise=0.2, edges="hidden")
    page.locator("#reset").click()
    neutral = {"rotation": 0, "scale": 1, "shift_x": 0, "shift_y": 0, "shear": 0, "clutter": 0, "noise": 0}
    assert settled(page, **neutral, edges="shown")["sample"] == 5


def test_edges_are_hidden_by_a_check_box_and_the_link_says_so(visit):
    page = visit("?dataset=cifar10&sample=3&rotation=60")
    settled(page, rotation=60, edges="shown")
    box, before = page.locator("#side").get_by_label("Hide the edges"), pixels(page, "input")
    box.check()
    settled(page, rotation=60, edges="hidden")
    assert pixels(page, "input") != before
    page.wait_for_function("() => location.search.includes('edges=hidden')")
    slider(page, "rotation").press("ArrowRight")
    settled(page, rotation=61, edges="hidden")
    page.wait_for_function("() => location.search.includes('rotation=61')")
    page.reload()
    settled(page, rotation=61, edges="hidden")
    assert box.is_checked()
    box.uncheck()
    settled(page, rotation=61, edges="shown")
    page.wait_for_function("() => !location.search.includes('edges')")


def test_from_a_number_that_is_not_there_the_buttons_lead_to_one_that_is(visit):
    page = visit("?dataset=mnist&sample=3")
    for button in ("#next", "#random", "#previous"):
        page.locator("#sample input").fill("100")
        page.wait_for_function("() => !document.querySelector('#notice').hidden")
        page.locator(button).click()
        page.wait_for_function("() => document.querySelector('#notice').hidden")
        assert 0 <= settled(page)["sample"] < 40, "of 40 drawings"
    assert page.locator(".toast-body").count() == 0


def test_next_previous_random_and_class(visit):
    page = visit("?dataset=mnist&sample=0")
    page.locator("#next").click()
    settled(page, sample=1)
    page.locator("#previous").click()
    settled(page, sample=0)
    page.locator("#class input").click()
    page.get_by_role("option", name="7", exact=True).click()
    page.wait_for_function("() => document.querySelector('#bars-cnn .is-true .bar-class').textContent === '7'")
    for _ in range(3):
        before = page.locator("#view").get_attribute("data-drawn")
        page.locator("#random").click()
        page.wait_for_function("(old) => document.querySelector('#view').dataset.drawn !== old", arg=before)
        assert page.locator("#bars-cnn .is-true .bar-class").inner_text() == "7"


def test_new_clutter_changes_the_image_and_its_seed(visit):
    page = visit("?dataset=mnist&sample=2&clutter=6")
    settled(page, clutter=6, seed=0)
    before = pixels(page, "input")
    page.locator("#new-clutter").click()
    page.wait_for_function("() => JSON.parse(document.querySelector('#view').dataset.drawn).seed !== 0")
    assert pixels(page, "input") != before


def test_a_phone_scrolls_one_way_only_and_keeps_the_view_in_sight(visit):
    page = visit("?dataset=cifar10&sample=3", width=390, height=844, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tops = {page.locator(f"#bars-{name} .bar").first.bounding_box()["y"] for name in ("cnn", "stn")}
    assert len(tops) == 1, "bars stand beside each other, however long the names above them are"
    widest = page.evaluate(
        """() => Math.max(...[...document.querySelectorAll('#view *, #side *')]
            .filter((e) => e.getClientRects().length).map((e) => e.getBoundingClientRect().right))"""
    )
    assert widest <= 391
    slider(page, "noise").scroll_into_view_if_needed()
    view, track = page.locator("#view #output").bounding_box(), slider(page, "noise").bounding_box()
    assert view["y"] >= 0 and view["y"] + view["height"] <= track["y"], "the image must stay above the slider"


def test_on_a_phone_what_has_the_focus_is_not_under_the_figure(visit):
    page = visit("?dataset=mnist&sample=3", width=390, height=844, has_touch=True)
    page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
    for name in ("noise", "clutter", "scale"):
        slider(page, name).focus()
        page.wait_for_function(
            """(name) => document.querySelector(`#${name} input[type=range]`).getBoundingClientRect().top
                >= document.querySelector(".figure").getBoundingClientRect().bottom""",
            arg=name,
        )


@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_the_longest_words_take_the_room_of_the_shortest(visit, width):
    page = visit("?dataset=cifar10&sample=3", width=width, height=844, has_touch=True)
    words, below = page.locator(".theta-words").first, page.locator(".network").first
    assert moved_by_words(words, below) == 0


@pytest.mark.parametrize(("width", "rows"), [(1440, 1), (640, 2), (390, 2), (320, 2)])
def test_all_six_tabs_are_in_sight_and_none_in_a_menu(visit, width, rows):
    from demo.page import TABS, tab_of

    page = visit("?dataset=mnist&sample=3", width=width, height=844)
    tabs = page.get_by_role("tab")
    assert tabs.all_inner_texts() == [tab_of(name).title for name in TABS]
    boxes = [tab.bounding_box() for tab in tabs.all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    assert len({round(box["y"]) for box in boxes}) == rows
    assert all(tab.evaluate("(e) => e.scrollWidth <= e.clientWidth") for tab in tabs.all()), "a title is cut"
    assert page.get_by_label("More tabs").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tabs.nth(4).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.search.includes('tab=lesson')")
    assert [tab.bounding_box() for tab in tabs.all()] == boxes, "the tabs stay where they are"


MOVE = """async (moves) => {
    const slider = document.querySelector("#rotation input[type=range]");
    const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
    for (let done = 1; done <= moves; done += 1) {
        if (done % 5 === 1) await new Promise(requestAnimationFrame);
        setValue.call(slider, (done * 7) % 91);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
    }
    return Number(slider.value);
}"""


def test_two_thousand_moves_leave_the_page_as_large_as_it_was(visit):
    page = visit("?dataset=mnist&sample=3")
    page.wait_for_load_state("networkidle")

    def moved(moves: int) -> dict[str, int]:
        settled(page, rotation=page.evaluate(MOVE, moves))
        page.wait_for_function("() => !window.stnPlay.pump.busy")
        return memory(page)

    before, drawn = moved(600), seq(page)  # the browser compiles, and its list of requests fills
    after = moved(2000)
    assert seq(page) > drawn + 50, "the view followed"
    assert after["nodes"] - before["nodes"] < 10
    # An answer is 9 kB, a move's state a third of one: a page that keeps either, for every move, is seen.
    assert after["heap"] - before["heap"] < 300_000
    assert after["buffers"] - before["buffers"] < 300_000


def test_what_is_asked_for_before_gradio_says_it_is_what_gradio_says(visit, address):
    page = visit()
    drawn = "() => JSON.parse(document.querySelector('#view').dataset.drawn)"
    said = page.evaluate(drawn)
    page.route("**/run/predict*", lambda route: None)  # Gradio never says
    page.goto(address)
    page.wait_for_function("() => document.querySelector('#view')?.dataset.ready === 'true'")
    guessed = page.evaluate(drawn)
    assert said.pop("model").startswith("mnist-play-")
    assert guessed == said


def test_the_view_speaks_and_is_named(visit):
    page = visit("?dataset=mnist&sample=3")
    page.wait_for_function("() => document.querySelector('#spoken').textContent.includes('CNN as it is: says')")
    assert page.locator("#spoken").get_attribute("aria-live") == "polite"
    for canvas in ("input", "grid", "output"):
        assert len(page.locator(f"#{canvas}").get_attribute("aria-label")) > 10
    assert "affine" in page.locator(".theta-numbers").get_attribute("aria-label")


def test_dark_and_light_are_drawn_in_their_own_colours(visit):
    light, dark = (visit("?dataset=mnist&sample=3", color_scheme=scheme) for scheme in ("light", "dark"))
    corner = "() => [...document.getElementById('grid').getContext('2d').getImageData(2, 2, 1, 1).data][0]"
    assert light.evaluate(corner) > 200 > 80 > dark.evaluate(corner)


@pytest.mark.parametrize("seconds", [-5.0, 0.0, 61.0, float("nan")])
def test_a_drag_of_no_length_is_not_measured(seconds):
    with pytest.raises(MeasuringError, match="--seconds is"):
        benchmark(seconds=seconds)
