"""Who gets the student's page, and that it is small."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from demo import guard
from demo.ui import compression, scripts
from demo.ui.room import students


@pytest.fixture
def client():
    async def whole(request):
        return PlainTextResponse("the whole page")

    routes = [Route(path, whole) for path in ("/", "/config")]
    middleware = [guard.middleware(), compression.middleware(), students.middleware()]  # as page.py has them
    return TestClient(Starlette(routes=routes, middleware=middleware))


@pytest.mark.parametrize("query", ["?room=K3JX4", "?room=", "?room=<b>&view=class", "?teacher=&room=K3JX4"])
def test_a_room_without_a_token_is_the_students_page(client, query):
    response = client.get("/" + query)
    assert response.status_code == 200 and response.headers["content-type"].startswith("text/html")
    assert "<main>" in response.text and "gradio" not in response.text.lower()
    assert scripts.address("ui/room/student.js") in response.text, "a module that is there"
    assert len(response.content) < 6000 and "<b>" not in response.text


@pytest.mark.parametrize("query", ["", "?room=K3JX4&teacher=x", "?tab=lesson", "config?room=K3JX4"])
def test_everybody_else_gets_the_whole_page(client, query):
    assert client.get("/" + query).text == "the whole page"


def test_the_second_student_gets_the_same_as_the_first_compressed_or_not(client):
    texts = [client.get("/?room=K3JX4", headers={"Accept-Encoding": e}).text for e in ("gzip", "identity", "gzip")]
    assert len(set(texts)) == 1 and len(texts[0]) > 1000
