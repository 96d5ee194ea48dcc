"""The robustness tab in a real browser: the charts, the marker, the image's own curve, links."""

import json
import time

import pytest

from tests.browser.looking import slider

SWEPT = "() => document.querySelector('#robustness')?.dataset.swept"
PLAIN, BEHIND = "mnist-upright-cnn", "mnist-upright-cnn behind mnist-play-affine"
CNN, STN = "mnist-play-cnn", "mnist-play-affine"
FIRST = 5  # seconds to the first chart that this machine may take at most, whatever else it does


@pytest.fixture
def robust(visit):
    return lambda query="?dataset=mnist&sample=3", **options: visit(f"{query}&tab=robustness", ready=SWEPT, **options)


def drawn(page, part: str) -> dict[str, int]:
    """Network -> how many points its curve has in a chart."""
    return page.evaluate(
        """(part) => Object.fromEntries([...document.querySelectorAll(`#${part}-chart .curve`)].map(
            (curve) => [curve.dataset.network, curve.querySelectorAll('.mark').length]))""",
        part,
    )


def curves_are(page, part: str, wanted: dict[str, int]):
    page.wait_for_function(
        """([part, wanted]) => JSON.stringify(wanted) === JSON.stringify(Object.fromEntries(
            [...document.querySelectorAll(`#${part}-chart .curve`)].map(
                (curve) => [curve.dataset.network, curve.querySelectorAll('.mark').length])))""",
        arg=[part, wanted],
    )


def marker_at(page, value: float):
    page.wait_for_function(
        "(v) => ['test', 'live'].every((p) => Number(document.querySelector(`#${p}-chart`).dataset.marker) === v)",
        arg=value,
    )


def read_at(page, **wanted):
    """Waits until the image was shown to the networks at these values."""
    page.wait_for_function(
        """(wanted) => {
            const read = JSON.parse(document.querySelector('#robustness').dataset.read ?? '{}');
            return Object.entries(wanted).every(([key, value]) => read[key] === value);
        }""",
        arg=wanted,
    )


def readings(page, part: str) -> list[str]:
    return page.locator(f".robust-readings tbody td.of-{part}").all_inner_texts()


def tick(page, network: str):
    page.locator(f".robust-readings input[value='{network}']").click()


@pytest.fixture
def curves(address, monkeypatch):
    """Curves of the affine transformer's networks, as if they had been measured."""
    from demo.tabs.robustness.lines import CONTROLS
    from demo.tabs.robustness.sweep import CurveStore
    from stn.evaluation.curves import Curve, control_values

    def curve(control, accuracy):
        values = control_values(control)
        return Curve(control, values, tuple(accuracy for _ in values), 10_000)

    accuracy = {PLAIN: 61.0, BEHIND: 97.0, CNN: 91.0, STN: 95.5}
    read = {name: {c: curve(c, a) for c in CONTROLS} for name, a in accuracy.items()}
    monkeypatch.setattr(CurveStore, "get", lambda self: read)


def test_without_curves_a_sentence_says_how_to_make_them_and_this_image_is_drawn(robust):
    page = robust()
    curves_are(page, "live", {PLAIN: 25, BEHIND: 25})
    assert "python -m stn curves" in page.locator(".robust-note").inner_text()
    assert page.locator("#test-chart").is_hidden()


def test_the_upright_pair_is_drawn_first_and_read_at_the_marker(robust, curves):
    page = robust("?dataset=mnist&sample=3&shear=12&curve=shear")
    assert page.locator("input[name=curve]:checked").get_attribute("value") == "shear"
    curves_are(page, "test", {PLAIN: 25, BEHIND: 25})
    curves_are(page, "live", {PLAIN: 26, BEHIND: 26})  # the slider's 12 is between two of a sweep's values
    marker_at(page, 12)
    assert page.locator(".robust-note").is_hidden()
    assert readings(page, "tests") == ["≈ 61.0 %", "≈ 97.0 %", "≈ 91.0 %", "≈ 95.5 %"]
    assert "12" in page.locator(".robust-readings .at").inner_text()
    assert (
        page.locator("#test-fact")
        .inner_text()
        .endswith("the CNN as it is gets 61\u00a0% right, behind the transformer 97\u00a0%.")
    )
    assert "25 shears" in page.locator("#live-fact").inner_text()


def test_the_trained_pair_is_drawn_where_it_is_compared(robust, curves):
    page = robust("?dataset=mnist&sample=3&compare=trained")
    curves_are(page, "test", {CNN: 25, STN: 25})
    curves_are(page, "live", {CNN: 25, STN: 25})
    assert "plain CNN" in page.locator("#test-fact").inner_text()


def test_what_is_ticked_is_drawn_in_both_charts(robust, curves):
    page = robust()
    curves_are(page, "live", {PLAIN: 25, BEHIND: 25})
    tick(page, CNN)
    tick(page, STN)
    for part in ("test", "live"):
        curves_are(page, part, {PLAIN: 25, BEHIND: 25, CNN: 25, STN: 25})
    assert "upright" not in page.locator("#test-fact").inner_text()
    tick(page, PLAIN)
    for part in ("test", "live"):
        curves_are(page, part, {BEHIND: 25, CNN: 25, STN: 25})
    assert "plain CNN" in page.locator("#test-fact").inner_text(), "of the pair that is whole"
    tick(page, STN)
    page.wait_for_function("() => document.querySelector('#test-fact').textContent === ''")


def test_the_reading_of_this_image_is_plays_very_number(robust):
    page = robust("?dataset=mnist&sample=3&rotation=17")
    read_at(page, rotation=17)
    page.get_by_role("tab", name="Play").click()
    page.wait_for_function("() => JSON.parse(document.querySelector('#view').dataset.drawn ?? '{}').rotation === 17")
    play = [page.locator(f"#bars-{side} .is-true .bar-percent").inner_text() for side in ("cnn", "stn")]
    page.get_by_role("tab", name="Robustness").click()
    assert readings(page, "this")[:2] == play


def test_the_marker_follows_its_slider_without_a_new_sweep_and_another_slider_makes_one(robust):
    page = robust()
    curves_are(page, "live", {PLAIN: 25, BEHIND: 25})
    before = page.evaluate("() => window.stnRobustness.sweeps.sent")
    slider(page, "rotation").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    marker_at(page, 5)
    read_at(page, rotation=5)
    curves_are(page, "live", {PLAIN: 26, BEHIND: 26})
    assert page.evaluate("() => window.stnRobustness.sweeps.sent") == before
    slider(page, "shear").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => JSON.parse(document.querySelector('#robustness').dataset.swept).shear === 1")
    assert json.loads(page.locator("#robustness").get_attribute("data-swept"))["rotation"] == 5


@pytest.mark.parametrize("part", ["test", "live"])
def test_a_click_and_a_drag_on_a_chart_move_the_slider_to_a_step(robust, curves, part):
    page = robust("?dataset=mnist&sample=3&curve=scale")
    chart = page.locator(f"#{part}-chart")
    ticks = {t.text_content(): t.bounding_box() for t in chart.locator("text").all()}
    left, right = (ticks[name]["x"] + ticks[name]["width"] / 2 for name in ("0.5", "1.5"))
    y = chart.bounding_box()["y"] + 60
    page.mouse.click(left + 0.304 * (right - left), y)
    marker_at(page, 0.8)
    assert slider(page, "scale").input_value() == "0.8"
    page.mouse.down()
    page.mouse.move(right + 40, y, steps=5)
    page.mouse.up()
    marker_at(page, 1.5)
    page.mouse.move(left, y)
    page.wait_for_timeout(50)
    assert slider(page, "scale").input_value() == "1.5", "the button is up"


def test_a_chart_is_a_slider_for_the_keyboard(robust, curves):
    page = robust()
    chart = page.locator("#test-chart")
    chart.focus()
    for key, value in (("ArrowRight", 1), ("ArrowUp", 2), ("ArrowLeft", 1), ("PageUp", 11), ("End", 90), ("Home", -90)):
        page.keyboard.press(key)
        marker_at(page, value)
    assert [chart.get_attribute(f"aria-value{name}") for name in ("min", "now", "max")] == ["-90", "-90", "90"]
    assert slider(page, "rotation").input_value() == "-90"


def test_the_first_chart_is_drawn_soon_after_the_tab_is_opened(visit, curves):
    page = visit("?dataset=mnist&sample=3")
    start = time.perf_counter()
    page.get_by_role("tab", name="Robustness").click()
    page.wait_for_selector("#test-chart .curve", timeout=1000 * FIRST)
    print(f"first chart after {time.perf_counter() - start:.2f} s")
    assert time.perf_counter() - start < FIRST


def test_the_test_sets_curves_do_not_wait_for_the_images_own(visit, curves):
    page = visit("?dataset=mnist&sample=3")
    page.route(
        "**/component_server/**",
        lambda route: None if '"sweep"' in route.request.post_data else route.continue_(),
    )
    page.get_by_role("tab", name="Robustness").click()
    curves_are(page, "test", {PLAIN: 25, BEHIND: 25})
    assert page.locator("#robustness").get_attribute("data-swept") is None


def test_another_control_is_chosen_by_keyboard_and_kept_in_the_address(robust):
    page = robust()
    page.locator("input[name=curve][value=shear]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    curves_are(page, "live", {PLAIN: 9, BEHIND: 9})
    page.wait_for_function("() => location.search.includes('curve=clutter')")


def test_the_shift_has_curves_too(robust, curves):
    page = robust("?dataset=mnist&sample=3&curve=shift_x&shift_x=0.2")
    curves_are(page, "test", {PLAIN: 25, BEHIND: 25})
    marker_at(page, 0.2)
    assert page.locator(".robust-readings .at").inner_text() == "At shift 0.2"


def test_nothing_is_read_off_the_chart_of_another_control(robust, curves):
    page = robust("?dataset=mnist&sample=3&rotation=1")
    read_at(page, rotation=1)
    assert readings(page, "tests")[0] == "≈ 61.0 %"
    page.route(
        "**/component_server/**",
        lambda route: route.abort() if "figure" in route.request.post_data else route.continue_(),
    )
    page.locator("#robustness label:has([value=scale])").click()
    page.wait_for_function("() => !document.querySelector('#robustness .notice').hidden")
    assert "scale" in page.locator(".robust-readings .at").inner_text()
    assert not any("%" in text for text in readings(page, "tests"))
    marker_at(page, 1)  # of the rotation still; 0.5 would be of a scale
    slider(page, "scale").focus()
    page.keyboard.press("Home")
    page.wait_for_function("() => document.querySelector('.robust-readings .at').innerText.includes('0.5')")
    marker_at(page, 1)


def test_a_link_with_a_nonsense_curve_shows_rotation(robust):
    page = robust("?dataset=mnist&sample=3&curve=<b>x</b>")
    assert page.locator("input[name=curve]:checked").get_attribute("value") == "rotation"


def test_many_moves_leave_no_nodes_behind(robust):
    page = robust()
    slider(page, "rotation").focus()

    def nodes(moves: int) -> int:
        for i in range(moves):
            page.keyboard.press("ArrowRight" if i % 2 else "ArrowLeft")
            value = 0 if i % 2 else -1
            marker_at(page, value)
            read_at(page, rotation=value)
        curves_are(page, "live", {PLAIN: 25, BEHIND: 25})
        return page.evaluate("() => document.querySelectorAll('*').length")

    assert nodes(2) == nodes(40)


def test_a_phone_scrolls_one_way_only(robust, curves):
    page = robust(width=390, height=844, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
