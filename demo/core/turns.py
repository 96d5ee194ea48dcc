"""By how much an image was turned, by how much the transformer turned it back, and what is left. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from demo.core.words import signed_degrees
from stn import geometry
from stn.distort import Controls, placement_matrix

QUARTER_OFF = 45.0  # degrees left over from which the output is nearer to another quarter than to upright


@dataclass(frozen=True)
class Turn:
    """Degrees counter-clockwise. `done` None: theta is not finite. `asked` and `left` None: the pose is not known."""

    asked: float | None  # by the rotation slider
    done: float | None  # by the transformer
    left: float | None  # -180 to 180, of the whole distortion: a shear turns an image, too

    @property
    def words(self) -> str:
        """`Turned by +60°, undone by -58°.`"""
        if self.done is None:
            return ""
        if self.asked is None:
            return f"The transformer turned it by {signed_degrees(self.done)}."
        return f"Turned by {signed_degrees(self.asked)}, undone by {signed_degrees(self.done)}."

    @property
    def off(self) -> str:
        """What is wrong with the output, "" where it is nearly upright or nobody knows."""
        if self.left is None or abs(self.left) <= QUARTER_OFF:
            return ""
        return "a quarter turn off" if abs(self.left) <= 180 - QUARTER_OFF else "upside down"


def find_turn(grid: Tensor, controls: Controls | None, canvas: int, size: int) -> Turn:
    """What a sampling grid (1, h, w, 2) on the canvas does about the turn of an image under `controls`.

    canvas and size in pixels, the widths of the canvas and of the untouched image. controls None: the image's own pose
    is not known. The angles are those of polar decompositions A = R P, of the affine map nearest to the grid, and, for
    what is left, of that map and the distortion composed.
    """
    asked = None if controls is None else controls.rotation
    if not bool(grid.isfinite().all()):
        return Turn(asked, None, None)
    matrix = geometry.nearest_affine(grid)  # (1, 3, 3), from the output to the canvas
    done = _degrees(matrix)
    if controls is None:
        return Turn(None, done, None)
    rotation, scale, shear = torch.tensor([controls.rotation, controls.scale, controls.shear])[:, None]
    shift = torch.tensor([[controls.shift_x, controls.shift_y]])
    placed = placement_matrix(rotation, scale, shift, shear, canvas, size)  # (1, 3, 3), from the canvas to the image
    left = _degrees(geometry.product(placed.to(matrix.dtype), matrix))
    return Turn(asked, done, left)


def _degrees(matrix: Tensor) -> float:
    """By how many degrees counter-clockwise a matrix (1, 3, 3) turns the image that it samples."""
    return math.degrees(float(geometry.polar(matrix)[0]))
