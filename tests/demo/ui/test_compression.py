"""The page travels compressed, and so do files that never change; what Gradio compresses itself stays as it is."""

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

    async def file(request):
        return compression.for_good(request, request.path_params["text"].encode() * 100, "text/css")

    routes = [*(Route(path, answer) for path in ("/", "/gradio_api/info")), Route("/file/{text}", file)]
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


def test_a_file_that_never_changes_is_kept_and_compressed_where_that_makes_it_shorter(client):
    for text, encoding in (("body{}", "gzip"), ("a", None)):
        for can_read in ("gzip, br", "identity"):
            answer = client.get(f"/file/{text}", headers={"Accept-Encoding": can_read})
            assert answer.text == text * 100 and answer.headers["content-type"] == "text/css; charset=utf-8"
            assert answer.headers.get("content-encoding") == (encoding if "gzip" in can_read else None)
            assert (
                answer.headers["cache-control"] == compression.FOR_GOOD and answer.headers["vary"] == "Accept-Encoding"
            )
