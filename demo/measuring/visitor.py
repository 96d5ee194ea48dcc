"""A visitor of the load tests: opens the page, keeps its cookies, and drags a slider as the page's scripts do."""

from __future__ import annotations

import http.client
import ipaddress
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from demo.core.desk import ADDRESS
from demo.core.state import KEYS, SHOWN_KEYS
from demo.measuring.server import COOKIE, MeasuringError

PERIOD = 0.1  # seconds from one request of a user to the next
IDLE = 2.0  # seconds until a connection is not used again
PATIENCE = 15  # seconds until an answer is given up
# How far the sliders are dragged, from and to, in their steps from where they rest.
DRAGGED = {"rotation": (-90, 90), "scale": (-20, 20), "shift_x": (-30, 30), "shear": (-15, 15), "noise": (0, 10)}


def rush(crowd: Sequence[User], seconds: float) -> float:
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
    """Where the page is, where its live view answers, and the numbers of the parts that have the server functions."""

    host: str
    port: int
    page: str
    path: str
    functions: dict[str, int] = field(default_factory=dict)


@dataclass
class User:
    """One visitor who drags a slider."""

    target: Target
    number: int
    dataset: str
    lags: list[float] = field(default_factory=list)  # seconds, of the answers that held an image
    errors: int = 0
    said: str = ""  # the last answer that held none
    asked: int = 0  # questions over the line
    turned: int = 0  # steps of the sliders
    connection: http.client.HTTPConnection | None = None
    used: float = 0.0  # when the connection was, perf_counter
    line: ClientConnection | None = None
    cookies: SimpleCookie = field(default_factory=SimpleCookie)
    patience: float = PATIENCE

    @property
    def process(self) -> str | None:
        """The number of the process that answers, where several do; see demo.cluster."""
        return self.cookies[COOKIE].value if COOKIE in self.cookies else None

    def drag(self, start: float, seconds: float) -> None:
        due = start + PERIOD * (self.number * 0.618 % 1)  # people do not move in step
        while due < start + seconds:
            time.sleep(max(0.0, due - time.perf_counter()))
            self.ask()
            # Whoever is late asks at once and then goes on in his own time: from then on all would ask in step.
            due += PERIOD * max(1, (time.perf_counter() - due) // PERIOD)
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
            self.connection = self.line = None  # broken: the next request opens new ones
            self._fail(f"{type(error).__name__}: {error}")
            return
        if wrong := self.wrong(answer):
            self._fail(wrong)
            return
        self.lags.append(time.perf_counter() - began)

    def wrong(self, answer: object) -> str:
        """What is said in an answer that holds no image, "" for one that does."""
        if isinstance(answer, dict) and "output" in answer:
            return ""
        return str(answer.get("error", answer) if isinstance(answer, dict) else answer) or "an empty answer"

    def _send(self) -> object:
        return self.look(self.state())

    def look(self, state: dict[str, Any]) -> object:
        """The live view's answer to a state."""
        self.asked += 1
        try:
            return self._talk(state)
        except (OSError, WebSocketException):
            self.line = None
        return self.post(self.target.path, state)

    def call(self, function: str, given: object) -> Any:
        """What a server function of the page's answers to an object."""
        asked = {"component_id": self.target.functions[function], "fn_name": function, "session_hash": "measuring"}
        return self.post(f"{self.target.page}gradio_api/component_server/", asked | {"data": given})

    def post(self, path: str, given: object) -> Any:
        """The page's answer to an object, both JSON."""
        return json.loads(self._exchange("POST", path, json.dumps(given)))

    def _talk(self, state: dict[str, Any]) -> object:
        """What is answered over the line. Raises OSError, TimeoutError with it, WebSocketException, ValueError."""
        if self.line is None:
            address = f"ws://{self.target.host}:{self.target.port}{self.target.path}"
            self.line = connect(
                address,
                additional_headers=self._headers(),
                open_timeout=self.patience,
                compression=None,
                close_timeout=1,
                proxy=None,
                legacy=True,
            )
        self.line.send(json.dumps({"n": self.asked, "state": state}))
        answer = json.loads(self.line.recv(self.patience))
        if answer["n"] != self.asked:
            raise ValueError("an answer to another question")
        return answer["view"]

    def _headers(self) -> dict[str, str]:
        """The cookies that the page gave, as a browser sends them."""
        kept = "; ".join(f"{name}={kept.value}" for name, kept in self.cookies.items())
        return {"Cookie": kept} if kept else {}

    def _exchange(self, method: str, path: str, body: str | None = None) -> bytes:
        # A server closes what has been idle for seconds; a browser then opens another.
        if self.connection is None or time.perf_counter() - self.used > IDLE:
            self.connection = http.client.HTTPConnection(self.target.host, self.target.port, timeout=self.patience)
        headers = {**self._headers(), **({"Content-Type": "application/json"} if body else {})}
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        answer = response.read()
        self.used = time.perf_counter()
        for cookie in response.msg.get_all("Set-Cookie", []):
            self.cookies.load(cookie)
        if response.status != 200:
            raise ValueError(f"status {response.status}")
        return answer

    def state(self) -> dict[str, Any]:
        """What the page sends: the whole state, another one every time."""
        self.turned += 1
        turn = self.turned + 17 * self.number
        state: dict[str, Any] = {name: KEYS[name].default for name in SHOWN_KEYS}
        for name, (first, last) in DRAGGED.items():
            state[name] += (KEYS[name].step or 0) * (first + turn % (last - first + 1))
        own = {"sample": self.number % 10, "clutter": self.number % 5, "seed": self.number}
        return {**state, "dataset": self.dataset, **own}

    def _fail(self, said: str) -> None:
        self.errors += 1
        self.said = said[:200]


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
        functions = {name: c["id"] for c in config["components"] for name in c["props"].get("server_fns", [])}
        return Target(host, port, f"{root}/", f"{root}/{ADDRESS}", functions)
    except (OSError, http.client.HTTPException, ValueError, KeyError, StopIteration) as error:
        raise MeasuringError(f"There is no playground at {url[:80]}: start it with `python app.py`.") from error


def is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
