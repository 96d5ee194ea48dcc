"""The live view's own way to the server. Gradio's takes about as long as the networks do; it stays as a second way."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo.core.desk import ADDRESS, Desk
from demo.ui.json_body import Unreadable, read_json, refusal

LARGEST = 100_000  # bytes of a request: a state with an image of the visitor's own takes a tenth of it
DESKS: WeakKeyDictionary[gr.Blocks, Desk] = WeakKeyDictionary()  # of each page, where more than one is served


def live_route() -> Route:
    """Answers POST of a state as JSON with a view as JSON; for launch(app_kwargs={"routes": [...]})."""
    return Route(f"/{ADDRESS}", _live, methods=["POST"])


async def _live(request: Request) -> Response:
    desk = DESKS.get(request.app.get_blocks())
    if desk is None:
        return refusal(404, "This page has no live view.")
    try:
        state = await read_json(request, LARGEST)
    except Unreadable as error:
        return error.response
    return JSONResponse(await desk.ask(state))
