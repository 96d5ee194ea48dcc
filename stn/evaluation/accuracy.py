"""Accuracy on a test set that is distorted once, from a fixed seed, and so is the same for every model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn.config import Recipe
from stn.data import Dataset, load_dataset
from stn.distort import CLUTTERED, Distorted, get_distortion, hide_edges
from stn.explain import evaluating

TEST_SEED = 20150605  # of the distorted test sets
BATCH = 500
FIRST = 1000  # images of a test set by which a file is soon told from another
CLUTTER_STOCK = 10_000  # training images that a test set's clutter is cut out of


@dataclass(frozen=True)
class Result:
    accuracy: float  # percent
    loss: float  # mean cross-entropy, nats
    correct: int
    first_correct: int  # among the first 1,000 images
    n: int
    distortion: str | None
    test_seed: int | None  # None: undistorted

    @property
    def error(self) -> float:
        return 100 - self.accuracy

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"error": self.error}


def load_test(recipe: Recipe, data_dir: str | None = None) -> Dataset:
    """The test images of a recipe, with training images to cut clutter out of where it needs them."""
    test = load_dataset(recipe.dataset, "test", data_dir)
    if recipe.distortion not in CLUTTERED:
        return test
    return with_clutter_from(test, load_dataset(recipe.dataset, "train", data_dir))


def with_clutter_from(test: Dataset, training: Dataset) -> Dataset:
    """The test images, with the first training images as the stock of clutter."""
    return replace(test, clutter_from=training.images[:CLUTTER_STOCK])


def clutter_stock(test: Dataset) -> Tensor | None:
    """What clutter is cut out of, as float in [0, 1], (M, C, H, W); None: each batch's own other images."""
    return None if test.clutter_from is None else test.clutter_from.float() / 255


def distorted_batches(
    test: Dataset, recipe: Recipe, device: torch.device | str = "cpu", edges: str = "shown"
) -> Iterator[tuple[Tensor, Tensor]]:
    """The recipe's test set as batches (images (B, C, canvas, canvas) in [0, 1], labels (B,)), always the same."""
    for found, labels in distorted_test(test, recipe, device, edges):
        yield found.images, labels


def distorted_test(
    test: Dataset, recipe: Recipe, device: torch.device | str = "cpu", edges: str = "shown"
) -> Iterator[tuple[Distorted, Tensor]]:
    """`distorted_batches` with the matrices that were applied."""
    generator = torch.Generator().manual_seed(TEST_SEED)
    stock = clutter_stock(test)
    stock = stock if stock is None else stock.to(device)
    for start in range(0, len(test), BATCH):
        images = test.images[start : start + BATCH].to(device).float() / 255
        found = Distorted(images, torch.eye(3).expand(len(images), 3, 3))
        if recipe.distortion:
            pool = images if stock is None else stock
            found = get_distortion(recipe.distortion)(images, pool, recipe.model.canvas, generator)
        yield hide_edges(found) if edges == "hidden" else found, test.labels[start : start + BATCH]


@torch.inference_mode()
def evaluate_model(
    model: nn.Module, test: Dataset, recipe: Recipe, device: torch.device | str = "cpu", edges: str = "shown"
) -> Result:
    """The model's accuracy and loss on the recipe's test set; edges: "hidden" to leave a disc of every image."""
    right, loss = [], 0.0
    with evaluating(model):
        for images, labels in distorted_batches(test, recipe, device, edges):
            images = images.contiguous(memory_format=torch.channels_last)
            logits: Tensor = model(images).float().cpu()
            right += (logits.argmax(1) == labels).tolist()
            loss += float(F.cross_entropy(logits, labels, reduction="sum"))
    n, correct = len(test), sum(right)
    seed = TEST_SEED if recipe.distortion else None
    return Result(100 * correct / n, loss / n, correct, sum(right[:FIRST]), n, recipe.distortion, seed)
