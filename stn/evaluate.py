"""Accuracy on a test set that is distorted once, from a fixed seed, and so is the same for every model."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn.data import Dataset
from stn.distort import get_distortion
from stn.recipes import Recipe

TEST_SEED = 20150605  # of the distorted test sets
BATCH = 500


@dataclass(frozen=True)
class Result:
    accuracy: float  # percent
    loss: float  # mean cross-entropy, nats
    correct: int
    n: int
    distortion: str | None
    test_seed: int | None  # None: undistorted

    @property
    def error(self) -> float:
        return 100 - self.accuracy

    def to_dict(self) -> dict:
        return asdict(self) | {"error": self.error}


def distorted_batches(test: Dataset, recipe: Recipe):
    """The recipe's test set as batches (images (B, C, canvas, canvas) in [0, 1], labels (B,)), always the same."""
    generator = torch.Generator().manual_seed(TEST_SEED)
    for start in range(0, len(test), BATCH):
        images = test.images[start : start + BATCH].float() / 255
        if recipe.distortion:
            images = get_distortion(recipe.distortion)(images, images, recipe.model.canvas, generator).images
        yield images, test.labels[start : start + BATCH]


@torch.inference_mode()
def evaluate_model(model: nn.Module, test: Dataset, recipe: Recipe, device: torch.device | str = "cpu") -> Result:
    """The model's accuracy and loss on the recipe's test set."""
    training = model.training
    model.eval()
    correct, loss = 0, 0.0
    for images, labels in distorted_batches(test, recipe):
        images = images.to(device, memory_format=torch.channels_last)
        logits: Tensor = model(images).float().cpu()
        correct += int((logits.argmax(1) == labels).sum())
        loss += float(F.cross_entropy(logits, labels, reduction="sum"))
    model.train(training)
    n = len(test)
    seed = TEST_SEED if recipe.distortion else None
    return Result(100 * correct / n, loss / n, correct, n, recipe.distortion, seed)
