"""What every tab says when the server does not answer, and that it goes on when it does."""

import re

import pytest

from tests.browser.looking import settled

LOST = "The server did not answer. Is the program that serves this page still running?"
SERVER = re.compile("/component_server/|/stn-live")
CURVE = "#robustness label:has([value={}])"
WAYS = {  # tab -> (it is there, where its sentence stands, what asks the server for something, and again)
    "play": ("#view[data-ready=true]", "#notice", "#next", "#next"),
    "look": ("#look[data-ready=true]", "#look-notice", "#next", "#next"),
    "robustness": ("#robustness[data-swept]", "#robustness .notice", CURVE.format("scale"), CURVE.format("rotation")),
    "train": ("#train-view[data-shown='0']", "#train-problem", "#train-go", "#train-go"),
    "gallery": ("#gallery[data-busy=false]", "#gallery .notice", ".gallery-other", ".gallery-other"),
    "lesson": ("#lesson[data-drawn]", "#lesson .notice", ".steps [data-exercise='5']", ".steps [data-exercise='1']"),
}


@pytest.mark.parametrize("tab", WAYS)
def test_a_server_that_does_not_answer_is_told_in_one_sentence(visit, tab):
    there, notice, asks, again = WAYS[tab]
    ready = f"() => document.querySelector(`{there}`)"
    page = visit(f"?dataset=mnist&sample=3&tab={tab}", ready=ready, line=False)
    page.route(SERVER, lambda route: route.abort())
    page.locator(asks).click()
    page.wait_for_function("([where, text]) => document.querySelector(where).innerText === text", arg=[notice, LOST])
    page.unroute(SERVER)
    page.locator(again).click()
    page.wait_for_function("(where) => document.querySelector(where).hidden", arg=notice)
    if tab == "train":
        page.locator("#train-stop:enabled").click()
        page.wait_for_function("() => document.querySelector('#train-view').dataset.state === 'stopped'")


def test_one_the_cnn_gets_wrong_that_comes_too_late_is_not_shown(visit):
    page = visit("?dataset=mnist&sample=3")
    waiting = []
    page.route(
        SERVER, lambda route: waiting.append(route) if "mistake" in route.request.post_data else route.continue_()
    )
    page.locator("#mistake").click()
    page.wait_for_function("() => document.querySelector('#picks-said').innerText.startsWith('Searching')")
    page.locator("#next").click()
    settled(page, sample=4)
    waiting[0].fulfill(json={"sample": 9, "words": "Here is one."})
    page.wait_for_function("() => document.querySelector('#picks-said').innerText === ''")
    page.wait_for_timeout(300)
    assert settled(page)["sample"] == 4
