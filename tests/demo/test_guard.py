"""What the guard lets through and what it refuses, before an application that only tells what reached it."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from demo.guard import API, BROKEN, IMAGES, MAX_ADDRESS, MAX_BODY, MAX_IMAGE_BODY, MAX_NAME, Guard, _read, _read_in_time
from tests.helpers import run_alone

SERVER = f"{API}component_server/"


FUNCTIONS = {
    7: SimpleNamespace(api_name="explain", inputs=(None,) * 14, fn=print),
    8: SimpleNamespace(api_name="in the browser", inputs=(), fn=None),
}


class Application(Starlette):
    def get_blocks(self):
        return SimpleNamespace(fns=FUNCTIONS, blocks={5: None})


async def fail(request):
    body = await request.body()
    if b"raise" in body:
        raise RuntimeError("/srv/secret")
    return Response(body, 500, media_type="application/json")


async def tell(request):
    return JSONResponse({"bytes": len(await request.body())}, headers={"Referrer-Policy": "no-referrer"})


@pytest.fixture(scope="module")
def client():
    routes = [Route("/fail", fail, methods=["POST"]), Route("/{path:path}", tell, methods=["GET", "POST"])]
    return TestClient(Application(routes=routes, middleware=[Middleware(Guard)]))


def body_of(size: int) -> bytes:
    """JSON of exactly so many bytes."""
    frame = json.dumps({"data": [""], "component_id": 5, "fn_index": 7}).encode()
    return frame.replace(b'""', b'"' + b"a" * (size - len(frame) - 13 * 3) + b'"' + b",0 " * 13)


def post(client, path: str, body: bytes, chunked: bool = False, kind: str = "application/json"):
    parts = (body[at : at + 50_000] for at in range(0, len(body), 50_000))
    return client.post(path, content=parts if chunked else body, headers={"Content-Type": kind})


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("path", "limit"),
    [
        (SERVER, MAX_BODY),
        ("/stn-live", MAX_BODY),
        ("/nowhere", MAX_BODY),
        (f"{API}call/models", MAX_BODY),
        (f"{API}reset", MAX_BODY),
        (f"/behind/a/proxy{API}run/models", MAX_BODY),
        (f"{API}queue/join", MAX_IMAGE_BODY),
        (f"/behind/a/proxy{API}run/other", MAX_BODY),
    ],
)
def test_a_body_that_is_too_long_is_refused(client, path, limit, chunked):
    assert post(client, path, body_of(limit), chunked).json() == {"bytes": limit}
    refused = post(client, path, body_of(limit + 1), chunked)
    assert refused.status_code == 413 and refused.json() == {"error": f"The request is longer than {limit:,} bytes."}


def test_an_endless_body_is_read_no_further_than_its_limit():
    asked = []

    async def receive():
        asked.append(1)
        return {"type": "http.request", "body": b" " * 10_000, "more_body": True}

    refusal, body = run_alone(_read(receive, MAX_BODY))
    assert refusal.status == 413 and body == b"" and len(asked) == MAX_BODY // 10_000 + 1


def test_a_body_that_does_not_arrive_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("demo.guard.SLOWEST", 0.05)

    async def receive():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b" ", "more_body": True}

    refusal, body = run_alone(_read_in_time(receive, 1000))
    assert refusal.status == 408 and "took longer than" in refusal.sentence and body == b""


@pytest.mark.parametrize("route", [route for route in IMAGES if route != "queue/join"])
def test_an_image_may_be_longer(client, route):
    wanted = {"data": ["a" * 5_400_000, *[None] * 13]}
    assert client.post(f"{API}{route}", json=wanted).status_code == 200


@pytest.mark.parametrize("name", ["fn_name", "session_hash", "event_id"])
def test_a_long_name_is_refused(client, name):
    wanted = {"data": [{}], "component_id": 5, "fn_name": "answer", "session_hash": "a"}
    assert client.post(SERVER, json={**wanted, name: "a" * MAX_NAME}).status_code == 200
    assert client.post(SERVER, json={**wanted, name: "a" * (MAX_NAME + 1)}).status_code == 400
    assert client.get(f"{API}queue/data?{name}={'a' * (MAX_NAME + 1)}").status_code == 400


def test_a_long_address_is_refused(client):
    assert client.get(f"{API}heartbeat/abc").status_code == 200
    assert client.get(f"{API}heartbeat/{'a' * (MAX_NAME + 1)}").status_code == 400
    assert client.get(f"/?{'a' * (MAX_ADDRESS - 1)}").status_code == 200
    assert client.get(f"/?{'a' * MAX_ADDRESS}").status_code == 414


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""]
)
def test_only_json_is_taken(client, kind):
    assert post(client, SERVER, body_of(100), kind="application/json; charset=utf-8").status_code == 200
    assert post(client, SERVER, b'{"data": [1]}', kind=kind).status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"data": ["\\ud800"]}',
        b'{"data": [{"\\uDFFF": 1}]}',
        b'{"data": ["\xff"]}',
        b'{"data": [1e999]}',
        b'{"data": [NaN]}',
        b'{"data": [' + b"9" * 5000 + b"]}",
        b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[]",
        b"7",
    ],
    ids=lambda body: body[:20],
)
def test_what_is_no_whole_json_object_is_refused(client, body):
    refused = post(client, SERVER, body)
    assert refused.status_code == 400 and "JSON" in refused.json()["error"]


@pytest.mark.parametrize(
    "image",
    [
        {"path": "https://example.org/large.png", "meta": {"_type": "gradio.FileData"}},
        {"p\u0061th": "/etc/hostname"},
        [[{"deep": {"path": None}}]],
    ],
)
def test_a_file_is_refused_wherever_it_is_named(client, image):
    wanted = {"data": ["mnist", None, image, *[0] * 11]}
    for route in ("call/explain", "queue/join", "run/predict"):
        refused = client.post(f"{API}{route}", json=wanted)
        assert refused.status_code == 422 and "data URI" in refused.json()["error"]
    refused = client.post(f"{API}call/v2/explain", json={"dataset": "mnist", "image": image})
    assert refused.status_code == 422


@pytest.mark.parametrize(
    "route", ["upload", "upload?upload_id=a", "upload_progress", "proxy=https://example.org", "stream/a"]
)
def test_what_the_page_does_not_use_is_closed(client, route):
    assert client.get(API + route).status_code == client.post(API + route, json={}).status_code == 404


def test_too_few_values_are_counted_not_printed(client):
    for path, more in (("call/explain", {}), ("queue/join", {"fn_index": 7}), ("run/predict", {"fn_index": 7})):
        for count, status in ((13, 422), (14, 200), (15, 200)):
            assert client.post(API + path, json={"data": [0] * count, **more}).status_code == status
    refused = client.post(f"{API}call/explain", json={"data": []}).json()["error"]
    assert refused == "This function takes 14 values in the list `data`, not 0."


def test_every_answer_has_the_headers(client):
    for answer in (client.get("/"), client.get(f"{API}upload"), post(client, SERVER, b"{", kind="text/plain")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'self' https://huggingface.co" in answer.headers["Content-Security-Policy"]
    assert client.get("/").headers["Referrer-Policy"] == "no-referrer", "an answer's own header stands"


def test_what_is_not_there_is_not_asked_for(client):
    for path, asked in (
        (SERVER, {"component_id": 6}),
        (SERVER, {"component_id": [5]}),
        (f"{API}call/nonesuch", {"data": []}),
        (f"{API}call/v2/nonesuch", {}),
        (f"{API}run/explain", {"data": [0] * 14, "fn_index": 8}),
        (f"{API}queue/join", {"data": [0] * 14, "fn_index": "7"}),
    ):
        refused = client.post(path, json=asked)
        assert refused.status_code == 404 and "There is no such" in refused.json()["error"]


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (b'{"error": "image is 7.", "duration": 10}', 400, "image is 7."),
        (b'{"error": null}', 500, BROKEN),
        (b"Internal Server Error", 500, BROKEN),
        (b"[7]", 500, BROKEN),
        (b'"raise"', 500, BROKEN),
    ],
)
def test_an_error_is_one_sentence_and_its_visitors_only_if_it_says_so(client, answer, status, said, caplog):
    # What /fail is sent, it answers with.
    told = post(client, "/fail", answer if answer[:1] in b'{["' else json.dumps(answer.decode()).encode())
    assert told.status_code == status and told.json() == {"error": said}
    assert told.headers["X-Content-Type-Options"] == "nosniff"
    assert ("secret" in caplog.text) == (b"raise" in answer)
