"""A room whose trainers learn nothing, at once, by a clock that stands still."""

import threading
import time

import pytest
import torch

from demo.tabs.train.data import draw_images
from demo.tabs.train.measured import Measured
from demo.tabs.train.room import TrainingRoom
from demo.tabs.train.trainer import Snapshot, Update


class Clock:
    """A clock that stands still until it is told."""

    now = 0.0

    def __call__(self):
        return self.now


class StillTrainer:
    """A trainer that learns nothing, at once."""

    images = draw_images(variants=1, held_out=1)
    inputs = torch.zeros(12, 1, 28, 28)
    loss = 1.0
    gate = None  # a semaphore: how many updates may be made

    def __init__(self):
        self.step_number = 0
        self.rates = []

    def set_rates(self, lr, rate):
        self.rates.append((self.step_number, lr, rate))

    def step(self):
        if self.gate:
            self.gate.acquire(timeout=10)
        self.step_number += 1
        time.sleep(0.001)
        return Update(self.loss, 12.5)

    def test(self):
        return Measured(self.step_number, 10.0, 54.0, 54.0, 0.0, 0.0, 1.0, "\u00b0")

    def snapshot(self):
        return Snapshot(self.step_number, torch.zeros(12, 9, 9, 2), torch.zeros(12, 1, 28, 28), [0] * 12)


class StillData:
    def get(self, dataset="mnist"):
        return StillTrainer.images


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def still_trainer():
    return StillTrainer


@pytest.fixture
def room(clock, monkeypatch):
    monkeypatch.setattr("demo.tabs.train.room.Trainer", lambda settings, images: StillTrainer())
    made = TrainingRoom(StillData(), clock)
    yield made
    made.close()


@pytest.fixture
def gate(monkeypatch, room):
    """No update is made but those that this semaphore lets through."""
    made = threading.Semaphore(0)
    monkeypatch.setattr(StillTrainer, "gate", made)
    yield made
    made.release(10_000)  # nobody is to wait for it while the room is closed
