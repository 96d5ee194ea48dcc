"""The live view's own route: what it takes, and what it refuses before anything is computed."""

import asyncio
import json

import gradio as gr
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from demo.core.desk import ADDRESS, BUSY, Desk
from demo.core.state import OPENING, from_query, opening_request, parse_request
from demo.tabs.play.route import DESKS, FOREIGN, FULL, LARGEST, MOST_AT_ONCE, Lines, bound_messages, live_routes


@pytest.fixture
def asked():
    return []


@pytest.fixture
def client(asked):
    def answers(requests):
        asked.extend(requests)
        return [{"seen": request} for request in requests]

    page = gr.Blocks()
    DESKS[page] = Desk(answers)
    app = Starlette(routes=live_routes())
    app.get_blocks = lambda: page
    return TestClient(app)


def test_a_state_is_answered(client):
    response = client.post(f"/{ADDRESS}", json={"dataset": "mnist"})
    assert (response.status_code, response.json()) == (200, {"seen": {"dataset": "mnist"}})


def test_a_foreign_page_cannot_ask_in_the_visitors_name(client, asked):
    """A browser sends text/plain anywhere, application/json only where it is allowed to."""
    for kind in ("text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data"):
        response = client.post(f"/{ADDRESS}", content=b"{}", headers={"Content-Type": kind})
        assert response.status_code == 415 and "application/json" in response.json()["error"]
    assert client.put(f"/{ADDRESS}", content=b"{}").status_code == 405
    assert asked == []


def test_the_view_that_a_page_opens_with_needs_no_request_of_ones_own(client, asked):
    assert client.get(f"/{ADDRESS}?dataset=cifar10").json() == {"seen": opening_request()}
    assert parse_request(asked[0]) == OPENING == from_query({})[0]


def test_what_is_too_long_is_refused_with_a_length_and_without(client, asked):
    headers = {"Content-Type": "application/json"}
    for body in (b" " * (LARGEST + 1), (b" " * 10_000 for _ in range(11))):
        response = client.post(f"/{ADDRESS}", content=body, headers=headers)
        assert response.status_code == 413 and "100,000 bytes" in response.json()["error"]
    assert asked == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 50_000])
def test_what_is_no_json_is_refused(client, asked, body):
    response = client.post(f"/{ADDRESS}", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()) == (400, {"error": "The request is not JSON."})
    assert asked == []


def test_a_page_without_a_live_view_says_so(client):
    client.app.get_blocks = gr.Blocks
    assert client.post(f"/{ADDRESS}", json={}).status_code == 404


# --- the line ---------------------------------------------------------------------------------------------------------


def talk(client, **options):
    return client.websocket_connect(f"/{ADDRESS}", **options)


def closed(client, code, **options):
    with pytest.raises(WebSocketDisconnect) as hung_up, talk(client, **options) as line:
        line.receive_text()
    return hung_up.value.code == code


def test_questions_over_a_line_are_answered_by_their_numbers(client, asked):
    with talk(client) as line:
        for number in (1, 2):
            line.send_text(json.dumps({"n": number, "state": {"sample": number}}))
        answers = [json.loads(line.receive_text()) for _ in range(2)]
    assert sorted(answers, key=lambda a: a["n"]) == [{"n": n, "view": {"seen": {"sample": n}}} for n in (1, 2)]
    assert asked == [{"sample": 1}, {"sample": 2}]


@pytest.mark.parametrize("text", ["", "{", "[1]", "7", '{"n": "1"}', '{"state": {}}', "[" * 50_000])
def test_a_line_is_closed_on_whoever_asks_no_question(client, asked, text):
    with talk(client) as line:
        line.send_text(text)
        with pytest.raises(WebSocketDisconnect):
            line.receive_text()
    assert asked == []


def test_bytes_close_a_line_too(client):
    with talk(client) as line:
        line.send_bytes(b"{}")
        with pytest.raises(WebSocketDisconnect):
            line.receive_text()


def test_a_line_is_opened_for_our_own_page_and_for_programs_only(client):
    own, foreign = "http://testserver", ("https://evil.example", "http://testserver:81", "null", "", "http://[")
    with talk(client, headers={"origin": own}) as line:
        line.send_text('{"n": 1, "state": 7}')
        assert json.loads(line.receive_text())["view"] == {"seen": 7}
    for origin in foreign:
        assert closed(client, FOREIGN, headers={"origin": origin}), origin
    client.app.get_blocks = gr.Blocks
    assert closed(client, FOREIGN)


def test_a_line_too_many_is_closed_and_one_that_ended_makes_room(client):
    client.app.router.routes[1] = WebSocketRoute(f"/{ADDRESS}", Lines(most=1).talk)
    with talk(client):
        assert closed(client, FULL)
    with talk(client) as line:
        line.send_text('{"n": 1}')
        assert json.loads(line.receive_text()) == {"n": 1, "view": {"seen": None}}


def test_who_asks_too_much_at_once_over_one_line_is_told(client):
    held = asyncio.Event()

    class Held:
        async def ask(self, state):
            await held.wait()
            return {"seen": state}

    DESKS[client.app.get_blocks()] = Held()
    with talk(client) as line:
        for number in range(MOST_AT_ONCE + 1):
            line.send_text(json.dumps({"n": number, "state": number}))
        assert json.loads(line.receive_text()) == {"n": MOST_AT_ONCE, "view": {"error": BUSY}}


def test_a_message_may_be_no_longer_than_a_request(monkeypatch):
    monkeypatch.setattr(uvicorn.Config, "__init__", uvicorn.Config.__init__)
    bound_messages()
    config = uvicorn.Config(lambda: None, port=0, host="127.0.0.1", log_level="warning")
    assert (config.ws_max_size, config.ws_per_message_deflate, config.port) == (LARGEST, False, 0)
