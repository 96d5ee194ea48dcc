"""By which names the page goes, and which other pages' scripts may read its answers.

Gradio writes the name by which a request came into the page, and lets scripts from any port of this computer read its
answers. So a name that cannot be one ends before Gradio, and one that a stranger may have made up is never repeated:
who comes by it gets relative addresses, and where $STN_HOSTS says which names are ours, no answer.
"""

from __future__ import annotations

import logging
import os
import re
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>\d{1,5}))?")
LOOPBACK = ("localhost", "127.0.0.1", "0.0.0.0", "[::1]")
FORWARDED = b"x-forwarded-host"
NEVER = (b"x-gradio-server",)  # by which Gradio's own proxies name a page
OPEN = "access-control-"  # how the headers begin that let another page's scripts read an answer
UNKNOWN = "unknown.invalid"  # stands for a name that nobody gave the page: what is asked so, is answered without any
MOST_TOLD = 20  # names that the log tells of
OWN = socket.gethostname().lower()

log = logging.getLogger(__name__)
_told: set[str] = set()


def own_names() -> frozenset[str]:
    """The names in $STN_HOSTS, with commas between them; empty where it is not set."""
    return frozenset(name.strip().lower() for name in os.environ.get("STN_HOSTS", "").split(",") if name.strip())


def is_answered(host: str) -> bool:
    """Whether who asks by a name, with or without a port, is answered: any that can be one, until some are given."""
    found = HOST.fullmatch(host)
    return found is not None and (not own_names() or is_known(host))


def is_known(host: str) -> bool:
    """Whether the page may repeat a name: one in $STN_HOSTS; where that is not set, one that no stranger can have."""
    found = HOST.fullmatch(host)
    if found is None:
        return False
    names, name = own_names(), found["name"].lower()
    return name in LOOPBACK or (name in names if names else _is_near(name) or _is_of_space(name))


def _is_near(name: str) -> bool:
    """Whether it is this computer's own name, or an address of its network."""
    try:
        return ip_address(name.strip("[]")).is_private
    except ValueError:
        return name in (OWN, f"{OWN}.local")


def _is_of_space(name: str) -> bool:
    """Whether it is the name of the Hugging Face Space that the page runs on."""
    own = os.environ.get("SPACE_HOST", "").lower()
    return name == own or (not own and "SPACE_ID" in os.environ and name.endswith(".hf.space"))


def is_asked_by_name(scope: Scope) -> bool:
    """Whether a request comes by a name that is answered; one of an old browser comes by none."""
    return is_answered(Headers(scope=scope).get("host", LOOPBACK[0]))


def believed(scope: Scope) -> Scope:
    """The request without a name that is not known to be ours, and without headers by which it would give us one."""
    kept, known = [], True
    for name, value in scope["headers"]:
        first = value.decode("latin-1").partition(",")[0].strip()
        if name in (b"host", FORWARDED) and not is_known(first):
            if not own_names() and (found := HOST.fullmatch(first)):
                known = False
                _tell(found["name"])
        elif name not in NEVER:
            kept.append((name, value))
    if not known:  # neither by the name of a proxy's that is left: what it gives its visitors is not ours to know
        kept = [(name, value) for name, value in kept if name not in (b"host", FORWARDED)]
        kept.append((b"host", UNKNOWN.encode()))
    return {**scope, "headers": kept}


def _tell(name: str) -> None:
    """Says in the log, once, what to do about a name."""
    if name not in _told and len(_told) < MOST_TOLD:
        _told.add(name)
        log.warning("The page was asked for as %s. If that is its name, start it with STN_HOSTS=%s.", name, name)


def without_name(address: str) -> str:
    """An address of the page's; where that holds no name of ours, the same relative to where the browser is."""
    before, unknown, path = address.partition(UNKNOWN)
    return (path or "./") if unknown else before


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
