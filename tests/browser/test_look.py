"""The tab that looks inside, in a real browser: its arithmetic against torch, and what a visitor does there."""

import base64
import json
import math
from dataclasses import replace
from urllib.parse import parse_qsl

import numpy as np
import pytest
import torch
from looking import slider

from demo import assets
from demo.look_inside import encode_floats, encode_values
from stn.families import FAMILY_NAMES, get_family
from stn.geometry import PADDINGS, mip_level, sample

READY = "() => document.querySelector('#look')?.dataset.ready === 'true'"
SIZE = (13, 16)  # of outputs, in the arithmetic's tests


@pytest.fixture
def blank(browser):
    page = browser.new_page()
    page.set_content("<canvas></canvas>")
    page.add_script_tag(content=assets.constants())
    for name in (*assets.SHARED, *assets.SCRIPTS["look"][:-1]):
        page.add_script_tag(path=str(assets.HERE / "js" / name))
    yield page
    page.close()


@pytest.fixture
def look(browser, address):
    """Opens the tab with a query; every error of the page is recorded and none may be left at the end."""
    contexts, pages = [], []

    def open_page(query: str = "", width: int = 1440, height: int = 900, at: str = "", **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        pages.append(page)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(f"{at or address}?tab=look{query}")
        page.wait_for_function(READY, timeout=30_000)
        # The first picture may still be the opening one.
        wanted = {key: value for key, value in parse_qsl(query) if key in ("dataset", "sample", "model")}
        page.wait_for_function(
            """(wanted) => {
                const drawn = JSON.parse(document.querySelector('#look').dataset.drawn);
                return Object.entries(wanted).every(([key, value]) => String(drawn[key]) === value);
            }""",
            arg=wanted,
        )
        return page

    yield open_page
    try:
        assert [error for page in pages for error in page.errors] == []
    finally:
        for context in contexts:
            context.close()


def some_theta(family: str, seed: int = 0, spread: float = 0.25) -> torch.Tensor:
    identity = get_family(family).identity()
    return identity + spread * torch.randn(identity.shape, generator=torch.Generator().manual_seed(seed))


# --- the arithmetic against torch, for every pixel


@pytest.mark.parametrize("family", FAMILY_NAMES)
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("side", "channels", "average"), [(17, 1, False), (60, 1, True), (48, 3, True)])
def test_the_sums_are_what_the_sampler_does(blank, family, padding, side, channels, average):
    images = torch.rand(1, channels, side, side, generator=torch.Generator().manual_seed(1))
    outside = [0.13, 0.4, 0.2][:channels] if padding == "zeros" else None
    grid = get_family(family).grid(some_theta(family, spread=0.3), SIZE)
    level = mip_level(grid, (side, side)).item() if average else 0
    ours = blank.evaluate(
        """({ input, points, level, padding, outside }) => {
            const pyramid = [valuesOf(input)];
            const pictures = (i) => (pyramid[i] ??= averaged(pyramid[0], i));
            const at = floatsOf(points);
            return Array.from({ length: at.length / 2 }, (_, i) =>
                mixAt(pictures, [at[2 * i], at[2 * i + 1]], level, padding, outside).sums);
        }""",
        {
            "input": encode_values(images[0]),
            "points": encode_floats(grid),
            "level": level,
            "padding": padding,
            "outside": outside,
        },
    )
    # What lies outside counts as a level of its own: 0 of the normalised picture is the mean.
    shift = torch.tensor(outside or [0.0] * channels).view(1, -1, 1, 1)
    wanted = (sample(images - shift, grid, padding, average) + shift)[0].flatten(1).T
    assert np.allclose(np.array(ours), wanted.numpy(), atol=2e-5)


def test_the_averages_are_torchs_also_where_the_size_does_not_divide(blank):
    picture = torch.rand(3, 11, 13, generator=torch.Generator().manual_seed(1))
    for level in (1, 2, 3):
        read = blank.evaluate(
            "([p, level]) => { const a = averaged(valuesOf(p), level); return [a.height, a.width, [...a.values]]; }",
            [encode_values(picture), level],
        )
        wanted = torch.nn.functional.interpolate(picture[None], size=(11 >> level, 13 >> level), mode="area")[0]
        assert read[:2] == [11 >> level, 13 >> level]
        assert np.allclose(read[2], wanted.permute(1, 2, 0).flatten().numpy(), atol=1e-6)


def test_weights_add_up_and_pixels_count_from_the_outer_edge(blank):
    said = blank.evaluate(
        """() => {
            const values = Float32Array.from({ length: 16 }, (_, i) => i);
            const picture = { width: 4, height: 4, channels: 1, values };
            const at = ([x, y], padding) => {
                const { pixel, at, neighbours, sums } = sampleAt(picture, [x, y], padding, [0]);
                return { pixel, at, sums, weight: neighbours.reduce((sum, n) => sum + n.weight, 0) };
            };
            return [at([-1, 1], "border"), at([0, 0], "zeros"), at([0.75, 0.75], "border"), at([1.5, 0], "reflection")];
        }"""
    )
    assert said[0]["pixel"] == [-0.5, 3.5] and said[0]["at"] == [0, 3] and said[0]["sums"] == [12]
    assert said[1]["pixel"] == [1.5, 1.5] and said[1]["sums"] == [7.5]
    assert said[2]["pixel"] == [3, 3] and said[2]["sums"] == [15]
    assert said[3]["pixel"][0] == 4.5 and said[3]["at"][0] == 2.5
    assert all(math.isclose(one["weight"], 1) for one in said)


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_a_frame_and_its_theta_are_the_same_thing(blank, family):
    thetas = [some_theta(family, seed)[0].tolist() for seed in range(8)]
    back = blank.evaluate(
        "([family, thetas]) => thetas.map((t) => thetaOf(family, frameOf(family, t), t))", [family, thetas]
    )
    assert np.allclose(back, thetas, atol=1e-6)
    matrices = blank.evaluate("([family, thetas]) => thetas.map((t) => matrixOf(family, t))", [family, thetas])
    if family == "tps":
        lattice = get_family("tps").identity()[0].view(-1, 2)
        basis = torch.nn.functional.pad(lattice, (0, 1), value=1)  # (16, 3)
        wanted = [torch.linalg.lstsq(basis, torch.tensor(t).view(-1, 2)).solution.T for t in thetas]
        assert np.allclose(np.array(matrices)[:, :6], torch.stack(wanted).flatten(1).numpy(), atol=1e-5)
    else:
        wanted = get_family(family).matrix(torch.tensor(thetas)).flatten(1)
        assert np.allclose(matrices, wanted.numpy(), atol=1e-6)


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_a_grip_that_is_dragged_ends_up_under_the_pointer(blank, family):
    # Not every family can do everything: a corner that only resizes stays on its ray, an edge on its axis.
    moved = blank.evaluate(
        """([family, theta]) => gripsOf(family, theta).map((grip) => {
            const place = placeOf(grip, family, theta, 9);
            const wanted = [0.9 * place[0] + 0.07, 0.9 * place[1] - 0.05];
            const next = drag(grip, family, theta, wanted);
            const changed = next.join() !== theta.join();
            return { kind: grip.kind, wanted, place: placeOf(grip, family, next, 9), changed };
        })""",
        [family, some_theta(family, 3, spread=0.05)[0].tolist()],
    )
    kinds = {grip["kind"] for grip in moved}
    assert all(grip["changed"] for grip in moved)
    free = {"move", "point"} | ({"corner"} if family in ("affine", "projective") else set())
    assert kinds & free or family == "rotation"
    for grip in moved:
        if grip["kind"] in free:
            assert np.allclose(grip["place"], grip["wanted"], atol=1e-6), grip


def test_a_projective_frame_never_reaches_the_horizon_by_hand(blank):
    theta = get_family("projective").identity()[0].tolist()
    ended = blank.evaluate(
        """(start) => {
            let theta = start;
            const corner = gripsOf("projective", theta).find(({ kind }) => kind === "corner");
            for (let k = 0; k < 60; k += 1) theta = drag(corner, "projective", theta, [-1 + k / 10, -1 + k / 10]);
            return theta;
        }""",
        theta,
    )
    assert abs(ended[6]) + abs(ended[7]) <= 0.95 and max(map(abs, ended)) <= 8


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_the_way_to_the_networks_answer_ends_there(blank, family):
    start, goal = some_theta(family, 1)[0].tolist(), some_theta(family, 2)[0].tolist()
    ways = blank.evaluate("([f, a, b]) => [0, 0.5, 1].map((part) => between(f, a, b, part))", [family, start, goal])
    assert np.allclose(ways[0], start, atol=1e-6) and ways[2] == goal
    assert np.isfinite(ways[1]).all()


def test_links_give_nothing_but_numbers_in_range(blank):
    read = blank.evaluate(
        """() => [
            ["1", "6", "7", "0", "2.5", "x", null].map((text) => stepFrom(text)),
            ["0.5,-1,0", "9,0,0", "1e9", "NaN", "<b>", null, "1,,2", ""].map(thetaFrom),
            ["3-4", "-1-2", "a", null, "1000-1"].map(pixelFrom),
        ]"""
    )
    assert read == [[1, 6, 1, 1, 1, 1, 1], [[0.5, -1, 0], *[None] * 7], [[3, 4], *[None] * 4]]


def test_the_sums_are_written_as_they_are_done(blank):
    affine = {"family": "affine", "matrix": [[0.64, -0.31, 0.1], [0.31, 0.64, -0.25], [0, 0, 1]]}
    lines = blank.evaluate("(stage) => gridLines(stage, [0.25, -0.321], [0.35951, -0.37794])", affine)
    assert lines == [
        "x\u209b = 0.640\u00b70.250 \u2212 0.310\u00b7(\u22120.321) + 0.100 = 0.360",
        "y\u209b = 0.310\u00b70.250 + 0.640\u00b7(\u22120.321) \u2212 0.250 = \u22120.378",
    ]
    texts = blank.evaluate(
        """() => {
            const picture = { width: 2, height: 2, channels: 1, values: Float32Array.from([0, 1, 0.5, 0.25]) };
            const mix = mixAt(() => picture, [0.1, -0.2], 0, "border", null);
            const far = sampleAt(picture, [1.5, 0], "border", null);
            return [samplerLines(mix, mix.parts[0], 0, 0, mix.sums[0]), pixelLines(picture, [1.5, 0], far, "border")];
        }"""
    )
    # In pixels (0.6, 0.3): weights 0.28, 0.42, 0.12, 0.18.
    assert texts[0] == ["V = 0.280\u00b70.000 + 0.420\u00b71.000 + 0.120\u00b70.500 + 0.180\u00b70.250 = 0.525"]
    assert "((1.500 + 1)\u00b72 \u2212 1)/2 = 2.00, outside: border padding reads at 1.00" in texts[1][0]


# --- the page


def state(page) -> dict:
    return json.loads(page.locator("#look").get_attribute("data-drawn"))


def pixel(page, *at: int) -> dict:
    """The sums of the chosen pixel, of the one in row, column `at` where that is given."""
    if at:
        page.wait_for_function(
            """(at) => { const seen = JSON.parse(document.querySelector('#look').dataset.pixel);
                         return seen.row === at[0] && seen.column === at[1]; }""",
            arg=at,
        )
    return json.loads(page.locator("#look").get_attribute("data-pixel"))


def hand_is(page, script: str) -> list:
    """Waits until the newest answer to a theta by hand fulfils a condition on `t`, and returns that theta."""
    page.wait_for_function(
        f"() => {{ const t = JSON.parse(document.querySelector('#look').dataset.drawn).hand; return t && ({script}); }}"
    )
    return state(page)["hand"]


def test_the_tab_shows_four_panels_and_the_sums_of_a_pixel(look):
    page = look("&dataset=mnist&sample=3&rotation=20")
    for panel in ("localiser", "theta", "grid", "sampler"):
        assert page.locator(f"#look-{panel}").is_visible()
    assert page.locator(".maps-row").count() == 4
    assert page.locator(".maps-strip").first.locator("canvas").count() == 6
    assert page.locator(".look-names dt").all_inner_texts() == ["xx", "xy", "shift x", "yx", "yy", "shift y"]
    assert page.locator(".look-words").inner_text() == "Leaves the picture as it is."
    text = page.locator(".sums").inner_text()
    # The identity shrinks 60 pixels to 28: the layer averages, and its first sample is one of half the size.
    assert "averages" in text and "W \u2212 1)/2" in text and "\u00b730 \u2212 1)/2" in text


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


def test_a_colour_picture_is_summed_channel_by_channel(look):
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


def test_theta_by_hand_with_sliders_and_the_networks_answer(look):
    page = look("&dataset=mnist&sample=3&step=6")
    assert hand_is(page, "true") == pytest.approx([1, 0, 0, 0, 1, 0])
    page.locator("[data-part=turn]").focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    theta = hand_is(page, "Math.abs(t[3] - 0.5) < 1e-3")
    turned = math.radians(30)
    assert theta == pytest.approx(
        [math.cos(turned), -math.sin(turned), 0, math.sin(turned), math.cos(turned), 0], abs=1e-4
    )
    assert "30\u00b0" in page.locator(".look-words").inner_text()
    assert page.locator("#look-bars-hand .bar").count() == 10
    assert page.locator(".closeness-title").inner_text().startswith("True class: ")
    assert "network" in page.locator(".closeness-words").inner_text().lower()
    page.wait_for_function("() => location.search.includes('hand=0.866')")
    # The untrained network answers with the identity.
    page.locator(".hand-net").click()
    hand_is(page, "Math.abs(t[0] - 1) < 1e-6 && Math.abs(t[3]) < 1e-6")
    assert page.locator(".closeness-words").inner_text() == "As good as the network."
    assert page.locator("[data-percent=hand]").inner_text() == page.locator("[data-percent=net]").inner_text()


def test_the_frame_is_dragged_by_pointer_and_by_keys(look):
    page = look("&dataset=mnist&sample=3&step=6")
    hand_is(page, "true")
    box = page.locator(".grips").bounding_box()
    half = box["width"] / 2 / 1.35  # pixels for one half-width
    corner = page.locator(".grip-corner").nth(2).bounding_box()
    x, y = corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 0.25 * half, y - 0.25 * half, steps=5)
    page.mouse.move(x - 0.5 * half, y - 0.5 * half, steps=5)
    page.mouse.up()
    theta = hand_is(page, "Math.abs(t[0] - 0.5) < 0.02")
    assert theta == pytest.approx([0.5, 0, 0, 0, 0.5, 0], abs=0.02)
    page.locator(".grip-move").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    theta = hand_is(page, "Math.abs(t[5] - 0.1) < 1e-3")
    assert (theta[2], theta[5]) == pytest.approx((0.02, 0.1), abs=1e-3)
    page.locator(".grip-turn").focus()
    page.keyboard.press("ArrowRight")
    hand_is(page, f"Math.abs(t[3] - 0.5 * {math.sin(math.radians(2))}) < 2e-3")


def test_theta_by_hand_survives_in_the_link(look):
    page = look("&dataset=mnist&sample=3&hand=0.5,0.3,0.1,-0.3,0.5,0")
    assert hand_is(page, "true") == pytest.approx([0.5, 0.3, 0.1, -0.3, 0.5, 0], abs=1e-6)
    assert page.locator("[name=look-who][value=hand]").is_checked()
    page.locator(".who label", has_text="Network").click()
    page.wait_for_function("() => JSON.parse(document.querySelector('#look').dataset.drawn).hand === null")
    page.wait_for_function("() => !location.search.includes('hand=')")
    broken = look("&dataset=mnist&sample=3&hand=1,2")  # of another family, or nonsense: as if it were not there
    assert hand_is(broken, "true") == pytest.approx([1, 0, 0, 0, 1, 0])


def test_theta_by_hand_follows_to_another_picture_and_data_set(look):
    page = look("&dataset=mnist&sample=3&step=6")
    hand_is(page, "true")
    page.locator("#dataset").get_by_text("CIFAR-10").click()
    page.wait_for_function(
        """() => { const d = JSON.parse(document.querySelector('#look').dataset.drawn);
                   return d.dataset === 'cifar10' && d.hand && !window.stnLook.handPump.busy; }"""
    )
    assert page.locator("#look-bars-hand .bar-class").first.inner_text() == "airplane"
    assert pixel(page)["sum"] == pytest.approx(pixel(page)["value"], abs=1e-5)


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


def test_an_error_is_told_and_the_next_answer_takes_it_back(look):
    page = look("&dataset=mnist&sample=3")
    page.route("**/component_server/", lambda route: route.fulfill(json={"error": "Nothing to see."}))
    slider(page, "shear").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('#look-notice').innerText === 'Nothing to see.'")
    page.unroute("**/component_server/")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('#look-notice').hidden")


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


def test_nothing_grows_while_theta_changes(look):
    page = look("&dataset=mnist&sample=3&step=6")
    hand_is(page, "true")
    page.locator("[data-part=x]").focus()

    def nodes_after(presses: int) -> int:
        for i in range(presses):
            page.keyboard.press("ArrowRight" if i % 2 else "ArrowLeft")
        page.wait_for_function("() => !window.stnLook.handPump.busy")
        return page.evaluate("() => document.querySelectorAll('*').length")

    assert nodes_after(2) == nodes_after(40)


@pytest.fixture(scope="module")
def other_families(tmp_path_factory):
    """A page with networks of families that are not shipped yet, each with a theta of its own."""
    from demo.page import build, launch_options
    from stn.checkpoint import save_checkpoint
    from stn.models import build_model
    from stn.recipes import get_recipe

    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    plain, affine = get_recipe("mnist-play-cnn"), get_recipe("mnist-play-affine")
    record = {"result": {"accuracy": 10.0}}
    save_checkpoint(folder / f"{plain.name}.safetensors", plain, build_model(plain.model), record)
    for family in ("projective", "tps"):
        recipe = replace(affine, name=f"mnist-play-{family}", model=replace(affine.model, family=family))
        model = build_model(recipe.model)
        with torch.no_grad():
            model.net.stn.localizer.head[-1].bias.copy_(some_theta(family, 5, spread=0.1)[0])
        save_checkpoint(folder / f"{recipe.name}.safetensors", recipe, model, record)
    page = build(data_dir=tmp_path_factory.mktemp("no-data"), checkpoints=folder)
    _, url, _ = page.launch(**launch_options(), prevent_thread_lock=True, quiet=True)
    yield url
    page.close()


@pytest.mark.parametrize("family", ["projective", "tps"])
def test_other_families_are_explained_and_moved_by_hand(look, other_families, family):
    page = look(f"&dataset=mnist&sample=3&model=mnist-play-{family}&pixel=9-20", at=other_families)
    seen = pixel(page, 9, 20)
    theta = some_theta(family, 5, spread=0.1)
    source = get_family(family).grid(theta, (28, 28))[0, 9, 20].tolist()
    assert seen["source"] == pytest.approx(source, abs=1e-5)
    assert seen["sum"] == pytest.approx(seen["value"], abs=1e-5)
    text = page.locator(".sums").inner_text()
    assert ("w = " if family == "projective" else "spline") in text
    assert page.locator(".look-names dt").count() == (8 if family == "projective" else 16)

    page.locator(".who label", has_text="You").click()
    identity = get_family(family).identity()[0].tolist()
    assert hand_is(page, "true") == pytest.approx(identity, abs=1e-6)
    grip = page.locator(".grip-corner, .grip-point").first
    assert page.locator(".grip-point").count() == (16 if family == "tps" else 0)
    grip.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    if family == "tps":
        moved = hand_is(page, "Math.abs(t[1] + 0.9) < 1e-4")
        assert moved == pytest.approx([-0.9, -0.9, *identity[2:]], abs=1e-4)
    else:
        moved = hand_is(page, "Math.abs(t[6]) > 1e-3 && Math.abs(t[7]) > 1e-3 && Math.abs(t[6] - t[7]) < 1e-6")
        corners = get_family(family).matrix(torch.tensor([moved]))
        corner = corners[0] @ torch.tensor([-1.0, -1.0, 1.0])
        assert (corner[:2] / corner[2]).tolist() == pytest.approx([-0.9, -0.9], abs=1e-4)
    page.locator(".hand-net").click()
    hand_is(page, f"Math.abs(t[0] - {theta[0, 0].item()}) < 1e-5")
    assert page.locator(".closeness-words").inner_text() == "As good as the network."


def test_numbers_travel_without_loss(blank):
    values = torch.randn(40, generator=torch.Generator().manual_seed(0)) * 1e3
    read = blank.evaluate("(text) => [...floatsOf(text)]", encode_floats(values))
    assert np.array_equal(np.float32(read), np.frombuffer(base64.b64decode(encode_floats(values)), "<f4"))
