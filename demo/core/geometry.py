"""The geometry of an answer in NumPy, for the page answers before PyTorch is there. Tests hold it to `stn.geometry`.

Its conventions are the same: matrices and grids map output to input, (x, y) in [-1, 1] from edge to edge.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from stn.controls import Controls


def centres(n: int) -> np.ndarray:
    """The coordinates (n,) of n pixels' centres."""
    return (2 * np.arange(n) + 1) / n - 1


def placements(controls: Sequence[Controls], canvas: int, size: int) -> np.ndarray:
    """`stn.distort.placement_matrix`: (B, 3, 3) from the canvas to the image, both in pixels of width."""
    values = [(c.rotation, c.scale, c.shift_x, c.shift_y, c.shear) for c in controls]
    rotation, scale, x, y, shear = np.array(values, np.float64).T
    cos, sin, slant = np.cos(np.deg2rad(rotation)), np.sin(np.deg2rad(rotation)), np.tan(np.deg2rad(shear))
    # The inverse of T R [[1, -slant], [0, 1]] * factor, in closed form.
    factor = scale * size / canvas
    matrix = np.zeros((len(values), 3, 3))
    matrix[:, 0, 0], matrix[:, 0, 1] = (cos + slant * sin) / factor, (slant * cos - sin) / factor
    matrix[:, 1, 0], matrix[:, 1, 1] = sin / factor, cos / factor
    matrix[:, :2, 2] = -(matrix[:, :2, :2] @ np.stack([x, y], 1)[..., None])[..., 0]
    matrix[:, 2, 2] = 1
    return matrix


def affine_grid(matrices: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Sampling grids (B, H, W, 2) of affine matrices (B, 3, 3)."""
    y, x = (centres(n) for n in size)
    m = matrices[:, :2, :, None, None]  # (B, 2, 3, 1, 1)
    return np.moveaxis(m[:, :, 0] * x + m[:, :, 1] * y[:, None] + m[:, :, 2], 1, -1)


@functools.lru_cache(maxsize=64)
def _solver(size: tuple[int, int]) -> np.ndarray:
    """(3, H * W): what takes the points of a grid to the affine matrix nearest to it, transposed."""
    y, x = np.meshgrid(*(centres(n) for n in size), indexing="ij")
    return np.linalg.pinv(np.stack([x.ravel(), y.ravel(), np.ones(x.size)], 1))


def nearest_affine(grids: np.ndarray) -> np.ndarray:
    """The affine matrices (B, 3, 3) nearest to grids (B, H, W, 2) in the least squares."""
    batch, height, width, _ = grids.shape
    matrices = np.zeros((batch, 3, 3))
    matrices[:, :2] = (_solver((height, width)) @ grids.reshape(batch, -1, 2).astype(np.float64)).swapaxes(1, 2)
    matrices[:, 2, 2] = 1
    return matrices


def turned_by(matrices: np.ndarray) -> np.ndarray:
    """By how many degrees (B,) counter-clockwise matrices (B, 3, 3) turn the image that they sample: `polar`'s."""
    (a, b), (c, d) = matrices[:, :2, :2].transpose(1, 2, 0)
    return np.rad2deg(np.arctan2(c - b, a + d))
