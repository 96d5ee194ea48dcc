"""Switching data sets and fetching them, also both at a time."""

import json
import threading
import time

from demo.core.models import ModelStore
from tests.browser.looking import seq, settled, slider


def test_switching_the_data_set_brings_its_classes_and_networks(visit):
    page = visit("?dataset=mnist&sample=3&rotation=20")
    page.locator("#dataset label", has_text="CIFAR-10").click()
    drawn = settled(page, dataset="cifar10")
    assert drawn["model"] == "cifar10-play-affine" and drawn["rotation"] == 20
    assert page.locator("#bars-stn .bar-class").first.inner_text() == "airplane"
    assert page.locator("#notice").is_hidden()
    page.locator("#dataset label", has_text="MNIST").click()
    settled(page, dataset="mnist")
    assert page.locator("#bars-stn .bar-class").first.inner_text() == "0"


def test_the_last_of_quick_switches_wins(visit, monkeypatch):
    page = visit("?dataset=mnist&sample=3")
    transformers = ModelStore.transformers

    answered = []

    def slowly(shelf, dataset):
        time.sleep(0.3)
        answered.append(dataset)
        return transformers(shelf, dataset)

    monkeypatch.setattr(ModelStore, "transformers", slowly)
    page.locator("#dataset label", has_text="CIFAR-10").click()
    page.locator("#dataset label", has_text="MNIST").click()
    while len(answered) < 2:
        page.wait_for_timeout(100)
    slider(page, "shear").focus()
    page.keyboard.press("ArrowRight")
    assert settled(page, dataset="mnist", shear=1)["model"] == "mnist-play-affine"


def test_a_fetch_that_fails_says_why(visit, monkeypatch):
    from stn.errors import StnError

    def no_network(name, data_dir, on_progress):
        raise StnError(f"MNIST is not in '{data_dir}' and could not be downloaded.")

    monkeypatch.setattr("demo.core.images.data.download", no_network)
    page = visit("?dataset=mnist&sample=3")
    page.locator("#fetch").click()
    page.wait_for_function("() => document.querySelector('#source-note').innerText.includes('has a network')")
    assert "/" not in page.locator("#source-note").inner_text(), "no folder of the server"
    assert settled(page, sample=3)["dataset"] == "mnist", "the image must stay"
    assert page.locator("#fetch").is_visible()


def test_another_data_set_may_be_chosen_while_one_is_fetched(visit, monkeypatch):
    begun, end = threading.Event(), threading.Event()

    def slow(name, data_dir, on_progress):
        on_progress(0.3, "CIFAR-10: 50 of 170 MB")
        begun.set()
        end.wait(60)

    monkeypatch.setattr("demo.core.images.data.download", slow)
    page = visit("?dataset=cifar10&sample=3")
    page.locator("#fetch").click()
    assert begun.wait(10)
    page.locator(".progress-level-inner", has_text="50 of 170 MB").wait_for()
    page.locator("#dataset label", has_text="MNIST").click()  # nothing of the progress lies over it
    settled(page, dataset="mnist")
    page.locator("#next").click()
    settled(page, sample=1)
    before = page.evaluate("() => window.stnPage.renewed")
    end.set()
    page.wait_for_function("(before) => window.stnPage.renewed > before", arg=before)
    slider(page, "shear").focus()
    page.keyboard.press("ArrowRight")
    assert settled(page, dataset="mnist", shear=1, sample=1)["model"] == "mnist-play-affine"
    assert "MNIST" in page.locator("#source-note").inner_text()
    page.locator("#dataset label", has_text="CIFAR-10").click()
    assert settled(page, dataset="cifar10")["model"] == "cifar10-play-affine"
    assert "CIFAR-10 was downloaded" in page.locator("#source-note").inner_text()


def test_fetched_images_are_drawn_at_once_and_the_class_stays(visit, monkeypatch):
    monkeypatch.setattr("demo.core.images.data.download", lambda name, data_dir, on_progress: None)
    page = visit("?dataset=mnist&sample=3")
    page.locator("#class input").click()
    page.get_by_role("option", name="7", exact=True).click()
    page.wait_for_function("() => document.querySelector('#bars-cnn .is-true .bar-class').textContent === '7'")
    sample = json.loads(page.locator("#view").get_attribute("data-drawn"))["sample"]
    before = seq(page)
    page.locator("#fetch").click()
    page.wait_for_function("(old) => Number(document.querySelector('#view').dataset.seq) > old", arg=before)
    assert settled(page, dataset="mnist")["sample"] == sample
    assert page.locator("#class input").input_value() == "7"


def test_fetched_images_reach_the_tabs_that_were_opened_before(visit, monkeypatch):
    monkeypatch.setattr("demo.core.images.data.download", lambda name, data_dir, on_progress: None)
    page = visit("?dataset=mnist&sample=3")
    asks = {"Gallery": "show", "Train": "train", "Lesson": "set_up"}  # what each asks the server for its images

    def open_tabs():
        for tab, asked in asks.items():
            with page.expect_request(lambda request, asked=asked: f'"{asked}"' in (request.post_data or "")):
                page.locator("#tabs").get_by_role("tab", name=tab).click()

    open_tabs()
    page.locator("#tabs").get_by_role("tab", name="Play").click()
    before = seq(page)
    page.locator("#fetch").click()
    page.wait_for_function("() => window.stnPage.renewed === 1")  # opening Play draws, too
    page.wait_for_function("(old) => Number(document.querySelector('#view').dataset.seq) > old", arg=before)
    open_tabs()
