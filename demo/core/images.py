"""The images to play with: a data set's test images, or the project's own drawings where there is no data set."""

from __future__ import annotations

import logging
import os
import random
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from stn import data
from stn.errors import StnError

log = logging.getLogger(__name__)
CLUTTER_POOL = 500  # as many images of a set serve as the stock that clutter is cut out of


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images of one data set, or drawings that stand in for it (`drawn`)."""

    dataset: str
    images: np.ndarray  # uint8 (N, C, H, W)
    labels: tuple[int, ...]
    classes: tuple[str, ...]
    drawn: bool
    names: tuple[str, ...] = ()  # of drawings: "digit 3, narrow"

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of each."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    @cached_property
    def clutter_from(self) -> np.ndarray:
        return in_unit_range(self.images[:CLUTTER_POOL])  # (M, C, H, W)

    def name(self, index: int) -> str:
        return self.names[index] if self.names else self.classes[self.labels[index]]

    def image(self, index: int) -> np.ndarray:
        """Image `index` as float (1, C, H, W) in [0, 1]. Raises StnError where there is none."""
        if not 0 <= index < len(self):
            what = f"drawings for {self.dataset}" if self.drawn else f"{self.dataset} test images"
            raise StnError(f"There is no image {index}: the {what} are numbered 0 to {len(self) - 1}.")
        return in_unit_range(self.images[index : index + 1])

    def of_class(self, wanted: int | None) -> list[int]:
        """The numbers of all images of class `wanted`, of all there are for None, in ascending order."""
        return self._by_class.get(wanted, [])

    @cached_property
    def _by_class(self) -> dict[int | None, list[int]]:
        found: dict[int | None, list[int]] = {None: list(range(len(self))), **{k: [] for k in range(len(self.classes))}}
        for index, label in enumerate(self.labels):
            found[label].append(index)
        return found

    def step(self, index: int, step: int, wanted: int | None = None) -> int:
        """The next (step 1) or previous (step -1) image, around the end; only of class `wanted` if one is given."""
        fitting = self.of_class(wanted)
        if not fitting:
            return index
        at = bisect_right(fitting, index) if step > 0 else bisect_left(fitting, index) - 1
        return fitting[at % len(fitting)]

    def first(self, wanted: int | None, start: int = 0) -> int:
        """`start` if it is of class `wanted`, else the next one that is."""
        start = start if 0 <= start < len(self) else 0
        return self.step(start - 1, 1, wanted) if self.of_class(wanted) else start

    def pick_random(self, index: int, wanted: int | None, rng: random.Random) -> int:
        """Any image of class `wanted`, another one than `index` where there is another."""
        fitting = self.of_class(wanted)
        at = bisect_left(fitting, index)
        among = index in fitting[at : at + 1]
        if len(fitting) == among:
            return index
        drawn = rng.randrange(len(fitting) - among)  # a place in the list without `index`
        return fitting[drawn + (among and drawn >= at)]


class ImageStore:
    """Hands out image sets, each read once. Real ones where they are on disk, drawings elsewhere.

    With `fetch`, drawings stand in only until fetch_missing() has downloaded what is missing.
    """

    def __init__(self, data_dir: str | os.PathLike | None = None, fetch: bool = False):
        self._data_dir = data_dir
        self._coming = {name: f"{info.title} is next" for name, info in data.DATASETS.items()} if fetch else {}
        self._outcomes: dict[str, str] = {}
        self._sets: dict[str, ImageSet] = {}
        self._lock = threading.Lock()
        self._fetching = threading.Lock()

    @property
    def data_dir(self) -> str | os.PathLike | None:
        """The data folder it was given; None stands for the default."""
        return self._data_dir

    def get(self, dataset: str) -> ImageSet:
        with self._lock:
            if dataset not in self._sets:
                self._sets[dataset] = self._read(dataset)
            return self._sets[dataset]

    def coming(self, dataset: str) -> str:
        """How far the download of a set by fetch_missing() is, "MNIST: 3 of 12 MB"; "" where none is to come."""
        return self._coming.get(dataset, "") if self.get(dataset).drawn else ""

    def outcome(self, dataset: str) -> str:
        """How fetch_missing() went with a set, in a sentence; "" where it was not needed."""
        return self._outcomes.get(dataset, "")

    def fetch_missing(self) -> None:
        """Downloads the data sets that are to come, one after the other. Each is tried once."""
        for dataset in list(self._coming):
            if self.get(dataset).drawn:

                def progress(part: float, text: str, dataset: str = dataset) -> None:
                    self._coming[dataset] = text.removesuffix(".")

                self._outcomes[dataset] = self.fetch(dataset, progress, wait=True)
            del self._coming[dataset]

    def fetch(self, dataset: str, on_progress: Callable[[float, str], None], wait: bool = False) -> str:
        """Downloads the data set unless it is there, and says in a sentence how it went.

        Only one is downloaded at a time; whoever does not `wait` hears so.
        """
        title = data.dataset_info(dataset).title
        if not self._fetching.acquire(blocking=wait):
            return "The test images are being downloaded for somebody else right now; try again in a minute."
        try:
            if self.get(dataset).drawn:
                data.download(dataset, self._data_dir, on_progress=on_progress)
                fresh = self._read(dataset)  # before the lock is taken, for which all visitors would wait
                with self._lock:
                    self._sets[dataset] = fresh
        except Exception as error:  # its sentence names folders of the server: for the log, not for visitors
            log.warning("Fetching %s failed: %s", title, error)
            return (
                f"{title} could not be downloaded: check that the server has a network connection and room in its "
                "data folder; its log says what went wrong."
            )
        finally:
            self._fetching.release()
        if self.get(dataset).drawn:
            return f"{title} was downloaded but cannot be read; delete it from the data folder and try again."
        return f"{title} is here: these are its test images."

    def _read(self, dataset: str) -> ImageSet:
        folder = Path(self._data_dir) if self._data_dir is not None else data.default_data_dir()
        if not os.path.isdir(folder):
            return drawings(dataset)
        try:
            images, labels = data.load_arrays(dataset, "test", self._data_dir)
        except StnError as error:  # its sentence names folders of the server: for the log
            log.warning("Drawings stand in: %s", error)
            return drawings(dataset)
        return ImageSet(dataset, images, tuple(labels.tolist()), data.dataset_info(dataset).classes, drawn=False)


def in_unit_range(images: np.ndarray) -> np.ndarray:
    """Images uint8 as float32 in [0, 1]."""
    return images.astype(np.float32) / 255


def drawings(dataset: str) -> ImageSet:
    """The project's own drawings for a data set."""
    from demo.drawings.samples import samples  # twelve modules, which no page with a data set needs

    drawn = samples(dataset)
    images = np.ascontiguousarray(np.stack([s.image for s in drawn]).transpose(0, 3, 1, 2))  # (N, C, H, W)
    classes = data.dataset_info(dataset).classes
    labels, names = tuple(int(s.label) for s in drawn), tuple(s.name for s in drawn)
    return ImageSet(dataset, images, labels, tuple(classes), drawn=True, names=names)
