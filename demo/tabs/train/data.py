"""The pictures a live run trains on and is tested on: MNIST where it is, drawings elsewhere."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from demo.core.pictures import ImageStore, PictureSet
from demo.drawings.variants import drawn_digits
from stn import data
from stn.errors import StnError

log = logging.getLogger(__name__)
TESTED = 1000  # held-out pictures that the accuracy is measured on
WATCHED = 12  # held-out pictures that are shown while the network trains
VARIANTS, HELD_OUT_VARIANTS = 60, 25  # of each of the 40 drawings


@dataclass(frozen=True, eq=False)
class TrainingPictures:
    """Pictures uint8 (N, 1, 28, 28) to train on and others to test on, in random order, with their classes."""

    images: Tensor
    labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    drawn: bool

    @cached_property
    def watched(self) -> list[int]:
        """Numbers of WATCHED test pictures: one of every class, in order, then the next that come."""
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
    """Reads or draws the pictures once, when a run first asks for them; again after MNIST was fetched."""

    def __init__(self, store: ImageStore):
        self._store = store
        self._pictures: TrainingPictures | None = None
        self._tried: PictureSet | None = None  # the store's test pictures that they belong to
        self._lock = threading.Lock()

    def get(self) -> TrainingPictures:
        with self._lock:
            test = self._store.get("mnist")
            if self._pictures is None or test is not self._tried:
                self._pictures, self._tried = self._read(test) or draw_pictures(), test
            return self._pictures

    def _read(self, test: PictureSet) -> TrainingPictures | None:
        if test.drawn:
            return None
        try:
            train = data.load_dataset("mnist", "train", self._store.data_dir, download=False)
        except StnError as error:  # its sentence names folders of the server: for the log
            log.warning("The training images cannot be read, so runs train on drawings: %s", error)
            return None
        labels = torch.tensor(test.labels[:TESTED])
        return TrainingPictures(train.images, train.labels, test.images[:TESTED], labels, drawn=False)


def draw_pictures(variants: int = VARIANTS, held_out: int = HELD_OUT_VARIANTS) -> TrainingPictures:
    """Drawn digits to train and test on: the same 40 drawings, other variants of them."""
    return TrainingPictures(*drawn_digits(variants, seed=1), *drawn_digits(held_out, seed=2), drawn=True)
