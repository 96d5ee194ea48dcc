"""An image of one's own goes with the visitor from tab to tab, and nobody claims to know its class."""

import base64

import pytest
from PIL import Image

from tests.browser.looking import film, settled, slider, stroke
from tests.demo.core.handwritten import photographs

LOOKS = "() => document.querySelector('#look')?.dataset.ready === 'true'"
SWEPT = "() => document.querySelector('#robustness')?.dataset.swept"


def draw_one(page):
    page.locator("#own-draw").click()
    stroke(page, (0.5, 0.25), (0.5, 0.75))


def look_says(page, start: str):
    page.wait_for_function(
        "(start) => document.querySelector('.look-picture').textContent.startsWith(start)", arg=start
    )


def swept_own(page, is_own: bool = True):
    page.wait_for_function(
        "(own) => document.querySelector('.robust-words').textContent.includes('your own image') === own", arg=is_own
    )


def test_the_four_panels_show_a_drawing_and_go_back_to_the_test_image(visit):
    page = visit("?tab=look&dataset=mnist&sample=3", ready=LOOKS)
    look_says(page, "Drawing no. 3")
    draw_one(page)
    look_says(page, "Your own image")
    says = page.locator(".look-says").inner_text()
    assert "says" in says and "right" not in says and "wrong" not in says
    # The sums are of the drawing: the transformer's output at the chosen pixel is what they come to.
    pixel = page.evaluate("() => JSON.parse(document.querySelector('#look').dataset.pixel)")
    assert abs(pixel["sum"] - pixel["value"]) < 1e-4
    slider(page, "rotation").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => JSON.parse(document.querySelector('#look').dataset.drawn).rotation === 1")
    look_says(page, "Your own image")
    page.locator("#own-back").click()
    look_says(page, "Drawing no. 3")
    assert "right" in page.locator(".look-says").inner_text() or "wrong" in page.locator(".look-says").inner_text()


def test_theta_by_hand_moves_a_drawing_against_the_networks_class(visit):
    page = visit("?tab=look&dataset=mnist&sample=3", ready=LOOKS)
    page.locator(".who label", has_text="You").click()
    page.wait_for_function("() => document.querySelector('.closeness-title').textContent.startsWith('True class')")
    assert page.locator("#look .key").is_visible()
    draw_one(page)
    page.wait_for_function("() => document.querySelector('.closeness-title').textContent.startsWith('Network')")
    assert page.locator("#look .key").is_hidden() and page.locator("#look .is-true").count() == 0
    sent = []
    page.on("request", lambda request: "component_server" in request.url and sent.append(request.post_data_json))
    page.locator("[data-part=turn]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => JSON.parse(document.querySelector('#look').dataset.drawn).hand?.[1] !== 0")
    by_hand = [request["data"] for request in sent if request["fn_name"] == "hand"]  # beside others of the page's
    assert by_hand and all(request["state"]["image"] for request in by_hand), "the hand's request holds the drawing"


def test_a_drawings_own_curve_is_of_the_transformers_answer(visit):
    page = visit("?tab=robustness&dataset=mnist&sample=3", ready=SWEPT)
    swept_own(page, False)
    draw_one(page)
    swept_own(page)
    said = page.locator(".robust-words").inner_text()
    assert "class is not known" in said and "at rotation 0\u00b0" in said and "is wrong" not in said
    page.locator("#pad-undo").click()
    swept_own(page, False)
    assert "is wrong there" in page.locator(".robust-words").inner_text()


def test_a_drawing_goes_along_from_tab_to_tab_and_stays_out_of_the_link(visit):
    page = visit("?dataset=mnist&sample=3")
    draw_one(page)
    page.wait_for_function("() => document.querySelector('#picture-words').textContent === 'Your own image'")
    assert page.locator("#view .key").is_hidden()
    page.get_by_role("tab", name="Look inside").click()
    page.wait_for_function(LOOKS)
    look_says(page, "Your own image")
    page.get_by_role("tab", name="Robustness").click()
    page.wait_for_function(SWEPT)
    swept_own(page)
    page.wait_for_function("() => location.search.includes('tab=robustness')")
    assert "image" not in page.url and len(page.url) < 200
    page.locator("#next").click()
    swept_own(page, False)


def test_the_camera_is_opened_once_and_stays_until_it_showed_something(visit):
    page = visit("?dataset=mnist&sample=3")
    page.evaluate(
        """() => {
            window.streams = [];
            navigator.mediaDevices.getUserMedia = async () => {
                await new Promise((done) => setTimeout(done, 300)); // the browser asks for leave
                const canvas = document.createElement('canvas');
                const pen = canvas.getContext('2d');
                    pen.fillStyle = '#fff';
                    pen.fillRect(0, 0, 300, 150);
                    pen.fillStyle = '#000';
                    pen.fillRect(140, 40, 20, 70);
                window.streams.push(canvas.captureStream(20));
                return window.streams.at(-1);
            };
        }"""
    )
    page.locator("#own-camera").click()
    page.locator("#own-camera").click()
    page.locator("#camera-box").wait_for(state="visible")
    nothing_yet = "{ value: 0, configurable: true }"
    page.evaluate(f"() => Object.defineProperty(document.querySelector('#camera'), 'videoWidth', {nothing_yet})")
    page.locator("#camera-shoot").click()
    assert "shows nothing yet" in page.locator("#picks").inner_text()
    assert page.locator("#camera-box").is_visible()
    page.evaluate("() => { delete document.querySelector('#camera').videoWidth; }")
    page.wait_for_function("() => document.querySelector('#camera').videoWidth > 0")
    page.locator("#camera-shoot").click()
    page.locator("#camera-box").wait_for(state="hidden")
    assert page.locator("#own-note").is_visible()
    assert page.evaluate("() => window.streams.map((s) => s.getTracks()[0].readyState)") == ["ended"]


def test_a_camera_that_is_allowed_too_late_is_switched_off(visit):
    page = visit("?dataset=mnist&sample=3")
    film(page, asks=True)
    page.locator("#own-camera").click()
    page.get_by_role("tab", name="Lesson").click()
    page.locator("#lesson[data-drawn]").wait_for(state="attached")
    page.evaluate("() => window.allow()")
    page.wait_for_function("() => window.filmed.getTracks().every((t) => t.readyState === 'ended')")


def test_an_upload_comes_with_the_sliders_at_rest_and_stays_when_the_data_set_changes(visit, tmp_path):
    file = tmp_path / "photo.png"
    Image.fromarray(photographs()[2][2]).save(file)
    page = visit("?dataset=mnist&sample=3&rotation=30")
    page.locator("#own-draw").click()
    page.locator("#own-file").set_input_files(file)
    settled(page, rotation=0)
    assert page.locator("#pad-box").is_hidden()
    page.locator("#own-note").wait_for(state="visible")
    assert "ruled lines taken out" in page.locator("#own-done").inner_text()
    assert len(base64.b64decode(page.evaluate("() => window.stnPage.own.image"))) == 28 * 28
    page.locator("#dataset label", has_text="CIFAR-10").click()
    page.wait_for_function("() => window.stnPage.own?.dataset === 'cifar10'")
    settled(page, dataset="cifar10")
    assert len(base64.b64decode(page.evaluate("() => window.stnPage.own.image"))) == 32 * 32 * 3
    assert "switch to MNIST" in page.locator("#own-doubt").inner_text()


def test_several_files_fill_a_strip_and_a_pasted_one_takes_its_place(visit, tmp_path):
    files = []
    for i in (0, 16):
        files.append(tmp_path / f"{i}.png")
        Image.fromarray(photographs()[i][2]).save(files[-1])
    page = visit("?dataset=mnist&sample=3")
    page.locator("#own-file").set_input_files(files)
    page.wait_for_function("() => window.stnPage.own")
    first = page.evaluate("() => window.stnPage.own.image")
    page.locator("#own-strip button").nth(1).click()
    page.wait_for_function("(old) => window.stnPage.own.image !== old", arg=first)
    assert page.locator("#own-strip button").nth(1).get_attribute("aria-pressed") == "true"
    page.evaluate(
        """async (uri) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([await (await fetch(uri)).blob()], "a.png", { type: "image/png" }));
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer }));
        }""",
        "data:image/png;base64," + base64.b64encode(files[0].read_bytes()).decode(),
    )
    page.wait_for_function("(old) => window.stnPage.own.image === old", arg=first)
    page.locator("#own-strip").wait_for(state="hidden")


DROP = """([content, name, type]) => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
    const over = new DragEvent("dragover", { bubbles: true, cancelable: true, dataTransfer: transfer });
    document.querySelector("#view").dispatchEvent(over);
    const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer });
    document.querySelector("#view").dispatchEvent(drop);
    return [over.defaultPrevented, drop.defaultPrevented];
}"""


def test_a_dropped_image_is_shown_and_one_that_the_browser_cannot_read_is_a_sentence(visit, tmp_path):
    """Chromium reads AVIF, no TIFF and no HEIC; whichever it is, it does not leave the page for the file."""
    photos = photographs()
    page = visit("?dataset=mnist&sample=3")
    shown = set()
    kinds = (("png", "image/png"), ("avif", "image/avif"), ("tiff", "image/tiff"), ("heic", "image/heic"), ("heic", ""))
    for suffix, kind in kinds:
        file = tmp_path / f"photo.{suffix}"
        if suffix == "heic":  # its first box, and nothing after it
            file.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64)
        else:
            Image.fromarray(photos[0 if suffix == "png" else 16][2]).save(file)
        content = base64.b64encode(file.read_bytes()).decode()
        assert page.evaluate(DROP, [content, file.name, kind]) == [True, True], kind
        if suffix in ("png", "avif"):
            new = "(shown) => window.stnPage.own && !shown.includes(window.stnPage.own.image)"
            page.wait_for_function(new, arg=[*shown])
            shown.add(page.evaluate("() => window.stnPage.own.image"))
            continue
        page.locator("#picks-said", has_text="cannot read this file").wait_for()
        assert page.evaluate("() => window.stnPage.own.image") in shown, "what was shown stays"
        page.evaluate("() => document.querySelector('#picks-said').replaceChildren()")


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255)])
def test_a_file_of_the_sets_own_size_can_be_taken_as_it_is_but_light_on_dark(visit, tmp_path, paper, ink):
    image = Image.new("L", (28, 28), paper)
    image.putpixel((20, 9), ink)
    image.save(tmp_path / "digit.png")
    page = visit("?dataset=mnist&sample=3")
    page.locator("#own-file").set_input_files(tmp_path / "digit.png")
    page.wait_for_function("() => window.stnPage.own")
    before = page.evaluate("() => window.stnPage.own.image")
    assert "fitted into 20x20 pixels" in page.locator("#own-done").inner_text()
    page.locator("#own-raw").check()
    page.wait_for_function("(old) => window.stnPage.own.image !== old", arg=before)
    values = base64.b64decode(page.evaluate("() => window.stnPage.own.image"))
    assert [i for i, value in enumerate(values) if value] == [9 * 28 + 20] and max(values) == 255
    page.locator("#own-draw").click()
    page.locator("#pad-undo").click()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("() => Boolean(window.stnPage.own)"), "a photograph is not the pad's to take away"


def test_what_is_drawn_beside_the_pad_is_not_part_of_the_drawing(visit):
    page = visit("?dataset=mnist&sample=3")
    page.locator("#own-draw").click()
    stroke(page, (0.5, 0.2), (0.5, 0.8), (1.6, 0.8))
    page.wait_for_function("() => window.stnPage.own")
    beside = page.evaluate("() => window.stnPage.own.image")
    page.locator("#pad-clear").click()
    page.wait_for_function("() => !window.stnPage.own")
    stroke(page, (0.5, 0.2), (0.5, 0.8), (1.0, 0.8))
    page.wait_for_function("() => window.stnPage.own")
    assert page.evaluate("() => window.stnPage.own.image") == beside
