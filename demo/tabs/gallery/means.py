"""The mean image of each class, before and after the transformer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from demo.core.cache import Means
from demo.core.encoding import encode_pixels
from demo.core.images import ImageSet
from demo.core.models import Loaded
from demo.tabs.gallery.cells import images_called
from demo.tabs.gallery.distortions import PARTS, distorted, draw_controls, drawing_seed, shuffled
from demo.tabs.gallery.wanted import Wanted
from stn.errors import StnError

PART = 8  # images of each class that one request adds: PARTS of them are 200


@torch.inference_mode()
def class_means(chosen: ImageSet, stn: Loaded, means: Means, wanted: Wanted) -> dict[str, Any]:
    """The mean image of each class as the network gets it and as its transformer hands it on."""
    classes = len(stn.info.classes)
    members = [[i for i in shuffled(chosen, wanted.seed) if chosen.labels[i] == k] for k in range(classes)]
    key = (wanted.dataset, stn.info.name, chosen.drawn, wanted.distortion, wanted.edges, wanted.seed)

    def make(part: int) -> dict[str, Tensor]:
        # Going round a class that has only a few drawings: each time they are distorted differently.
        which = [m[(PART * part + n) % len(m)] for m in members if m for n in range(PART)]
        sums: dict[str, Tensor] = {}
        for number, start in enumerate(range(0, len(which), 2 * PART)):
            some = which[start : start + 2 * PART]
            drawn_by = drawing_seed(wanted.seed, part, number)
            controls = draw_controls(wanted.distortion, len(some), drawn_by, wanted.edges)
            x = torch.from_numpy(distorted(chosen, some, controls, stn.info.canvas))
            seen = stn.explain(x)
            if not seen.stages:
                raise StnError(f"The model {stn.info.name} has no spatial transformer, so there is nothing to show.")
            labels = torch.tensor([chosen.labels[i] for i in some])
            for name, found in (("before", x), ("after", stn.info.unnormalize(seen.stages[-1].output))):
                _add(sums, name, found, labels, classes)
        return sums

    sums = means.get(key, wanted.part, make)
    counts = sums["before count"].clamp(min=1)[:, None, None, None]
    shown = {name: sums[name] / counts for name in ("before", "after")}
    kept = {name: kept_detail(sums, name) for name in ("before", "after")}
    n = int(sums["before count"].max())
    return {
        "means": {name: [encode_pixels(mean) for mean in found] for name, found in shown.items()},
        "n": n,
        "done": n >= PART * PARTS,
        "words": f"Each image is the mean of {n} {images_called(chosen, wanted)}. Averaging keeps "
        f"{100 * kept['before']:.0f} % of the detail before the transformer, {100 * kept['after']:.0f} % after.",
    }


def _add(sums: dict[str, Tensor], name: str, found: Tensor, labels: Tensor, classes: int) -> None:
    """Adds images (B, C, h, w) to their classes' sums (classes, C, h, w), with their number and their detail."""
    for key, value in ((name, found), (f"{name} detail", detail(found)), (f"{name} count", torch.ones(len(found)))):
        total = sums.setdefault(key, value.new_zeros(classes, *value.shape[1:]))
        total.index_add_(0, labels, value)


def detail(images: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels of images (B, C, h, w): (B,)."""
    down, right = images.diff(dim=2).square().mean((1, 2, 3)), images.diff(dim=3).square().mean((1, 2, 3))
    return (down + right) / 2


def kept_detail(sums: dict[str, Tensor], name: str) -> float:
    """How much of its images' detail a class's mean keeps, as a part of the root mean square, mean over classes.

    1 where all images of a class are the same; near 0 where they are blurred into a blob.
    """
    count = sums[f"{name} count"]
    there = count > 0
    mean = sums[name][there] / count[there][:, None, None, None]
    own = (sums[f"{name} detail"][there] / count[there]).clamp(min=1e-12)
    return float((detail(mean) / own).sqrt().mean())
