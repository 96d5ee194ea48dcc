"""How the page bears many visitors: `python -m demo.loadtest --users 30 --seconds 20 --json`. Starts `app.py` itself.

Every user opens the page, keeps its cookies as a browser does, and sends what the page's JavaScript sends while a
slider is dragged: every 100 ms the whole state with new controls, over the live view's open line, or by a request of
its own where there is none. An answer that takes longer delays that user's next request, so `requests_per_s` is what
the page managed, of `wanted_per_s`. An error is any answer that holds no image. `rss_growth` is by how much the memory
of the page's process grew under the load, as a part of what it was before: 0.1 is a tenth more. `clients_cores` and
`server_cores` are how many cores the users, who live in this process, and the page's process kept busy. Before it, and
not counted, all users drag for two seconds: the server's threads and their memory come with the first crowd, and only
what grows after that goes on growing. With --attacker all drag a second time, beside a stranger who sends what once
stopped the page for everybody; `attacked` is what became of the others.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from demo.core.engine import ENGINES
from demo.measuring.attacker import Attacker
from demo.measuring.server import MeasuringError, Serving, serve
from demo.measuring.visitor import PERIOD, User, find_view, rush
from stn.data import DATASETS

WARM_UP = 2.0  # seconds at most


def main() -> None:
    parser = argparse.ArgumentParser(description="Sends the page what many visitors send it, and measures.")
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--dataset", choices=tuple(DATASETS), default="mnist")
    parser.add_argument("--url", help="a page that runs on this computer already (default: start app.py)")
    parser.add_argument("--engine", choices=ENGINES, default="", help="what answers (default: the page's choice)")
    parser.add_argument("--attacker", action="store_true", help="once more, beside a stranger who means harm")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args()
    try:
        result = loadtest(
            options.users, options.seconds, options.dataset, options.url, options.engine, options.attacker
        )
    except MeasuringError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    print(json.dumps(result) if options.json else "\n".join(f"{k}: {v}" for k, v in result.items()))


def loadtest(
    users: int,
    seconds: float,
    dataset: str = "mnist",
    url: str | None = None,
    engine: str = "",
    attacker: bool = False,
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
        lags, failed = [lag for user in crowd for lag in user.lags], [user for user in crowd if user.errors]
        errors, first_error = sum(user.errors for user in failed), failed[0].said if failed else None
        attacked = _attacked(crowd, Attacker(target), seconds) if attacker else None
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
        "errors": errors,
        "first_error": first_error,
        "attacked": attacked,
        "clients_cores": round(own / duration, 2),
        "server_cores": None if done is None or worked is None else round((done - worked) / duration, 2),
        "engine": engine or None,
        "users_of_process": dict(sorted(Counter(user.process for user in crowd if user.process).items())) or None,
        "rss_before_mb": None if before is None else round(before / 1e6, 1),
        "rss_after_mb": None if after is None else round(after / 1e6, 1),
        "rss_growth": None if not before or after is None else round(after / before - 1, 4),
    }


def _attacked(crowd: list[User], attacker: Attacker, seconds: float) -> dict[str, Any]:
    """How the crowd fares beside an attacker."""
    for user in crowd:
        user.lags, user.errors, user.said = [], 0, ""
    over = threading.Event()
    beside = threading.Thread(target=attacker.go_on, args=(over,), daemon=True)
    beside.start()
    duration = rush(crowd, seconds)
    over.set()
    beside.join()
    lags = [lag for user in crowd for lag in user.lags]
    return {
        "requests_per_s": round(len(lags) / duration, 1),
        "p50_ms": quantile_ms(lags, 0.5),
        "p95_ms": quantile_ms(lags),
        "errors": sum(user.errors for user in crowd),
        "first_error": next((user.said for user in crowd if user.errors), None),
        "attacks": dict(sorted(attacker.answers.items())),
    }


def quantile_ms(lags: Sequence[float], part: float = 0.95) -> float | None:
    """The time that this part of the lags, in seconds, does not exceed; None where there are none."""
    return round(1000 * sorted(lags)[math.ceil(part * len(lags)) - 1], 1) if lags else None


@contextmanager
def page_at(url: str | None, engine: str = "") -> Iterator[tuple[str, Serving | None]]:
    """The page at an address, or one of our own, with its process."""
    if url is not None:
        yield url, None
        return
    with serve(engine) as app:
        yield app.address, app


if __name__ == "__main__":
    main()
