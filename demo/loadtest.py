"""How the page bears many visitors: `python -m demo.loadtest --users 30 --seconds 20 --json`. Starts `app.py` itself.

Every user opens the page, keeps its cookies as a browser does, and sends what the page's JavaScript sends while a
slider is dragged: every 100 ms the whole state with new controls, over the live view's open line, or by a request of
its own where there is none. An answer that takes longer delays that user's next request, so `requests_per_s` is what
the page managed, of `wanted_per_s`. An error is any answer that holds no image. `rss_growth` is by how much the memory
of the page's process grew under the load, as a part of what it was before: 0.1 is a tenth more. `clients_cores` and
`server_cores` are how many cores the users, who live in this process, and the page's process kept busy. Before it, and
not counted, all users drag for two seconds: the server's threads and their memory come with the first crowd, and only
what grows after that goes on growing.
"""

from __future__ import annotations

import argparse
import http.client
import ipaddress
import json
import math
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from demo.core.desk import ADDRESS
from demo.core.engine import ENGINES
from demo.core.state import KEYS, SHOWN_KEYS
from demo.measuring.server import COOKIE, MeasuringError, Serving, serve
from stn.data import DATASETS

PERIOD = 0.1  # seconds from one request of a user to the next
WARM_UP = 2.0  # seconds at most
PATIENCE = 15  # seconds until an answer is given up
# How far the sliders are dragged, from and to, in their steps from where they rest.
DRAGGED = {"rotation": (-90, 90), "scale": (-20, 20), "shift_x": (-30, 30), "shear": (-15, 15), "noise": (0, 10)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Sends the page what many visitors send it, and measures.")
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--dataset", choices=tuple(DATASETS), default="mnist")
    parser.add_argument("--url", help="a page that runs on this computer already (default: start app.py)")
    parser.add_argument("--engine", choices=ENGINES, default="", help="what answers (default: the page's choice)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    try:
        result = loadtest(options.users, options.seconds, options.dataset, options.url, options.engine)
    except MeasuringError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    print(json.dumps(result) if options.json else "\n".join(f"{k}: {v}" for k, v in result.items()))


def loadtest(
    users: int, seconds: float, dataset: str = "mnist", url: str | None = None, engine: str = ""
) -> dict[str, Any]:
    """Everything measured. Raises MeasuringError where there is nothing to measure."""
    if not 1 <= users <= 1000:
        raise MeasuringError(f"--users is {users}; give a whole number from 1 to 1000.")
    if not 0 < seconds <= 3600:
        raise MeasuringError(f"--seconds is {seconds:g}; give a number above 0, at most 3600.")
    if url is not None and engine:
        raise MeasuringError("--engine is for a page that the test starts itself; leave out --url, or --engine.")
    with page_at(url, engine) as (where, process):
        target = find_view(where)
        crowd = [User(target, number, dataset) for number in range(users)]
        for user in crowd:
            user.open()
            user.ask()
            if user.errors:
                raise MeasuringError(f"The page answers without an image, so there is nothing to measure: {user.said}")
        rush(crowd, min(WARM_UP, seconds))
        before = process.memory() if process else None
        for user in crowd:
            user.lags, user.errors = [], 0
        worked, own = process.worked() if process else None, time.process_time()
        duration = rush(crowd, seconds)
        own = time.process_time() - own
        done = process.worked() if process else None
        after = process.memory() if process else None
    lags = [lag for user in crowd for lag in user.lags]
    errors = [user.said for user in crowd if user.errors]
    return {
        "users": users,
        "seconds": round(duration, 2),
        "dataset": dataset,
        "requests": len(lags),
        "requests_per_s": round(len(lags) / duration, 1),
        "wanted_per_s": round(users / PERIOD, 1),
        "p50_ms": round(1000 * statistics.median(lags), 1) if lags else None,
        "p95_ms": quantile_ms(lags),
        "max_ms": quantile_ms(lags, 1),
        "errors": sum(user.errors for user in crowd),
        "first_error": errors[0] if errors else None,
        "clients_cores": round(own / duration, 2),
        "server_cores": None if done is None or worked is None else round((done - worked) / duration, 2),
        "engine": engine or None,
        "users_of_process": dict(sorted(Counter(user.process for user in crowd if user.process).items())) or None,
        "rss_before_mb": None if before is None else round(before / 1e6, 1),
        "rss_after_mb": None if after is None else round(after / 1e6, 1),
        "rss_growth": None if not before or after is None else round(after / before - 1, 4),
    }


def quantile_ms(lags: Sequence[float], part: float = 0.95) -> float | None:
    """The time that this part of the lags, in seconds, does not exceed; None where there are none."""
    return round(1000 * sorted(lags)[math.ceil(part * len(lags)) - 1], 1) if lags else None


def rush(crowd: list[User], seconds: float) -> float:
    """Lets all users drag at once; returns how long it took until the last answer was there."""
    start = time.perf_counter()
    threads = [threading.Thread(target=user.drag, args=(start, seconds), daemon=True) for user in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


@dataclass(frozen=True)
class Target:
    """Where the page is, and its live view answers."""

    host: str
    port: int
    page: str
    path: str


@dataclass
class User:
    """One visitor who drags a slider."""

    target: Target
    number: int
    dataset: str
    lags: list[float] = field(default_factory=list)  # seconds, of the answers that held an image
    errors: int = 0
    said: str = ""  # the last answer that held none
    asked: int = 0
    connection: http.client.HTTPConnection | None = None
    line: ClientConnection | None = None
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    @property
    def process(self) -> str | None:
        """The number of the process that answers, where several do; see demo.cluster."""
        return self.cookies[COOKIE].value if COOKIE in self.cookies else None

    def drag(self, start: float, seconds: float) -> None:
        due = start + PERIOD * (self.number * 0.618 % 1)  # people do not move in step
        while due < start + seconds:
            time.sleep(max(0.0, due - time.perf_counter()))
            self.ask()
            due = max(due + PERIOD, time.perf_counter())
        for way in (self.connection, self.line):
            if way:
                way.close()
        self.connection = self.line = None

    def open(self) -> None:
        """Opens the page, as every visitor does first."""
        try:
            self._exchange("GET", self.target.page)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise MeasuringError(f"The page does not open: {type(error).__name__}: {error}") from error

    def ask(self) -> None:
        """Sends one request and notes how it went."""
        began = time.perf_counter()
        try:
            answer = self._send()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.connection = None  # broken: the next request opens a new one
            self._fail(f"{type(error).__name__}: {error}")
            return
        if not isinstance(answer, dict) or "output" not in answer:
            self._fail(str(answer.get("error", answer) if isinstance(answer, dict) else answer))
            return
        self.lags.append(time.perf_counter() - began)

    def _send(self) -> object:
        state = self._state()
        try:
            return self._talk(state)
        except (OSError, WebSocketException):
            self.line = None
        return json.loads(self._exchange("POST", self.target.path, json.dumps(state)))

    def _talk(self, state: dict[str, Any]) -> object:
        """What is answered over the line. Raises OSError, TimeoutError with it, WebSocketException, ValueError."""
        if self.line is None:
            address = f"ws://{self.target.host}:{self.target.port}{self.target.path}"
            self.line = connect(
                address,
                additional_headers=self._headers(),
                open_timeout=PATIENCE,
                compression=None,
                close_timeout=1,
                proxy=None,
                legacy=True,
            )
        self.line.send(json.dumps({"n": self.asked, "state": state}))
        answer = json.loads(self.line.recv(PATIENCE))
        if answer["n"] != self.asked:
            raise ValueError("an answer to another question")
        return answer["view"]

    def _headers(self) -> dict[str, str]:
        """The cookies that the page gave, as a browser sends them."""
        kept = "; ".join(f"{name}={kept.value}" for name, kept in self.cookies.items())
        return {"Cookie": kept} if kept else {}

    def _exchange(self, method: str, path: str, body: str | None = None) -> bytes:
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.target.host, self.target.port, timeout=PATIENCE)
        headers = {**self._headers(), **({"Content-Type": "application/json"} if body else {})}
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        answer = response.read()
        for cookie in response.msg.get_all("Set-Cookie", []):
            self.cookies.load(cookie)
        if response.status != 200:
            raise ValueError(f"status {response.status}")
        return answer

    def _state(self) -> dict[str, Any]:
        """What the page sends: the whole state, another one every time."""
        self.asked += 1
        turn = self.asked + 17 * self.number
        state: dict[str, Any] = {name: KEYS[name].default for name in SHOWN_KEYS}
        for name, (first, last) in DRAGGED.items():
            state[name] += (KEYS[name].step or 0) * (first + turn % (last - first + 1))
        own = {"sample": self.number % 10, "clutter": self.number % 5, "seed": self.number}
        return {**state, "dataset": self.dataset, **own}

    def _fail(self, said: str) -> None:
        self.errors += 1
        self.said = said[:200]


@contextmanager
def page_at(url: str | None, engine: str = "") -> Iterator[tuple[str, Serving | None]]:
    """The page at an address, or one of our own, with its process."""
    if url is not None:
        yield url, None
        return
    with serve(engine) as app:
        yield app.address, app


def find_view(url: str) -> Target:
    """The live view of the page at a loopback address, once that says that it has one."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:  # no address at all: a port beyond 65535, half a bracket
        host = ""
    if not is_loopback(host) or parts.scheme != "http":
        raise MeasuringError(f"--url is {url[:80]!r}; give an http address of this computer: http://127.0.0.1:7860/.")
    root = parts.path.rstrip("/")
    try:
        connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
        connection.request("GET", f"{root}/config")
        config = json.loads(connection.getresponse().read())
        connection.close()
        next(c for c in config["components"] if c["props"].get("elem_id") == "view")
        return Target(host, port, f"{root}/", f"{root}/{ADDRESS}")
    except (OSError, http.client.HTTPException, ValueError, KeyError, StopIteration) as error:
        raise MeasuringError(f"There is no playground at {url[:80]}: start it with `python app.py`.") from error


def is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    main()
