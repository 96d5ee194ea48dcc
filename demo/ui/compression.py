"""Gradio compresses files by their names' endings, and the page itself, a quarter of a megabyte of text, has none."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send


class CompressedPage:
    """ASGI middleware: gzip for the page, nothing else."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._compressed = GZipMiddleware(app, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = scope["type"] == "http" and scope["path"] in ("", "/")
        await (self._compressed if page else self._app)(scope, receive, send)


def middleware() -> Middleware:
    """For launch(app_kwargs={"middleware": [...]})."""
    return Middleware(CompressedPage)
