"""What the held-out images say about a network: how many are right, and what the transformer does to them. Pure."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from stn import geometry
from stn.distort import Distorted
from stn.evaluation.rectify import circular_sd


@dataclass(frozen=True)
class Measured:
    """What the held-out images say about the network at one step."""

    step: int
    accuracy: float  # percent
    # How far apart the images lie, before and after the transformer: circular sd of their turns in degrees where
    # turning is all that the distortion does, sd of their places in pixels of the canvas elsewhere.
    before: float
    after: float
    varies: float  # the same sd of what the transformer does: near 0 it does the same to every image
    outside: float  # part of the sampling grid outside the image, 0 to 1
    zoom: float  # side of the frame, of the canvas's
    unit: str

    def to_dict(self) -> dict:
        return {k: _finite(v) if isinstance(v, float) else v for k, v in asdict(self).items()}


def describe(step: int, accuracy: float, test: Distorted, grid: Tensor, turned: bool) -> Measured:
    """What is measured on the sampling grids (N, h, w, 2) of distorted images."""
    if not bool(grid.isfinite().all()):
        nan = math.nan
        return Measured(step, accuracy, nan, nan, nan, nan, nan, "")
    assert test.matrix is not None, "every scene is made of matrices"
    height, width = grid.shape[1:3]
    points = geometry.base_grid((height, width)).reshape(-1, 2)
    found = grid.flatten(1, 2)  # (N, P, 2)
    wanted = geometry.transform_points(geometry.invert(test.matrix), points)  # (N, P, 2)
    if turned:
        turns, done = geometry.procrustes_angle(points, wanted), geometry.procrustes_angle(points, found)
        before, after, varies = (float(circular_sd(x, 0)) for x in (turns, turns - done, done))
        unit = "\u00b0"
    else:
        places, half = wanted.mean(1), test.images.shape[-1] / 2
        done = found.mean(1)
        before, after, varies = (half * float(x.std(0).square().sum().sqrt()) for x in (places, places - done, done))
        unit = " pixels"
    outside = float(geometry.outside_fraction(grid).mean())
    # A zoom is the side of the square as large as the frame.
    area = torch.linalg.det(geometry.nearest_affine(grid)[:, :2, :2].double()).abs()
    return Measured(step, accuracy, before, after, varies, outside, float(area.sqrt().mean()), unit)


def _finite(value: float) -> float | None:
    """JSON has no NaN and no infinity."""
    return round(value, 3) if math.isfinite(value) else None
