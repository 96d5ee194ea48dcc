"""Choosing images: thumbnails, one that the CNN gets wrong, and images of one's own."""

import base64
import json

import pytest
from PIL import Image, ImageDraw

from demo.controls.mistakes import MistakeFinder
from tests.browser.looking import film, pixels, settled, slider, stroke


def strip_page(page) -> list[int]:
    page.wait_for_function("() => document.querySelector('#strip').dataset.samples")
    return [int(n) for n in page.locator("#strip").get_attribute("data-samples").split()]


def click_thumb(page, place: int):
    box = page.locator("#strip").bounding_box()
    cell = box["width"] / 6
    page.mouse.click(box["x"] + (place % 6 + 0.5) * cell, box["y"] + (place // 6 + 0.5) * cell)


def own(page, is_shown: bool = True):
    page.wait_for_function(
        "(own) => document.querySelector('#picture-words').innerText.startsWith('Your own') === own", arg=is_shown
    )


def test_a_click_on_a_thumbnail_shows_that_image_and_leaves_the_sliders(visit):
    page = visit("?dataset=mnist&sample=3&rotation=25")
    page.wait_for_function("() => document.querySelector('#strip').dataset.samples?.startsWith('0 ')")
    click_thumb(page, 8)
    assert settled(page, sample=8)["rotation"] == 25
    assert page.locator("#sample input").input_value() == "8"


def test_arrow_keys_choose_and_turn_the_page(visit):
    page = visit("?dataset=mnist&sample=11")
    page.wait_for_function("() => document.querySelector('#strip').dataset.samples?.startsWith('0 ')")
    page.locator("#strip").focus()
    page.keyboard.press("ArrowRight")
    settled(page, sample=12)
    page.wait_for_function("() => document.querySelector('#strip').dataset.samples.startsWith('12 ')")
    page.keyboard.press("ArrowDown")
    settled(page, sample=18)


def test_a_page_that_one_has_turned_to_can_be_chosen_from(visit):
    page = visit("?dataset=mnist&sample=3")
    page.wait_for_function("() => document.querySelector('#strip').dataset.samples?.startsWith('0 ')")
    page.locator("#strip").focus()
    page.keyboard.press("PageDown")
    page.wait_for_function("() => document.querySelector('#strip').dataset.samples.startsWith('12 ')")
    page.keyboard.press("ArrowRight")
    settled(page, sample=12)
    page.locator("#strip[aria-valuetext$='number 12']").wait_for()


def test_pages_turn_without_changing_the_image(visit):
    page = visit("?dataset=mnist&sample=3")
    first = strip_page(page)
    page.locator("#page-on").click()
    page.wait_for_function(
        "(old) => document.querySelector('#strip').dataset.samples !== old", arg=" ".join(map(str, first))
    )
    assert strip_page(page)[0] == first[-1] + 1
    assert settled(page)["sample"] == 3


def test_thumbnails_follow_the_class_and_the_data_set(visit):
    page = visit("?dataset=mnist&sample=3")
    page.locator("#class input").click()
    page.get_by_role("option", name="7", exact=True).click()
    page.wait_for_function("() => document.querySelector('#strip-words').innerText.includes('of 4 ')")
    assert "drawings" in page.locator("#strip-words").inner_text()
    assert len(strip_page(page)) == 4
    page.locator("#dataset label", has_text="CIFAR-10").click()
    settled(page, dataset="cifar10")
    page.wait_for_function("() => document.querySelector('#strip').dataset.samples.split(' ').length === 12")


@pytest.mark.parametrize("query", ["", "&view=class"])
def test_the_longest_class_and_the_highest_number_are_not_cut(visit, query):
    page = visit(f"?dataset=cifar10&sample=3{query}")
    for field, text in (("#class input", "automobile"), ("#sample input", "9999")):
        hidden = page.locator(field).evaluate("(e, t) => { e.value = t; return e.scrollWidth - e.clientWidth; }", text)
        assert hidden <= 0, field
    assert abs(page.locator("#class").bounding_box()["y"] - page.locator("#sample").bounding_box()["y"]) < 8


def test_one_the_cnn_gets_wrong_is_shown_or_said_not_to_be_there(visit, monkeypatch):
    page = visit("?dataset=mnist&sample=3")
    monkeypatch.setattr(MistakeFinder, "find", lambda *_: {"sample": 9, "words": "Here is one."})
    before = slider(page, "rotation").bounding_box()
    page.locator("#mistake").click()
    settled(page, sample=9)
    assert page.locator("#picks-said").inner_text() == "Here is one."
    assert slider(page, "rotation").bounding_box() == before, "the sliders stay where they are"
    monkeypatch.setattr(MistakeFinder, "find", lambda *_: {"sample": None, "words": "None of them."})
    page.locator("#mistake").click()
    page.wait_for_function("() => document.querySelector('#picks-said').innerText === 'None of them.'")
    assert settled(page)["sample"] == 9
    slider(page, "shear").focus()
    page.keyboard.press("ArrowRight")
    settled(page, shear=1)
    assert page.locator("#picks-said").inner_text() == "", "it was said of the sliders as they stood"


def test_a_drawing_replaces_the_image_until_it_is_sent_away(visit):
    page = visit("?dataset=mnist&sample=3")
    before = pixels(page, "input")
    page.locator("#own-draw").click()
    stroke(page, (0.5, 0.3), (0.5, 0.7))
    own(page)
    assert pixels(page, "input") != before
    assert page.locator("#bars-cnn .is-true").count() == 0, "nobody knows what was drawn"
    assert "own" in page.locator("#warnings").inner_text()
    assert "image" not in json.loads(page.locator("#view").get_attribute("data-drawn")), "bytes do not belong there"
    slider(page, "shear").focus()
    page.keyboard.press("ArrowRight")
    settled(page, shear=1)
    own(page)
    page.wait_for_function("() => location.search.includes('shear=1')")
    assert len(page.url) < 200 and "image" not in page.url
    page.locator("#own-back").click()
    own(page, False)
    page.keyboard.press("r")
    settled(page, shear=0)
    page.wait_for_function("(old) => document.querySelector('#input').toDataURL() === old", arg=before)


def test_undo_and_clear_bring_the_test_image_back(visit):
    page = visit("?dataset=mnist&sample=3")
    page.locator("#own-draw").click()
    stroke(page, (0.5, 0.3), (0.5, 0.7))
    own(page)
    page.locator("#pad-undo").click()
    own(page, False)
    stroke(page, (0.3, 0.3), (0.7, 0.3))
    own(page)
    page.locator("#pad-clear").click()
    own(page, False)


def test_a_test_image_that_is_asked_for_ends_the_drawing(visit):
    page = visit("?dataset=mnist&sample=3")
    page.locator("#own-draw").click()
    stroke(page, (0.5, 0.3), (0.5, 0.7))
    own(page)
    page.locator("#next").click()
    own(page, False)
    settled(page, sample=4)


def test_drawing_works_by_touch_and_in_colour(visit):
    page = visit("?dataset=cifar10&sample=3", width=390, height=844, has_touch=True)
    page.locator("#own-draw").click()
    page.locator("#inks button").nth(2).click()
    box = page.locator("#pad").bounding_box()
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    own(page)


def test_a_file_is_shown_at_the_data_sets_size(visit, tmp_path):
    file = tmp_path / "wide.png"
    Image.new("RGB", (900, 500), "red").save(file)
    page = visit("?dataset=cifar10&sample=3")
    page.locator("#own-file").set_input_files(file)
    own(page)
    image = base64.b64decode(page.evaluate("() => window.stnPage.own.image"))
    assert len(image) == 32 * 32 * 3 and image[:3] == b"\xff\x00\x00"


def test_a_sheet_without_strokes_is_one_sentence_and_the_image_stays(visit, tmp_path):
    file = tmp_path / "blank.png"
    Image.new("L", (5000, 20), 255).save(file)
    page = visit("?dataset=mnist&sample=3")
    page.locator("#own-file").set_input_files(file)
    page.wait_for_function("() => document.querySelector('#picks-said').innerText.startsWith('No strokes found')")
    own(page, False)
    assert page.evaluate("() => window.stnPage.own") is None


def test_a_broken_file_is_one_sentence(visit, tmp_path):
    file = tmp_path / "photo.heic"
    file.write_bytes(b"not an image")
    page = visit("?dataset=mnist&sample=3")
    page.locator("#own-file").set_input_files(file)
    page.wait_for_function("() => document.querySelector('#picks-said').innerText.includes('cannot read this file')")
    own(page, False)


def test_a_camera_that_is_refused_is_one_sentence(visit):
    page = visit("?dataset=mnist&sample=3")
    page.evaluate(
        """() => { navigator.mediaDevices.getUserMedia = () =>
            Promise.reject(new DOMException("no", "NotAllowedError")); }"""
    )
    page.locator("#own-camera").click()
    page.wait_for_function("() => document.querySelector('#picks-said').innerText.includes('not allowed')")
    assert page.locator("#camera-box").is_hidden()


def test_the_camera_takes_an_image_and_is_switched_off(visit):
    page = visit("?dataset=cifar10&sample=3")
    film(page, "#00ff00", (320, 240))
    page.locator("#own-camera").click()
    page.wait_for_function("() => document.querySelector('#camera').videoWidth === 320")
    page.locator("#camera-shoot").click()
    own(page)
    image = base64.b64decode(page.evaluate("() => window.stnPage.own.image"))
    assert len(image) == 32 * 32 * 3 and image[1] > 200 > 60 > image[0]
    assert page.evaluate("() => window.filmed.getTracks().every((t) => t.readyState === 'ended')")


def test_the_camera_is_switched_off_where_nobody_sees_its_image(visit):
    page = visit("?dataset=mnist&sample=3")
    film(page)
    page.locator("#own-camera").click()
    page.locator("#camera-box").wait_for(state="visible")
    page.get_by_role("tab", name="Lesson").click()
    page.wait_for_function("() => window.filmed.getTracks().every((t) => t.readyState === 'ended')")


def test_the_newest_of_two_uploads_is_shown(visit, tmp_path):
    page = visit("?dataset=mnist&sample=3")
    page.evaluate(
        """() => {
            const real = window.createImageBitmap.bind(window);
            window.createImageBitmap = async (file, ...rest) => {
                if (file.name === "slow.png") await new Promise((done) => (window.release = done));
                return real(file, ...rest);
            };
        }"""
    )
    for name, shape in (("slow.png", (5, 5, 9, 50)), ("quick.png", (5, 5, 50, 9))):
        image = Image.new("L", (60, 60), 255)
        ImageDraw.Draw(image).rectangle(shape, fill=0)
        image.save(tmp_path / name)
        page.locator("#own-file").set_input_files(tmp_path / name)
    own(page)
    quick = page.evaluate("() => window.stnPage.own.image")
    page.evaluate("() => window.release()")
    page.wait_for_timeout(300)
    assert page.evaluate("() => window.stnPage.own.image") == quick


def test_closing_the_pad_keeps_the_focus_beside_it(visit):
    page = visit("?dataset=mnist&sample=3")
    page.locator("#own-draw").click()
    page.locator("#pad-close").focus()
    page.keyboard.press("Enter")
    assert page.locator("#pad-box").is_hidden()
    assert page.evaluate("() => document.activeElement.id") == "own-draw"
