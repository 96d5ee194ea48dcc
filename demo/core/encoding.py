"""Arrays as text that a browser can read: pixels and grids in base64, images as PNG data URIs. Tensors serve, too."""

from __future__ import annotations

import base64
import functools
import io

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from demo.core.geometry import affine_grid, nearest_affine

LATTICE = 17  # points along a side of the lattice that stands for a sampling grid
GRID_UNIT = 4096  # lattice coordinates travel as int16 in steps of 1/4096, which reaches from -8 to 8


def to_uint8(image: ArrayLike) -> np.ndarray:
    """An image (C, H, W) in [0, 1] as uint8 (H, W, C)."""
    levels = np.nan_to_num(np.asarray(image, np.float32)).clip(0, 1) * np.float32(255)
    return np.ascontiguousarray(levels.round().astype(np.uint8).transpose(1, 2, 0))


def encode_pixels(image: ArrayLike) -> dict[str, object]:
    """An image (C, H, W) in [0, 1] as its size and its bytes, row by row, channels innermost."""
    pixels = to_uint8(image)
    height, width, channels = pixels.shape
    data = base64.b64encode(pixels.tobytes()).decode("ascii")
    return {"width": width, "height": height, "channels": channels, "data": data}


def lattice_of(grid: ArrayLike, points: int = LATTICE) -> np.ndarray:
    """A sampling grid (H, W, 2) of pixel centres, thinned to (points, points, 2) from edge to edge of the output.

    The outermost points lie half a pixel outside the outermost centres, on the output's border, extrapolated there.
    """
    grid = np.asarray(grid)
    rows, columns = (_blend(n, points) for n in grid.shape[:2])
    return np.moveaxis(rows @ np.moveaxis(grid, -1, 0) @ columns.T, 0, -1)  # (P, P, 2)


@functools.cache
def _blend(size: int, points: int) -> np.ndarray:
    """Weights (points, size) that read between neighbours at even steps from border to border of `size` pixels."""
    if size == 1:
        return np.ones((points, 1), np.float32)
    at = np.linspace(-0.5, size - 0.5, points)
    left = np.floor(at).clip(0, size - 2).astype(int)
    weights = np.zeros((points, size), np.float32)
    rows = np.arange(points)
    weights[rows, left] = 1 - (at - left)
    weights[rows, left + 1] += at - left
    return weights


def encode_lattice(lattice: ArrayLike) -> str:
    """A lattice (P, P, 2) as little-endian int16 in base64; what is out of reach stops at its edge."""
    steps = (np.nan_to_num(np.asarray(lattice, np.float64)) * GRID_UNIT).round().clip(-32767, 32767)
    return base64.b64encode(steps.astype("<i2").tobytes()).decode("ascii")


def bend_of(grid: np.ndarray) -> tuple[list[list[float]], float]:
    """The affine matrix (2, 3) nearest to a grid (H, W, 2), and the largest distance that is left."""
    matrix = nearest_affine(grid[None])  # (1, 3, 3)
    left = grid - affine_grid(matrix, grid.shape[:2])[0]
    return matrix[0, :2].tolist(), float(np.linalg.norm(left, axis=-1).max())


def png_data_uri(image: ArrayLike) -> str:
    """An image (C, H, W) in [0, 1] as a PNG data URI at its own size."""
    pixels = to_uint8(image)
    png = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    with io.BytesIO() as file:
        png.save(file, "PNG")
        return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
