"""Where live runs go on: at most two at once, in threads of their own; who comes then waits in line."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address, ip_network

from demo.tabs.train.data import TrainingData
from demo.tabs.train.run import ENDED, MAX_SECONDS, WAITING, Run, RunInputs
from demo.tabs.train.settings import Settings
from demo.tabs.train.trainer import Snapshot, Trainer
from stn.errors import StnError

PLACES = 2  # runs that train at once, all visitors together
MAX_RUNS = 16  # runs remembered besides those that wait
MAX_WAITING = 60  # visitors in line
MAX_OWN = 2  # of them one browser's
MAX_NEAR = 40  # of them from one address, which a whole class may share
PREVIEWS = 24  # kept, for everybody's first look is the same


def network_of(address: str) -> str:
    """What tells one school from the next: an address, or half of one of IPv6, where each school has many."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(found if found.version == 4 else ip_network((int(found), 64), strict=False))


class TrainingRoom:
    """The runs of all visitors, in the order in which they came. Whoever knows a run's id may steer it."""

    def __init__(self, data: TrainingData, clock: Callable[[], float] = time.monotonic):
        self._data, self._clock = data, clock
        self._runs: dict[str, Run] = {}
        self._previews: dict[tuple[Settings, bool], tuple[RunInputs, Snapshot]] = {}
        self._lock = threading.Lock()
        self._building = threading.Lock()

    def start(
        self,
        settings: Settings,
        replaces: str | None = None,
        paused: bool = False,
        owner: str | None = None,
        address: str = "",
    ) -> Run:
        """A new run instead of the visitor's last one. It waits where all places are taken: see line().

        `address`: where its visitor is, by which no more than a class is told from everybody. Raises StnError where
        too many wait.
        """
        near = network_of(address)
        with self._lock:
            if replaces in self._runs:
                self._runs.pop(replaces).act("stop")
            self._tidy()
            self._refuse_more(owner, near)
            run = Run(settings, self._build, paused, self._clock, owner, near)
            self._runs[run.id] = run
            self._admit()
        return run

    def line(self, run: Run) -> tuple[int, float]:
        """How many come before a run that waits, itself counted, and in how many seconds its place should be free."""
        with self._lock:
            free = sorted(each.seconds_left for each in self._training())
            for place, each in enumerate(self._waiting(), 1):
                seconds = heapq.heappop(free) if free else 0.0
                if each is run:
                    return place, seconds
                heapq.heappush(free, seconds + MAX_SECONDS)
        return 0, 0.0

    def shared(self, share: object) -> Run:
        """The newest run of the visitor who gave this away, to look on. Raises StnError where there is none."""
        with self._lock:
            self._tidy()
            found = [run for run in self._runs.values() if run.share == share and run.state != WAITING]
            if not found:
                raise StnError("Nobody trains under this link right now. The run is shown here as soon as it starts.")
            if found[-1].state in ENDED:
                found[-1].touch()  # it takes no place, and may be looked at for longer than its visitor does
            return found[-1]

    def find(self, run_id: object) -> Run:
        """A visitor's run, which counts as a sign of its visitor. Raises StnError for one that is no more."""
        with self._lock:
            run = self._runs.get(run_id) if isinstance(run_id, str) else None
            if run is not None and not run.abandoned:
                run.touch()
            self._tidy()
            if run is None or run.id not in self._runs:
                raise StnError("This run is no longer on the server: it was left alone for too long; start a new one.")
            return run

    def preview(self, settings: Settings) -> tuple[RunInputs, Snapshot]:
        """What a run with these settings would begin with."""
        # What comes later changes nothing in what a run begins with.
        settings = replace(settings, rate=Settings.rate, lr=Settings.lr, lesson=Settings.lesson)
        key = settings, self._data.get(settings.scene.dataset).drawn
        with self._lock:
            found = self._previews.get(key)
        if found is None:
            trainer = self._build(settings)
            found = RunInputs.of(trainer), trainer.snapshot()
            with self._lock:
                self._previews[key] = found
                while len(self._previews) > PREVIEWS:
                    del self._previews[next(iter(self._previews))]
        return found

    def close(self, seconds: float = 10.0) -> None:
        """Stops every run. Without it, PyTorch aborts a process that ends in the middle of an update."""
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            run.leave(seconds)

    def __len__(self) -> int:
        with self._lock:
            self._tidy()
            return len(self._runs)

    def _tidy(self) -> None:
        """Drops runs whose visitors have left, and the oldest ended ones where there are too many."""
        for key, run in list(self._runs.items()):
            if run.abandoned:
                self._runs.pop(key).act("stop")
        ended = [key for key, run in self._runs.items() if run.state in ENDED]
        for key in ended[: max(0, len(ended) - MAX_RUNS + PLACES + 1)]:
            del self._runs[key]
        self._admit()

    def _admit(self) -> None:
        """Gives places that are free, and such as are only held, to those who wait, the first first."""
        for run in self._waiting():
            taken = self._training()
            if len(taken) >= PLACES:
                idlest = max(taken, key=lambda each: each.idle)
                if not idlest.reclaimable:
                    return
                idlest.act("stop")
            run.begin()

    def _refuse_more(self, owner: str | None, near: str) -> None:
        """Raises StnError where the line has no room for another run of a visitor's."""
        waiting = self._waiting()
        if sum(run.owner == owner for run in waiting) >= MAX_OWN:
            raise StnError(f"{MAX_OWN} runs of yours wait for a place to train in already; stop one of them first.")
        if len(waiting) >= MAX_WAITING:
            raise StnError(f"{MAX_WAITING} visitors wait for a place to train in already; try again in some minutes.")
        if near and sum(run.near == near for run in waiting) >= MAX_NEAR:
            raise StnError(
                f"{MAX_NEAR} visitors from your network wait for a place to train in already; "
                "try again in some minutes, or watch a shared run."
            )

    def _waiting(self) -> list[Run]:
        return [run for run in self._runs.values() if run.state == WAITING]

    def _training(self) -> list[Run]:
        """The runs that have a place."""
        return [run for run in self._runs.values() if run.state not in (*ENDED, WAITING)]

    def _build(self, settings: Settings) -> Trainer:
        with self._building:
            return Trainer(settings, self._data.get(settings.scene.dataset))
