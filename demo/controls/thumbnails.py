"""A page of thumbnails round one image: which images, and all of them as one sheet of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from demo.controls.choices import class_index, known
from demo.core.encoding import encode_pixels
from demo.core.images import ImageSet, ImageStore, in_unit_range
from demo.core.requests import LARGEST, mapping, whole

MOST = 48  # images on a page
KEYS = ("dataset", "klass", "sample", "turn", "count")


def thumbnails(images: ImageStore, request: object) -> dict[str, Any]:
    """The page of `count` images that holds `sample`, or the page `turn` pages on. Raises StnError.

    request: {"dataset", "klass": a class's name or "any", "sample", "turn", "count"}. `sheet` holds the images one
    under another, (C, n * H, W).
    """
    given = mapping("request", request, KEYS, required=["dataset"])
    chosen = images.get(known(given["dataset"]))
    fitting = chosen.of_class(class_index(chosen, given.get("klass")))
    count = whole("count", given.get("count", 12), 1, MOST)
    pages = -(-len(fitting) // count)
    sample = whole("sample", given.get("sample", 0))
    here = next((p for p, i in enumerate(fitting) if i >= sample), 0) // count
    page = (here + whole("turn", given.get("turn", 0), -LARGEST)) % pages
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


def _stacked(chosen: ImageSet, shown: list[int]) -> np.ndarray:
    """Images (n, C, H, W) one under another: (C, n * H, W), in [0, 1]."""
    return np.concatenate(in_unit_range(chosen.images[shown]), axis=1)
