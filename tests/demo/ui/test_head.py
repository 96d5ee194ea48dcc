"""What is put into the page's head, and that nothing else is touched."""

import pytest
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from demo.core.desk import ADDRESS
from demo.ui.head import CALM, WithHead, added

PAGE = "<html><head><title>Ä</title></head><body>a </head> in the text</body></html>"


@pytest.fixture(params=[False, True], ids=["plain", "compressed"])
def client(request):
    routes = [Route("/", lambda _: HTMLResponse(PAGE)), Route("/other", lambda _: PlainTextResponse(PAGE))]
    app = WithHead(Starlette(routes=routes))
    return TestClient(GZipMiddleware(app) if request.param else app)


def test_the_page_gets_it_once_at_the_end_of_its_head(client):
    text = client.get("/").text
    assert text == PAGE.replace("</head>", added(linked=False) + "</head>", 1)
    assert text.count('rel="modulepreload"') > 10 and CALM in text
    assert all(one in text for one in ("tabs/play/view.js", 'href="assets/Blocks', f'as="fetch" href="{ADDRESS}"'))


def test_the_opening_view_is_not_asked_for_where_a_link_may_name_another(client):
    opening = f'as="fetch" href="{ADDRESS}"'
    assert opening in client.get("/").text and opening not in client.get("/?tab=lesson").text


def test_nothing_else_does(client):
    assert client.get("/other").text == PAGE
    assert client.head("/").text == "" and client.post("/").status_code == 405
