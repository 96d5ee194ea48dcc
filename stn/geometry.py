"""Geometry as pure functions: no weights, no state.

Convention, everywhere in this package: a transformation maps *output* coordinates to *input* coordinates, so that
sampling fills every output pixel. Coordinates are (x, y), x to the right and y down, in [-1, 1], where -1 and 1 are the
outer edges of the first and last pixel (`align_corners=False`). Matrices are 3x3 and act on columns (x, y, 1).
Geometry is computed in float32 or better, whatever autocast says: in bfloat16 coordinates would keep 8 bits.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from stn.errors import StnError
from stn.points import Device, aspect_of, base_grid, lattice, near, size_of
from stn.precision import as_float, exact, no_autocast, product
from stn.sampling import ALIGN_CORNERS, FAR, FILLS, MODES, PADDINGS, Padding, check_sampling, mip_level, sample
from stn.splines import Controls, control_points, thin_plate_basis, thin_plate_grid

__all__ = [
    "ALIGN_CORNERS",
    "FAR",
    "FILLS",
    "MIN_DENOMINATOR",
    "MODES",
    "PADDINGS",
    "Controls",
    "Device",
    "Padding",
    "affine_grid",
    "as_float",
    "aspect_of",
    "base_grid",
    "check_sampling",
    "control_points",
    "corners",
    "exact",
    "homography",
    "in_pixels",
    "invert",
    "lattice",
    "matrix_grid",
    "mip_level",
    "near",
    "nearest_affine",
    "no_autocast",
    "outside_fraction",
    "outside_penalty",
    "polar",
    "procrustes_angle",
    "product",
    "relative_scale",
    "sample",
    "size_of",
    "thin_plate_basis",
    "thin_plate_grid",
    "transform_points",
]

# Below this a homography's denominator counts as this (with its sign): such points lie on the horizon.
MIN_DENOMINATOR = 1e-6


@exact
def transform_points(matrix: Tensor, points: Tensor) -> Tensor:
    """Maps points (N, 2) by matrices (B, 3, 3), with the perspective division: (B, N, 2).

    Example:
        >>> shift = torch.tensor([[[1.0, 0, 0.5], [0, 1, 0], [0, 0, 1]]])
        >>> transform_points(shift, torch.tensor([[0.0, 0.0]]))
        tensor([[[0.5000, 0.0000]]])
    """
    # One matrix product for all images; a batched one, as in F.affine_grid, is 28 times slower on a CPU.
    homogeneous = F.pad(points, (0, 1), value=1).mT  # (3, N)
    mapped = (near(matrix).reshape(-1, 3) @ homogeneous).unflatten(0, (-1, 3))  # (B, 3, N)
    w = mapped[:, 2:]
    w = torch.where(w.abs() < MIN_DENOMINATOR, torch.where(w < 0, -MIN_DENOMINATOR, MIN_DENOMINATOR), w)
    return (mapped[:, :2] / w).mT  # (B, N, 2)


@exact
def matrix_grid(matrix: Tensor, size: tuple[int, int]) -> Tensor:
    """The sampling grid (B, H, W, 2) of any matrices (B, 3, 3) for an output of `size` = (H, W)."""
    points = base_grid(size, matrix.dtype, matrix.device).reshape(-1, 2)
    return transform_points(matrix, points).unflatten(1, size)  # (B, H, W, 2)


@exact
def affine_grid(matrix: Tensor, size: tuple[int, int]) -> Tensor:
    """`matrix_grid` for matrices whose last row is (0, 0, 1), without the division (Jaderberg et al. 2015, eq. 1).

    Example:
        >>> half = torch.diag(torch.tensor([0.5, 0.5, 1]))[None]  # reads the middle half of the input, so it zooms in
        >>> affine_grid(half, (2, 2))[0, 0]
        tensor([[-0.2500, -0.2500],
                [ 0.2500, -0.2500]])
    """
    points = base_grid(size, matrix.dtype, matrix.device).reshape(-1, 2)
    homogeneous = F.pad(points, (0, 1), value=1).mT  # (3, P)
    mapped = (near(matrix[:, :2]).reshape(-1, 3) @ homogeneous).unflatten(0, (-1, 2))  # (B, 2, P)
    return mapped.mT.unflatten(1, size)  # (B, H, W, 2)


def invert(matrix: Tensor) -> Tensor:
    """Inverse matrices (B, 3, 3). Raises StnError where one has none that undoes it to a thousandth."""
    inverse, _ = torch.linalg.inv_ex(matrix)
    # inv_ex itself reports exact zeros only: a rank that rounding hides gives huge numbers, NaN gives NaN.
    missed = (product(matrix, inverse) - torch.eye(3, device=matrix.device)).abs().amax((-2, -1))  # (B,)
    if not (missed <= 1e-3 * matrix.abs().amax((-2, -1)).clamp(min=1)).all():
        raise StnError("This transformation squeezes the image to a line and has no inverse; give one that does not.")
    return inverse


def homography(source: Tensor, target: Tensor) -> Tensor:
    """The matrices (B, 3, 3) that take four points (B, 4, 2) to four others, no three of them on a line."""
    x, y = source.unbind(-1)  # (B, 4)
    u, v = target.unbind(-1)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    # u (g x + h y + 1) = a x + b y + c, and so for v: eight equations in a, ..., h
    first = torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], dim=-1)  # (B, 4, 8)
    second = torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], dim=-1)
    system, right = torch.cat([first, second], dim=1), torch.cat([u, v], dim=1)
    entries = torch.linalg.solve(system.double(), right.double()).to(source.dtype)  # (B, 8)
    return F.pad(entries, (0, 1), value=1).unflatten(1, (3, 3))


def corners(matrix: Tensor) -> Tensor:
    """Where the output's corners lie in the input: (B, 4, 2), clockwise from the top left."""
    square = matrix.new_tensor([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    return transform_points(matrix, square)  # (B, 4, 2)


def outside_fraction(grid: Tensor) -> Tensor:
    """The part of each grid (B, H, W, 2) that lies outside the input: (B,), from 0 to 1."""
    return (grid.abs() > 1).any(-1).flatten(1).float().mean(1)


def outside_penalty(grid: Tensor) -> Tensor:
    """How far the points of each grid (B, H, W, 2) lie outside the input: (B,), the mean squared distance, half-widths.

    0 for a grid inside. Added to the loss, times 1 or so, it draws a transformer that has left the image back.

    Example:
        >>> outside_penalty(1.5 * lattice(2).view(1, 2, 2, 2))  # corners half a half-width outside, both ways
        tensor([0.5000])
    """
    return (grid.abs() - 1).clamp(min=0).square().sum(-1).flatten(1).mean(1)


def nearest_affine(grid: Tensor) -> Tensor:
    """The affine matrices (B, 3, 3) nearest to grids (B, H, W, 2) in the least squares, solved in float64."""
    points = base_grid((grid.shape[1], grid.shape[2]), torch.float64, grid.device).reshape(-1, 2)
    solved = torch.linalg.pinv(F.pad(points, (0, 1), value=1)) @ grid.double().flatten(1, 2)  # (B, 3, 2)
    last = solved.new_tensor([0, 0, 1]).expand(len(grid), 1, 3)
    return torch.cat([solved.mT, last], dim=1).to(grid.dtype)  # (B, 3, 3)


def procrustes_angle(points: Tensor, moved: Tensor) -> Tensor:
    """The angles (B,) in radians that turn points (N, 2), whose mean is 0, best into `moved` (B, N, 2) (Procrustes).

    For the images of a square lattice under a matrix this is the rotation of `polar`, at no singular values' cost and
    with a gradient that is finite also where the two stretches are equal.
    """
    dot = (points * moved).sum((1, 2))
    cross = (points[:, 0] * moved[..., 1] - points[:, 1] * moved[..., 0]).sum(1)
    return torch.atan2(cross, dot)


def relative_scale(points: Tensor, moved: Tensor) -> Tensor:
    """How many times (B,) as far `moved` (B, N, 2) spread about their middle as points (N, 2), whose mean is 0, do."""
    spread = (moved - moved.mean(1, keepdim=True)).square().sum((1, 2))
    return (spread / points.square().sum()).clamp(min=1e-6).sqrt()


def in_pixels(matrix: Tensor, aspect: float) -> Tensor:
    """Matrices (B, 3, 3) between half-sides, of which the 2x2 parts (`[:, :2, :2]`) become those between pixels.

    `aspect`: width / height of the image. Angles and stretches in a square image are the same either way.
    """
    if isinstance(aspect, float) and aspect == 1:
        return matrix
    top, middle, last = matrix.unbind(1)  # (B, 3) each; a factor at a time, for in a trace aspect is a tensor
    top = torch.cat([top[:, :1], top[:, 1:2] * aspect, top[:, 2:]], dim=1)
    middle = torch.cat([middle[:, :1] / aspect, middle[:, 1:]], dim=1)
    return torch.stack([top, middle, last], dim=1)


def polar(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """The rotation in radians and the two stretches of matrices (B, 3, 3), from the polar decomposition A = R P.

    Returns (angle (B,), stretches (B, 2)), the stretches in falling order; the last is negative for a reflection.
    A positive angle samples along a turn from x towards y (clockwise on the screen), so it turns the image
    counter-clockwise.

    Example:
        >>> angle, stretches = polar(torch.tensor([[[0.0, -2, 0], [2, 0, 0], [0, 0, 1]]]))
        >>> torch.rad2deg(angle), stretches
        (tensor([90.]), tensor([[2., 2.]]))
    """
    (a, b), (c, d) = matrix[:, :2, :2].permute(1, 2, 0)  # (B,) each
    # A 2x2 matrix is a turn with a stretch plus a reflection with one; what they share is the closed form of its SVD.
    turned, mirrored = torch.hypot(a + d, c - b), torch.hypot(a - d, b + c)
    return torch.atan2(c - b, a + d), torch.stack([turned + mirrored, turned - mirrored], dim=1) / 2
