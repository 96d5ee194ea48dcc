"""The live view's own route: what it takes, and what it refuses before anything is computed."""

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demo.core.desk import ADDRESS, Desk
from demo.tabs.play.route import DESKS, LARGEST, live_route


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
    app = Starlette(routes=[live_route()])
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
    assert client.get(f"/{ADDRESS}").status_code == 405
    assert asked == []


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
