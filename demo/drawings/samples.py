"""Images for the page where there is no data set: our own drawings, made by code, with no pixel from a data set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from demo.drawings import airplanes, automobiles, birds, cats, deer, digits, dogs, frogs, horses, ships, trucks
from stn.errors import unknown

OBJECTS = {  # in the order of the CIFAR-10 classes
    "airplane": airplanes,
    "automobile": automobiles,
    "bird": birds,
    "cat": cats,
    "deer": deer,
    "dog": dogs,
    "frog": frogs,
    "horse": horses,
    "ship": ships,
    "truck": trucks,
}


@dataclass(frozen=True)
class Sample:
    name: str  # "digit 3, narrow", "truck: box lorry, from the side"
    label: int  # index into the data set's classes
    image: np.ndarray  # uint8, (28, 28, 1) for mnist, (32, 32, 3) for cifar10; read-only


def _digits():
    return [(d, f"digit {d}, {name}", image) for d, name, image in digits.drawings()]


def _objects():
    return [
        (label, f"{kind}: {name}", draw())
        for label, (kind, module) in enumerate(OBJECTS.items())
        for name, draw in module.DRAWINGS
    ]


DRAWN = {"mnist": _digits, "cifar10": _objects}


@cache
def samples(dataset: str) -> tuple[Sample, ...]:
    """The drawings that stand in for `dataset`, sorted by class; drawn once, when first asked for. Raises StnError."""
    if dataset not in DRAWN:
        raise unknown("data set with drawings", dataset, DRAWN)
    out = []
    for label, name, image in DRAWN[dataset]():
        image.setflags(write=False)  # every caller gets the same array, so none may change it
        out.append(Sample(name, label, image))
    return tuple(out)
