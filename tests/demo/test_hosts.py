"""By which names the page goes, and who may read its answers."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from demo import hosts
from demo.guard import Guard


async def tell(request):
    """What reached the application, with a header that lets anybody's scripts read it."""
    told = {name: request.headers.get(name) for name in ("host", "x-forwarded-host", "x-gradio-server")}
    everybody = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}
    return JSONResponse(told, headers=everybody)


@pytest.fixture(scope="module")
def client():
    return TestClient(Starlette(routes=[Route("/", tell)], middleware=[Middleware(Guard)]))


@pytest.mark.parametrize("host", ["school.example", "127.0.0.1:7860", "[::1]:7860", "a_b-c.hf.space", "10.0.0.2:80"])
def test_a_name_that_can_be_one_is_taken(host, client):
    assert client.get("/", headers={"Host": host}).json()["host"] == host


@pytest.mark.parametrize("host", ["a b", 'x"onload=alert(1)', "a/b", "a?b", "a@b", "a:b", "[::1", "x" * 300, ""])
def test_what_can_be_no_name_is_refused_in_a_sentence_and_not_repeated(host, client):
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 421 and answer.json()["error"].startswith("This page does not go by the name")
    assert not host or host not in answer.text
    assert client.get("/", headers={"X-Forwarded-Host": host}).json()["x-forwarded-host"] is None


def test_only_the_names_that_were_given_are_repeated(client, monkeypatch):
    monkeypatch.setenv("STN_HOSTS", "school.example, www.school.example")
    for host in ("school.example", "WWW.School.example:8443", "localhost:7860", "127.0.0.1"):
        assert client.get("/", headers={"Host": host}).status_code == 200
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
    for told, believed in (("school.example", True), ("evil.example", False), ("school.example, evil.example", True)):
        headers = {"Host": "127.0.0.1:7860", "X-Forwarded-Host": told}
        assert client.get("/", headers=headers).json()["x-forwarded-host"] == (told if believed else None)


def test_no_other_server_is_named(client):
    assert client.get("/", headers={"X-Gradio-Server": "http://evil.example"}).json()["x-gradio-server"] is None


@pytest.mark.parametrize(
    ("host", "origin", "may"),
    [
        ("127.0.0.1:7860", "http://127.0.0.1:7860", True),
        ("127.0.0.1:7860", "http://localhost:7860", True),
        ("127.0.0.1:7860", "http://localhost:3000", False),
        ("localhost:7860", "http://127.0.0.1", False),
        ("localhost:7860", "https://evil.example", False),
        ("localhost:7860", "null", False),
        ("localhost:7860", "http://localhost:99999", False),
        ("localhost", "http://localhost", True),
        ("school.example", "https://other.example", True),
    ],
)
def test_on_this_computer_only_the_pages_own_port_reads_its_answers(host, origin, may, client):
    answer = client.get("/", headers={"Host": host, "Origin": origin})
    assert ("access-control-allow-origin" in answer.headers) == may
    assert ("access-control-allow-credentials" in answer.headers) == may


def test_no_names_are_given_by_an_empty_variable(monkeypatch):
    monkeypatch.setenv("STN_HOSTS", " , ")
    assert hosts.is_ours("school.example")
