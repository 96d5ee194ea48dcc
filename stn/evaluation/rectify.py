"""How upright, steady and whole a transformer's output is: measured, not looked at."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from stn import geometry
from stn.config import Recipe
from stn.data import Dataset
from stn.distort import TURNED, Distorted, hide_edges, placement_matrix, warp
from stn.errors import StnError
from stn.explain import explain

IMAGES = 1000
ANGLES = 13
UPRIGHT = 45.0  # degrees from upright up to which an output is nearer to that than to a quarter turn
WIDEST = 90.0  # degrees either way; of a recipe that turns its images less, no more than it does


@dataclass(frozen=True)
class Rectification:
    """Angles in degrees; circular standard deviations, which do not see an upright of the model's own choosing."""

    input_sd: float  # of the images' angles as given
    left_sd: float  # of the residual rotation, left after the transformer, over all images and angles
    left_sd_within: float  # the same within each image, the mean over images
    correlation: float  # of a turned image's output with that of the same image given upright, pixels, mean
    input_correlation: float  # the same of the inputs
    area_in_frame: float  # mean part of the object's area that the frame holds, 0 to 1
    pictures: int  # called so in the records of the checkpoints
    angles: int
    upright: float = math.nan  # part of the outputs within 45 degrees of upright, 0 to 1
    accuracy: float = math.nan  # percent, of the model on the turned images

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@torch.no_grad()
def rectification(
    model: nn.Module, test: Dataset, recipe: Recipe, n: int = IMAGES, edges: str = "shown"
) -> Rectification:
    """Turns the first `n` test images to 13 angles and measures what the first transformer makes of them.

    The angles go from -90 to 90 degrees, or as far as the recipe's own images are turned where that is less.
    The residual rotation is the angle given plus that of the polar decomposition of the affine map nearest to the grid:
    of theta itself, where the family is affine. The object is a gray image's ink, a colour image's whole square.
    edges: "hidden" to show the model no more of the turned images than a disc.
    Raises StnError for a model without a transformer.
    """
    canvas = recipe.model.canvas
    if n < 1:
        raise StnError(f"{n} images cannot be measured; give 1 or more.")
    widest = TURNED.get(recipe.distortion or "", WIDEST)
    angles = torch.linspace(-widest, widest, ANGLES).tolist()
    poses, correlations, input_correlations, areas, right = [], [], [], [], []
    for start in range(0, min(n, len(test)), 100):
        images = test.images[start : min(start + 100, n)].float() / 255  # (B, C, H, W)
        objects = images if images.shape[1] == 1 else torch.ones_like(images[:, :1])
        upright, turns = None, []
        for angle in sorted(angles, key=abs):  # the upright one first
            matrix = turned(angle, len(images), canvas, images.shape[-1])
            given = warp(images, matrix, canvas)
            given = hide_edges(Distorted(given, matrix)).images if edges == "hidden" else given
            seen = explain(model, given)
            if not seen.stages:
                raise StnError(f"{recipe.name!r} has no transformer to measure; choose one that has a family.")
            stage = seen.stages[0]
            upright = upright or (stage.output, given)
            turn, _ = geometry.polar(geometry.nearest_affine(stage.grid))
            right.append(seen.logits.argmax(1) == test.labels[start : start + len(images)])
            turns.append(torch.deg2rad(torch.tensor(angle)) + turn)
            if angle:  # the upright one is like itself whatever the transformer does
                correlations.append(correlation(stage.output, upright[0]))
                input_correlations.append(correlation(given, upright[1]))
            areas.append(fraction_in_frame(warp(objects, matrix, canvas), stage.grid))
        poses.append(torch.stack(turns))
    left = torch.cat(poses, dim=1)  # (angles, images)
    given_angles = torch.deg2rad(torch.tensor(angles))
    return Rectification(
        input_sd=circular_sd(given_angles, 0).item(),
        left_sd=circular_sd(left.flatten(), 0).item(),
        left_sd_within=circular_sd(left, 0).mean().item(),
        correlation=torch.cat(correlations).mean().item(),
        input_correlation=torch.cat(input_correlations).mean().item(),
        area_in_frame=torch.cat(areas).mean().item(),
        pictures=left.shape[1],
        angles=ANGLES,
        upright=(torch.atan2(left.sin(), left.cos()).abs() <= math.radians(UPRIGHT)).float().mean().item(),
        accuracy=100 * torch.cat(right).float().mean().item(),
    )


def turned(angle: float, batch: int, canvas: int, size: int) -> Tensor:
    """Matrices (batch, 3, 3) that turn images by `angle` degrees counter-clockwise in the middle of the canvas."""
    rotation = torch.full((batch,), angle)
    return placement_matrix(rotation, torch.ones(batch), torch.zeros(batch, 2), torch.zeros(batch), canvas, size)


def circular_sd(angles: Tensor, dim: int) -> Tensor:
    """The circular standard deviation in degrees of angles in radians: sqrt(-2 ln R) (Mardia 1972)."""
    length = torch.hypot(angles.cos().mean(dim), angles.sin().mean(dim)).clamp(1e-12, 1)
    return (2 * length.reciprocal().log()).sqrt() * 180 / math.pi


def correlation(a: Tensor, b: Tensor) -> Tensor:
    """Pearson's correlation of the pixels of two batches (B, C, H, W): (B,)."""
    a, b = (x.flatten(1) - x.flatten(1).mean(1, keepdim=True) for x in (a, b))
    return (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1)).clamp(min=1e-12)


def fraction_in_frame(objects: Tensor, grid: Tensor) -> Tensor:
    """The part of the objects (B, 1, H, W) that lies inside the frames of grids (B, h, w, 2): (B,), 0 to 1."""
    down, right = (torch.gradient(grid, dim=dim)[0] for dim in (1, 2))
    cell = (right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]).abs()  # the canvas's area is 4
    ink = geometry.sample(objects, grid, average=True)[:, 0] * cell
    whole = objects.mean((1, 2, 3)) * 4
    return (ink.sum((1, 2)) / whole.clamp(min=1e-12)).clamp(max=1)
