"""A page of thumbnails round one picture: which pictures, and all of them as one sheet of pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.controls.choices import class_index, known
from demo.core.encoding import encode_pixels
from demo.core.pictures import ImageStore, PictureSet
from demo.core.state import shorten
from stn.errors import StnError

MOST = 48  # pictures on a page


def thumbnails(pictures: ImageStore, request: object) -> dict[str, Any]:
    """The page of `count` pictures that holds `sample`, or the page `turn` pages on. Raises StnError.

    request: {"dataset", "klass": a class's name or "any", "sample", "turn", "count"}. `sheet` holds the pictures one
    under another, (C, n * H, W).
    """
    if not isinstance(request, Mapping):
        raise StnError("A request for thumbnails is an object with dataset, klass, sample, turn and count.")
    chosen = pictures.get(known(request.get("dataset")))
    fitting = chosen.of_class(class_index(chosen, request.get("klass")))
    count = _whole(request, "count", 12, 1, MOST)
    pages = -(-len(fitting) // count)
    sample = _whole(request, "sample", 0, 0, 2**31 - 1)
    here = next((p for p, i in enumerate(fitting) if i >= sample), 0) // count
    page = (here + _whole(request, "turn", 0, -(2**31), 2**31)) % pages
    shown = fitting[page * count : (page + 1) * count]
    return {
        "samples": shown,
        "names": [chosen.name(i) for i in shown],
        "from": page * count + 1,
        "of": len(fitting),
        "pages": pages,
        "drawn": chosen.drawn,
        "sheet": encode_pixels(_stacked(chosen, shown)),
    }


def _stacked(chosen: PictureSet, shown: list[int]):
    """Pictures (n, C, H, W) one under another: (C, n * H, W), in [0, 1]."""
    return chosen.images[shown].float().div(255).permute(1, 0, 2, 3).flatten(1, 2)


def _whole(request: Mapping, key: str, otherwise: int, low: int, high: int) -> int:
    given = request.get(key, otherwise)
    if isinstance(given, bool) or not isinstance(given, int | float) or not low <= given <= high or given != int(given):
        raise StnError(f"{key} is {shorten(given)!r}; give a whole number from {low} to {high}.")
    return int(given)
