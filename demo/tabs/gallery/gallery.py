"""Many images at once, before and after the transformer: batches, mistakes, and the mean image of each class."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from demo.core.cache import LruCache, Means
from demo.core.compare import answer_or_error
from demo.core.images import ImageStore
from demo.core.models import ModelStore, family_title
from demo.core.pairs import SIDES, find_pair
from demo.tabs.gallery.cells import find_cells
from demo.tabs.gallery.wanted import Wanted, read_request
from stn.errors import StnError

MAX_MEANS = 16  # different class means kept at a time
MAX_PAGES = 32  # different pages of images; a page takes 0.3 MB
ROOM = 24  # visitors who may wait at a time; the page's 40 threads serve everything else too


class Gallery:
    """What the gallery shows, made when it is first asked for and kept a while."""

    def __init__(self, images: ImageStore, models: ModelStore):
        self._images, self._models = images, models
        self._means, self._pages = Means(MAX_MEANS), LruCache(MAX_PAGES)
        self._room = threading.BoundedSemaphore(ROOM)

    def answer(self, given: object) -> dict[str, Any]:
        """The gallery's server function: any object in, what the scripts draw or {"error": one sentence} out."""
        if not self._room.acquire(blocking=False):
            return {"error": "Many visitors are asking for images right now; try again in a few seconds."}
        try:
            return answer_or_error(lambda: self._answer(read_request(given)))
        finally:
            self._room.release()

    def _answer(self, wanted: Wanted) -> dict[str, Any]:
        note = ""
        try:
            pair = find_pair(self._models, wanted.dataset, wanted.model, wanted.compare)
        except StnError as error:  # a link may name a network that is not there: then the first one, and a sentence
            note = str(error)
            pair = find_pair(self._models, wanted.dataset, None, wanted.compare)
        chosen, model = self._images.get(wanted.dataset), pair.stn.info
        about = {
            "kind": wanted.kind,
            "dataset": wanted.dataset,
            "model": model.name,
            "compare": wanted.compare,
            "compared": {role: SIDES[role] for role in pair.roles},
            "note": note,
            "networks": [[name, family_title(name)] for name in self._models.transformers(wanted.dataset)],
            "drawn": chosen.drawn,
            "classes": list(model.classes),
        }
        if wanted.kind == "means":
            from demo.tabs.gallery.means import class_means  # and PyTorch, which the page does not wait for

            return about | class_means(chosen, pair.stn, self._means, wanted)
        # What the page does not depend on is left out; drawings give way to images that a visitor fetches.
        asked = replace(wanted, model=model.name, of=wanted.of if wanted.kind == "mistakes" else "", part=0)
        return about | self._pages.get((asked, chosen.drawn), lambda: find_cells(chosen, pair, wanted))
