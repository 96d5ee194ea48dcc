"""Tensors as text that a browser can read: pixels and grids in base64, images as PNG data URIs."""

from __future__ import annotations

import base64
import functools
import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from stn import geometry

LATTICE = 17  # points along a side of the lattice that stands for a sampling grid
GRID_UNIT = 4096  # lattice coordinates travel as int16 in steps of 1/4096, which reaches from -8 to 8


def to_uint8(image: Tensor) -> np.ndarray:
    """An image (C, H, W) in [0, 1] as uint8 (H, W, C)."""
    levels = (image.detach().nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8)
    return levels.permute(1, 2, 0).contiguous().numpy()  # (H, W, C)


def encode_pixels(image: Tensor) -> dict[str, object]:
    """An image (C, H, W) in [0, 1] as its size and its bytes, row by row, channels innermost."""
    pixels = to_uint8(image)
    height, width, channels = pixels.shape
    data = base64.b64encode(pixels.tobytes()).decode("ascii")
    return {"width": width, "height": height, "channels": channels, "data": data}


def lattice_of(grid: Tensor, points: int = LATTICE) -> Tensor:
    """A sampling grid (H, W, 2) of pixel centres, thinned to (points, points, 2) from edge to edge of the output.

    The outermost points lie half a pixel outside the outermost centres, on the output's border, extrapolated there.
    """
    rows, columns = (_blend(n, points, grid.dtype) for n in grid.shape[:2])
    return torch.einsum("ph,hwc,qw->pqc", rows, grid, columns)  # (P, P, 2)


@functools.cache
def _blend(size: int, points: int, dtype: torch.dtype) -> Tensor:
    """Weights (points, size) that read between neighbours at even steps from border to border of `size` pixels."""
    if size == 1:
        return torch.ones(points, 1, dtype=dtype)
    at = torch.linspace(-0.5, size - 0.5, points, dtype=dtype)
    left = at.floor().clamp(0, size - 2).long()
    share = at - left
    weights = torch.zeros(points, size, dtype=dtype)
    rows = torch.arange(points)
    weights[rows, left] = 1 - share
    weights[rows, left + 1] += share
    return weights


def encode_lattice(lattice: Tensor) -> str:
    """A lattice (P, P, 2) as little-endian int16 in base64; what is out of reach stops at its edge."""
    steps = (lattice.detach().nan_to_num() * GRID_UNIT).round().clamp(-32767, 32767)
    return base64.b64encode(steps.to(torch.int16).numpy().astype("<i2").tobytes()).decode("ascii")


def bend_of(grid: Tensor) -> tuple[list[list[float]], float]:
    """The affine matrix (2, 3) nearest to a grid (H, W, 2), and the largest distance that is left."""
    matrix = geometry.nearest_affine(grid[None].double())  # (1, 3, 3)
    left = grid - geometry.affine_grid(matrix, tuple(grid.shape[:2]))[0]
    return matrix[0, :2].tolist(), float(left.norm(dim=-1).max())


def png_data_uri(image: Tensor) -> str:
    """An image (C, H, W) in [0, 1] as a PNG data URI at its own size."""
    pixels = to_uint8(image)
    png = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    with io.BytesIO() as file:
        png.save(file, "PNG")
        return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
