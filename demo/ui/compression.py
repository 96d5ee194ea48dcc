"""What is compressed: the page itself for every visitor, files that never change once."""

from __future__ import annotations

import gzip
from functools import lru_cache

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

FOR_GOOD = "public, max-age=31536000, immutable"
SHORT = 400  # bytes, below which nothing is won


def for_good(request: Request, body: bytes, media_type: str | None) -> Response:
    """An answer that the browser keeps: a file whose address holds a digest of it. Compressed once, not by Gradio for
    every visitor, where that makes it shorter."""
    headers = {"Cache-Control": FOR_GOOD, "Vary": "Accept-Encoding"}
    if len(body) >= SHORT and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = _compressed(body), "gzip"
    return Response(body, media_type=media_type, headers=headers)


@lru_cache(1000)
def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


class CompressedPage:
    """ASGI middleware: gzip for the page, nothing else. Gradio compresses by names' endings, and the page has none."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._compressed = GZipMiddleware(app, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = scope["type"] == "http" and scope["path"] in ("", "/")
        await (self._compressed if page else self._app)(scope, receive, send)


def middleware() -> Middleware:
    """For launch(app_kwargs={"middleware": [...]})."""
    return Middleware(CompressedPage)
