"""By which names the page goes, and which other pages' scripts may read its answers.

Gradio writes the name by which a request came into the page, and lets scripts from any port of this computer read its
answers. So a name that cannot be one ends before Gradio, and what a stranger may set is believed only where it is a
name of ours.
"""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>\d{1,5}))?")
LOOPBACK = ("localhost", "127.0.0.1", "0.0.0.0", "[::1]")
FORWARDED = b"x-forwarded-host"
NEVER = (b"x-gradio-server",)  # by which Gradio's own proxies name a page
OPEN = "access-control-"  # how the headers begin that let another page's scripts read an answer


def own_names() -> frozenset[str]:
    """The names in $STN_HOSTS, with commas between them; empty where it is not set, and any name may be ours."""
    return frozenset(name.strip().lower() for name in os.environ.get("STN_HOSTS", "").split(",") if name.strip())


def is_ours(host: str) -> bool:
    """Whether the page may go by a name, with or without a port."""
    found = HOST.fullmatch(host)
    if found is None:
        return False
    names, name = own_names(), found["name"].lower()
    return not names or name in names or name in LOOPBACK


def is_asked_by_name(scope: Scope) -> bool:
    """Whether a request comes by a name of ours; one of an old browser comes by none."""
    return is_ours(Headers(scope=scope).get("host", LOOPBACK[0]))


def believed(scope: Scope) -> Scope:
    """The request without the headers by which a stranger would give the page a name that is not ours."""

    def keeps(name: bytes, value: bytes) -> bool:
        first = value.decode("latin-1").partition(",")[0].strip()
        return name not in NEVER and (name != FORWARDED or is_ours(first))

    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if keeps(name, value)]}


def may_read(scope: Scope) -> bool:
    """Whether a script of the page that a request comes from may read its answer: here, only from our own port."""
    headers = Headers(scope=scope)
    origin, host = urlsplit(headers.get("origin", "")), HOST.fullmatch(headers.get("host", ""))
    try:
        name, port = origin.hostname or "", origin.port or 80
    except ValueError:
        return False
    if host is None or host["name"].lower() not in LOOPBACK:
        return True  # a page that is there for everybody: what it tells is no secret
    return name in (*LOOPBACK, "::1") and port == int(host["port"] or 80)
