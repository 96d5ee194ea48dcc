"""The images a live run trains on and is tested on: MNIST where it is, drawings elsewhere."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from demo.core.images import ImageSet, ImageStore
from demo.drawings.variants import drawn_digits
from stn import data
from stn.errors import StnError

log = logging.getLogger(__name__)
TESTED = 1000  # held-out images that the accuracy is measured on
WATCHED = 12  # held-out images that are shown while the network trains
VARIANTS, HELD_OUT_VARIANTS = 60, 25  # of each of the 40 drawings


@dataclass(frozen=True, eq=False)
class TrainingImages:
    """Images uint8 (N, 1, 28, 28) to train on and others to test on, in random order, with their classes."""

    images: Tensor
    labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    drawn: bool

    @cached_property
    def watched(self) -> list[int]:
        """Numbers of WATCHED test images: one of every class, in order, then the next that come."""
        labels = self.test_labels.tolist()
        chosen = [labels.index(digit) for digit in sorted(set(labels))]
        others = (i for i in range(len(labels)) if i not in chosen)
        return [*chosen, *(next(others) for _ in range(WATCHED - len(chosen)))]

    @property
    def words(self) -> str:
        n, m = len(self.labels), len(self.test_labels)
        if self.drawn:
            return (
                f"MNIST is not here: the network trains on {n:,} variants of the program's own 40 drawings and is "
                f"tested on {m:,} others. This is easier than handwriting."
            )
        return f"Trained on MNIST's {n:,} training images, tested on {m:,} of its test images."


class TrainingData:
    """Reads or draws the images once, when a run first asks for them; again after MNIST was fetched."""

    def __init__(self, store: ImageStore):
        self._store = store
        self._images: TrainingImages | None = None
        self._tried: ImageSet | None = None  # the store's test images that they belong to
        self._lock = threading.Lock()

    def get(self) -> TrainingImages:
        with self._lock:
            test = self._store.get("mnist")
            if self._images is None or test is not self._tried:
                self._images, self._tried = self._read(test) or draw_images(), test
            return self._images

    def _read(self, test: ImageSet) -> TrainingImages | None:
        if test.drawn:
            return None
        try:
            train = data.load_dataset("mnist", "train", self._store.data_dir, download=False)
        except StnError as error:  # its sentence names folders of the server: for the log
            log.warning("The training images cannot be read, so runs train on drawings: %s", error)
            return None
        labels = torch.tensor(test.labels[:TESTED])
        return TrainingImages(train.images, train.labels, test.images[:TESTED], labels, drawn=False)


def draw_images(variants: int = VARIANTS, held_out: int = HELD_OUT_VARIANTS) -> TrainingImages:
    """Drawn digits to train and test on: the same 40 drawings, other variants of them."""
    return TrainingImages(*drawn_digits(variants, seed=1), *drawn_digits(held_out, seed=2), drawn=True)
