"""Gradio's own scripts and style sheets: sent from memory, kept by the browser for good, and asked for at once.

By itself Gradio reads and compresses each of them anew for every visitor and lets no browser keep one. A browser learns
of most only from others, so it asks in waves, each a round trip after the one before.
"""

from __future__ import annotations

import mimetypes
from functools import cache
from pathlib import Path

import gradio
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from demo.ui.compression import for_good

FOLDER = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
NEEDED = Path(__file__).with_name("frontend.txt")  # what the page asks for, in that order; a test holds it
# Not as the system has it: some call scripts plain text, which no browser runs.
KINDS = {".js": "text/javascript", ".css": "text/css"}


@cache
def files() -> frozenset[str]:
    """Names of all that lies in Gradio's folder; each holds a digest of what is in it."""
    return frozenset(file.name for file in FOLDER.iterdir() if file.is_file())


def route() -> Route:
    """Serves Gradio's folder; for launch(app_kwargs={"routes": [...]}), before Gradio's own route."""
    return Route("/assets/{name}", _serve)


async def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in files():
        return PlainTextResponse("There is no such file.", 404)
    return for_good(request, _read(name), KINDS.get(Path(name).suffix) or mimetypes.guess_type(name)[0])


@cache
def _read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def preloads() -> str:
    """HTML for the head: the browser gets what scripts it needs of Gradio's at once; of another version, what is there.

    Style sheets are no part of it: Gradio asks for them in another way, and the browser would get each twice.
    """
    names = [name for name in NEEDED.read_text(encoding="utf-8").split() if name in files()]
    return "".join(f'<link rel="modulepreload" href="assets/{name}">' for name in names)
