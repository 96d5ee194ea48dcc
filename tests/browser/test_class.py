"""What a teacher does in front of a class: spin, keys, links, the figure as a file, a view with few controls."""

import io
from urllib.parse import parse_qs, urlparse

import pytest

from tests.browser.looking import moved_by_words, settled, slider

SPINNING = "(on) => document.querySelector('#spin').innerText === (on ? 'Stop' : 'Spin')"


def test_keys_step_and_reset(visit):
    page = visit("?dataset=mnist&sample=4&rotation=30")
    page.keyboard.press("n")
    settled(page, sample=5)
    page.keyboard.press("p")
    settled(page, sample=4)
    page.keyboard.press("r")
    settled(page, rotation=0, sample=4)


def test_keys_can_be_switched_off_and_the_link_remembers_it(visit):
    page = visit("?dataset=mnist&sample=4&rotation=30")
    faded = "() => getComputedStyle(document.querySelector('.keys-list')).opacity < 1"
    assert not page.evaluate(faded)
    page.locator("#keys-on").uncheck()
    assert page.evaluate(faded)
    page.wait_for_function("() => location.search.includes('keys=off')")
    again = visit("?" + urlparse(page.url).query)
    assert not again.locator("#keys-on").is_checked()
    for each in (page, again):
        for key in "nprs":
            each.keyboard.press(key)
        slider(each, "shear").focus()
        each.keyboard.press("ArrowRight")
        drawn = settled(each, shear=1)
        assert (drawn["sample"], drawn["rotation"]) == (4, 30)
    again.locator("#keys-on").check()
    again.wait_for_function("() => !location.search.includes('keys')")
    again.keyboard.press("n")
    settled(again, sample=5)


def test_keys_do_nothing_while_somebody_types(visit):
    page = visit("?dataset=mnist&sample=4&rotation=30")
    page.locator("#class input").focus()
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    slider(page, "shear").focus()
    page.keyboard.press("ArrowRight")
    assert settled(page, shear=1)["rotation"] == 30


def test_spin_turns_the_image_and_stops_on_a_touch(visit):
    page = visit("?dataset=mnist&sample=3&rotation=10")
    page.keyboard.press("s")
    page.wait_for_function(SPINNING, arg=True)
    page.wait_for_function("() => JSON.parse(document.querySelector('#view').dataset.drawn).rotation > 25")
    page.mouse.click(700, 300)
    page.wait_for_function(SPINNING, arg=False)
    page.wait_for_function("() => !window.stnPlay.pump.busy")
    assert settled(page)["rotation"] == float(slider(page, "rotation").input_value())
    page.locator("#spin").click()
    page.wait_for_function(SPINNING, arg=True)
    page.locator("#spin").click()
    page.wait_for_function(SPINNING, arg=False)


def test_any_key_stops_a_spin_that_its_button_started(visit):
    page = visit("?dataset=mnist&sample=3&rotation=10")
    for key in ("Escape", "ArrowDown", "Tab"):
        page.locator("#spin").click()
        page.wait_for_function(SPINNING, arg=True)
        page.keyboard.press(key)
        page.wait_for_function(SPINNING, arg=False)


def test_a_sweep_goes_through_the_whole_range_and_comes_back(modules):
    page = modules("controls/spin.js")
    seen = []
    for motion in ("no-preference", "reduce"):
        page.emulate_media(reduced_motion=motion)
        angles = page.evaluate(
            """() => {
                document.body.innerHTML = '<p id="rotation"><input type="range" min="-90" max="90" value="0"></p>';
                let time = 0;
                const angles = [];
                const frames = [];
                const spin = createSpin({
                    store: { slide: ({ rotation }) => angles.push(rotation) },
                    button: () => null,
                    now: () => time,
                    frame: (callback) => frames.push(callback),
                });
                spin.toggle();
                while (frames.length) { time += 16; frames.shift()(); }
                return angles;
            }"""
        )
        seen.append(angles)
    drawn, calm = seen
    assert (max(drawn), min(drawn), drawn[-1]) == (90, -90, 0)
    assert max(abs(a - b) for a, b in zip(drawn, drawn[1:], strict=False)) <= 2
    assert len(calm) <= 25 and (max(calm), min(calm), calm[-1]) == (90, -90, 0)


def test_the_link_is_copied_at_once(visit):
    page = visit("?dataset=mnist&sample=4&rotation=30&view=class")
    page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }")
    page.locator("#copy-link").click()
    page.wait_for_function("() => document.querySelector('#tool-said').innerText === 'Link copied.'")
    query = parse_qs(urlparse(page.evaluate("() => window.copied")).query)
    assert query["rotation"] == ["30"] and query["sample"] == ["4"] and query["view"] == ["class"]


def test_the_figure_is_saved_as_a_png(visit):
    from PIL import Image

    page = visit("?dataset=mnist&sample=4&rotation=30")
    with page.expect_download() as saving:
        page.locator("#save-figure").click()
    assert saving.value.suggested_filename == "mnist-play-affine-4.png"
    with open(saving.value.path(), "rb") as file:
        image = Image.open(io.BytesIO(file.read())).convert("RGB")
    assert image.width >= 1200 and image.width > image.height > 600
    assert len(image.getcolors(1 << 24)) > 50


def test_a_class_view_shows_the_named_controls_only_and_says_which_it_does_not_know(visit):
    page = visit("?view=class&show=rotation,clutter,wobble&rotation=20")
    assert slider(page, "rotation").is_visible() and slider(page, "clutter").is_visible()
    for hidden in ("#scale", "#noise", "#picture-box", "#model-box"):
        assert page.locator(hidden).first.is_hidden(), hidden
    assert "'wobble'" in page.locator("#source-note").inner_text()
    all_of_them = visit("?show=rotation")
    assert all_of_them.locator("#noise").is_visible(), "only class views hide controls"


@pytest.mark.parametrize("view", ["page", "class"])
@pytest.mark.parametrize(("width", "height"), [(1024, 768), (1280, 720), (1440, 900)])
def test_theta_and_the_headings_keep_to_their_columns_and_nothing_jumps(visit, view, width, height):
    page = visit(f"?dataset=mnist&sample=3&view={view}", width=width, height=height)
    over = page.evaluate(
        """() => ["#theta .matrix", ...[1, 2, 3].map((i) => `.panel:nth-child(${i}) .name`)].map((selector) => {
            const part = document.querySelector(selector);
            const column = part.closest(".theta, .panel");
            return part.getBoundingClientRect().right - column.getBoundingClientRect().right;
        })"""
    )
    assert max(over) <= 0, over
    words, below = page.locator("#theta .theta-words"), page.locator("#theta .theta-numbers")
    assert moved_by_words(words, below) == 0


def test_ten_bars_are_above_the_edge_of_a_projector(visit):
    page = visit("?view=class&show=rotation", width=1280, height=720)
    box = page.locator("#bars-stn .bar").last.bounding_box()
    assert box["y"] + box["height"] <= 720


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_says_how_the_networks_were_trained_and_what_is_a_drawing(visit, scheme):
    page = visit("?dataset=mnist&sample=4", color_scheme=scheme)
    assert "not on drawings" in page.locator("#warnings").inner_text()
    records = page.locator("#records").inner_text()
    assert "Affine transformer" in records and "Plain CNN" in records and "undo the known distortion" in records


def test_another_tab_may_move_sliders(visit):
    page = visit("?dataset=mnist&sample=4&rotation=30")
    page.evaluate("() => window.stnPage.slide({ rotation: -45, shift_x: 0.2, clutter: 3 })")
    assert settled(page, rotation=-45, shift_x=0.2, clutter=3)["sample"] == 4
    assert page.locator("#rotation input[type=number]").input_value() == "-45"


def test_another_tab_may_show_another_image_network_and_controls(visit):
    page = visit("?dataset=mnist&sample=4&rotation=30&shear=5")
    page.evaluate("() => window.stnPage.go({ dataset: 'cifar10', sample: 7, noise: 0.1 })")
    drawn = settled(page, dataset="cifar10", sample=7, noise=0.1)
    assert (drawn["rotation"], drawn["shear"], drawn["model"]) == (0, 0, "cifar10-play-affine")
    page.evaluate("() => window.stnPage.go({ sample: 99999 })")
    page.wait_for_function("() => document.querySelector('#source-note').innerText.includes('no image 99999')")
    page.evaluate("() => window.stnPage.go({ rotation: 1000 })")
    page.wait_for_function("() => document.querySelector('#source-note').innerText.includes('rotation is 1000')")
    assert settled(page, dataset="cifar10")["rotation"] == 0


def test_a_phone_that_opens_the_projectors_link_scrolls_one_way_only(visit):
    page = visit("?dataset=cifar10&sample=3&view=class", width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
