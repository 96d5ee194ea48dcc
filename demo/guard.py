"""What stands before the page: bounds on every request before anything parses it, and headers on every answer.

Gradio reads a body whole, hands a function's name to a regular expression and fetches what a file's address names, all
of it before a function of ours sees anything. So whatever is too long, or is no JSON, ends here with one sentence.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo import hosts
from demo.headers import HEADERS
from demo.throttle import Throttle

log = logging.getLogger(__name__)
BROKEN = "The request could not be answered: an error in the program, which its log describes."
MAX_BODY = 300_000  # bytes; a request of the page's takes a few thousand
MAX_IMAGE_BODY = 6_000_000  # where an image may come in base64: 4 MB of a file, and what base64 adds
LARGE_EVERY, LARGE_PATIENCE = 0.5, 5.0  # seconds between two bodies above MAX_BODY, and that one may wait
SLOWEST, SLOW = 10, 100_000  # seconds that any body may take to arrive, and bytes that come in a further one
MAX_ADDRESS = 8_000  # bytes of a path and a query
MAX_NAME = 80  # characters of a name: of a function, of a session, of an event
IMAGES = ("queue/join", "call/explain", "call/v2/explain", "run/explain", "api/explain")  # under API
API = "/gradio_api/"
CLOSED = ("upload", "upload_progress", "process_recording", "proxy=", "stream", "vibe", "undo-vibe", "deep_link")
CALLS = ("run", "api", "call", "call/v2")
NAMES = ("fn_name", "session_hash", "event_id")  # in bodies and in queries


class Refusal(NamedTuple):
    status: int
    sentence: str

    @property
    def content(self) -> dict[str, Any]:
        if self.status != 422:
            return {"error": self.sentence}
        # So that Gradio's own clients repeat it.
        said = {"__type__": "validate", "is_valid": False, "parameter_name": "data", "message": self.sentence}
        return {"error": self.sentence, "detail": [said]}


class _Gone(Exception):
    """Whoever asked has left in the middle of the body."""


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp):
        self.app = app
        self._large = Throttle(LARGE_EVERY, LARGE_PATIENCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        closes = "origin" in Headers(scope=scope) and not hosts.may_read(scope)
        refusal, body, scope = _refused_unread(scope), b"", hosts.believed(scope)
        try:
            if refusal is None and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
                refusal, body = await _read_in_time(receive, limit_of(scope["path"]))
                receive = _again(body, receive)
                if len(body) > MAX_BODY and not await self._large.passes():
                    refusal = Refusal(429, "Many large images are on their way; try again in some seconds.")
                refusal = refusal or _refused_body(scope, body)
        except _Gone:
            return
        if refusal is None:
            await self._answer(scope, receive, _Answer(send, closes))
        else:
            # What is left of the body is not read.
            answer = JSONResponse(refusal.content, refusal.status, headers={"Connection": "close"})
            await answer(scope, receive, _Answer(send))

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self.app(scope, receive, answer)
        except Exception:
            if answer.begun:
                raise
            log.exception("A request could not be answered")
            await JSONResponse({"error": BROKEN}, 500)(scope, receive, answer)


class _Answer:
    """Sends an answer on: with the headers, and with one sentence where Gradio has an error.

    For Gradio, what a visitor did wrong is an error of the server's as well, and what it may not tell is null.
    """

    def __init__(self, send: Send, closes: bool = False):
        """`closes`: whether no other page's script may read it."""
        self._send, self._closes = send, closes
        self._broken: Message | None = None  # the beginning of an error, which is held back
        self._body = b""
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            for name in [name for name in headers if self._closes and name.startswith(hosts.OPEN)]:
                del headers[name]
            if message["status"] == 500:
                self._broken = message
                return
        elif self._broken is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._tell(self._broken, self._body)
            return
        self.begun = True
        await self._send(message)

    async def _tell(self, start: Message, body: bytes) -> None:
        try:
            sentence = json.loads(body).get("error")
        except (ValueError, AttributeError):
            sentence = None
        said = json.dumps({"error": sentence or BROKEN}).encode()
        headers = MutableHeaders(raw=start["headers"])
        headers["Content-Type"], headers["Content-Length"] = "application/json", str(len(said))
        # Only what is meant for visitors has a sentence.
        status = 400 if sentence and sentence != BROKEN else 500
        self.begun = True
        await self._send({**start, "status": status, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": said})


def middleware() -> Middleware:
    """For launch(app_kwargs={"middleware": [...]})."""
    return Middleware(Guard)


def limit_of(path: str) -> int:
    """How many bytes a body that is sent to a path may have."""
    return MAX_IMAGE_BODY if _route(path) in IMAGES else MAX_BODY


def _route(path: str) -> str:
    """A path below Gradio's own, without the slash at its end. What stands before that, a proxy may have put there."""
    return path.partition(API)[2].rstrip("/")


def _refused_unread(scope: Scope) -> Refusal | None:
    """What is wrong with a request, as far as its first lines tell."""
    path, query = scope["path"], scope.get("query_string", b"")
    if not hosts.is_asked_by_name(scope):
        return Refusal(421, "This page does not go by the name that the request gives it.")
    if len(path) + len(query) > MAX_ADDRESS:
        return Refusal(414, f"The address is longer than {MAX_ADDRESS:,} bytes.")
    route = _route(path)
    if route.startswith(CLOSED):
        return Refusal(404, "This page takes no files; give an image as a data URI.")
    names = [value for key, values in parse_qs(query.decode("latin-1")).items() if key in NAMES for value in values]
    if route.startswith(("heartbeat/", "call/")):
        names += route.split("/")[1:]
    if any(len(name) > MAX_NAME for name in names):
        return _long_name()
    length = Headers(scope=scope).get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > limit_of(path):
        return _too_large(limit_of(path))
    return None


async def _read_in_time(receive: Receive, limit: int) -> tuple[Refusal | None, bytes]:
    """_read() within the time that a slow phone takes; whoever takes longer keeps a place from others."""
    seconds = SLOWEST + limit / SLOW
    try:
        return await asyncio.wait_for(_read(receive, limit), seconds)
    except TimeoutError:
        return Refusal(408, f"The request took longer than {seconds:.0f} seconds to arrive."), b""


async def _read(receive: Receive, limit: int) -> tuple[Refusal | None, bytes]:
    """The whole body, or the refusal of one that is longer than `limit` bytes: counted, whatever its head says."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body += message.get("body", b"")
        if len(body) > limit:
            return _too_large(limit), b""
        if not message.get("more_body", False):
            return None, bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """A receive() that hands out a body that was read already, then what comes after it."""
    parts: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def read() -> Message:
        return next(parts, None) or await receive()

    return read


def _refused_body(scope: Scope, body: bytes) -> Refusal | None:
    """What is wrong with a body that is short enough."""
    if not body:
        return None
    # Any page may send text or a form here from its visitor's browser; JSON the browser lets through only from ours.
    if Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Refusal(415, "Send JSON as application/json.")
    try:
        # No infinite numbers and no half characters: a request can name them and no answer can hold them.
        given = json.loads(body.decode(), parse_constant=_finite, parse_float=_finite)
        if b"\\u" in body:
            json.dumps(given, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return Refusal(400, "The request is not JSON of finite numbers and whole characters of UTF-8.")
    return _refused_envelope(scope, given) if _route(scope["path"]) else None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _refused_envelope(scope: Scope, given: Any) -> Refusal | None:
    """What is wrong with what Gradio is asked."""
    if not isinstance(given, dict):
        return Refusal(400, "The request is not a JSON object.")
    if any(isinstance(given.get(name), str) and len(given[name]) > MAX_NAME for name in NAMES):
        return _long_name()
    if _holds_file(given):
        return Refusal(422, "This page takes no files; give an image as a data URI.")
    return _refused_call(scope, given)


def _holds_file(given: Any) -> bool:
    """Whether it names a file anywhere, which Gradio would look for or fetch. Without recursion: it may be deep."""
    left = [given]
    while left:
        here = left.pop()
        if isinstance(here, dict):
            if "path" in here:
                return True
            left += here.values()
        elif isinstance(here, list):
            left += here
    return False


def _refused_call(scope: Scope, given: dict[str, Any]) -> Refusal | None:
    """What is wrong with a call of a function of the page's; Gradio would log all values of too few."""
    blocks = scope["app"].get_blocks() if hasattr(scope.get("app"), "get_blocks") else None
    action, _, name = _route(scope["path"]).rpartition("/")
    if blocks is None:
        return None
    if name == "component_server":
        known = given.get("component_id") in list(blocks.blocks)
        return None if known else Refusal(404, "There is no such part of the page.")
    if (action, name) != ("queue", "join") and action not in CALLS:
        return None
    number, data = given.get("fn_index"), given.get("data")
    for key, function in blocks.fns.items():
        if function.fn is not None and (key == number or (number is None and function.api_name == name)):
            wanted = len(function.inputs)
            if isinstance(data, list) and len(data) < wanted:
                return Refusal(422, f"This function takes {wanted} values in the list `data`, not {len(data)}.")
            return None
    return Refusal(404, "There is no such function.")


def _long_name() -> Refusal:
    return Refusal(400, f"A name in the request is longer than {MAX_NAME} characters.")


def _too_large(limit: int) -> Refusal:
    return Refusal(413, f"The request is longer than {limit:,} bytes.")
