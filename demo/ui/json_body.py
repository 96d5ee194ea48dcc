"""Reads a request of the page's own scripts, which is JSON of a bounded length, for routes of our own."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response


class Unreadable(Exception):
    """A request that is none; `response` says so."""

    def __init__(self, response: Response):
        self.response = response


async def read_json(request: Request, largest: int) -> Any:
    """What a request holds. Raises Unreadable for what is longer than `largest` bytes, or no JSON."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Unreadable(refusal(415, "Send the state as application/json."))  # which no foreign page may send
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > largest:
                raise Unreadable(refusal(413, f"The request is longer than {largest:,} bytes."))
        return json.loads(body)
    except ClientDisconnect:
        raise Unreadable(Response(status_code=400)) from None
    except (ValueError, RecursionError):
        raise Unreadable(refusal(400, "The request is not JSON.")) from None


def refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status)
