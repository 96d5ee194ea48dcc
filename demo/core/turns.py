"""By how much an image was turned, by how much the transformer turned it back, and what is left. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from demo.core.geometry import nearest_affine, placements, turned_by
from demo.core.words import signed_degrees
from stn.controls import Controls

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


def find_turns(grids: np.ndarray, controls: Sequence[Controls | None], canvas: int, size: int) -> list[Turn]:
    """What each of the sampling grids (B, h, w, 2) on the canvas does about the turn of an image under its controls.

    canvas and size in pixels, the widths of the canvas and of the untouched image. controls None: the image's own pose
    is not known. The angles are those of polar decompositions A = R P, of the affine map nearest to the grid, and, for
    what is left, of that map and the distortion composed.
    """
    finite = np.isfinite(grids).all((1, 2, 3)).tolist()
    matrices = nearest_affine(np.nan_to_num(grids, posinf=0, neginf=0))  # (B, 3, 3), from the output to the canvas
    placed = placements([one or Controls() for one in controls], canvas, size)  # from the canvas to the image
    done, left = turned_by(matrices).tolist(), turned_by(placed @ matrices).tolist()
    turns = []
    for one, ok, back, rest in zip(controls, finite, done, left, strict=True):
        asked = None if one is None else one.rotation
        turns.append(Turn(asked, back if ok else None, rest if ok and one is not None else None))
    return turns
