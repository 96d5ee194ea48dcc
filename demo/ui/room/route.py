"""The way to the rooms: what a browser asks, as JSON over a route of our own, and the answer.

Nothing here takes longer than microseconds but making a question, which is done in a thread. Whoever waits for a change
is a request that costs nothing until there is one, or HOLD seconds have passed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.core.requests import choice, mapping, shorten, whole
from demo.core.rooms import ADDRESS, BUSY, Question, Refused, Room, Rooms
from demo.ui.json_body import Unreadable, read_json, refusal
from demo.ui.room.code import qr_code
from stn.errors import StnError

LARGEST = 100_000  # bytes of a request: a question about an image of the teacher's own takes a tenth of it
HOLD = 10.0  # seconds until a waiting browser is told that nothing has changed
SPREAD = 0.012  # seconds for each student of a class, over which they are told of a change
ROOMS: WeakKeyDictionary[gr.Blocks, Rooms] = WeakKeyDictionary()  # of each page, where more than one is served


def room_route() -> Route:
    """For launch(app_kwargs={"routes": [...]})."""
    return Route(f"/{ADDRESS}", _room, methods=["POST"])


async def _room(request: Request) -> Response:
    rooms = ROOMS.get(request.app.get_blocks())
    if rooms is None:
        return refusal(404, "This page has no rooms.")
    try:
        given = await read_json(request, LARGEST)
    except Unreadable as error:
        return error.response
    return JSONResponse(await reply(rooms, given), headers={"Cache-Control": "no-store"})


async def reply(rooms: Rooms, given: object) -> dict[str, Any]:
    """What a browser sees of its room; {"error": a sentence, "why": a word} for what cannot be done."""
    try:
        request = mapping("request", given, KEYS, required=["do"])
        return await ACTIONS[choice("do", request["do"], ACTIONS)](rooms, request)
    except Refused as error:
        return {"error": str(error), "why": error.why}
    except StnError as error:
        return {"error": str(error), "why": "request"}


async def _watch(rooms: Rooms, request: Mapping[str, Any]) -> dict[str, Any]:
    """The view of a student or of the teacher, as soon as it is another than the one `seen`."""
    code, seen, session = request.get("code"), request.get("seen"), request.get("session", "")
    if "token" in request:
        room, session = rooms.teach(code, request["token"]), ""
        view = _teachers(rooms, room)
    else:
        room = rooms.attend(code, session)
        view = room.for_student(session)
    if view["version"] != seen:
        return view
    change = room.change(session)
    with suppress(TimeoutError):
        await asyncio.wait_for(change, HOLD)
    if not session:
        return _teachers(rooms, room)
    # Not all at once: sixty answers in a row would hold up whoever drags a slider.
    if change.done() and not change.cancelled():
        await asyncio.sleep(random.random() * len(room.students) * SPREAD)
    if session not in room.students:  # gave his place up
        return view
    return room.for_student(session)


async def _answer(rooms: Rooms, request: Mapping[str, Any]) -> dict[str, Any]:
    room, session = rooms.attend(request.get("code"), request.get("session")), request["session"]
    room.answer(session, whole("round", request.get("round")), whole("choice", request.get("choice")))
    return room.for_student(session)


async def _open(rooms: Rooms, request: Mapping[str, Any]) -> dict[str, Any]:
    rooms.may_open()
    room = rooms.open(await _question(rooms, request))
    return {**_teachers(rooms, room), "token": room.token}


async def _ask(rooms: Rooms, request: Mapping[str, Any]) -> dict[str, Any]:
    room = rooms.teach(request.get("code"), request.get("token"))
    if not room.asks.take(rooms.clock()):
        raise Refused("busy", BUSY)
    room.ask(await _question(rooms, request))
    return _teachers(rooms, room)


async def _reveal(rooms: Rooms, request: Mapping[str, Any]) -> dict[str, Any]:
    room = rooms.teach(request.get("code"), request.get("token"))
    room.reveal(whole("round", request.get("round")))
    return _teachers(rooms, room)


async def _end(rooms: Rooms, request: Mapping[str, Any]) -> dict[str, Any]:
    room = rooms.teach(request.get("code"), request.get("token"))
    room.end()
    return _teachers(rooms, room)


async def _qr(rooms: Rooms, request: Mapping[str, Any]) -> dict[str, Any]:
    room = rooms.teach(request.get("code"), request.get("token"))
    return {"image": qr_code(request.get("link"), room.code)}


async def _question(rooms: Rooms, request: Mapping[str, Any]) -> Question:
    asked = request.get("question")
    if not isinstance(asked, Mapping) or not isinstance(asked.get("kind"), str):
        raise StnError(f"question is {shorten(asked)}; give an object with the key kind.")
    maker = rooms.makers[choice("kind", asked["kind"], rooms.makers)]
    return await asyncio.to_thread(maker, {key: value for key, value in asked.items() if key != "kind"})


def _teachers(rooms: Rooms, room: Room) -> dict[str, Any]:
    return room.for_teacher(rooms.clock())


Action = Callable[[Rooms, Mapping[str, Any]], Awaitable[dict[str, Any]]]
KEYS = ("do", "code", "token", "session", "seen", "round", "choice", "question", "link")
ACTIONS: dict[str, Action] = {
    "watch": _watch,
    "answer": _answer,
    "open": _open,
    "ask": _ask,
    "reveal": _reveal,
    "end": _end,
    "qr": _qr,
}
