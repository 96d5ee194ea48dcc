"""One small network with a transformer, trained update by update. Made of the engine's pieces; no clock, no threads."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.core.encoding import lattice_of
from demo.tabs.train.data import TrainingImages
from demo.tabs.train.settings import CLIP_NORM, OPTIMISER, Settings, model_config, rate_factor
from stn import geometry
from stn.config import TrainConfig
from stn.distort import Distorted, get_distortion
from stn.evaluation.rectify import circular_sd
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
class Measured:
    """What the held-out images say about the network at one step."""

    step: int
    accuracy: float  # percent
    # How far apart the images lie, before and after the transformer: circular sd of their turns in degrees where
    # turning is all that the distortion does, sd of their places in pixels of the canvas elsewhere.
    before: float
    after: float
    varies: float  # the same sd of what the transformer does: near 0 it does the same to every image
    outside: float  # part of the sampling grid outside the image, 0 to 1
    zoom: float  # side of the frame, of the canvas's
    unit: str

    def to_dict(self) -> dict:
        return {k: _finite(v) if isinstance(v, float) else v for k, v in asdict(self).items()}


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What the transformer does to the watched images at one step."""

    step: int
    lattices: Tensor  # (N, 9, 9, 2)
    outputs: Tensor  # (N, 1, h, w) in [0, 1]
    guesses: list[int]


class Trainer:
    """Model, optimiser and batches of one run; everything random follows from the settings' seed.

    Building one draws the weights from torch's own generator, so one thread at a time may. Nothing later does.
    """

    def __init__(self, settings: Settings, images: TrainingImages):
        self.settings, self.images = settings, images
        self.config = model_config(settings)
        self.step_number = 0
        self._distort = get_distortion(settings.distortion)
        self._generator = torch.Generator().manual_seed(settings.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.model = build_model(self.config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            if settings.start == "random":
                start_at_random(self.transformer)
        self.optimizer = make_optimizer(self.model, _with_rate(settings.rate))
        test = images.test_images.float() / 255
        self._test = self._distorted(test, torch.Generator().manual_seed(TEST_SEED))
        self.inputs = self._test.images[images.watched]  # (N, 1, S, S)

    @property
    def transformer(self) -> SpatialTransformer:
        return next(m for m in self.model.modules() if isinstance(m, SpatialTransformer))

    def step(self) -> float:
        """One update of the weights; returns the classification loss before it."""
        index = torch.randint(len(self.images.labels), (OPTIMISER.batch_size,), generator=self._generator)
        batch = self._distorted(self.images.images[index].float() / 255, self._generator)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base_lr"] * rate_factor(self.step_number)
        self.model.train()
        with watch(transformers_of(self.model)) as passes:
            logits = self.model(batch.images)
        loss = F.cross_entropy(logits, self.images.labels[index])
        total = loss
        if self.settings.lesson == "turns":
            assert batch.matrix is not None, "every scene is made of matrices"
            total = loss + pose_loss(passes[0].sampler.family, passes[0].theta, batch.matrix)
        self.optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP_NORM)
        self.optimizer.step()
        self.step_number += 1
        return float(loss.detach())

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
        accuracy = 100 * right / len(self.images.test_labels)
        return describe(self.step_number, accuracy, self._test, torch.cat(grids), self.settings.scene.turns)

    @torch.no_grad()
    def snapshot(self) -> Snapshot:
        """What the transformer does to the watched images now."""
        seen = explain(self.model, self.inputs)
        stage = seen.stages[0]
        lattices = torch.stack([lattice_of(grid, LATTICE) for grid in stage.grid])  # (N, 9, 9, 2)
        if self.settings.placement == "input":
            outputs = stage.output * self.model.std + self.model.mean  # models normalise first thing
        else:
            outputs = stage.output.mean(1, keepdim=True)  # feature maps are shown as their mean, the largest white
            outputs = outputs / outputs.amax((2, 3), keepdim=True).clamp(min=1e-6)
        return Snapshot(self.step_number, lattices, outputs, seen.logits.argmax(1).tolist())

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


def describe(step: int, accuracy: float, test: Distorted, grid: Tensor, turned: bool) -> Measured:
    """What is measured on the sampling grids (N, h, w, 2) of distorted images."""
    if not bool(grid.isfinite().all()):
        nan = math.nan
        return Measured(step, accuracy, nan, nan, nan, nan, nan, "")
    assert test.matrix is not None, "every scene is made of matrices"
    height, width = grid.shape[1:3]
    points = geometry.base_grid((height, width)).reshape(-1, 2)
    found = grid.flatten(1, 2)  # (N, P, 2)
    wanted = geometry.transform_points(geometry.invert(test.matrix), points)  # (N, P, 2)
    if turned:
        turns, done = geometry.procrustes_angle(points, wanted), geometry.procrustes_angle(points, found)
        before, after, varies = (float(circular_sd(x, 0)) for x in (turns, turns - done, done))
        unit = "\u00b0"
    else:
        places, half = wanted.mean(1), test.images.shape[-1] / 2
        done = found.mean(1)
        before, after, varies = (half * float(x.std(0).square().sum().sqrt()) for x in (places, places - done, done))
        unit = " pixels"
    outside = float(geometry.outside_fraction(grid).mean())
    # A zoom is the side of the square as large as the frame.
    area = torch.linalg.det(geometry.nearest_affine(grid)[:, :2, :2].double()).abs()
    return Measured(step, accuracy, before, after, varies, outside, float(area.sqrt().mean()), unit)


def _with_rate(rate: float) -> TrainConfig:
    return replace(OPTIMISER, localizer_lr_scale=rate)


def _finite(value: float) -> float | None:
    """JSON has no NaN and no infinity."""
    return round(value, 3) if math.isfinite(value) else None
