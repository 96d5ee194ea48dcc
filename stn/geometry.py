"""Geometry as pure functions: no weights, no state.

Convention, everywhere in this package: a transformation maps *output* coordinates to *input* coordinates, so that
sampling fills every output pixel. Coordinates are (x, y), x to the right and y down, in [-1, 1], where -1 and 1 are the
outer edges of the first and last pixel (`align_corners=False`). Matrices are 3x3 and act on columns (x, y, 1).
Geometry is computed in float32 or better, whatever autocast says: in bfloat16 coordinates would keep 8 bits.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from stn.errors import StnError, unknown

ALIGN_CORNERS = False
PADDINGS = ("zeros", "border", "reflection")
# Below this a homography's denominator counts as this (with its sign): such points lie on the horizon.
MIN_DENOMINATOR = 1e-6
MAX_MIP_LEVEL = 3
FAR = 1e6  # half-widths: where a lost or infinite point counts to be
Device = torch.device | str | None


def no_autocast(device: torch.device) -> AbstractContextManager:
    """Where autocast is off. The meta device, which has none, needs nothing."""
    return nullcontext() if device.type == "meta" else torch.autocast(device.type, enabled=False)


def exact(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Lets a function of tensors compute in float32 or better, outside autocast."""

    @functools.wraps(function)
    def run(*arguments: Any, **named: Any) -> Tensor:
        device = next(a.device for a in (*arguments, *named.values()) if isinstance(a, Tensor))
        with no_autocast(device):
            return function(*map(_as_exact, arguments), **{key: _as_exact(value) for key, value in named.items()})

    return run


def _as_exact(argument: object) -> object:
    return as_float(argument) if isinstance(argument, Tensor) else argument


def as_float(values: Tensor) -> Tensor:
    """The values in float32, or in float64 where they are."""
    return values if values.dtype == torch.float64 else values.float()


def size_of(images: Tensor) -> tuple[int, int]:
    """(H, W) of images (B, C, H, W)."""
    return images.shape[-2], images.shape[-1]


def base_grid(size: tuple[int, int], dtype: torch.dtype = torch.float32, device: Device = None) -> Tensor:
    """The pixel centres of an image of `size` = (H, W), as (H, W, 2) points (x, y).

    Example:
        >>> base_grid((1, 2))
        tensor([[[-0.5000,  0.0000],
                 [ 0.5000,  0.0000]]])
    """
    return torch.from_numpy(_centres(tuple(size))).to(device=device, dtype=dtype, copy=True)  # (H, W, 2)


@functools.lru_cache(maxsize=64)
def _centres(size: tuple[int, int]) -> np.ndarray:
    """Pixel centres (H, W, 2) in float64. Cached, and in NumPy for the reason that `thin_plate_basis` gives."""
    y, x = np.meshgrid(*[(2 * np.arange(n, dtype=np.float64) + 1) / n - 1 for n in size], indexing="ij")
    return np.stack([x, y], axis=-1)


def lattice(n: int, dtype: torch.dtype = torch.float32, device: Device = None) -> Tensor:
    """n x n points from edge to edge, row by row: (n * n, 2), the first (-1, -1), the last (1, 1)."""
    axis = torch.linspace(-1, 1, n, dtype=dtype, device=device)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x, y], dim=-1).reshape(-1, 2)  # (n * n, 2)


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
    mapped = (matrix.reshape(-1, 3) @ homogeneous).unflatten(0, (-1, 3))  # (B, 3, N)
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
    mapped = (matrix[:, :2].reshape(-1, 3) @ homogeneous).unflatten(0, (-1, 2))  # (B, 2, P)
    return mapped.mT.unflatten(1, size)  # (B, H, W, 2)


@functools.lru_cache(maxsize=64)
def thin_plate_basis(n: int, size: tuple[int, int]) -> np.ndarray:
    """The matrix (H * W, n * n) that takes the images of an n x n lattice to the sampling grid, in float64.

    A thin plate spline is linear in the points it passes through, so one solve serves every theta. Kernel r² log r
    with an affine part (Bookstein 1989). Cached, for it depends on nothing learnt; in NumPy, for a tensor made while
    torch.export traces or in inference mode would be of no use to later callers.
    """

    def rows(points: np.ndarray) -> np.ndarray:
        squared = np.square(points[:, None] - controls).sum(-1)
        kernel = squared * np.log(np.where(squared > 0, squared, 1)) / 2  # 0 at its own point
        return np.concatenate([kernel, np.ones((len(points), 1)), points], axis=1)

    y, x = np.meshgrid(*[np.linspace(-1, 1, n)] * 2, indexing="ij")
    controls, pixels = np.stack([x.ravel(), y.ravel()], axis=1), _centres(size).reshape(-1, 2)  # (N, 2), (P, 2)
    top = rows(controls)  # (N, N + 3)
    system = np.concatenate([top, np.pad(top[:, n * n :].T, ((0, 0), (0, 3)))])  # (N + 3, N + 3)
    return rows(pixels) @ np.linalg.solve(system, np.eye(n * n + 3, n * n))  # (P, N)


@exact
def thin_plate_grid(points: Tensor, size: tuple[int, int]) -> Tensor:
    """The sampling grid (B, H, W, 2) of the spline that takes an n x n lattice to `points` (B, n * n, 2)."""
    n = math.isqrt(points.shape[1])
    basis = torch.from_numpy(thin_plate_basis(n, tuple(size))).to(points.device, points.dtype)
    return (basis @ points).unflatten(1, size)  # (B, H, W, 2)


def sample(images: Tensor, grid: Tensor, padding: str = "zeros", average: bool = False) -> Tensor:
    """Bilinear samples (B, C, h, w) of `images` (B, C, H, W) at `grid` (B, h, w, 2) (Jaderberg et al. 2015, eq. 5).

    With `average`, images that shrink are averaged instead of skipped over: trilinear mip-mapping (Williams 1983),
    one level an image. Where nothing shrinks, the two are the same. To the gradient the level is a constant: that of
    theta is not quite the output's. Raises StnError for an unknown padding.

    Example:
        >>> image = torch.arange(4.0).view(1, 1, 2, 2)
        >>> turn = torch.tensor([[[-1.0, 0, 0], [0, -1, 0], [0, 0, 1]]])  # by 180 degrees
        >>> sample(image, affine_grid(turn, (2, 2)))
        tensor([[[[3., 2.],
                  [1., 0.]]]])
    """
    if padding not in PADDINGS:
        raise unknown("padding", padding, PADDINGS)
    options: dict[str, Any] = {"mode": "bilinear", "padding_mode": padding, "align_corners": ALIGN_CORNERS}
    with no_autocast(images.device):
        grid = as_float(grid)
        # With a NaN and border padding, the gradient of grid_sample reads memory that is not its own (torch 2.13).
        grid = grid.nan_to_num(nan=FAR, posinf=FAR, neginf=-FAR)
        dtype = torch.promote_types(as_float(images).dtype, grid.dtype)
        images, grid = images.to(dtype), grid.to(dtype)
        out = F.grid_sample(images, grid, **options)  # (B, C, h, w)
        if not average:
            return out
        level = mip_level(grid.detach(), images.shape[-2:])[:, None, None, None]  # (B, 1, 1, 1)
        # While a program is traced, no value is known, and to ask a GPU for one is to wait for all that it was given to
        # do: then all levels, to the same result.
        traced = torch.compiler.is_compiling() or torch.jit.is_tracing()
        known = images.device.type == "cpu" and not traced and len(level)
        for i in range(1, 1 + (math.ceil(level.amax().item()) if known else MAX_MIP_LEVEL)):
            size = [max(1, n >> i) for n in images.shape[-2:]]
            coarse = F.grid_sample(F.interpolate(images, size=size, mode="area"), grid, **options)
            out = torch.lerp(out, coarse, (level - (i - 1)).clamp(0, 1))
        return out


def mip_level(grid: Tensor, in_size: Sequence[int]) -> Tensor:
    """log2 of how many input pixels apart neighbouring samples of a grid (B, h, w, 2) are, from 0: (B,).

    A sample without a neighbour along an axis counts as one for the whole height or width.
    """
    half = grid.new_tensor([in_size[1] / 2, in_size[0] / 2])
    edges = (grid[:, -1:] - grid[:, :1], grid[:, :, -1:] - grid[:, :, :1])  # from top to bottom, from left to right
    steps = [
        (edge * half).square().sum(-1).sqrt().flatten(1).mean(1) / (n - 1)  # torch.hypot has no ONNX translation
        if n > 1
        else grid.new_full(grid.shape[:1], pixels)
        for edge, n, pixels in zip(edges, grid.shape[1:3], in_size, strict=True)
    ]
    # The rounding of an exact identity must not count as shrinking, or it would blur.
    return torch.log2(torch.maximum(*steps).clamp(min=1 + 1e-4) - 1e-4).clamp(0, MAX_MIP_LEVEL)  # (B,)


@exact
def product(first: Tensor, second: Tensor) -> Tensor:
    """The products (B, n, k) of two batches of matrices (B, n, m) and (B, m, k)."""
    return first @ second


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
