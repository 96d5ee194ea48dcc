"""How the live view asks the server: over its line, by requests, over Gradio, and what it makes of no image."""

from contextlib import nullcontext

import pytest

from demo.benchmark import MeasuringError, drag, wait_for_image
from tests.browser.looking import seq, settled, slider

NO_IMAGE = {"error": "There is nothing to see."}


def test_an_answer_without_an_image_counts_as_none(visit, address):
    page = visit("?dataset=mnist&sample=3", line=False)
    page.wait_for_load_state("networkidle")
    before, drawn = seq(page), page.locator("#view").get_attribute("data-drawn")
    page.route("**/stn-live", lambda route: route.fulfill(json=NO_IMAGE))
    slider(page, "shear").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('#notice').innerText === 'There is nothing to see.'")
    assert seq(page) == before and page.locator("#view").get_attribute("data-drawn") == drawn
    with pytest.raises(MeasuringError, match="nothing to see"):
        drag(lambda: nullcontext(page), 0.2)
    page.goto(address)
    with pytest.raises(MeasuringError, match="nothing to see"):
        wait_for_image(page)
    assert page.locator("#view").get_attribute("data-ready") == "false"


def test_where_only_gradios_addresses_are_let_through_the_view_asks_there(visit):
    page = visit("?dataset=mnist&sample=3", line=False)
    refused = []
    page.route("**/stn-live", lambda route: (refused.append(route), route.fulfill(status=403, body="no")))
    for turn in (1, 2):
        slider(page, "rotation").focus()
        page.keyboard.press("ArrowRight")
        settled(page, rotation=turn)
    assert len(refused) == 1, "asked once and never again"


def test_what_a_lost_line_was_asked_is_asked_by_a_request(windows, address):
    page, lines, dead = windows(1440, 900), [], []

    def connect(line):
        lines.append(line)
        server = line.connect_to_server()
        line.on_message(lambda text: line.close() if dead else server.send(text))

    page.route_web_socket("**/stn-live", connect)
    requests = []
    page.on("request", lambda request: requests.append(request.url) if "stn-live" in request.url else None)
    page.goto(address + "?dataset=mnist&sample=3")
    wait_for_image(page)
    page.wait_for_load_state("networkidle")
    requests.clear()

    def turn(to):
        slider(page, "rotation").focus()
        page.keyboard.press("ArrowRight")
        settled(page, rotation=to)

    turn(1)
    assert requests == [] and len(lines) == 1
    dead.append(True)
    turn(2)
    assert len(requests) == 1
    dead.clear()
    page.wait_for_timeout(1100)
    turn(3)
    turn(4)
    assert len(lines) == 2 and len(requests) <= 2, "opened again, and used"
