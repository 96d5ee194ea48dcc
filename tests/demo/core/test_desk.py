"""Those who ask at the same time are answered together, each with the own answer."""

import asyncio
import threading

import pytest

from demo.core import desk as desk_module
from demo.core.desk import BUSY, MOST_TOGETHER, Desk
from tests.helpers import run_alone


class Office:
    """Answers that wait until they may come, and the batches that were asked for."""

    def __init__(self):
        self.batches: list[list[object]] = []
        self.open = threading.Event()

    def __call__(self, requests):
        self.batches.append(list(requests))
        assert self.open.wait(10)
        if "fail" in requests:
            raise RuntimeError("nobody foresaw this")
        return [{"asked": request} for request in requests]


async def ask_all(desk, office, requests, at_work=1):
    """Asks in order; the office opens when `at_work` batches have begun."""
    jobs = [asyncio.create_task(desk.ask(request)) for request in requests]
    while len(office.batches) < at_work or len(desk._waiting) < len(requests) - len(office.batches[0]):
        await asyncio.sleep(0.001)
    office.open.set()
    return await asyncio.gather(*jobs, return_exceptions=True)


def test_a_lone_visitor_is_answered_at_once_and_the_rest_together():
    office = Office()
    answers = run_alone(ask_all(Desk(office, threads=1), office, list(range(40))))
    assert [answer["asked"] for answer in answers] == list(range(40))
    assert office.batches[0] == [0], "nobody waits for others to come"
    assert [len(batch) for batch in office.batches[1:]] == [MOST_TOGETHER, MOST_TOGETHER, 39 - 2 * MOST_TOGETHER]


def test_an_error_reaches_those_whom_it_concerns_and_the_next_are_answered():
    office = Office()
    answers = run_alone(ask_all(Desk(office, threads=1), office, ["fail", 1, 2]))
    assert isinstance(answers[0], RuntimeError) and [a["asked"] for a in answers[1:]] == [1, 2]


def test_one_who_has_gone_holds_nobody_up():
    office = Office()

    async def scene():
        desk = Desk(office, threads=1)
        first, gone, last = (asyncio.create_task(desk.ask(n)) for n in range(3))
        while len(desk._waiting) < 2:
            await asyncio.sleep(0.001)
        gone.cancel()
        await asyncio.sleep(0)
        office.open.set()
        return await first, await last

    assert [answer["asked"] for answer in run_alone(scene())] == [0, 2]


def test_more_than_can_wait_are_told_so(monkeypatch):
    monkeypatch.setattr(desk_module, "MOST_WAITING", 3)
    office = Office()

    async def scene():
        desk = Desk(office, threads=1)
        jobs = [asyncio.create_task(desk.ask(n)) for n in range(6)]
        await asyncio.sleep(0.05)
        refused = [job.result() for job in jobs if job.done()]
        office.open.set()
        return refused, await asyncio.gather(*jobs)

    refused, answers = run_alone(scene())
    assert refused == [{"error": BUSY}] * 2 and [a.get("asked") for a in answers] == [0, 1, 2, 3, None, None]


@pytest.mark.parametrize("n", [1, 5])
def test_a_desk_serves_again_after_its_crowd(n):
    office = Office()
    office.open.set()
    desk = Desk(office, threads=1)

    async def scene():
        return [await desk.ask(i) for i in range(n)]

    assert [answer["asked"] for answer in run_alone(scene())] == list(range(n))


def test_two_threads_work_at_the_same_time():
    office = Office()

    async def scene():
        desk = Desk(office, threads=2)
        jobs = [asyncio.create_task(desk.ask(n)) for n in range(5)]
        while len(office.batches) < 2:
            await asyncio.sleep(0.001)
        office.open.set()
        return await asyncio.gather(*jobs)

    assert [answer["asked"] for answer in run_alone(scene())] == list(range(5))
    assert sorted(office.batches[:2]) == [[0], [1]]
    assert sorted(n for batch in office.batches[2:] for n in batch) == [2, 3, 4]


def test_a_desk_is_quiet_once_somebody_has_asked_and_rests(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("demo.core.desk.time.monotonic", lambda: now[0])
    desk = Desk(lambda requests: [{} for _ in requests])
    assert not desk.quiet(1) and not desk.visited
    run_alone(desk.ask({}))
    assert not desk.quiet(1) and desk.visited
    now[0] += 1.5
    assert desk.quiet(1) and not desk.quiet(2)
