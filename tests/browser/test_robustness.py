"""The robustness tab in a real browser: the charts, the marker, the image's own curve, links."""

import json

import pytest

from tests.browser.looking import slider

SWEPT = "() => document.querySelector('#robustness')?.dataset.swept && document.querySelector('#curves .main-svg')"
PLOT = "document.querySelector('#curves [data-testid=plotly]')"


@pytest.fixture
def robust(visit):
    return lambda query="?dataset=mnist&sample=3", **options: visit(f"{query}&tab=robustness", ready=SWEPT, **options)


def traces(page) -> list:
    return page.evaluate(f"() => {PLOT}.data.map((t) => [t.meta.part, t.meta.network, t.x.length, t.visible])")


def marker_at(page, value: float):
    page.wait_for_function(f"(v) => {PLOT}.layout?.shapes?.every((s) => s.x0 === v && s.x1 === v)", arg=value)


def with_values(page, n: int):
    page.wait_for_function(
        f"(n) => {PLOT}.data.filter((t) => t.meta.part === 'live' && t.x.length === n).length === 2", arg=n
    )


@pytest.fixture
def curves(address, monkeypatch):
    """Curves of both networks, as if they had been measured."""
    from demo.tabs.robustness.sweep import CONTROLS, CurveStore
    from stn.evaluation.curves import Curve, control_values

    def curve(control, accuracy):
        values = control_values(control)
        return Curve(control, values, tuple(accuracy for _ in values), 10_000)

    read = {f"mnist-play-{kind}": {c: curve(c, a) for c in CONTROLS} for kind, a in (("cnn", 91.0), ("affine", 95.5))}
    monkeypatch.setattr(CurveStore, "get", lambda self: read)


def test_without_curves_a_sentence_says_how_to_make_them_and_this_image_is_drawn(robust):
    page = robust()
    with_values(page, 25)
    assert "python -m stn curves" in page.locator(".robust-note").inner_text()
    assert [t[0] for t in traces(page)] == ["live", "live"]


def test_with_curves_both_charts_are_drawn_and_read_at_the_marker(robust, curves):
    page = robust("?dataset=mnist&sample=3&shear=12&curve=shear")
    assert page.locator("input[name=curve]:checked").get_attribute("value") == "shear"
    with_values(page, 25)
    marker_at(page, 12)
    assert [t[0] for t in traces(page)] == ["test", "test", "live", "live"]
    assert page.locator(".robust-note").is_hidden()
    assert page.locator(".robust-readings tbody .of-tests").all_inner_texts() == ["91.0 %", "95.5 %"]
    assert "12" in page.locator(".robust-readings .at").inner_text()


def test_the_marker_follows_its_slider_without_a_new_sweep_and_another_slider_makes_one(robust):
    page = robust()
    with_values(page, 25)
    before = page.evaluate("() => window.stnRobustness.sweeps.sent")
    slider(page, "rotation").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    marker_at(page, 5)
    assert page.evaluate("() => window.stnRobustness.sweeps.sent") == before
    slider(page, "shear").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => JSON.parse(document.querySelector('#robustness').dataset.swept).shear === 1")
    assert json.loads(page.locator("#robustness").get_attribute("data-swept"))["rotation"] == 5


def test_another_control_is_chosen_by_keyboard_and_kept_in_the_address(robust):
    page = robust()
    page.locator("input[name=curve][value=shear]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    with_values(page, 9)
    page.wait_for_function("() => location.search.includes('curve=clutter')")


def test_nothing_is_read_off_the_chart_of_another_control(robust, curves):
    page = robust("?dataset=mnist&sample=3&rotation=1")
    with_values(page, 25)
    assert page.locator(".robust-readings tbody .of-tests").all_inner_texts() == ["91.0 %", "95.5 %"]
    page.route(
        "**/component_server/**",
        lambda route: route.abort() if "figure" in route.request.post_data else route.continue_(),
    )
    page.locator("#robustness label:has([value=scale])").click()
    page.wait_for_function("() => !document.querySelector('#robustness .notice').hidden")
    assert "scale" in page.locator(".robust-readings .at").inner_text()
    assert not any("%" in text for text in page.locator(".robust-readings tbody .of-tests").all_inner_texts())
    marker_at(page, 1)  # of the rotation still; 0.5 would be of a scale
    slider(page, "scale").focus()
    page.keyboard.press("Home")
    page.wait_for_function("() => document.querySelector('.robust-readings .at').innerText.includes('0.5')")
    marker_at(page, 1)


def test_a_link_with_a_nonsense_curve_shows_rotation(robust):
    page = robust("?dataset=mnist&sample=3&curve=<b>x</b>")
    assert page.locator("input[name=curve]:checked").get_attribute("value") == "rotation"


def test_a_network_can_be_hidden(robust, curves):
    page = robust()
    with_values(page, 25)
    page.locator(".robust-readings input[type=checkbox]").first.uncheck()
    page.wait_for_function(f"() => {PLOT}.data.filter((t) => t.visible === false).length === 2")


def test_many_moves_leave_no_nodes_behind(robust):
    page = robust()
    with_values(page, 25)
    slider(page, "rotation").focus()

    def nodes(moves: int) -> int:
        for i in range(moves):
            page.keyboard.press("ArrowRight" if i % 2 else "ArrowLeft")
            marker_at(page, 0 if i % 2 else -1)
        return page.evaluate("() => document.querySelectorAll('*').length")

    assert nodes(2) == nodes(40)


def test_a_phone_scrolls_one_way_only(robust, curves):
    page = robust(width=390, height=844, has_touch=True)
    with_values(page, 25)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.fixture
def blank(modules):
    return modules("tabs/robustness/chart.js")


def test_a_curve_is_read_between_its_points_and_nowhere_else(blank):
    read = blank.evaluate("() => [0, 1, 1.5, 3, -1, 4].map((x) => readAt([0, 1, 3], [10, 20, 40], x))")
    assert read == [10, 20, 25, 40, None, None]
    assert blank.evaluate("() => readAt([], [], 0)") is None


def test_a_hollow_mark_stands_where_a_network_is_wrong(blank):
    drawn = blank.evaluate(
        """() => composed(
            { data: [
                { meta: { part: "test", network: "a" }, x: [9], y: [9], marker: { symbol: "circle" } },
                { meta: { part: "live", network: "a" }, x: [], y: [], marker: { symbol: "circle" } },
                { meta: { part: "live", network: "b" }, x: [], y: [], marker: { symbol: "diamond" } },
            ] },
            { values: [0, 1], networks: { a: { percent: [90, 10], right: [true, false] } } },
            new Set(["b"]),
        ).map((t) => [t.x, t.y, t.marker.symbol, t.visible])"""
    )
    assert drawn == [
        [[9], [9], "circle", True],
        [[0, 1], [90, 10], ["circle", "circle-open"], True],
        [[], [], "diamond", False],
    ]
