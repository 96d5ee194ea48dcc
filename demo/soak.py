"""How the page bears a long day: `python -m demo.soak --minutes 10 --users 10 --trainings 2 --json`. Starts `app.py`.

Users ask for what they would by dragging sliders, now and then for what the other tabs show; every so often they open
the page anew. Each answer is compared with the one that was recorded before, when nobody else asked: another user's
answer is `mixed`, no answer an error. Beside them networks train, and begin anew when they have ended. `rss_mb` is the
memory of the page's process after each minute, `rss_start_mb` before the first.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import random
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from typing import Any

import numpy as np

from demo.measuring.server import PATIENCE, MeasuringError, Serving, serve
from demo.measuring.visitor import Target, User, find_view, rush

STATES = 24  # different ones of the live view for each data set
OTHERS = 0.05  # part of what users ask for that is another tab's
OPENS = 0.005  # part of their requests before which they open the page
POLL = 0.2  # seconds between two looks at a training
FUNCTIONS = {  # of other tabs -> what a state needs besides
    "inside": {},
    "sweep": {"curve": "rotation"},
    "figure": {"curve": "scale"},
    "reading": {"curve": "rotation"},
}
GALLERY = ("batch", "mistakes", "means")
NEAR = 0.02  # what numbers may differ by: those who ask together are answered together, and sums have another order
LEVELS = 1.0  # what the bytes of images may differ by in the mean, of 255
NEWS = {"losses": 0, "tests": 0, "look": -1}
TAKES = "milliseconds"  # what an answer took
ENDED = ("stopped", "finished", "failed")


def main() -> None:
    parser = argparse.ArgumentParser(description="Visits the page for a long time, and compares and measures.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--trainings", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    try:
        result = soak(options.minutes, options.users, options.trainings)
    except MeasuringError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    print(json.dumps(result) if options.json else "\n".join(f"{k}: {v}" for k, v in result.items()))


def soak(minutes: float, users: int, trainings: int, minute: float = 60) -> dict[str, Any]:
    """Everything measured; `minute`: seconds between two looks at the memory. Raises MeasuringError."""
    if not 0 < minutes <= 24 * 60:
        raise MeasuringError(f"--minutes is {minutes:g}; give a number above 0, at most 1440.")
    if not 1 <= users <= 1000 or not 0 <= trainings <= 100:
        raise MeasuringError("Give 1 to 1000 --users and 0 to 100 --trainings.")
    with serve() as app:
        target = find_view(app.address)
        alone = record(target)
        crowd = [Guest(target, number, "", alone=alone) for number in range(users)]
        taught = [Training(User(target, 0, "")) for _ in range(trainings)]
        start, over = app.memory(), threading.Event()
        beside = _beside([partial(each.go_on, over) for each in taught])
        for each in taught:  # a process that has yet to import PyTorch is no training
            each.begun.wait(PATIENCE)
        memory: list[int | None] = []
        watch = _beside([partial(_watch, app, memory, over, minute)])
        seconds = rush(crowd, 60 * minutes)
        over.set()
        for thread in (*beside, *watch):
            thread.join()
        memory = memory or [app.memory()]
    visitors: list[Guest | Training] = [*crowd, *taught]
    said = [each.said for each in visitors if each.said]
    return {
        "minutes": round(seconds / 60, 2),
        "users": users,
        "trainings": trainings,
        "answers": sum(len(user.lags) for user in crowd),
        "mixed": sum(user.mixed for user in crowd),
        "errors": sum(each.errors for each in visitors),
        "first_error": said[0] if said else None,
        "updates": sum(each.updates for each in taught),
        "runs": sum(each.runs for each in taught),
        "rss_start_mb": start and round(start / 1e6, 1),
        "rss_mb": [size and round(size / 1e6, 1) for size in memory],
    }


def _beside(work: list[Callable[[], None]]) -> list[threading.Thread]:
    threads = [threading.Thread(target=each, daemon=True) for each in work]
    for thread in threads:
        thread.start()
    return threads


def _watch(app: Serving, memory: list[int | None], over: threading.Event, minute: float) -> None:
    while not over.wait(minute):
        memory.append(app.memory())


@dataclass(frozen=True)
class Asked:
    """What a user asks for, and the answer to it that was recorded alone."""

    function: str  # "" for the live view
    given: dict[str, Any]
    answer: Any


def record(target: Target) -> list[Asked]:
    """The answers to all that will be asked, one after the other. Raises MeasuringError where one is none."""
    wanted: list[tuple[str, dict[str, Any]]] = []
    for dataset in ("mnist", "cifar10"):
        user = User(target, len(wanted), dataset)
        states = [user.state() for _ in range(STATES)]
        wanted += [("", state) for state in states]
        wanted += [(name, states[i] | more) for i, (name, more) in enumerate(FUNCTIONS.items())]
        wanted += [("show", {"dataset": dataset, "kind": kind}) for kind in GALLERY]
        wanted += [("thumbs", {"dataset": dataset, "sample": sample}) for sample in (0, 20)]
    user = User(target, 0, "", patience=PATIENCE)
    try:
        found = [Asked(name, given, _answer(user, name, given)) for name, given in wanted]
    except (OSError, HTTPException, ValueError) as error:
        raise MeasuringError(f"The page does not answer a lone visitor: {type(error).__name__}: {error}") from error
    for each in found:
        if isinstance(each.answer, dict) and "error" in each.answer:
            raise MeasuringError(f"The page does not answer {each.function or 'a state'}: {each.answer['error']}")
    return found


def _answer(user: User, function: str, given: dict[str, Any]) -> Any:
    return user.call(function, given) if function else user.look(given)


@dataclass
class Guest(User):
    """A user who knows what he has to be told."""

    alone: list[Asked] = field(default_factory=list)
    mixed: int = 0
    _now: Asked | None = None

    def __post_init__(self) -> None:
        self._chance = random.Random(self.number)
        self._live = [asked for asked in self.alone if not asked.function]
        self._others = [asked for asked in self.alone if asked.function]

    def _send(self) -> object:
        if self._chance.random() < OPENS:
            self.open()
        self._now = self._chance.choice(self._others if self._chance.random() < OTHERS else self._live)
        return _answer(self, self._now.function, self._now.given)

    def wrong(self, answer: object) -> str:
        assert self._now is not None
        if isinstance(answer, dict) and "error" in answer:
            return f"{self._now.function or 'live view'}: {answer['error']}"
        if alike(answer, self._now.answer):
            return ""
        self.mixed += 1
        return f"{self._now.function or 'live view'}: another answer than alone to {self._now.given}"[:200]


@dataclass
class Training:
    """Networks that train, one after the other."""

    user: User
    updates: int = 0
    runs: int = 0
    errors: int = 0
    said: str = ""
    begun: threading.Event = field(default_factory=threading.Event)  # the first updates were seen, or it waits in line

    def go_on(self, over: threading.Event) -> None:
        """Trains until it is over."""
        run, known = None, dict(NEWS)
        while not over.wait(POLL):
            try:
                if run is None:
                    run, known = self._ask({"action": "start"})["run"], dict(NEWS)
                    self.runs += 1
                news = self._ask({"action": "look", "run": run, **known})
            except (OSError, HTTPException, ValueError, KeyError) as error:
                self.errors, self.said, run = self.errors + 1, str(error)[:200], None
                self.user.connection = None
                continue
            self.updates += len(news["losses"])
            if self.updates or news["state"] == "waiting":
                self.begun.set()
            known = {
                "losses": known["losses"] + len(news["losses"]),
                "tests": known["tests"] + len(news["tests"]),
                "look": news.get("look", {}).get("step", known["look"]),
            }
            run = None if news["state"] in ENDED else run
        if run is not None:
            self.user.call("train", {"action": "stop", "run": run})

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = self.user.call("train", request)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer


def alike(one: Any, other: Any) -> bool:
    """Whether two answers tell the same, as near as one that was computed together with others can."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            alike(value, other[key]) for key, value in one.items() if key != TAKES
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return one == other or _same_words(one) == _same_words(other) or _near_bytes(one, other)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= NEAR * max(1, abs(other))
    return one == other


def _same_words(text: str) -> str:
    return re.sub(r"[\d.]+", "#", text) if len(text) < 500 else text


def _near_bytes(one: str, other: str) -> bool:
    if len(one) != len(other) or len(one) < 500:
        return False
    try:
        a, b = (np.frombuffer(base64.b64decode(text, validate=True), np.uint8).astype(int) for text in (one, other))
    except (binascii.Error, ValueError):
        return False
    return float(np.abs(a - b).mean()) <= LEVELS


if __name__ == "__main__":
    main()
