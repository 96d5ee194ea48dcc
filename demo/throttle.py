"""One after the other, with a pause between: what costs the server much, whoever sends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class Throttle:
    """Lets one pass in so many seconds; who comes sooner waits, but not for longer than `patience`."""

    def __init__(self, every: float, patience: float, clock: Callable[[], float] = time.monotonic):
        self._every, self._patience, self._clock = every, patience, clock
        self._free = 0.0  # when the next may pass

    async def passes(self) -> bool:
        """Waits for its turn; False, at once, where that is too far away."""
        now = self._clock()
        wait = max(0.0, self._free - now)
        if wait > self._patience:
            return False
        self._free = now + wait + self._every
        await asyncio.sleep(wait)
        return True
