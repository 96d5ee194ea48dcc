"""Families of transformations: what the numbers in theta mean.

A family knows how many parameters theta has, which theta is the identity, how theta becomes a sampling grid, and what
its parameters are called. Families that are matrices also compose and invert. See `stn.geometry` for the convention.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal

import torch
from torch import Tensor

from stn import geometry
from stn.checks import check_theta, is_count
from stn.errors import StnError, unknown
from stn.splines import ThinPlateSpline


@dataclass(frozen=True)
class MatrixFamily:
    """A family of 3x3 matrices; `to_entries` makes the nine of them from theta's columns, `from_entries` goes back."""

    name: str
    parameter_names: tuple[str, ...]
    identity_values: tuple[float, ...]
    to_entries: Callable[..., tuple]
    from_entries: Callable[[Tensor], tuple]
    to_grid: Callable[[Tensor, tuple[int, int]], Tensor] = geometry.affine_grid
    is_matrix: Literal[True] = True
    keeps_angles: bool = False  # in pixels, where an aspect is given; theta's shifts are half-sides all the same

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        if MATRIX_FAMILIES.get(self.name) is self:
            return get_family, (self.name,)  # by name: its functions cannot be pickled
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    @property
    def n_params(self) -> int:
        return len(self.parameter_names)

    def identity(self, batch: int = 1, dtype: torch.dtype = torch.float32, device: geometry.Device = None) -> Tensor:
        """The theta (batch, n) that changes nothing."""
        return torch.tensor(self.identity_values, dtype=dtype, device=device).repeat(batch, 1)  # (B, n)

    def matrix(self, theta: Tensor, aspect: float = 1.0) -> Tensor:
        """Matrices (B, 3, 3) from output to input coordinates. Raises StnError for a theta of another shape.

        `aspect`: width / height of the input. Rotation and similarity turn its pixels without shear; 1 turns the
        coordinates, which is the same where it is square.
        """
        theta = geometry.as_float(check_theta(theta, self))
        entries = self.to_entries(*theta.unbind(1))
        zero = torch.zeros_like(theta[:, 0])
        matrix = torch.stack([zero + e for e in entries], dim=1).unflatten(1, (3, 3))  # (B, 3, 3)
        return geometry.in_pixels(matrix, 1 / aspect) if self.keeps_angles else matrix

    def from_matrix(self, matrix: Tensor, aspect: float = 1.0) -> Tensor:
        """The theta (B, n) of matrices (B, 3, 3) that belong to this family (others lose what it cannot express)."""
        m = matrix / matrix[:, 2:, 2:]
        m = geometry.in_pixels(m, aspect) if self.keeps_angles else m
        return torch.stack(self.from_entries(m.permute(1, 2, 0)), dim=1)  # (B, n)

    def grid(self, theta: Tensor, size: tuple[int, int], aspect: float = 1.0) -> Tensor:
        """The sampling grid (B, H, W, 2) for an output of (H, W). Raises StnError for a theta of another shape."""
        return self.to_grid(self.matrix(theta, aspect), size)

    def compose(self, first: Tensor, second: Tensor, aspect: float = 1.0) -> Tensor:
        """The theta of warping with `first` and then warping the result with `second`.

        Example:
            >>> family = get_family("rotation")
            >>> family.compose(torch.tensor([[0.5]]), torch.tensor([[0.25]]))
            tensor([[0.7500]])
        """
        # Grids map backwards: the later warp's grid is looked up first.
        return self.within(second, self.matrix(first, aspect), aspect)

    def within(self, theta: Tensor, window: Tensor, aspect: float = 1.0) -> Tensor:
        """The theta (B, n) whose grid is that of `theta` mapped by the matrices `window` (B, 3, 3)."""
        return self.from_matrix(geometry.product(window, self.matrix(theta, aspect)), aspect)

    def invert(self, theta: Tensor, aspect: float = 1.0) -> Tensor:
        """The theta that undoes theta. Raises StnError where there is none.

        Example:
            >>> get_family("attention").invert(torch.tensor([[0.5, 0.25, 0.0]]))  # zooms in right of the middle
            tensor([[ 2.0000, -0.5000,  0.0000]])
        """
        inverse = geometry.invert(self.matrix(theta, aspect))
        last = inverse[:, 2].abs()  # (B, 3)
        if (last[:, 2] <= 1e-6 * last.amax(1)).any():  # a homography's may have a zero where theta has its 1
            raise StnError(
                "The inverse of this transformation maps the image's centre to infinity, which no theta expresses."
            )
        return self.from_matrix(inverse, aspect)

    def map_points(self, theta: Tensor, points: Tensor, aspect: float = 1.0) -> Tensor:
        """Where points (N, 2) of the output lie in the input: (B, N, 2).

        Example:
            >>> family = get_family("translation")
            >>> family.map_points(torch.tensor([[0.5, 0.0]]), torch.tensor([[0.0, 0.0], [0.25, 1.0]]))
            tensor([[[0.5000, 0.0000],
                     [0.7500, 1.0000]]])
        """
        return geometry.transform_points(self.matrix(theta, aspect), points)

    def unmap_points(self, theta: Tensor, points: Tensor, aspect: float = 1.0) -> Tensor:
        """Where points (N, 2) of the input lie in the output: (B, N, 2). Raises StnError where theta has no inverse."""
        return geometry.transform_points(geometry.invert(self.matrix(theta, aspect)), points)


Family = MatrixFamily | ThinPlateSpline
__all__ = [
    "AFFINE",
    "ATTENTION",
    "FAMILY_NAMES",
    "MATRIX_FAMILIES",
    "PROJECTIVE",
    "ROTATION",
    "SIMILARITY",
    "TRANSLATION",
    "Family",
    "MatrixFamily",
    "ThinPlateSpline",
    "get_family",
    "is_count",
]


TRANSLATION = MatrixFamily(
    "translation",
    ("shift x", "shift y"),
    (0, 0),
    lambda x, y: (1, 0, x, 0, 1, y, 0, 0, 1),
    lambda m: (m[0, 2], m[1, 2]),
)
ROTATION = MatrixFamily(
    "rotation",
    ("angle",),  # radians
    (0,),
    lambda a: (a.cos(), -a.sin(), 0, a.sin(), a.cos(), 0, 0, 0, 1),
    lambda m: (torch.atan2(m[1, 0], m[0, 0]),),
    keeps_angles=True,
)
ATTENTION = MatrixFamily(  # Jaderberg et al. 2015, eq. 2
    "attention",
    ("scale", "shift x", "shift y"),
    (1, 0, 0),
    lambda s, x, y: (s, 0, x, 0, s, y, 0, 0, 1),
    lambda m: (m[0, 0], m[0, 2], m[1, 2]),
)
SIMILARITY = MatrixFamily(  # linear in theta, unlike (scale, angle), so the identity has no corner to get stuck in
    "similarity",
    ("scale cos", "scale sin", "shift x", "shift y"),
    (1, 0, 0, 0),
    lambda c, s, x, y: (c, -s, x, s, c, y, 0, 0, 1),
    lambda m: (m[0, 0], m[1, 0], m[0, 2], m[1, 2]),
    keeps_angles=True,
)
AFFINE = MatrixFamily(  # Jaderberg et al. 2015, eq. 1
    "affine",
    ("xx", "xy", "shift x", "yx", "yy", "shift y"),
    (1, 0, 0, 0, 1, 0),
    lambda a, b, c, d, e, f: (a, b, c, d, e, f, 0, 0, 1),
    lambda m: (*m[0], *m[1]),
)
PROJECTIVE = MatrixFamily(
    "projective",
    ("xx", "xy", "shift x", "yx", "yy", "shift y", "tilt x", "tilt y"),
    (1, 0, 0, 0, 1, 0, 0, 0),
    lambda a, b, c, d, e, f, g, h: (a, b, c, d, e, f, g, h, 1),
    lambda m: (*m[0], *m[1], m[2, 0], m[2, 1]),
    geometry.matrix_grid,
)
MATRIX_FAMILIES = {f.name: f for f in (TRANSLATION, ROTATION, ATTENTION, SIMILARITY, AFFINE, PROJECTIVE)}
FAMILY_NAMES = (*MATRIX_FAMILIES, "tps")


def get_family(name: str, points: geometry.Controls = 4) -> Family:
    """The family of that name; a thin plate spline has `points` x `points` control points, or those. Raises StnError.

    Example:
        >>> family = get_family("affine")
        >>> family.n_params, family.parameter_names[:3]
        (6, ('xx', 'xy', 'shift x'))
        >>> family.grid(family.identity(batch=2), (28, 28)).shape
        torch.Size([2, 28, 28, 2])
    """
    if name == "tps":
        return ThinPlateSpline(points)
    if name not in MATRIX_FAMILIES:
        raise unknown("family", name, FAMILY_NAMES)
    return MATRIX_FAMILIES[name]
