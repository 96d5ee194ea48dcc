"""What costs much passes one after the other, or not at all."""

import asyncio

from demo.throttle import Throttle
from tests.helpers import run_alone


def test_who_comes_too_soon_waits_and_too_many_are_turned_away():
    now = [0.0]

    async def scene():
        throttle = Throttle(0.01, 0.025, lambda: now[0])
        began = asyncio.get_running_loop().time()
        passed = await asyncio.gather(*(throttle.passes() for _ in range(5)))
        took = asyncio.get_running_loop().time() - began
        now[0] = 1.0
        return passed, took, await throttle.passes()

    passed, took, later = run_alone(scene())
    assert passed == [True, True, True, False, False] and later
    assert 0.02 <= took < 5
