"""The gallery in a real browser: batches, mistakes, class means, links, and the figure as a file."""

import json

import pytest
from PIL import Image

DRAWN = "() => document.querySelector('#gallery')?.dataset.drawn"


@pytest.fixture
def gallery(visit):
    return lambda query="?dataset=mnist", **options: visit(f"{query}&tab=gallery", ready=DRAWN, **options)


def drawn(page, **wanted) -> dict:
    """Waits until what was asked for has been drawn whole, and returns what was asked."""
    page.wait_for_function(
        """(wanted) => {
            const { drawn, busy } = document.querySelector('#gallery').dataset;
            const has = JSON.parse(drawn || '{}');
            return busy === 'false' && Object.entries(wanted).every(([key, value]) => has[key] === value);
        }""",
        arg=wanted,
        timeout=60_000,
    )
    return json.loads(page.locator("#gallery").get_attribute("data-drawn"))


def levels(page) -> int:
    return page.evaluate(
        """() => {
            const c = document.querySelector('.gallery-canvas');
            const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            return new Set(data.filter((_, i) => i % 4 === 0)).size;
        }"""
    )


def test_a_batch_is_drawn_over_the_whole_width_without_the_controls(gallery):
    page = gallery()
    drawn(page, kind="batch", dataset="mnist")
    assert page.locator("#side").is_hidden()
    assert page.locator(".gallery-canvas").bounding_box()["width"] > 1200
    assert levels(page) > 20
    assert page.locator(".gallery-list li").count() == 24
    assert "drawings" in page.locator(".gallery-canvas").get_attribute("aria-label")
    assert page.locator("[name=gallery-model] option:checked").inner_text() == "affine"


def test_edges_are_hidden_here_and_everywhere(gallery):
    page = gallery("?dataset=mnist&distortion=cluttered&edges=hidden")
    box = page.get_by_label("Hide the edges").and_(page.locator("[name=gallery-edges]"))
    assert drawn(page, edges="hidden") and box.is_checked()
    box.uncheck()
    drawn(page, edges="shown")
    page.wait_for_function("() => !location.search.includes('edges')")
    box.check()
    drawn(page, edges="hidden")
    page.wait_for_function("() => location.search.includes('edges=hidden')")
    assert page.locator("#edges input").is_checked()


def test_a_pair_opens_in_play_as_it_is_here(gallery):
    page = gallery("?dataset=mnist&compare=trained&distortion=all&gallery_seed=2", width=390, height=844)
    drawn(page, kind="batch", compare="trained")
    assert page.locator(".gallery-list a").count() == 24
    cell = page.evaluate("() => window.stnGallery.shown().cells[20]")
    link = page.locator(".gallery-list a").nth(20)
    assert "compare=trained" in link.get_attribute("href") and "tab=" not in link.get_attribute("href")
    said = {role: f"{cell['answers'][role]['top']} ({cell['answers'][role]['percent']})" for role in ("cnn", "stn")}
    assert f"plain {said['cnn']}, " in link.inner_text() and f"with transformer {said['stn']}, " in link.inner_text()
    link.click()
    page.wait_for_function(
        """(wanted) => {
            const state = JSON.parse(document.querySelector('#view').dataset.drawn || '{}');
            return Object.entries(wanted).every(([key, value]) => state[key] === value);
        }""",
        arg={"dataset": "mnist", "sample": cell["sample"], "compare": "trained", **cell["controls"]},
    )
    assert page.locator("#tabs button[role=tab]").first.get_attribute("aria-selected") == "true"
    assert page.evaluate("() => scrollY") == 0, "the pair was far down"
    assert page.locator("#bars-cnn .says").inner_text().startswith(f"says {said['cnn']}")
    assert page.locator("#bars-stn .says").inner_text().startswith(f"says {said['stn']}")


def test_a_pair_lies_under_its_link_at_every_width_and_opens_in_a_tab_of_its_own(gallery):
    page = gallery("?dataset=mnist&rotation=50&compare=trained&distortion=none")
    drawn(page, kind="batch", distortion="none")
    href = page.locator(".gallery-list a").nth(3).get_attribute("href")
    assert "rotation=" not in href and "compare=trained" in href, "nothing is left of the sliders"
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("(w) => document.querySelector('.gallery-canvas').clientWidth < w", arg=width)
        page.wait_for_timeout(200)
        canvas = page.locator(".gallery-canvas").bounding_box()
        first, last = (page.locator(".gallery-list a").nth(k).bounding_box() for k in (0, 23))
        assert (first["x"], first["y"]) == pytest.approx((canvas["x"], canvas["y"]), abs=1)
        assert last["x"] + last["width"] <= canvas["x"] + canvas["width"] + 1
        assert last["y"] + last["height"] == pytest.approx(canvas["y"] + canvas["height"], abs=20)


def test_the_switch_changes_what_is_compared_here_and_on_the_whole_page(gallery):
    page = gallery("?dataset=mnist&gallery=mistakes&mistakes_of=behind")
    drawn(page, kind="mistakes", compare="upright", of="behind")
    assert "as they are" in page.locator(".gallery-words").inner_text()
    page.locator(".gallery .comparison input[value=trained]").check()
    drawn(page, kind="mistakes", compare="trained", of="stn")
    assert "without a transformer" in page.locator(".gallery-words").inner_text()
    assert page.locator("[name=gallery-of-trained][value=stn]").is_checked()
    assert page.locator(".gallery-sides:visible").count() == 1
    page.wait_for_function("() => location.search.includes('mistakes_of=stn') && location.search.includes('trained')")
    page.locator("[name=gallery-kind][value=means]").check()
    drawn(page, kind="means")
    assert page.locator(".gallery .comparison input[value=upright]").is_disabled()
    assert page.locator(".gallery-list li").count() == 0


@pytest.mark.parametrize("query", ["", "&view=class"])
@pytest.mark.parametrize("compare", ["upright", "trained"])
def test_the_choices_are_one_row_on_a_laptop(gallery, query, compare):
    page = gallery(f"?dataset=cifar10&gallery=mistakes&compare={compare}{query}", width=1366, height=768)
    drawn(page, kind="mistakes")
    parts = page.locator(".gallery-choices > :visible")
    assert parts.count() == 5
    bottoms = {round(part.bounding_box()["y"] + part.bounding_box()["height"]) for part in parts.all()}
    assert len(bottoms) == 1 and page.locator(".gallery-choices").bounding_box()["height"] < 80


def test_choices_are_kept_in_the_address_and_restored(gallery):
    page = gallery()
    drawn(page, kind="batch")
    page.locator("[name=gallery-kind][value=mistakes]").check()
    page.locator("[name=gallery-of-upright][value=behind]").check()
    page.locator("[name=gallery-distortion]").select_option("placed")
    page.get_by_role("button", name="Another sample").click()
    drawn(page, kind="mistakes", of="behind", distortion="placed", seed=1)
    page.wait_for_function("() => location.search.includes('gallery_seed=1')")
    query = page.evaluate("() => location.search")
    again = gallery(query.replace("&tab=gallery", "").replace("tab=gallery&", ""))
    drawn(again, kind="mistakes", of="behind", distortion="placed", seed=1)
    assert again.locator(".gallery-words").inner_text() == page.locator(".gallery-words").inner_text()


def test_a_data_set_chosen_here_is_in_the_address(gallery):
    page = gallery()
    drawn(page, dataset="mnist")
    page.locator("[name=gallery-dataset]").select_option("cifar10")
    drawn(page, dataset="cifar10")
    assert page.locator("[name=gallery-model]").input_value() == "cifar10-play-affine"
    page.wait_for_function("() => location.search.includes('gallery_dataset=cifar10')")
    again = gallery(page.evaluate("() => location.search").replace("&tab=gallery", ""))
    drawn(again, dataset="cifar10")
    assert again.evaluate("() => window.stnPage.state.dataset") == "mnist", "the other tabs' own"


def test_a_network_in_the_address_is_shown_and_nobody_trusts_it(gallery):
    page = gallery("?dataset=mnist&gallery_dataset=cifar10&gallery_model=cifar10-play-affine")
    assert drawn(page, dataset="cifar10")["model"] == "cifar10-play-affine"
    page = gallery("?dataset=mnist&gallery_dataset=%3Cb%3E&gallery_model=nonesuch")
    assert drawn(page, dataset="mnist")["model"] != "nonesuch"
    page = gallery("?dataset=mnist&gallery_dataset=cifar10&gallery_model=nonesuch")
    drawn(page, dataset="cifar10")
    assert "nonesuch" in page.locator(".gallery .notice").inner_text() and levels(page) > 20


def test_class_means_end_at_200_images(gallery, monkeypatch):
    monkeypatch.setattr("demo.tabs.gallery.means.PARTS", 3)
    page = gallery("?dataset=mnist&gallery=means&distortion=turned&gallery_seed=77")
    drawn(page, kind="means")
    assert "mean of 24 distorted drawings" in page.locator(".gallery-words").inner_text()


def test_a_link_that_holds_nonsense_shows_a_batch(gallery):
    page = gallery("?dataset=mnist&gallery=<b>&distortion=x&gallery_seed=-3e9&mistakes_of=everybody")
    assert drawn(page)["kind"] == "batch" and drawn(page)["seed"] == 0


def test_the_figure_is_saved_as_a_png(gallery, tmp_path):
    page = gallery()
    drawn(page, kind="batch")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as PNG").click()
    path = tmp_path / "figure.png"
    download.value.save_as(path)
    assert download.value.suggested_filename.endswith(".png")
    image = Image.open(path)
    assert image.format == "PNG" and image.width > 2000 and len(image.convert("L").getcolors()) > 20
