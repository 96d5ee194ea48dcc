"""Gradio's own scripts and style sheets, as they are served."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demo.ui import frontend
from demo.ui.compression import FOR_GOOD


@pytest.fixture
def client():
    return TestClient(Starlette(routes=[frontend.route()]))


def test_every_file_of_gradios_is_served_as_it_lies_there_and_kept_for_good(client):
    kinds = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
    names = sorted(frontend.files())
    some = {next(name for name in names if name.endswith(kind)): kind for kind in kinds}
    for name, kind in some.items():
        answer = client.get(f"/assets/{name}")
        assert answer.content == (frontend.FOLDER / name).read_bytes() and answer.headers["content-type"] == kinds[kind]
        assert answer.headers["cache-control"] == FOR_GOOD
    assert len(names) > 500


@pytest.mark.parametrize("name", ["no-such.js", "..%2findex.html", "%2e%2e%2findex.html", "svelte"])
def test_nothing_else_is(client, name):
    assert client.get(f"/assets/{name}").status_code == 404


def test_what_another_version_of_gradios_has_not_is_not_asked_for(monkeypatch):
    there = frontend.preloads()
    first, *rest = frontend.NEEDED.read_text().split()
    monkeypatch.setattr(frontend, "files", lambda: frozenset(rest))
    assert first in there and first not in frontend.preloads() and rest[0] in frontend.preloads()
