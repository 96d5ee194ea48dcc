"""By how much an image was turned, by how much the transformer turned it back, and what is left. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from demo.core.words import signed_degrees
from stn import geometry
from stn.controls import Controls
from stn.distort import placement_matrix

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


def find_turns(grids: Tensor, controls: Sequence[Controls | None], canvas: int, size: int) -> list[Turn]:
    """What each of the sampling grids (B, h, w, 2) on the canvas does about the turn of an image under its controls.

    canvas and size in pixels, the widths of the canvas and of the untouched image. controls None: the image's own pose
    is not known. The angles are those of polar decompositions A = R P, of the affine map nearest to the grid, and, for
    what is left, of that map and the distortion composed.
    """
    finite = grids.isfinite().flatten(1).all(1).tolist()
    matrices = geometry.nearest_affine(grids.nan_to_num(0, 0, 0))  # (B, 3, 3), from the output to the canvas
    known = [one or Controls() for one in controls]
    rotation, scale, shear = torch.tensor([[one.rotation, one.scale, one.shear] for one in known]).T
    shift = torch.tensor([[one.shift_x, one.shift_y] for one in known])
    placed = placement_matrix(rotation, scale, shift, shear, canvas, size)  # (B, 3, 3), from the canvas to the image
    left = _degrees(geometry.product(placed.to(matrices.dtype), matrices))
    turns = []
    for one, ok, done, rest in zip(controls, finite, _degrees(matrices), left, strict=True):
        asked = None if one is None else one.rotation
        turns.append(Turn(asked, done if ok else None, rest if ok and one is not None else None))
    return turns


def _degrees(matrices: Tensor) -> list[float]:
    """By how many degrees counter-clockwise each of the matrices (B, 3, 3) turns the image that it samples."""
    return torch.rad2deg(geometry.polar(matrices)[0]).tolist()
