"""Thin plate splines (Bookstein 1989): their grids, and the family of them. See `stn.geometry` for the convention."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from stn.checks import check_theta, is_count
from stn.errors import StnError
from stn.points import Device, centres, lattice, near
from stn.precision import as_float, exact, product

Controls = int | tuple[tuple[float, float], ...]  # n for an n x n lattice, or points (x, y)


@functools.lru_cache(maxsize=64)
def thin_plate_weights(controls: Controls) -> np.ndarray:
    """The matrix (N + 3, N) that takes the images of N control points to a thin plate spline's weights, in float64.

    A spline is linear in the points it passes through, so one solve serves every theta. Kernel r² log r with an affine
    part (Bookstein 1989). Cached, for it depends on nothing learnt; in NumPy, for a tensor made while torch.export
    traces or in inference mode would be of no use to later callers.
    """
    points = control_points(controls)  # (N, 2)
    n = len(points)
    top = thin_plate_rows(points, points, np)  # (N, N + 3)
    system = np.concatenate([top, np.pad(top[:, n:].T, ((0, 0), (0, 3)))])  # (N + 3, N + 3)
    return np.linalg.solve(system, np.eye(n + 3, n))


def control_points(controls: Controls) -> np.ndarray:
    """The control points (N, 2) in float64: those given, or, for a number n, an n x n lattice, row by row."""
    if not isinstance(controls, int):
        return np.array(controls, np.float64)
    y, x = np.meshgrid(*[np.linspace(-1, 1, controls)] * 2, indexing="ij")
    return np.stack([x.ravel(), y.ravel()], axis=1)


def thin_plate_rows(points: Any, controls: Any, library: Any) -> Any:
    """What a thin plate spline's weights multiply at points (..., P, 2): (..., P, N + 3), in NumPy or in torch."""
    squared = ((points[..., :, None, :] - controls) ** 2).sum(-1)
    kernel = squared * library.log(library.where(squared > 0, squared, 1.0)) / 2  # 0 at its own point
    return library.concatenate([kernel, library.ones_like(points[..., :1]), points], axis=-1)


@functools.lru_cache(maxsize=64)
def thin_plate_basis(controls: Controls, size: tuple[int, int]) -> np.ndarray:
    """The matrix (H * W, N) that takes the images of N control points to the sampling grid, in float64. Cached."""
    pixels = centres(size).reshape(-1, 2)  # (P, 2)
    return thin_plate_rows(pixels, control_points(controls), np) @ thin_plate_weights(controls)


def _basis(controls: Controls, size: tuple[int, int]) -> Tensor:
    return torch.from_numpy(thin_plate_basis(controls, size))


# What torch.compiler.assume_constant_result does, for which it imports the whole compiler: that takes a second. The
# compiler cannot look into NumPy.
_basis._dynamo_marked_constant = True  # type: ignore[attr-defined]


@exact
def thin_plate_grid(points: Tensor, size: tuple[int, int], controls: Controls | None = None) -> Tensor:
    """The sampling grid (B, H, W, 2) of the spline that takes the control points to `points` (B, N, 2).

    `controls`: N points (x, y), or n for an n x n lattice, which is the default.
    """
    controls = controls or math.isqrt(points.shape[1])
    height, width = size
    basis = _basis(controls, (int(height), int(width))).to(points.device, points.dtype)
    return (basis @ near(points)).unflatten(1, size)  # (B, H, W, 2)


@dataclass(frozen=True)
class ThinPlateSpline:
    """theta holds the input point (x, y) of every control point on the output, one after the other.

    `points`: n for an n x n lattice from edge to edge, row by row, or the control points themselves, ((x, y), ...) in
    half-widths and half-heights, three or more that are different and not all on a line. Raises StnError for others.

    Example:
        >>> corners_and_middle = ThinPlateSpline(((-1, -1), (1, -1), (0, 0), (-1, 1), (1, 1)))
        >>> corners_and_middle.n_params, corners_and_middle.parameter_names[:2]
        (10, ('x(1)', 'y(1)'))
    """

    points: Controls = 4
    name: str = "tps"
    is_matrix: Literal[False] = False

    def __post_init__(self) -> None:
        if isinstance(self.points, list | tuple):
            object.__setattr__(self, "points", _own_points(self.points))
        elif not is_count(self.points) or self.points < 2:
            raise StnError(
                f"A thin plate spline needs at least 2x2 control points, not {self.points!r} in a row; use 4."
            )

    @property
    def n_params(self) -> int:
        return 2 * (self.points**2 if isinstance(self.points, int) else len(self.points))

    @property
    def parameter_names(self) -> tuple[str, ...]:
        if not isinstance(self.points, int):
            return tuple(f"{axis}({i + 1})" for i in range(len(self.points)) for axis in "xy")
        cells = [(row, column) for row in range(self.points) for column in range(self.points)]
        return tuple(f"{axis}({row + 1},{column + 1})" for row, column in cells for axis in "xy")

    def identity(self, batch: int = 1, dtype: torch.dtype = torch.float32, device: Device = None) -> Tensor:
        """The theta (batch, n) that changes nothing: the control points themselves."""
        return self._controls(dtype, device).reshape(1, -1).repeat(batch, 1)  # (B, n)

    def _controls(self, dtype: torch.dtype, device: Device) -> Tensor:
        exact = torch.promote_types(dtype, torch.float32)  # so that half precision rounds as `Module.half` does
        if isinstance(self.points, int):
            return lattice(self.points, exact, device).to(dtype)
        return torch.tensor(self.points, dtype=exact, device=device).to(dtype)  # (N, 2)

    def targets(self, theta: Tensor) -> Tensor:
        """theta (B, n) as points (B, N, 2), in float32 or better.

        In half precision the identity's points are rounded, by up to 0.3 pixels of 224. So much is added here again:
        what such a theta says is how far it is from its own identity.
        """
        points = as_float(check_theta(theta, self)).unflatten(1, (-1, 2))  # (B, N, 2)
        if theta.dtype in (torch.float16, torch.bfloat16):
            controls = self._controls(torch.float32, theta.device)
            points = points + (controls - controls.to(theta.dtype).float())
        return points

    def grid(self, theta: Tensor, size: tuple[int, int], aspect: float = 1.0) -> Tensor:
        """The sampling grid (B, H, W, 2) for an output of (H, W). Raises StnError for a theta of another shape.

        `aspect` is for families that turn; it changes nothing here.
        """
        return thin_plate_grid(self.targets(theta), size, self.points)

    def within(self, theta: Tensor, window: Tensor, aspect: float = 1.0) -> Tensor:
        """The theta (B, n) whose grid is that of `theta` mapped by the affine matrices `window` (B, 3, 3).

        Exact: a spline through mapped points is the mapped spline, as long as the map is affine (Bookstein 1989).
        """
        points = self.targets(theta)  # (B, N, 2)
        return (product(points, window[:, :2, :2].mT) + window[:, None, :2, 2]).flatten(1)

    def map_points(self, theta: Tensor, points: Tensor, aspect: float = 1.0) -> Tensor:
        """Where points (N, 2) of the output lie in the input: (B, N, 2)."""
        targets = self.targets(theta)
        weights, controls = self._system(targets)
        return thin_plate_rows(points.to(targets.dtype), controls, torch) @ (weights @ targets)

    def unmap_points(self, theta: Tensor, points: Tensor, aspect: float = 1.0) -> Tensor:
        """Where points (N, 2) of the input lie in the output: (B, N, 2), by Newton's method, without a gradient.

        Raises StnError where it finds none: where the spline folds, or points lie far outside.
        """
        with torch.no_grad():
            targets = self.targets(theta).double()
            weights, controls = self._system(targets)
            weights = weights @ targets  # (B, K + 3, 2)
            wanted = points.double().expand(len(theta), -1, -1)
            found = wanted.clone()
            for _ in range(30):
                missing = wanted - thin_plate_rows(found, controls, torch) @ weights  # (B, N, 2)
                apart = found[..., None, :] - controls  # (B, N, K, 2)
                kernel = apart.square().sum(-1, keepdim=True).clamp(min=1e-30).log().add(1) * apart
                slope = torch.einsum("bnkd,bkc->bncd", kernel, weights[:, : len(controls)])
                slope = slope + weights[:, None, -2:].mT  # (B, N, 2, 2)
                found = found + torch.linalg.pinv(slope).matmul(missing[..., None])[..., 0].clamp(-0.5, 0.5)
        if not (missing.abs() < 1e-6).all():
            raise StnError("Some points have no place in the output: this spline folds there; give it a gentler theta.")
        return found.to(as_float(theta).dtype)

    def _system(self, like: Tensor) -> tuple[Tensor, Tensor]:
        weights, controls = thin_plate_weights(self.points), control_points(self.points)
        return tuple(torch.from_numpy(values).to(like) for values in (weights, controls))  # type: ignore[return-value]


def _own_points(points: object) -> Controls:
    try:
        found = np.array(points, np.float64)
    except (TypeError, ValueError):
        found = np.zeros(0)
    good = found.ndim == 2 and found.shape[1] == 2 and len(found) >= 3 and bool(np.isfinite(found).all())
    if (
        not good
        or np.linalg.matrix_rank(found - found.mean(0), tol=1e-6) < 2
        or len(np.unique(found, axis=0)) < len(found)
    ):
        raise StnError(
            "The control points of a thin plate spline are three or more pairs (x, y), all different and not on one "
            "line; or give a number n, for an n x n lattice."
        )
    return tuple((float(x), float(y)) for x, y in found)
