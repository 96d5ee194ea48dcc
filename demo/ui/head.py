"""What has to stand in the page's head before any script of Gradio's runs: launch(head=...) is added by one of them."""

from __future__ import annotations

from functools import cache

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.core.desk import ADDRESS
from demo.ui import frontend, scripts

# Gradio's loading screen asks for every animation frame, also when it is gone: the clock of its StatusTracker is never
# stopped, and costs a phone its battery. Such clocks keep the function that they find while the page loads. Before the
# first script of ours runs, it calls `stnLoaded`: from then on that function comes four times a second, and everybody
# else finds the browser's own.
CALM = """<script>
(() => {
  const frame = window.requestAnimationFrame;
  let loaded = false;
  window.requestAnimationFrame = (call) => (loaded ? setTimeout(frame, 250, call) : frame(call));
  window.stnLoaded = () => {
    loaded = true;
    window.requestAnimationFrame = frame;
  };
})();
</script>"""
END = b"</head>"


@cache
def added(linked: bool) -> str:
    """What goes to the end of the page's head: CALM, and links to what comes first: what it needs of Gradio's scripts,
    ours, and before them the view that a page opens with, unless it is `linked`: a link may name another."""
    opening = "" if linked else f'<link rel="preload" as="fetch" href="{ADDRESS}" crossorigin>'
    return CALM + opening + frontend.preloads() + scripts.preloads()


class WithHead:
    """ASGI middleware: puts `added()` at the end of the page's head."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in ("", "/"):
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body", False):
                return
            whole = body.replace(END, added(bool(scope["query_string"])).encode() + END, 1)
            MutableHeaders(raw=start["headers"])["Content-Length"] = str(len(whole))
            await send(start)
            await send({"type": "http.response.body", "body": whole})

        await self._app(scope, receive, collect)


def middleware() -> Middleware:
    """For launch(app_kwargs={"middleware": [...]}), inside what compresses."""
    return Middleware(WithHead)
