"""The live view's own ways to the server: a line that stays open, and single requests. Gradio's takes about as long as
the networks do; it stays as the last way."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from functools import partialmethod
from typing import Any
from weakref import WeakKeyDictionary

import gradio as gr
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from demo.core.desk import ADDRESS, BUSY, Desk
from demo.core.state import opening_request
from demo.ui.json_body import Unreadable, read_json, refusal

LARGEST = 100_000  # bytes of a request: a state with an image of the visitor's own takes a tenth of it
MOST_LINES = 500  # open at once; whoever comes then sends single requests
MOST_AT_ONCE = 8  # questions of one line that wait for an answer; the page asks six at most
FOREIGN, FULL = 4403, 4503  # codes of a closed line
DESKS: WeakKeyDictionary[gr.Blocks, Desk] = WeakKeyDictionary()  # of each page, where more than one is served


def live_routes() -> list[BaseRoute]:
    """For launch(app_kwargs={"routes": [...]}): a state as JSON in, a view as JSON out.

    By POST, and over a WebSocket, where the page writes {"n": its number, "state": ...} and reads {"n": the same,
    "view": ...}, in whatever order answers are ready. GET gives the view that a page opens with: a browser can ask for
    that before it has any script.
    """
    return [Route(f"/{ADDRESS}", _live, methods=["GET", "POST"]), WebSocketRoute(f"/{ADDRESS}", Lines().talk)]


def bound_messages() -> None:
    """Lets nobody send longer messages over a line than LARGEST: uvicorn takes 16 MB, and Gradio does not ask."""
    small = {"ws_max_size": LARGEST, "ws_per_message_deflate": False}
    uvicorn.Config.__init__ = partialmethod(uvicorn.Config.__init__, **small)  # type: ignore[assignment, method-assign]


async def _live(request: Request) -> Response:
    desk = DESKS.get(request.app.get_blocks())
    if desk is None:
        return refusal(404, "This page has no live view.")
    try:
        state = opening_request() if request.method == "GET" else await read_json(request, LARGEST)
    except Unreadable as error:
        return error.response
    return JSONResponse(await desk.ask(state))


class Lines:
    """The lines that are open, of one server."""

    def __init__(self, most: int = MOST_LINES):
        self._most = most
        self._open = 0

    async def talk(self, line: WebSocket) -> None:
        """Answers over one line until its other end hangs up, or sends what is no question."""
        desk = DESKS.get(line.app.get_blocks())
        if desk is None or _is_foreign(line):
            await line.close(FOREIGN)
        elif self._open >= self._most:
            await line.close(FULL)
        else:
            await line.accept()
            self._open += 1
            try:
                await _answer(line, desk)
            finally:
                self._open -= 1


def _is_foreign(line: WebSocket) -> bool:
    """Whether another page than ours would open the line in the visitor's name: a browser lets any page do so."""
    origin = line.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != line.headers.get("host")


async def _answer(line: WebSocket, desk: Desk) -> None:
    waiting: set[asyncio.Task[None]] = set()

    async def answer(number: int, state: object) -> None:
        await _write(line, number, await desk.ask(state))

    try:
        while True:
            number, state = _question(await line.receive_text())
            if len(waiting) >= MOST_AT_ONCE:
                await _write(line, number, {"error": BUSY})
                continue
            task = asyncio.create_task(answer(number, state))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
    except WebSocketDisconnect:
        pass
    except (ValueError, RecursionError, KeyError):  # a KeyError: bytes instead of text
        await line.close(1003)
    finally:
        for task in waiting:
            task.cancel()


def _question(text: str) -> tuple[int, object]:
    """The number and the state that are asked for. Raises ValueError, RecursionError."""
    asked = json.loads(text)
    if not isinstance(asked, dict) or not isinstance(asked.get("n"), int):
        raise ValueError("no question")
    return asked["n"], asked.get("state")


async def _write(line: WebSocket, number: int, view: dict[str, Any]) -> None:
    text = json.dumps({"n": number, "view": view}, separators=(",", ":"), ensure_ascii=False)
    with suppress(WebSocketDisconnect, RuntimeError):  # the second where it was closed from this side
        await line.send_text(text)
