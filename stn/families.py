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
from stn.errors import StnError, unknown


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

    def matrix(self, theta: Tensor) -> Tensor:
        """Matrices (B, 3, 3) from output to input coordinates. Raises StnError for a theta of another shape."""
        theta = geometry.as_float(_checked(theta, self))
        entries = self.to_entries(*theta.unbind(1))
        zero = torch.zeros_like(theta[:, 0])
        return torch.stack([zero + e for e in entries], dim=1).unflatten(1, (3, 3))  # (B, 3, 3)

    def from_matrix(self, matrix: Tensor) -> Tensor:
        """The theta (B, n) of matrices (B, 3, 3) that belong to this family (others lose what it cannot express)."""
        m = matrix / matrix[:, 2:, 2:]
        return torch.stack(self.from_entries(m.permute(1, 2, 0)), dim=1)  # (B, n)

    def grid(self, theta: Tensor, size: tuple[int, int]) -> Tensor:
        """The sampling grid (B, H, W, 2) for an output of (H, W). Raises StnError for a theta of another shape."""
        return self.to_grid(self.matrix(theta), size)

    def compose(self, first: Tensor, second: Tensor) -> Tensor:
        """The theta of warping with `first` and then warping the result with `second`.

        Example:
            >>> family = get_family("rotation")
            >>> family.compose(torch.tensor([[0.5]]), torch.tensor([[0.25]]))
            tensor([[0.7500]])
        """
        # Grids map backwards: the later warp's grid is looked up first.
        return self.within(second, self.matrix(first))

    def within(self, theta: Tensor, window: Tensor) -> Tensor:
        """The theta (B, n) whose grid is that of `theta` mapped by the matrices `window` (B, 3, 3)."""
        return self.from_matrix(geometry.product(window, self.matrix(theta)))

    def invert(self, theta: Tensor) -> Tensor:
        """The theta that undoes theta. Raises StnError where there is none.

        Example:
            >>> get_family("attention").invert(torch.tensor([[0.5, 0.25, 0.0]]))  # zooms in right of the middle
            tensor([[ 2.0000, -0.5000,  0.0000]])
        """
        inverse = geometry.invert(self.matrix(theta))
        last = inverse[:, 2].abs()  # (B, 3)
        if (last[:, 2] <= 1e-6 * last.amax(1)).any():  # a homography's may have a zero where theta has its 1
            raise StnError(
                "The inverse of this transformation maps the image's centre to infinity, which no theta expresses."
            )
        return self.from_matrix(inverse)


@dataclass(frozen=True)
class ThinPlateSpline:
    """theta holds, row by row, the input point (x, y) of every point of a `points` x `points` lattice on the output."""

    points: int = 4
    name: str = "tps"
    is_matrix: Literal[False] = False

    def __post_init__(self) -> None:
        if not is_count(self.points) or self.points < 2:
            raise StnError(
                f"A thin plate spline needs at least 2x2 control points, not {self.points!r} in a row; use 4."
            )

    @property
    def n_params(self) -> int:
        return 2 * self.points**2

    @property
    def parameter_names(self) -> tuple[str, ...]:
        cells = [(row, column) for row in range(self.points) for column in range(self.points)]
        return tuple(f"{axis}({row + 1},{column + 1})" for row, column in cells for axis in "xy")

    def identity(self, batch: int = 1, dtype: torch.dtype = torch.float32, device: geometry.Device = None) -> Tensor:
        """The theta (batch, n) that changes nothing: the lattice itself."""
        return geometry.lattice(self.points, dtype, device).reshape(1, -1).repeat(batch, 1)  # (B, n)

    def grid(self, theta: Tensor, size: tuple[int, int]) -> Tensor:
        """The sampling grid (B, H, W, 2) for an output of (H, W). Raises StnError for a theta of another shape."""
        return geometry.thin_plate_grid(_checked(theta, self).unflatten(1, (-1, 2)), size)

    def within(self, theta: Tensor, window: Tensor) -> Tensor:
        """The theta (B, n) whose grid is that of `theta` mapped by the affine matrices `window` (B, 3, 3).

        Exact: a spline through mapped points is the mapped spline, as long as the map is affine (Bookstein 1989).
        """
        points = _checked(theta, self).unflatten(1, (-1, 2))  # (B, K * K, 2)
        return (geometry.product(points, window[:, :2, :2].mT) + window[:, None, :2, 2]).flatten(1)


Family = MatrixFamily | ThinPlateSpline


def is_count(value: object) -> bool:
    """Whether a value is a whole number from 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _checked(theta: Tensor, family: Family) -> Tensor:
    if theta.ndim != 2 or theta.shape[1] != family.n_params:
        raise StnError(
            f"theta has the shape {tuple(theta.shape)}; the family {family.name!r} takes (batch, {family.n_params}): "
            f"flatten it, or choose the family that it belongs to."
        )
    return theta


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


def get_family(name: str, points: int = 4) -> Family:
    """The family of that name; a thin plate spline has `points` x `points` control points. Raises StnError.

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
