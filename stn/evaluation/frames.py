"""Which channel's object each transformer's frame is on: measured, for images whose channels are placed one by one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from stn import geometry
from stn.config import Recipe
from stn.data import Dataset
from stn.distort import Distorted
from stn.errors import StnError
from stn.evaluation.accuracy import distorted_test
from stn.evaluation.rectify import circular_sd, fraction_in_frame
from stn.explain import evaluating, explain


@dataclass(frozen=True)
class Frame:
    """Where one transformer's frame is; the tuples have a number for each channel's object."""

    transformer: str  # its name inside the model
    nearest: tuple[float, ...]  # part of the images in which its centre is nearest to that object's centre, 0 to 1
    distance: tuple[float, ...]  # from its centre to that object's, pixels, mean
    ink_inside: tuple[float, ...]  # mean part of the object's ink that it holds, 0 to 1
    left_sd: tuple[float, ...]  # residual rotation of that object after it, the circular sd in degrees


@dataclass(frozen=True)
class Frames:
    transformers: tuple[Frame, ...]
    n: int  # images

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


Rows = tuple[Tensor, Tensor, Tensor]  # (B, C) each: distance in pixels, part of the ink, turn left in radians


@torch.no_grad()
def frames(model: nn.Module, test: Dataset, recipe: Recipe, edges: str = "shown") -> Frames:
    """Measures every transformer's frame against what each channel holds, over the recipe's test set.

    An object's centre is that of the image it was placed with. Raises StnError for a recipe that does not place each
    channel by itself, and for a model without a transformer at its input.
    """
    found: dict[str, list[Rows]] = defaultdict(list)
    with evaluating(model):
        for given, _ in distorted_test(test, recipe, edges=edges):
            if given.matrix is None or given.matrix.ndim != 4:
                raise StnError(
                    f"{recipe.name!r} places all channels of an image alike; choose a recipe of MNIST addition."
                )
            for stage in explain(model, given.images).stages:
                if stage.input.shape == given.images.shape:
                    found[stage.name].append(_measured(given, geometry.invert(given.matrix), stage.grid))
    if not found:
        raise StnError(f"{recipe.name!r} has no transformer at its input to measure; choose one that has.")
    return Frames(tuple(_frame(name, rows) for name, rows in found.items()), len(test))


def _measured(given: Distorted, undoing: Tensor, grid: Tensor) -> Rows:
    """What is measured of grids (B, h, w, 2) on images (B, C, H, W) that matrices `undoing` (B, C, 3, 3) undo."""
    height, width = given.images.shape[-2:]
    apart = undoing[..., :2, 2] - grid.mean((1, 2))[:, None]  # (B, C, 2)
    distance = (apart * apart.new_tensor([width / 2, height / 2])).norm(dim=-1)
    inside = [fraction_in_frame(channel[:, None], grid) for channel in given.images.unbind(1)]
    turn = geometry.polar(geometry.nearest_affine(grid))[0]  # (B,)
    wanted = geometry.polar(undoing.flatten(0, 1))[0].view(distance.shape)
    return distance, torch.stack(inside, dim=1), turn[:, None] - wanted


def _frame(name: str, rows: list[Rows]) -> Frame:
    distance, inside, left = map(torch.cat, zip(*rows, strict=True))  # (N, C) each
    nearest = distance.argmin(1).bincount(minlength=distance.shape[1]) / len(distance)
    found = (nearest, distance.mean(0), inside.mean(0), circular_sd(left, 0))
    return Frame(name, *(tuple(values.tolist()) for values in found))
