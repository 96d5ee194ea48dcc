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


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    """Neither names that were given, nor a Space, nor names that were told."""
    for name in ("STN_HOSTS", "SPACE_ID", "SPACE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(hosts, "OWN", "teachers-pc")
    monkeypatch.setattr(hosts, "_told", set())


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "127.0.0.1:7860", "[::1]:7860", "10.0.0.2:80", "192.168.1.7:7860", "[fe80::1]:7860"),
        *("Teachers-PC:7860", "teachers-pc.local:7860"),
    ],
)
def test_a_name_that_no_stranger_can_have_is_taken(host, client):
    assert client.get("/", headers={"Host": host}).json()["host"] == host
    told = client.get("/", headers={"Host": "127.0.0.1:7860", "X-Forwarded-Host": host}).json()
    assert told["x-forwarded-host"] == host


@pytest.mark.parametrize(
    "host", ["school.example", "203.0.113.9.evil.example", "8.8.8.8:7860", "[2606:4700::1]", "a.hf.space", "printer"]
)
def test_a_strangers_name_is_answered_and_never_repeated_and_the_log_says_what_to_set(host, client, caplog):
    for headers in ({"Host": host}, {"Host": "127.0.0.1:7860", "X-Forwarded-Host": f"{host}, 10.0.0.1"}):
        answer = client.get("/", headers=headers)
        assert answer.status_code == 200 and host not in answer.text
        assert answer.json() == {"host": hosts.UNKNOWN, "x-forwarded-host": None, "x-gradio-server": None}
    (said,) = caplog.messages
    assert said.endswith(f"start it with STN_HOSTS={host.removesuffix(':7860')}.")


def test_the_log_does_not_tell_of_every_name_that_somebody_makes_up(client, caplog):
    for number in range(2 * hosts.MOST_TOLD):
        client.get("/", headers={"Host": f"name{number}.example"})
    assert len(caplog.messages) == hosts.MOST_TOLD


def test_a_space_has_its_own_name_alone(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "anna/stn")
    assert hosts.is_known("anna-stn.hf.space") and not hosts.is_known("hf.space.evil.example")
    monkeypatch.setenv("SPACE_HOST", "anna-stn.hf.space")
    assert hosts.is_known("anna-stn.hf.space") and not hosts.is_known("bert-stn.hf.space")


def test_an_address_without_a_name_is_relative():
    assert hosts.without_name("http://127.0.0.1:7860/stn") == "http://127.0.0.1:7860/stn"
    assert hosts.without_name(f"https://{hosts.UNKNOWN}") == "./"
    assert hosts.without_name(f"http://{hosts.UNKNOWN}/stn") == "/stn"


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
    assert hosts.is_answered("school.example") and not hosts.is_known("school.example")
