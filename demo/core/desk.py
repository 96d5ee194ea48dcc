"""Visitors who ask at the same time are answered together."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

ADDRESS = "stn-live"  # of the route that leads here, relative to the page
MOST_TOGETHER = 16  # answered at once: with more of them the first would wait for longer than it takes alone
MOST_WAITING = 500
THREADS = min(2, os.cpu_count() or 1)
BUSY = "Too many visitors are asking at this moment; move a slider again in a few seconds."

Answers = Callable[[Sequence[object]], list[dict[str, Any]]]


class Desk:
    """Hands requests to threads: whatever has come in while all were at work goes together, a lone visitor at once.

    All calls come from one event loop. `answers`: takes requests, gives as many answers, raises nothing. `threads`: how
    many; the networks let go of the interpreter, so each keeps a core of its own busy for most of an answer.
    """

    def __init__(self, answers: Answers, threads: int = THREADS):
        self._answers = answers
        self._waiting: deque[tuple[object, asyncio.Future[dict[str, Any]]]] = deque()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="desk")
        self._idle = threads
        self._asked: float | None = None  # when, last (monotonic)

    async def ask(self, request: object) -> dict[str, Any]:
        """The answer to a request."""
        self._asked = time.monotonic()
        if len(self._waiting) >= MOST_WAITING:
            return {"error": BUSY}
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, answer))
        if self._idle:
            self._begin()
        return await answer

    @property
    def visited(self) -> bool:
        """Whether anybody has asked yet."""
        return self._asked is not None

    def quiet(self, seconds: float) -> bool:
        """Whether somebody has asked, and nobody for so many seconds."""
        return self._asked is not None and time.monotonic() - self._asked > seconds

    def _begin(self) -> None:
        self._idle -= 1
        together = [self._waiting.popleft() for _ in range(min(MOST_TOGETHER, len(self._waiting)))]
        job = asyncio.get_running_loop().run_in_executor(self._threads, self._answers, [asked for asked, _ in together])
        job.add_done_callback(lambda done: self._end(together, done))

    def _end(self, together: list[tuple[object, asyncio.Future]], done: asyncio.Future) -> None:
        self._idle += 1
        if self._waiting:
            self._begin()
        error = done.exception()
        for i, (_, answer) in enumerate(together):
            if answer.done():  # its visitor has gone
                continue
            if error:
                answer.set_exception(error)
            else:
                answer.set_result(done.result()[i])
