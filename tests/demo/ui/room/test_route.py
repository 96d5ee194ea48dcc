"""The way to the rooms: a class in requests, who is refused, and that waiting ends when something changes."""

import asyncio
import json
import time

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demo.core.rooms import ADDRESS, Question, Rooms
from demo.ui.room import route
from demo.ui.room.route import LARGEST, ROOMS, reply, room_route
from stn.errors import StnError
from tests.helpers import run_alone

ANN, BEN = "a" * 32, "b" * 32
ASKED = {"kind": "test", "n": 3}


def make(given) -> Question:
    if given != {"n": 3}:
        raise StnError("n must be 3.")
    return Question("Up?", "Which way?", ("this", "that"), 1, "It is that.", ASKED)


@pytest.fixture
def rooms():
    rooms = Rooms()
    rooms.makers["test"] = make
    return rooms


@pytest.fixture
def ask(rooms):
    """Sends a request through the route."""
    page = gr.Blocks()
    ROOMS[page] = rooms
    app = Starlette(routes=[room_route()])
    app.get_blocks = lambda: page
    client = TestClient(app)

    def send(do, **more):
        response = client.post(f"/{ADDRESS}", json={"do": do, **more})
        assert response.status_code == 200 and response.headers["cache-control"] == "no-store"
        return response.json()

    send.client = client
    return send


@pytest.fixture
def teacher(ask):
    opened = ask("open", question=ASKED)
    return {"code": opened["room"], "token": opened["token"]}


def test_a_class_from_the_opening_to_the_end(ask, teacher):
    code = teacher["code"]
    view = ask("watch", code=code.lower(), session=ANN)
    assert (view["phase"], view["choices"], view["choice"], view["told"]) == ("open", ["this", "that"], None, None)
    assert ask("answer", code=code, session=ANN, round=1, choice=0)["choice"] == 0
    ask("answer", code=code, session=ANN, round=1, choice=1)
    ask("answer", code=code, session=BEN, round=1, choice=0)
    shown = ask("watch", **teacher)
    assert (shown["answered"], shown["students"], shown["told"], shown["asked"]) == (2, 2, None, ASKED)
    told = ask("reveal", **teacher, round=1)["told"]
    assert told == {"right": 1, "words": "It is that.", "counts": [1, 1]}
    assert ask("watch", code=code, session=BEN)["told"] == told
    assert ask("answer", code=code, session=BEN, round=1, choice=1)["why"] == "over"
    assert ask("ask", **teacher, question=ASKED)["round"] == 2
    assert ask("watch", code=code, session=BEN)["choice"] is None
    assert ask("end", **teacher)["phase"] == "over"
    assert ask("watch", code=code, session=ANN)["phase"] == "over"


@pytest.mark.parametrize("do", ["reveal", "ask", "end", "qr", "watch"])
def test_nobody_without_the_token_moves_the_class(ask, teacher, do):
    for token in ("", "x" * 22, None, 5):
        said = ask(do, code=teacher["code"], token=token, round=1, question=ASKED)
        assert said["why"] == "teacher", said
    without = ask(do, code=teacher["code"], session=ANN, round=1, question=ASKED)
    assert without.get("why") == "teacher" or (do == "watch" and without["told"] is None)
    assert ask("watch", code=teacher["code"], session=ANN)["phase"] == "open"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "object"),
        ([], "object"),
        ({}, "lacks do"),
        ({"do": "dance"}, "do"),
        ({"do": ["open"]}, "do"),
        ({"do": "open"}, "question"),
        ({"do": "open", "question": {"kind": "strange"}}, "kind"),
        ({"do": "open", "question": {"kind": 3}}, "question"),
        ({"do": "open", "question": {"kind": "test", "n": 4}}, "n must be 3."),
        ({"do": "open", "name": "Ann"}, "name"),
        ({"do": "answer", "code": "?", "session": ANN}, "no class with this code"),
    ],
)
def test_nonsense_is_one_sentence(ask, given, said):
    headers = {"Content-Type": "application/json"}
    response = ask.client.post(f"/{ADDRESS}", content=json.dumps(given), headers=headers)
    answer = response.json()
    assert response.status_code == 200 and set(answer) == {"error", "why"}
    assert said in answer["error"] and "\n" not in answer["error"]


@pytest.mark.parametrize("bad", [{"round": None}, {"round": "1"}, {"choice": 2}, {"choice": -1}, {"choice": None}])
def test_an_answer_that_is_none_is_refused(ask, teacher, bad):
    given = {"code": teacher["code"], "session": ANN, "round": 1, "choice": 0, **bad}
    assert ask("answer", **given)["why"] in ("request", "over")
    assert ask("watch", **teacher)["answered"] == 0


def test_too_many_questions_at_once_are_refused(ask, teacher):
    said = [ask("ask", **teacher, question=ASKED).get("why") for _ in range(12)]
    assert said[:10] == [None] * 10 and said[-1] == "busy"


def test_what_is_no_json_or_too_long_is_refused(ask):
    kind = {"Content-Type": "application/json"}
    assert ask.client.post(f"/{ADDRESS}", content=b"{", headers=kind).status_code == 400
    assert ask.client.post(f"/{ADDRESS}", content=b" " * (LARGEST + 1), headers=kind).status_code == 413
    assert ask.client.post(f"/{ADDRESS}", content=b"{}").status_code == 415
    ask.client.app.get_blocks = gr.Blocks
    assert ask.client.post(f"/{ADDRESS}", json={}).status_code == 404


def test_who_has_seen_everything_waits_until_something_changes(rooms, monkeypatch):
    monkeypatch.setattr(route, "HOLD", 0.05)

    async def scene():
        opened = await reply(rooms, {"do": "open", "question": ASKED})
        teacher = {"code": opened["room"], "token": opened["token"]}
        joined = await reply(rooms, {"do": "watch", "code": opened["room"], "session": ANN})
        start = time.monotonic()
        same = await reply(rooms, {"do": "watch", "code": opened["room"], "session": ANN, "seen": joined["version"]})
        assert time.monotonic() - start >= 0.05 and same["version"] == joined["version"]
        monkeypatch.setattr(route, "HOLD", 30)
        watching = {"do": "watch", "code": opened["room"], "session": ANN, "seen": joined["version"]}
        waiting = asyncio.create_task(reply(rooms, watching))
        counting = asyncio.create_task(
            reply(
                rooms, {"do": "watch", **teacher, "seen": (await reply(rooms, {"do": "watch", **teacher}))["version"]}
            )
        )
        await asyncio.sleep(0.01)
        await reply(rooms, {"do": "answer", "code": opened["room"], "session": ANN, "round": 1, "choice": 0})
        assert (await counting)["answered"] == 1 and not waiting.done()
        await reply(rooms, {"do": "reveal", **teacher, "round": 1})
        assert (await waiting)["told"]["counts"] == [1, 0]

    run_alone(scene())


def test_the_networks_do_not_hold_up_whoever_waits(rooms):
    """A question takes its time in a thread; the event loop goes on."""

    def slowly(given):
        time.sleep(0.2)
        return make(given)

    rooms.makers["test"] = slowly

    async def scene():
        opening = asyncio.create_task(reply(rooms, {"do": "open", "question": ASKED}))
        await asyncio.sleep(0.02)
        start = time.monotonic()
        await reply(rooms, {"do": "watch", "code": "CCCCC", "session": ANN})
        assert time.monotonic() - start < 0.1 and not opening.done()
        await opening

    run_alone(scene())
