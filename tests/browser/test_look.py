"""The tab that looks inside, in a real browser: what a visitor sees and does there."""

import pytest

from tests.browser.looking import slider
from tests.browser.looking_inside import hand_is, pixel, state


def test_the_tab_shows_four_panels_and_the_sums_of_a_pixel(look):
    page = look("&dataset=mnist&sample=3&rotation=20")
    for panel in ("localiser", "theta", "grid", "sampler"):
        assert page.locator(f"#look-{panel}").is_visible()
    assert page.locator(".maps-row").count() == 6, "three stages of the coarse net, three of the fine one"
    assert page.locator(".maps-net h3").all_inner_texts() == ["Coarse", "Fine"]
    assert page.locator(".maps-strip").first.locator("canvas").count() == 3
    assert page.locator(".look-names dt").all_inner_texts() == ["xx", "xy", "shift x", "yx", "yy", "shift y"]
    assert page.locator(".look-words").inner_text() == "Leaves the image as it is."
    assert "W \u2212 1)/2" in page.locator(".sums").inner_text()


def test_the_sums_begin_with_four_neighbours_and_average_when_asked(look):
    page = look("&dataset=mnist&sample=3&rotation=20&pixel=12-15")
    # The identity shrinks 60 pixels to 28, where this layer averages by itself.
    plain, text = pixel(page), page.locator(".sums").inner_text()
    assert plain["sum"] == pytest.approx(plain["value"], abs=1e-5)
    said = page.locator("[data-sum=sampler] p").all_inner_texts()
    assert said[0].startswith("V = ") and said[0].count("\u00b7") == 4 and "\u00b760 \u2212 1)/2" in text
    assert said[1] == "Points lie 2.1 pixels apart: the network itself averages here."
    assert page.locator(".sampler-code").inner_text() == "y = grid_sample(x, grid)"
    assert page.locator(".look-says").inner_text().startswith("Without averaging, the classifier says")

    page.locator(".averaging label", has_text="Averaged").click()
    page.wait_for_function("() => JSON.parse(document.querySelector('#look').dataset.drawn).averages")
    averaged, text = pixel(page), page.locator(".sums").inner_text()
    assert averaged["sum"] == pytest.approx(averaged["value"], abs=1e-5) != plain["value"]
    # Its first sample is one of half the size.
    assert "so the layer averages" in text and "\u00b730 \u2212 1)/2" in text
    assert page.locator(".sampler-code").inner_text() == "y = sample(x, grid)"
    assert page.locator(".look-says").inner_text().startswith("The classifier says")
    page.wait_for_function("() => location.search.includes('averaging=on')")

    page.locator(".who label", has_text="You").click()
    page.locator("[data-part=width]").fill("0.3")
    page.locator("[data-part=height]").fill("0.3")
    hand_is(page, "Math.abs(t[0] - 0.3) + Math.abs(t[4] - 0.3) < 1e-6")
    assert "nothing to average" in page.locator(".sums").inner_text()
    assert pixel(page)["sum"] == pytest.approx(pixel(page)["value"], abs=1e-5)
    again = look("&dataset=mnist&sample=3&averaging=on")
    assert state(again)["averages"] and again.locator("[name=look-averaging][value=on]").is_checked()


def test_arrow_keys_and_the_pointer_choose_a_pixel_whose_sum_is_the_output(look):
    page = look("&dataset=mnist&sample=3&pixel=10-12")
    pixel(page, 10, 12)
    page.locator("#look-output-canvas").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    pixel(page, 11, 13)
    assert "Row 11, column 13" in page.locator(".sums").inner_text()
    box = page.locator("#look-output-canvas").bounding_box()
    for row, column in ((0, 0), (27, 27), (14, 9), (5, 20)):
        page.mouse.move(box["x"] + (column + 0.5) * box["width"] / 28, box["y"] + (row + 0.5) * box["height"] / 28)
        seen = pixel(page, row, column)
        assert seen["sum"] == pytest.approx(seen["value"], abs=1e-5)
        said = page.locator("[data-sum=sampler] p").all_inner_texts()
        total = next(line for line in said if line.startswith("V = "))
        assert total.rsplit(" = ")[-1] == said[-1].rsplit(": ")[-1], "the digits shown agree"
        assert seen["source"] == pytest.approx([(2 * column + 1) / 28 - 1, (2 * row + 1) / 28 - 1], abs=1e-5)
    page.wait_for_function("() => location.search.includes('pixel=5-20')")
    page.wait_for_function("() => document.querySelector('#look-spoken').textContent.includes('row 5, column 20')")


def test_a_colour_image_is_summed_channel_by_channel(look):
    page = look("&dataset=cifar10&sample=4&pixel=16-16")
    values = []
    for name in ("Red", "Green", "Blue"):
        page.locator(".channels label", has_text=name).click()
        assert f"output of {name.lower()} at this pixel" in page.locator(".sums").inner_text()
        seen = pixel(page)
        assert seen["sum"] == pytest.approx(seen["value"], abs=1e-5)
        values.append(seen["value"])
    assert len(set(values)) == 3
    shown = page.locator(".swatch").evaluate("(e) => getComputedStyle(e).backgroundColor")
    assert shown == f"rgb({', '.join(str(round(255 * v)) for v in values)})"


def test_the_sliders_of_the_page_reach_the_tab(look):
    page = look("&dataset=mnist&sample=3")
    before = page.evaluate("() => document.querySelector('#look-output-canvas').toDataURL()")
    slider(page, "rotation").focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => JSON.parse(document.querySelector('#look').dataset.drawn).rotation === 10")
    assert page.evaluate("() => document.querySelector('#look-output-canvas').toDataURL()") != before


def test_the_guide_walks_through_six_steps_and_keeps_its_place_in_the_address(look):
    page = look()
    titles = []
    for step in range(1, 7):
        titles.append(page.locator(".guide-texts h2:visible").inner_text())
        assert page.locator(".guide-dot[aria-current=step] .guide-number").inner_text() == str(step)
        if step == 2:
            assert page.locator(".is-spoken-of").evaluate_all("(all) => all.map((e) => e.id)") == ["look-localiser"]
        if step < 6:
            page.locator(".guide-next").click()
    assert len(set(titles)) == 6 and page.locator(".guide-next").is_disabled()
    page.wait_for_function("() => location.search.includes('step=6')")
    assert page.locator(".hand-sliders").is_visible(), "your turn means theta by hand"
    page.locator(".guide-dot").nth(5).focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".guide-texts h2:visible").inner_text() == titles[4]
    assert not page.locator(".hand-sliders").is_visible()
    again = look("&step=5")
    assert again.locator(".guide-texts h2:visible").inner_text() == titles[4]


def test_the_tab_may_be_left_and_opened_again(look):
    page = look("&dataset=mnist&sample=3&step=6")
    hand_is(page, "true")
    for _ in range(2):
        page.get_by_role("tab", name="Play").click()
        page.wait_for_function("() => document.querySelector('#view')?.dataset.ready === 'true'")
        page.locator("#next").click()
        page.get_by_role("tab", name="Look inside").click()
        page.wait_for_function(
            """() => { const sample = Number(document.querySelector('#sample input').value);
                       return JSON.parse(document.querySelector('#look').dataset.drawn).sample === sample
                           && document.querySelector('#look-grid-canvas').width > 100; }"""
        )
    assert state(page)["sample"] == 5 and state(page)["hand"] is not None
    page.locator("[data-part=x]").focus()
    page.keyboard.press("ArrowRight")
    hand_is(page, "Math.abs(t[2] - 0.01) < 1e-6")


def test_a_first_answer_that_takes_long_is_said_to_be_on_its_way(windows, address):
    """A server that was just started imports PyTorch for it."""
    page = windows(1440, 900)
    held, slow = [], True
    page.route("**/component_server/", lambda route: held.append(route) if slow else route.continue_())
    page.goto(f"{address}?tab=look&dataset=mnist&sample=3")
    page.get_by_text("The networks are being loaded").wait_for(timeout=30_000)
    assert page.locator("#look-output-canvas").is_hidden(), "no empty panels"
    slow = False
    for route in held:
        route.continue_()
    page.wait_for_function("() => document.querySelector('#look')?.dataset.ready === 'true'")
    assert page.locator("#look-notice").is_hidden() and page.locator("#look-output-canvas").is_visible()


def test_an_error_is_told_and_the_next_answer_takes_it_back(look):
    page = look("&dataset=mnist&sample=3")
    page.route("**/component_server/", lambda route: route.fulfill(json={"error": "Nothing to see."}))
    slider(page, "shear").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('#look-notice').innerText === 'Nothing to see.'")
    page.unroute("**/component_server/")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('#look-notice').hidden")


def test_the_caption_of_two_nets_says_how_they_work_together(modules):
    page = modules("tabs/look/said.js")
    one, window, sides = (
        page.evaluate(
            """([sides, nets]) => captionsOf({
                stage: { names: ["a", "b"], matrix: true, family: "affine" }, grid: {}, input: {}, iterations: 1,
                sides, maps: nets.map((net) => ({ net })),
            })[".maps-end"]""",
            [sides, nets],
        )
        for sides, nets in ((False, [""]), (False, ["Coarse", "Fine"]), (True, ["Coarse", "Fine"]))
    )
    assert "Two linear layers" in one and one.endswith("into 2 numbers.")
    assert "window" in window and window.endswith("give 2 numbers.")
    assert "which side is up" in sides and sides.endswith("give 2 numbers.")


@pytest.mark.parametrize("query", ["", "&step=6", "&dataset=cifar10&step=5"])
def test_a_phone_scrolls_one_way_only(look, query):
    page = look(query, width=390, height=844, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    widest = page.evaluate(
        """() => Math.max(...[...document.querySelectorAll('#look *')]
            .filter((e) => e.getClientRects().length && !e.closest('.spoken'))
            .map((e) => e.getBoundingClientRect().right))"""
    )
    assert widest <= 391


def test_a_tap_chooses_a_pixel(look):
    page = look("&dataset=mnist&sample=3", width=390, height=844, has_touch=True)
    page.locator("#look-output-canvas").scroll_into_view_if_needed()
    box = page.locator("#look-output-canvas").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 20.5 / 28, box["y"] + box["height"] * 7.5 / 28)
    pixel(page, 7, 20)
