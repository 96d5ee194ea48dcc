"""Finds an image that one of two networks gets wrong under the page's controls, in bounded time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from demo.controls.choices import class_index
from demo.core.distortion import distort
from demo.core.images import ImageSet, ImageStore, in_unit_range
from demo.core.models import ModelStore
from demo.core.pairs import Pair, find_pair
from demo.core.requests import choice
from demo.core.state import ViewState
from stn.data import dataset_info
from stn.errors import StnError

BATCH = 32  # small: whoever drags meanwhile waits for one batch at most
SECONDS = 2.0
SIDES = {"cnn": "the plain CNN", "transformer": "the transformer"}  # whose mistakes are looked for
ONE_WRONG = {  # comparison -> (only the plain one is wrong, only the other one)
    "upright": ("Wrong as it is, right behind the transformer.", "Right as it is, wrong behind the transformer."),
    "trained": ("CNN wrong, spatial transformer right.", "CNN right, spatial transformer wrong."),
}
BOTH_WRONG = {"upright": "Wrong as it is and behind the transformer.", "trained": "Both networks get this one wrong."}
AT_ONCE = 2
WAITING = 16  # visitors who search or wait to; the page's 40 threads serve everything else too


class MistakeFinder:
    """Searches test images from a random one on; a few visitors at a time."""

    def __init__(self, images: ImageStore, models: ModelStore, seconds: float = SECONDS):
        self._images, self._models, self._seconds = images, models, seconds
        self._room, self._places = threading.BoundedSemaphore(WAITING), threading.BoundedSemaphore(AT_ONCE)

    def find(self, state: ViewState, klass: object, of: object = "cnn", start: int | None = None) -> dict[str, Any]:
        """{"sample": number or None, "words": a sentence}. Prefers an image that the other of the two gets right.

        Both are those of the state's comparison; of: whose mistake, "cnn" or "transformer". klass: a class's name to
        look in, anything else for all. The image of `state` is left out, so that asking
        again shows another. Raises StnError, also where too many search at once.
        """
        of = choice("of", of, SIDES)
        pair = find_pair(self._models, state.dataset, state.model, state.compare)
        chosen = self._images.get(state.dataset)
        fitting = [i for i in chosen.of_class(class_index(chosen, klass)) if i != state.sample]
        first = random.randrange(len(fitting) or 1) if start is None else start
        order = fitting[first:] + fitting[:first]
        with _within(self._room, 0), _within(self._places, 2 * self._seconds):
            return self._search(state, chosen, order, pair, of)

    def _search(self, state: ViewState, chosen: ImageSet, order: list[int], pair: Pair, of: str) -> dict[str, Any]:
        side = list(SIDES).index(of)
        end = time.monotonic() + self._seconds
        second_best, seen = None, 0
        for batch, x in _distorted(state, chosen, order, pair.stn.info.canvas):
            labels = np.array([chosen.labels[i] for i in batch])
            answers = pair.predict(x)
            wrong, other_right = answers[side] != labels, answers[1 - side] == labels
            seen += len(batch)
            if (wrong & other_right).any():
                return {"sample": batch[(wrong & other_right).argmax()], "words": ONE_WRONG[state.compare][side]}
            if wrong.any() and second_best is None:
                second_best = batch[wrong.argmax()]
            if time.monotonic() > end:
                break
        if second_best is not None:
            return {"sample": second_best, "words": BOTH_WRONG[state.compare]}
        kind = "drawings" if chosen.drawn else f"{dataset_info(state.dataset).title} test images"
        who = SIDES[of] if state.compare == "trained" or of == "cnn" else "the CNN behind the transformer"
        none = f"Tried {seen:,} {kind}: {who} gets all of them right with these sliders. Move one and try again."
        return {"sample": None, "words": none}


@contextmanager
def _within(places: threading.Semaphore, seconds: float) -> Iterator[None]:
    """Runs its block in one of some places. Raises StnError where none is free within `seconds`."""
    if not places.acquire(timeout=seconds):
        raise StnError("Others are searching right now; try again in a moment.")
    try:
        yield
    finally:
        places.release()


def _distorted(
    state: ViewState, chosen: ImageSet, order: list[int], canvas: int
) -> Iterator[tuple[list[int], np.ndarray]]:
    """Batches of numbers and their distorted images (B, C, canvas, canvas), each as the page shows it."""
    for at in range(0, len(order), BATCH):
        batch = order[at : at + BATCH]
        images, n = in_unit_range(chosen.images[batch]), len(batch)
        yield batch, distort(images, [state.controls] * n, canvas, [chosen.clutter_from] * n)
