"""The live view's own way to the server. Gradio's takes about as long as the networks do; it stays as a second way."""

from __future__ import annotations

import json
from weakref import WeakKeyDictionary

import gradio as gr
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.core.desk import ADDRESS, Desk

LARGEST = 100_000  # bytes of a request: a state with an image of the visitor's own takes a tenth of it
DESKS: WeakKeyDictionary[gr.Blocks, Desk] = WeakKeyDictionary()  # of each page, where more than one is served


def live_route() -> Route:
    """Answers POST of a state as JSON with a view as JSON; for launch(app_kwargs={"routes": [...]})."""
    return Route(f"/{ADDRESS}", _live, methods=["POST"])


async def _live(request: Request) -> Response:
    desk = DESKS.get(request.app.get_blocks())
    if desk is None:
        return _refusal(404, "This page has no live view.")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return _refusal(415, "Send the state as application/json.")  # which no foreign page may send
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > LARGEST:
                return _refusal(413, f"The request is longer than {LARGEST:,} bytes.")
        state = json.loads(body)
    except ClientDisconnect:
        return Response(status_code=400)
    except (ValueError, RecursionError):
        return _refusal(400, "The request is not JSON.")
    return JSONResponse(await desk.ask(state))


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status)
