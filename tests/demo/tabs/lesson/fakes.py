"""A bench whose networks do a known thing."""

from types import SimpleNamespace

import numpy as np
import torch

from demo.core.images import ImageStore
from demo.core.pairs import Seen
from demo.core.state import COMPARISONS
from demo.tabs.lesson.bench import Bench
from demo.tabs.lesson.exercises import EXERCISES
from stn import geometry

CLASSES = tuple("0123456789")


class FakePair:
    """Turns, frames and knows what it is told to, whatever it is shown.

    turn: degrees counter-clockwise, or what gives them, one for each image, from the controls; size and right: of the
    frame; known: role -> how many images of a batch it knows, the first ones, or what gives that from the controls.
    """

    def __init__(self, turn=0.0, size=1.0, right=0.0, known=None, comparison="trained", canvas=60):
        self.turn, self.size, self.right, self.known = turn, size, right, known or {}
        self.roles = COMPARISONS[comparison]
        self.stn = SimpleNamespace(info=SimpleNamespace(canvas=canvas, classes=CLASSES))
        self.controls, self.labels = None, ()

    def explain(self, x):
        turns = self.turn(self.controls) if callable(self.turn) else self.turn
        angle = torch.deg2rad(torch.as_tensor(turns, dtype=torch.float32).expand(len(x)))
        right = torch.as_tensor(self.right(self.controls) if callable(self.right) else self.right).expand(len(x))
        c, s = angle.cos() * self.size, angle.sin() * self.size
        # Output to input, y down; an image that turns counter-clockwise is read through a grid turned clockwise.
        rows = torch.stack([torch.stack([c, -s, right], 1), torch.stack([s, c, torch.zeros_like(c)], 1)], 1)
        grid = geometry.affine_grid(rows, (28, 28)).numpy()
        stage = SimpleNamespace(grid=grid, output=np.zeros((len(x), 1, 28, 28), np.float32))
        return Seen({role: self._answers(role, len(x)) for role in self.roles}, (stage,))

    def _answers(self, role, n):
        known = self.known.get(role, n)
        known = known(self.controls) if callable(known) else known
        found = [label if k < known else (label + 1) % 10 for k, label in enumerate(self.labels)]
        return np.eye(10)[found]

    def corrected(self, seen):
        return seen.stages[-1].output


class FakeBench(Bench):
    def given(self, samples, controls, canvas):
        self.pair_of("").controls = controls
        self.pair_of("").labels = [self.chosen.labels[i] for i in samples]
        return super().given(samples, controls, canvas)


def bench(tmp_path, dataset="mnist", **does) -> FakeBench:
    pair = FakePair(**does, canvas={"mnist": 60, "cifar10": 48}[dataset])
    return FakeBench(ImageStore(tmp_path / "none"), lambda comparison: pair, dataset)


def solved(tmp_path, n: int, **does):
    exercise = EXERCISES[n - 1]
    made = bench(tmp_path, exercise.dataset, comparison=exercise.compare, **does)
    found = exercise.solve(made, exercise, made.samples_for(exercise))
    assert 0 <= found.right < len(exercise.choices)
    for said in (found.words, found.learnt):
        assert said.endswith(".") and "\n" not in said and "  " not in said
    return found
