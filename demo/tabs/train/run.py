"""One live run in a thread of its own: a trainer, who drives it, and what its visitor has not seen yet."""

from __future__ import annotations

import hashlib
import logging
import math
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor

from demo.tabs.train.measured import Measured
from demo.tabs.train.settings import MAX_STEPS, Settings, is_tested
from demo.tabs.train.trainer import Snapshot, Trainer
from stn.errors import StnError

log = logging.getLogger(__name__)
MAX_SECONDS = 180  # of training, pauses not counted
DROP_AFTER = 20  # seconds without a sign of its visitor
RECLAIM_AFTER = 120  # seconds without training, all pauses together, after which somebody who waits gets the place
SNAPSHOT_EVERY = 0.1  # seconds
MAX_CHANGES = 40  # of the learning rates that are remembered
ENDED = ("stopped", "finished", "failed")
SHARE = 12  # characters
WAITING = "waiting"  # for a place


def share_of(owner: str) -> str:
    return hashlib.sha256(owner.encode()).hexdigest()[:SHARE]


@dataclass(frozen=True, eq=False)
class RunInputs:
    """The images of a run that do not change: what is shown, and what it is tested on."""

    inputs: Tensor  # (N, C, S, S)
    labels: list[int]
    words: str
    drawn: bool
    trained: int  # images to train on
    tested: int  # held-out images

    @classmethod
    def of(cls, trainer: Trainer) -> RunInputs:
        images = trainer.images
        labels = images.test_labels[images.watched].tolist()
        return cls(trainer.inputs, labels, images.words, images.drawn, len(images.labels), len(images.test_labels))


@dataclass(frozen=True)
class Change:
    """Learning rates that were moved in the middle of a run, and after how many updates."""

    step: int
    lr: float
    rate: float


class Run:
    """One run: a trainer, the thread that drives it, and what its visitor has not seen yet. Locked by `changed`.

    It waits for a place until begin(). `owner`: a secret of its visitor's, the same for all his runs, from which comes
    `share`, by which others may look on. `near`: the network that he is in, "" where nobody knows.
    """

    def __init__(
        self,
        settings: Settings,
        make: Callable[[Settings], Trainer],
        paused: bool,
        clock: Callable,
        owner: str | None = None,
        near: str = "",
    ):
        self.id = secrets.token_urlsafe(16)
        self.owner = owner or secrets.token_urlsafe(16)
        self.near = near
        self.settings = settings
        self.changed = threading.Condition()
        self.state = WAITING
        self._paused = paused  # whether it begins so
        self.problem: str | None = None
        self.seconds = 0.0  # of training
        self.trainer: Trainer | None = None  # until it is built, and again once the run has ended
        self.inputs: RunInputs | None = None
        self.losses: list[float] = []  # of every update
        self.training: list[float] = []  # accuracies on the batches of every update, percent
        self.changes: list[Change] = []  # of the learning rates, oldest first
        self.tests: list[Measured] = []
        self.snapshot: Snapshot | None = None
        self._make: Callable[[Settings], Trainer] | None = make  # until it has made one
        self._clock = clock
        self._rates_set = True  # whether the trainer knows the settings' learning rates
        self._owed = 0  # single updates asked for while it is paused
        self._thread = threading.Thread(target=self.drive, daemon=True, name="live training")
        self.last_seen = self._born = clock()

    # --- what the visitor does ------------------------------------------------------------------------------------

    def act(self, action: str) -> None:
        """Pauses, resumes, makes one update of, or stops the run; what its state has no use for changes nothing."""
        with self.changed:
            if self.state in ENDED:
                return
            if action == "stop":
                self.state = "stopped"
            elif self.state == WAITING:
                self._owed += action == "step"
            elif action == "pause" and self.state == "running":
                self.state = "paused"
            elif action == "resume":
                self.state, self._owed = "running", 0
            elif action == "step" and self.state == "paused":
                self._owed = min(self._owed + 1, 10)
            self.changed.notify_all()

    def change_rates(self, lr: float, rate: float) -> None:
        """Other learning rates from the next update on; in a run that has ended, nothing."""
        with self.changed:
            if self.state in ENDED or (lr, rate) == (self.settings.lr, self.settings.rate):
                return
            self.settings = replace(self.settings, lr=lr, rate=rate)
            self._rates_set = False
            step = len(self.losses)
            before = [change for change in self.changes if change.step != step]
            self.changes = [*before, Change(step, lr, rate)][-MAX_CHANGES:]

    def begin(self) -> None:
        """Gives it a place: from now on its age counts."""
        with self.changed:
            if self.state != WAITING:
                return
            self.state = "paused" if self._paused else "running"
            self._born = self._clock()
        self._thread.start()

    def leave(self, seconds: float) -> None:
        """Stops the run and waits for its thread, at most so long."""
        self.act("stop")
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def touch(self) -> None:
        self.last_seen = self._clock()

    @property
    def share(self) -> str:
        """What whoever looks on knows: it names the run, and does not steer it."""
        return share_of(self.owner)

    @property
    def abandoned(self) -> bool:
        return self._clock() - self.last_seen > DROP_AFTER

    @property
    def idle(self) -> float:
        """Seconds of its age in which it did not train: whoever goes on for a moment and pauses again only holds it."""
        return self._clock() - self._born - self.seconds

    @property
    def reclaimable(self) -> bool:
        """Whether it has been idle for so long that another may have its place, also if it trains right now."""
        return self.idle > RECLAIM_AFTER

    @property
    def seconds_left(self) -> float:
        """After so many seconds at most, its place is free for whoever waits."""
        return max(0.0, MAX_SECONDS - self.seconds) + max(0.0, RECLAIM_AFTER - self.idle)

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
        with self.changed:
            if not self._rates_set:
                trainer.set_rates(self.settings.lr, self.settings.rate)
                self._rates_set = True
        done = trainer.step()
        step = trainer.step_number
        broken = not math.isfinite(done.loss)
        last = broken or step >= MAX_STEPS or self.seconds + self._clock() - start >= MAX_SECONDS
        test = trainer.test() if last or is_tested(step) else None
        due = self._clock() - self._snapshot_at >= SNAPSHOT_EVERY or self.state == "paused"
        snapshot = trainer.snapshot() if last or due or test else None
        with self.changed:
            self.losses.append(done.loss)
            self.training.append(done.accuracy)
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
