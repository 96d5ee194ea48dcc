"""One small network, with a transformer or without, trained update by update.

Made of the engine's pieces; no clock, no threads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.core.encoding import lattice_of
from demo.tabs.train.data import TrainingImages
from demo.tabs.train.measured import Measured, describe
from demo.tabs.train.settings import CLIP_NORM, OPTIMISER, Settings, model_config, rate_factor
from stn import geometry
from stn.config import TrainConfig
from stn.distort import Distorted, get_distortion
from stn.explain import evaluating, explain, transformers_of, watch
from stn.models import build_model
from stn.modules import SpatialTransformer
from stn.training.optim import make_optimizer
from stn.training.pose import pose_loss

TEST_SEED = 20150605  # fixes how the test images are distorted, for every run alike
TEST_BATCH = 250
LATTICE = 9  # points along a side of the lattices that show the grids
RANDOM_THETA = 1.0  # a random start draws every number of theta from -1 to 1


@dataclass(frozen=True)
class Update:
    """What one update saw of its batch, before it."""

    loss: float  # of the classification
    accuracy: float  # percent


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What the transformer does to the watched images at one step. Without one there are no lattices, and the outputs
    are the images as the classifier gets them."""

    step: int
    lattices: Tensor  # (N, 9, 9, 2) or (N, 0, 0, 2)
    outputs: Tensor  # (N, C, h, w) in [0, 1]; C 1 of feature maps
    guesses: list[int]


class Trainer:
    """Model, optimiser and batches of one run; everything random follows from the settings' seed.

    Building one draws the weights from torch's own generator, so one thread at a time may. Nothing later does.
    """

    def __init__(self, settings: Settings, images: TrainingImages):
        self.settings, self.images = settings, images
        self.config = model_config(settings)
        self.step_number = 0
        self._distort = get_distortion(settings.scene.distortion)
        self._generator = torch.Generator().manual_seed(settings.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.model = build_model(self.config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            if settings.start == "random" and self.transformer:
                start_at_random(self.transformer)
        self.optimizer = make_optimizer(self.model, _with_rates(settings))
        for group in self.optimizer.param_groups:
            group["scale"] = group["base_lr"] / self._lr_of(group["locates"])
        test = images.test_images.float() / 255
        self._test = self._distorted(test, torch.Generator().manual_seed(TEST_SEED))
        self.inputs = self._test.images[images.watched]  # (N, C, S, S)

    @property
    def transformer(self) -> SpatialTransformer | None:
        return next((m for m in self.model.modules() if isinstance(m, SpatialTransformer)), None)

    def set_rates(self, lr: float, rate: float) -> None:
        """Other learning rates from the next update on; the schedule, and what a group's rate is scaled by, stay."""
        self.settings = replace(self.settings, lr=lr, rate=rate)
        for group in self.optimizer.param_groups:
            group["base_lr"] = group["scale"] * self._lr_of(group["locates"])

    def _lr_of(self, locates: bool) -> float:
        return self.settings.lr * (self.settings.rate if locates else 1)

    def step(self) -> Update:
        """One update of the weights."""
        index = torch.randint(len(self.images.labels), (OPTIMISER.batch_size,), generator=self._generator)
        batch = self._distorted(self.images.images[index].float() / 255, self._generator)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base_lr"] * rate_factor(self.step_number)
        self.model.train()
        with watch(transformers_of(self.model)) as passes:
            logits = self.model(batch.images)
        labels = self.images.labels[index]
        loss = F.cross_entropy(logits, labels)
        total = loss
        if self.settings.lesson == "turns" and passes:
            assert batch.matrix is not None, "every scene is made of matrices"
            total = loss + pose_loss(passes[0].sampler.family, passes[0].theta, batch.matrix)
        self.optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP_NORM)
        self.optimizer.step()
        self.step_number += 1
        return Update(float(loss.detach()), 100 * float((logits.detach().argmax(1) == labels).float().mean()))

    @torch.no_grad()
    def test(self) -> Measured:
        """The network on all held-out images, distorted the same way every time."""
        right = 0
        with evaluating(self.model), watch(transformers_of(self.model)) as passes:
            for images, labels in zip(
                self._test.images.split(TEST_BATCH), self.images.test_labels.split(TEST_BATCH), strict=True
            ):
                right += int((self.model(images).argmax(1) == labels).sum())
        grids = [one.sampler.family.grid(one.theta, (8, 8)) for one in passes]
        if not grids:  # the classifier gets the images as they are
            grids = [geometry.base_grid((8, 8)).expand(len(self._test.images), -1, -1, -1)]
        accuracy = 100 * right / len(self.images.test_labels)
        return describe(self.step_number, accuracy, self._test, torch.cat(grids), self.settings.scene.turns)

    @torch.no_grad()
    def snapshot(self) -> Snapshot:
        """What the transformer does to the watched images now."""
        seen = explain(self.model, self.inputs)
        guesses = seen.logits.argmax(1).tolist()
        if not seen.stages:
            return Snapshot(self.step_number, torch.zeros(len(self.inputs), 0, 0, 2), self.inputs, guesses)
        stage = seen.stages[0]
        lattices = torch.from_numpy(np.stack([lattice_of(grid, LATTICE) for grid in stage.grid]))  # (N, 9, 9, 2)
        if self.settings.placement == "input":
            outputs = stage.output * self.model.std + self.model.mean  # models normalise first thing
        else:
            outputs = stage.output.mean(1, keepdim=True)  # feature maps are shown as their mean, the largest white
            outputs = outputs / outputs.amax((2, 3), keepdim=True).clamp(min=1e-6)
        return Snapshot(self.step_number, lattices, outputs, guesses)

    def _distorted(self, images: Tensor, generator: torch.Generator) -> Distorted:
        done = self._distort(images, images, self.config.canvas, generator)
        return Distorted(done.images.to(memory_format=torch.channels_last), done.matrix)


def start_at_random(transformer: SpatialTransformer) -> None:
    """Replaces the start at the identity: a last layer as PyTorch draws it, and random numbers for theta."""
    head = transformer.localizer.get_submodule("head")
    assert isinstance(head, nn.Sequential)
    last = head[-1]
    assert isinstance(last, nn.Linear)
    last.reset_parameters()
    nn.init.uniform_(last.bias, -RANDOM_THETA, RANDOM_THETA)


def _with_rates(settings: Settings) -> TrainConfig:
    return replace(OPTIMISER, lr=settings.lr, localizer_lr_scale=settings.rate)
