"""A student's page: `?room=CODE` without a teacher's token. Small and without Gradio: sixty phones open it at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import parse_qs

from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from demo.ui import scripts

HERE = Path(__file__).parent


class StudentsPage:
    """ASGI middleware: hands out that page in place of the whole one."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A new answer every time: what stands before this puts headers into it.
        page = HTMLResponse(_text(), headers={"Cache-Control": "no-store"}) if _is_students(scope) else self._app
        await page(scope, receive, send)


def _is_students(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["path"] not in ("", "/") or scope["method"] not in ("GET", "HEAD"):
        return False
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return "room" in query and not query.get("teacher", [""])[0]


@cache
def _text() -> str:
    text = (HERE / "student.html").read_text(encoding="utf-8")
    return text.replace("<!-- module -->", scripts.address("ui/room/student.js"))


def middleware() -> Middleware:
    """For launch(app_kwargs={"middleware": [...]})."""
    return Middleware(StudentsPage)
