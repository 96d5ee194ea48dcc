"""The gallery's random distortions: settings of the page's own sliders, so that Play can show each of its images."""

from __future__ import annotations

from typing import Any

import numpy as np

from demo.core.distortion import distort
from demo.core.draws import Draws
from demo.core.images import ImageSet, in_unit_range
from demo.core.state import KEYS, SLIDERS
from stn.controls import Controls

DISTORTIONS = {  # name in requests and links -> title; the first is what stands there unasked
    "turned": "turned by up to 90\u00b0",
    "placed": "turned, scaled, shifted",
    "cluttered": "shifted, with clutter",
    "all": "all sliders at random",
    "none": "none",
}
MOVED = {  # the sliders that each moves, anywhere on their ranges
    "turned": ("rotation",),
    "placed": ("rotation", "scale", "shift_x", "shift_y"),
    "cluttered": ("shift_x", "shift_y", "clutter"),
    "all": SLIDERS,
    "none": (),
}
SELDOM = ("clutter", "noise")  # left out of half of the images where all sliders move, as in training
SEEDS = 10_000
PARTS = 25  # of the class means
MOST_BATCHES = 1000  # that one seed draws, of a part


def drawing_seed(seed: int, part: int, number: int) -> int:
    """What fixes the distortions of batch `number`: another one for every seed, part and batch."""
    return number + MOST_BATCHES * (seed + SEEDS * part)


def shuffled(chosen: ImageSet, seed: int) -> list[int]:
    """All images in a fixed order for each seed."""
    return Draws(seed).shuffled(len(chosen))


def draw_controls(distortion: str, n: int, seed: int, edges: str = "shown") -> list[Controls]:
    """n random settings of the sliders, each value on a step of its slider."""
    draws = Draws(seed)
    drawn: dict[str, Any] = {name: _draw(name, n, draws) for name in MOVED[distortion]}
    if distortion == "all":
        for name in SELDOM:
            kept = (draws.uniform(n) < 0.5).tolist()
            drawn[name] = [value if keep else 0 for value, keep in zip(drawn[name], kept, strict=True)]
    elif "clutter" in drawn:  # what is called cluttered is
        drawn["clutter"] = [max(1, patches) for patches in drawn["clutter"]]
    if set(SELDOM) & set(drawn):  # the page's seed fixes the patches and the noise
        drawn["seed"] = draws.wholes(10**6, n)
    return [Controls(**{name: values[i] for name, values in drawn.items()}, edges=edges) for i in range(n)]


def _draw(name: str, n: int, draws: Draws) -> list[float]:
    key = KEYS[name]
    step = key.step or 1
    steps = draws.wholes(round((key.high - key.low) / step) + 1, n)
    return [round(key.low + step * k, 4) for k in steps]


def distorted(chosen: ImageSet, which: list[int], controls: list[Controls], canvas: int) -> np.ndarray:
    """Images `which` as floats (B, C, canvas, canvas) in [0, 1], each under its own controls, as Play shows them."""
    return distort(in_unit_range(chosen.images[which]), controls, canvas, [chosen.clutter_from] * len(which))
