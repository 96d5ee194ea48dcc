"""Where live runs go on: at most two at once, in threads of their own, each until its visitor has left."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from demo.tabs.train.data import TrainingData
from demo.tabs.train.run import ENDED, Run, RunInputs
from demo.tabs.train.settings import Settings
from demo.tabs.train.trainer import Snapshot, Trainer
from stn.errors import StnError

PLACES = 2  # runs that train at once, all visitors together
MAX_RUNS = 16  # runs remembered, ended ones included
PREVIEWS = 24  # kept, for everybody's first look is the same


class TrainingRoom:
    """The runs of all visitors. A run's id is its key: whoever knows it may steer it."""

    def __init__(self, data: TrainingData, clock: Callable[[], float] = time.monotonic):
        self._data, self._clock = data, clock
        self._runs: dict[str, Run] = {}
        self._previews: dict[tuple[Settings, bool], tuple[RunInputs, Snapshot]] = {}
        self._lock = threading.Lock()
        self._building = threading.Lock()

    def start(self, settings: Settings, replaces: str | None = None, paused: bool = False) -> Run:
        """A new run, in the place of the visitor's last one. Raises StnError where all places are taken."""
        with self._lock:
            if replaces in self._runs:
                self._runs.pop(replaces).act("stop")
            self._tidy()
            taken = [run for run in self._runs.values() if run.state not in ENDED]
            if len(taken) >= PLACES:
                idlest = max(taken, key=lambda run: run.idle)
                if not idlest.reclaimable:
                    raise StnError(_please_wait(taken))
                idlest.act("stop")
            run = Run(settings, self._build, paused, self._clock)
            self._runs[run.id] = run
            run.begin()
        return run

    def find(self, run_id: object) -> Run:
        """A visitor's run, which counts as a sign of its visitor. Raises StnError for one that is no more."""
        with self._lock:
            self._tidy()
            run = self._runs.get(run_id) if isinstance(run_id, str) else None
            if run is None:
                raise StnError("This run is no longer on the server: it was left alone for too long; start a new one.")
            run.touch()
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
        for key in ended[: max(0, len(self._runs) - MAX_RUNS + 1)]:
            del self._runs[key]

    def _build(self, settings: Settings) -> Trainer:
        with self._building:
            return Trainer(settings, self._data.get(settings.scene.dataset))


def _please_wait(taken: list[Run]) -> str:
    most = max(1.0, min(run.seconds_left for run in taken))
    return (
        f"{PLACES} runs are already training on this server, the most it can do at once: please wait, a place will be "
        f"free in {math.ceil(most / 60)} min at the latest."
    )
