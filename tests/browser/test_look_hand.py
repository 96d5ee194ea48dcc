"""theta by hand in a real browser: sliders, grips, links, every family."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from stn.families import get_family
from tests.browser.looking_inside import hand_is, pixel, some_theta, state


def test_theta_by_hand_with_sliders_and_the_networks_answer(look):
    page = look("&dataset=mnist&sample=3&step=6")
    assert hand_is(page, "true") == pytest.approx([1, 0, 0, 0, 1, 0])
    page.locator("[data-part=turn]").focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    theta = hand_is(page, "Math.abs(t[3] + 0.5) < 1e-3")
    turned = math.radians(30)  # counter-clockwise on the input, where y points down
    assert theta == pytest.approx(
        [math.cos(turned), math.sin(turned), 0, -math.sin(turned), math.cos(turned), 0], abs=1e-4
    )
    assert page.locator(".look-words").inner_text() == "Turns it 30\u00b0 clockwise."
    assert page.locator(".hand-says").inner_text() == (
        "Your frame is turned 30\u00b0 counter-clockwise on the input. That turns the image 30\u00b0 clockwise."
    )
    assert page.locator("#look-bars-hand .bar").count() == 10
    assert page.locator(".closeness-title").inner_text().startswith("True class: ")
    assert "network" in page.locator(".closeness-words").inner_text().lower()
    page.wait_for_function("() => location.search.includes('hand=0.866')")
    # The untrained network answers with the identity.
    page.locator(".hand-net").click()
    hand_is(page, "Math.abs(t[0] - 1) < 1e-6 && Math.abs(t[3]) < 1e-6")
    assert page.locator(".closeness-words").inner_text() == "As good as the network."
    assert page.locator("[data-percent=hand]").inner_text() == page.locator("[data-percent=net]").inner_text()


@pytest.mark.parametrize(("dataset", "degrees"), [("mnist", 40), ("cifar10", -25)])
def test_the_angle_of_the_input_is_the_angle_of_the_frame_that_makes_it_right(look, dataset, degrees):
    def output(page) -> np.ndarray:
        """What the output's canvas shows."""
        script = "(c) => [...c.getContext('2d').getImageData(0, 0, 200, 200).data]"
        return np.array(page.locator("#look-output-canvas").evaluate(script), float)

    query = f"&dataset={dataset}&sample=4&step=6&pixel=27-0"
    upright = look(query)
    hand_is(upright, "true")
    page = look(f"{query}&rotation={degrees}")
    hand_is(page, "true")

    def off(turn: int) -> float:
        page.locator("[data-part=turn]").fill(str(turn))
        hand_is(page, f"Math.abs(t[3] + {math.sin(math.radians(turn))}) < 1e-4")
        return np.abs(output(page) - output(upright)).mean()

    at_zero, wrong, right = off(0), off(-degrees), off(degrees)
    assert right < 0.5 * at_zero < 0.5 * wrong


def test_the_networks_answer_has_one_number_in_the_slider_and_in_the_words(look, other_families):
    page = look("&dataset=mnist&sample=3&model=mnist-play-projective", at=other_families)
    page.locator(".who label", has_text="You").click()
    hand_is(page, "t.length === 8")
    page.locator(".hand-net").click()
    page.wait_for_function("() => document.querySelector('.hand-says').textContent.startsWith('The network')")
    page.wait_for_function("() => !window.stnLook.handPump.busy")
    words = page.locator(".look-words").inner_text()
    number, back = re.search("turns it (\\d+)\u00b0 ((counter-)?clockwise)", words, re.I).group(1, 2)
    there = "clockwise" if back == "counter-clockwise" else "counter-clockwise"
    shown = page.locator(".hand-row:has([data-part=turn]) .hand-value").inner_text()
    assert shown == ("" if there == "counter-clockwise" else "\u2212") + number + "\u00b0"
    assert page.locator(".hand-says").inner_text() == (
        f"The network\u2019s frame is turned {number}\u00b0 {there} on the input. "
        f"That turns the image {number}\u00b0 {back}."
    )


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
    broken.wait_for_function("() => new URLSearchParams(location.search).get('hand') === '1,0,0,0,1,0'")


def test_theta_by_hand_follows_to_another_image_and_data_set(look):
    page = look("&dataset=mnist&sample=3&step=6")
    hand_is(page, "true")
    page.locator("#dataset").get_by_text("CIFAR-10").click()
    page.wait_for_function(
        """() => { const d = JSON.parse(document.querySelector('#look').dataset.drawn);
                   return d.dataset === 'cifar10' && d.hand && !window.stnLook.handPump.busy; }"""
    )
    assert page.locator("#look-bars-hand .bar-class").first.inner_text() == "airplane"
    assert pixel(page)["sum"] == pytest.approx(pixel(page)["value"], abs=1e-5)


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
    """A page with networks of two more families, each with a theta of its own."""
    from demo.core.models import UPRIGHT
    from demo.page import build, launch_options
    from stn.checkpoint import save_checkpoint
    from stn.models import build_model
    from stn.recipes import get_recipe

    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    affine = get_recipe("mnist-play-affine")
    record = {"result": {"accuracy": 10.0}}
    for plain in (get_recipe("mnist-play-cnn"), get_recipe(UPRIGHT["mnist"])):
        save_checkpoint(folder / f"{plain.name}.safetensors", plain, build_model(plain.model), record)
    for family in ("projective", "tps"):
        recipe = replace(
            affine, name=f"mnist-play-{family}", model=replace(affine.model, family=family, localizer_zoom=0)
        )
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


def test_the_way_to_the_networks_answer_ends_when_another_family_comes(look, other_families):
    page = look("&dataset=mnist&sample=3&model=mnist-play-projective", at=other_families)
    page.locator(".who label", has_text="You").click()
    hand_is(page, "t.length === 8")
    page.evaluate("""() => {
        document.querySelector('.hand-net').click();
        window.stnPage.set({ ...window.stnPage.state, model: 'mnist-play-tps' });
    }""")
    identity = get_family("tps").identity()[0].tolist()
    assert hand_is(page, "t.length === 32") == pytest.approx(identity, abs=1e-6)
    page.wait_for_timeout(1000)  # longer than the whole way
    page.wait_for_function("() => !window.stnLook.handPump.busy")
    assert state(page)["hand"] == pytest.approx(identity, abs=1e-6)
    page.wait_for_function("() => new URLSearchParams(location.search).get('hand').split(',').length === 32")


@pytest.mark.parametrize(("family", "columns"), [("projective", 3), ("tps", 4)])
def test_play_lays_out_theta_of_other_families_within_its_column(look, other_families, family, columns):
    page = look(f"&dataset=mnist&sample=3&model=mnist-play-{family}", at=other_families)
    page.get_by_role("tab", name="Play").click()
    page.wait_for_function(
        "(family) => document.querySelector('#theta .theta-numbers').ariaLabel.includes(family)", arg=family
    )
    theta = some_theta(family, 5, spread=0.1)[0].tolist()
    names = get_family(family).parameter_names
    shown = {cell.get_attribute("title"): cell.inner_text() for cell in page.locator("#theta .matrix-cell").all()}
    for name, value in zip(names, theta, strict=True):
        assert float(shown[name].replace("\u2212", "-")) == pytest.approx(value, abs=0.0051)
    boxes = [cell.bounding_box() for cell in page.locator("#theta .matrix-cell").all()]
    assert sum(abs(box["y"] - boxes[0]["y"]) < 1 for box in boxes) == columns
    column, matrix = (page.locator(where).bounding_box() for where in ("#theta", "#theta .matrix"))
    assert matrix["x"] + matrix["width"] <= column["x"] + column["width"]
    hint = page.locator(".theta-hint").inner_text()
    assert ("16 control points" in hint) == (family == "tps")
