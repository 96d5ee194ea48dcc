"""Where live runs go on: at most two at once, in threads of their own, each until its visitor has left."""

from __future__ import annotations

import logging
import math
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor

from demo.tabs.train.data import TrainingData
from demo.tabs.train.settings import MAX_STEPS, Settings
from demo.tabs.train.trainer import Measured, Snapshot, Trainer
from stn.errors import StnError

log = logging.getLogger(__name__)
PLACES = 2  # runs that train at once, all visitors together
MAX_SECONDS = 180  # of training, pauses not counted
DROP_AFTER = 20  # seconds without a sign of its visitor
RECLAIM_AFTER = 120  # seconds of pause after which somebody who waits gets the place
MAX_RUNS = 16  # runs remembered, ended ones included
SNAPSHOT_EVERY = 0.1  # seconds
TEST_EVERY = 40  # updates
PREVIEWS = 24  # kept, for everybody's first look is the same
ENDED = ("stopped", "finished", "failed")


@dataclass(frozen=True, eq=False)
class RunInputs:
    """The images of a run that do not change: what is shown, and what it is tested on."""

    inputs: Tensor  # (N, 1, S, S)
    labels: list[int]
    words: str
    drawn: bool
    tested: int  # held-out images

    @classmethod
    def of(cls, trainer: Trainer) -> RunInputs:
        images = trainer.images
        labels = images.test_labels[images.watched].tolist()
        return cls(trainer.inputs, labels, images.words, images.drawn, len(images.test_labels))


class Run:
    """One run: a trainer, the thread that drives it, and what its visitor has not seen yet. Locked by `changed`."""

    def __init__(self, settings: Settings, make: Callable[[Settings], Trainer], paused: bool, clock: Callable):
        self.id = secrets.token_urlsafe(16)
        self.settings = settings
        self.changed = threading.Condition()
        self.state = "paused" if paused else "running"
        self.problem: str | None = None
        self.seconds = 0.0  # of training
        self.trainer: Trainer | None = None  # until it is built, and again once the run has ended
        self.inputs: RunInputs | None = None
        self.losses: list[float] = []  # of every update
        self.tests: list[Measured] = []
        self.snapshot: Snapshot | None = None
        self._make: Callable[[Settings], Trainer] | None = make  # until it has made one
        self._clock = clock
        self._owed = 0  # single updates asked for while it is paused
        self._thread = threading.Thread(target=self.drive, daemon=True, name="live training")
        self.last_seen = self.paused_since = clock()

    # --- what the visitor does ------------------------------------------------------------------------------------

    def act(self, action: str) -> None:
        """Pauses, resumes, makes one update of, or stops the run; what its state has no use for changes nothing."""
        with self.changed:
            if self.state in ENDED:
                return
            if action == "pause" and self.state == "running":
                self.state, self.paused_since = "paused", self._clock()
            elif action == "resume":
                self.state, self._owed = "running", 0
            elif action == "step" and self.state == "paused":
                self._owed = min(self._owed + 1, 10)
            elif action == "stop":
                self.state = "stopped"
            self.changed.notify_all()

    def begin(self) -> None:
        self._thread.start()

    def leave(self, seconds: float) -> None:
        """Stops the run and waits for its thread, at most so long."""
        self.act("stop")
        self._thread.join(seconds)

    def touch(self) -> None:
        self.last_seen = self._clock()

    @property
    def abandoned(self) -> bool:
        return self._clock() - self.last_seen > DROP_AFTER

    @property
    def reclaimable(self) -> bool:
        """Whether it has been paused for so long that another may have its place."""
        return self.state == "paused" and self._clock() - self.paused_since > RECLAIM_AFTER

    # --- what the thread does -------------------------------------------------------------------------------------

    def drive(self) -> None:
        """Trains until the run ends. Never raises: what goes wrong ends the run with a sentence."""
        try:
            self._prepare()
            while self._wait_for_turn():
                self._update()
        except Exception as error:
            told = isinstance(error, StnError)
            if not told:
                log.exception("A live run failed")
            self._end("failed", str(error) if told else "An error in the program stopped this run; its log says which.")
        finally:
            self._make, self.trainer = None, None  # the weights and the optimiser go with the run

    def _prepare(self) -> None:
        assert self._make is not None
        trainer = self._make(self.settings)
        test, snapshot = trainer.test(), trainer.snapshot()
        with self.changed:
            self.trainer, self.inputs = trainer, RunInputs.of(trainer)
            self.tests.append(test)
            self.snapshot = snapshot
        self._snapshot_at = self._clock()

    def _wait_for_turn(self) -> bool:
        """Waits until there is an update to make; False when there never will be one."""
        with self.changed:
            while self.state == "paused" and not self._owed and not self.abandoned:
                self.changed.wait(1.0)
            if self.abandoned:
                self.state = "stopped"
            if self.state == "paused":
                self._owed -= 1
            return self.state not in ENDED

    def _update(self) -> None:
        trainer, start = self.trainer, self._clock()
        assert trainer is not None
        loss = trainer.step()
        step = trainer.step_number
        broken = not math.isfinite(loss)
        last = broken or step >= MAX_STEPS or self.seconds + self._clock() - start >= MAX_SECONDS
        often = TEST_EVERY // 2 if step <= 3 * TEST_EVERY else TEST_EVERY  # the curve is steep at first
        test = trainer.test() if last or step % often == 0 else None
        due = self._clock() - self._snapshot_at >= SNAPSHOT_EVERY or self.state == "paused"
        snapshot = trainer.snapshot() if last or due or test else None
        with self.changed:
            self.losses.append(loss)
            if test:
                self.tests.append(test)
            if snapshot:
                self.snapshot, self._snapshot_at = snapshot, self._clock()
            self.seconds += self._clock() - start
        if broken:
            self._end("failed", "The loss is no longer a number, so there is nothing left to train.")
        elif last:
            self._end("finished")

    def _end(self, state: str, problem: str | None = None) -> None:
        with self.changed:
            if self.state not in ENDED:
                self.state, self.problem = state, problem


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
                reclaimable = next((run for run in taken if run.reclaimable), None)
                if reclaimable is None:
                    raise StnError(_please_wait(taken))
                reclaimable.act("stop")
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
        settings = replace(settings, rate=Settings.rate, lesson=Settings.lesson)
        key = settings, self._data.get().drawn
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
            return Trainer(settings, self._data.get())


def _please_wait(taken: list[Run]) -> str:
    most = max(1.0, min(MAX_SECONDS - run.seconds for run in taken))
    return (
        f"{PLACES} runs are already training on this server, the most it can do at once: please wait, a place will be "
        f"free in {math.ceil(most / 60)} min at the latest unless somebody pauses."
    )
