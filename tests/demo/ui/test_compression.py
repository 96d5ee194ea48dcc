"""The page travels compressed; what Gradio compresses itself, or is too small for it, stays as it is."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from demo.ui import compression

TEXT = "what a spatial transformer sees " * 1000


@pytest.fixture
def client():
    async def answer(request):
        return PlainTextResponse(TEXT)

    routes = [Route(path, answer) for path in ("/", "/gradio_api/info")]
    return TestClient(Starlette(routes=routes, middleware=[compression.middleware()]))


def test_the_page_is_compressed_for_whoever_can_read_that(client):
    answer = client.get("/?dataset=mnist", headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["content-encoding"] == "gzip" and answer.text == TEXT
    assert int(answer.headers["content-length"]) < len(TEXT) / 10
    plain = client.get("/", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.text == TEXT


def test_nothing_else_is_compressed(client):
    answer = client.get("/gradio_api/info", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers and answer.text == TEXT
