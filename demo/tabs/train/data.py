"""The images a live run trains on and is tested on: a data set where it is; where MNIST is not, drawings."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from demo.core.images import ImageSet, ImageStore
from demo.drawings.variants import drawn_digits
from demo.tabs.train.settings import WATCHED
from stn import data
from stn.errors import StnError

log = logging.getLogger(__name__)
TESTED = 1000  # held-out images that the accuracy is measured on
VARIANTS, HELD_OUT_VARIANTS = 60, 25  # of each of the 40 drawings


@dataclass(frozen=True, eq=False)
class TrainingImages:
    """Images uint8 (N, C, S, S) to train on and others to test on, in random order, with their classes."""

    images: Tensor
    labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    drawn: bool
    dataset: str = "mnist"

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
        title = data.dataset_info(self.dataset).title
        return f"Trained on {title}'s {n:,} training images, tested on {m:,} of its test images."


class TrainingData:
    """Reads or draws the images once, when a run first asks for them; again after a data set was fetched."""

    def __init__(self, store: ImageStore):
        self._store = store
        self._images: dict[str, tuple[ImageSet, TrainingImages]] = {}  # with the store's test images they belong to
        self._lock = threading.Lock()

    def get(self, dataset: str = "mnist") -> TrainingImages:
        """Raises StnError where there is nothing to train on: for CIFAR-10, unlike MNIST, drawings do not do."""
        with self._lock:
            test = self._store.get(dataset)
            known = self._images.get(dataset)
            if known is None or known[0] is not test:
                known = self._images[dataset] = test, self._read(dataset, test) or _otherwise(dataset)
            return known[1]

    def _read(self, dataset: str, test: ImageSet) -> TrainingImages | None:
        if test.drawn:
            return None
        try:
            train = data.load_dataset(dataset, "train", self._store.data_dir, download=False)
        except StnError as error:  # its sentence names folders of the server: for the log
            log.warning("The training images cannot be read: %s", error)
            return None
        tested = torch.from_numpy(test.images[:TESTED]), torch.tensor(test.labels[:TESTED])
        return TrainingImages(train.images, train.labels, *tested, False, dataset)


def _otherwise(dataset: str) -> TrainingImages:
    if dataset != "mnist":
        title = data.dataset_info(dataset).title
        raise StnError(
            f"{title}'s training images are not on this server, and its few drawings are too few to train on: choose "
            "one of the tasks with MNIST."
        )
    return draw_images()


def draw_images(variants: int = VARIANTS, held_out: int = HELD_OUT_VARIANTS) -> TrainingImages:
    """Drawn digits to train and test on: the same 40 drawings, other variants of them."""
    return TrainingImages(*drawn_digits(variants, seed=1), *drawn_digits(held_out, seed=2), drawn=True)
