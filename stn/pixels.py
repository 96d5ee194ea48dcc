"""Matrices in pixels, as OpenCV, kornia and scikit-image have them, to and from those of `stn.geometry`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from stn import geometry
from stn.checks import is_count
from stn.errors import StnError


def from_pixels(matrix: Tensor, in_size: Sequence[int], out_size: Sequence[int] | None = None) -> Tensor:
    """The matrices (B, 3, 3) that warp as cv2.warpAffine, cv2.warpPerspective or kornia's do with `matrix`.

    `matrix` (B, 2, 3) or (B, 3, 3), or one without B, takes pixels (x, y) of an input of `in_size` = (H, W) to those of
    an output of `out_size` (the same for None); pixel centres are whole numbers. With cv2.WARP_INVERSE_MAP it is the
    other way round: invert it first. `get_family(name).from_matrix` makes theta of the result.
    Raises StnError for a matrix of another shape or without an inverse, and for a bad size.

    Example:
        >>> from stn import get_family
        >>> moves = torch.tensor([[1.0, 0, 7], [0, 1, 14]])  # by 7 pixels to the right and 14 down
        >>> get_family("translation").from_matrix(from_pixels(moves, (28, 28))).round(decimals=4)
        tensor([[-0.5000, -1.0000]])
    """
    matrix = geometry.as_float(matrix if matrix.ndim == 3 else matrix[None])
    if matrix.ndim != 3 or matrix.shape[1:] not in ((2, 3), (3, 3)):
        raise StnError(f"The matrix has the shape {tuple(matrix.shape)}; give (batch, 2, 3) or (batch, 3, 3).")
    if matrix.shape[1] == 2:
        matrix = torch.cat([matrix, matrix.new_tensor([0, 0, 1]).expand(len(matrix), 1, 3)], dim=1)
    sides, pixels = _sides(in_size), _pixels(out_size or in_size)
    undone = geometry.invert(matrix.double())  # from the output's pixels to the input's
    return (sides.to(undone) @ undone @ pixels.to(undone)).to(matrix.dtype)


def to_pixels(matrix: Tensor, in_size: Sequence[int], out_size: Sequence[int] | None = None) -> Tensor:
    """The matrices (B, 3, 3) in pixels, from input to output, of matrices (B, 3, 3): what `from_pixels` takes.

    Raises StnError for a matrix without an inverse, and for a bad size.

    Example:
        >>> half = torch.diag(torch.tensor([0.5, 0.5, 1]))[None]  # reads the middle half, so it enlarges
        >>> to_pixels(half, (28, 28))[0, :2]
        tensor([[  2.0000,   0.0000, -13.5000],
                [  0.0000,   2.0000, -13.5000]])
    """
    given = geometry.as_float(matrix).double()
    inward = _pixels(in_size).to(given) @ given @ _sides(out_size or in_size).to(given)
    return geometry.invert(inward).to(geometry.as_float(matrix).dtype)


def _sides(size: Sequence[int]) -> Tensor:
    """The matrix (3, 3) from pixels of an image of (H, W) to half-sides: x -> (2 x + 1) / W - 1."""
    if len(size) != 2 or not all(map(is_count, size)):
        raise StnError(f"The size is (height, width) in pixels, not {size!r}.")
    height, width = size
    diagonal = torch.tensor([2 / width, 2 / height, 1], dtype=torch.float64).diag()
    return diagonal + F.pad(torch.tensor([[1 / width - 1], [1 / height - 1], [0]], dtype=torch.float64), (2, 0))


def _pixels(size: Sequence[int]) -> Tensor:
    return torch.linalg.inv(_sides(size))
