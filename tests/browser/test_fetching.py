"""The server downloads what is missing by itself: what a visitor sees until then and after. No network is used."""

import threading
from dataclasses import replace

import pytest

from demo.core.images import ImageStore, drawings
from stn.errors import StnError
from tests.browser.conftest import OPEN
from tests.browser.looking import pixels, settled


@pytest.fixture
def fetching(windows, tmp_path, monkeypatch):
    """A page whose server downloads: MNIST arrives when `arrived` is set, CIFAR-10 then fails."""
    from demo.page import build, launch_options

    arrived, asked = threading.Event(), []

    def download(name, data_dir, on_progress):
        asked.append(name)
        on_progress(0.25, f"{name}: 3 of 12 MB")
        assert arrived.wait(60)
        if name == "cifar10":
            raise StnError("There is no network.")

    def read(store, dataset):
        drawn = drawings(dataset)
        if dataset == "cifar10" or not arrived.is_set():
            return drawn
        return replace(drawn, images=255 - drawn.images, drawn=False, names=())

    monkeypatch.setattr("demo.core.images.data.download", download)
    monkeypatch.setattr(ImageStore, "_read", read)
    app = build(data_dir=tmp_path, fetch=True)
    _, address, _ = app.launch(**launch_options(), prevent_thread_lock=True, quiet=True)
    page = windows(1440, 900)
    page.goto(f"{address}?dataset=mnist&sample=3")
    page.wait_for_function(OPEN, timeout=60_000)
    yield page, arrived, asked
    arrived.set()
    app.close()


def says(page, where: str, words: str) -> None:
    page.locator(where, has_text=words).wait_for(timeout=20_000)


def test_drawings_give_way_to_test_images_by_themselves(fetching):
    page, arrived, asked = fetching
    says(page, "#coming", "drawings made for this page")
    says(page, "#coming", "mnist: 3 of 12 MB")
    assert page.locator("#fetch").is_hidden() and page.locator("#source-note").is_hidden()
    page.locator("#dataset label", has_text="CIFAR-10").click()
    says(page, "#coming", "CIFAR-10 is next")
    page.locator("#dataset label", has_text="MNIST").click()
    settled(page, dataset="mnist")
    page.locator("#next").click()
    settled(page, sample=1)
    says(page, "#coming", "mnist: 3 of 12 MB")
    before = pixels(page, "input")
    arrived.set()
    says(page, "#source-note", "MNIST is here")
    page.wait_for_function("(old) => document.querySelector('#input').toDataURL() !== old", arg=before)
    assert settled(page, dataset="mnist")["sample"] == 1, "the number stays"
    assert page.locator("#coming").is_hidden() and page.locator("#fetch").is_hidden()
    assert asked == ["mnist", "cifar10"]


def test_a_failure_is_told_once_and_the_button_stays(fetching):
    page, arrived, asked = fetching
    page.locator("#dataset label", has_text="CIFAR-10").click()
    says(page, "#coming", "CIFAR-10 is next")
    arrived.set()
    says(page, "#source-note", "CIFAR-10 could not be downloaded")
    assert page.locator("#fetch").is_visible() and page.locator("#coming").is_hidden()
    page.reload()
    says(page, "#source-note", "drawings made for this page")
    page.locator("#dataset label", has_text="CIFAR-10").click()
    says(page, "#source-note", "CIFAR-10 itself")
    assert "could not" not in page.locator("#source-note").inner_text()
    assert page.locator("#fetch").is_visible()
    assert asked == ["mnist", "cifar10"], "each is tried once, whoever comes"
