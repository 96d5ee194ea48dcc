"""Points of images: pixel centres, lattices, and how far points may be away. Names of `stn.geometry`, too."""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import Tensor

from stn.sampling import FAR

Device = torch.device | str | None


def size_of(images: Tensor) -> tuple[int, int]:
    """(H, W) of images (B, C, H, W)."""
    return images.shape[-2], images.shape[-1]


def aspect_of(images: Tensor) -> float:
    """Width / height of images (B, C, H, W)."""
    height, width = size_of(images)
    return width / height


def base_grid(size: tuple[int, int], dtype: torch.dtype = torch.float32, device: Device = None) -> Tensor:
    """The pixel centres of an image of `size` = (H, W), as (H, W, 2) points (x, y).

    Example:
        >>> base_grid((1, 2))
        tensor([[[-0.5000,  0.0000],
                 [ 0.5000,  0.0000]]])
    """
    if all(type(n) is int for n in size):
        return torch.from_numpy(centres(tuple(size))).to(device=device, dtype=dtype, copy=True)  # (H, W, 2)
    # Of a size that a program which is traced leaves open.
    y, x = ((2 * torch.arange(n, dtype=torch.float64, device=device) + 1) / n - 1 for n in size)
    grid = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([grid[1], grid[0]], dim=-1).to(dtype)


@functools.lru_cache(maxsize=64)
def centres(size: tuple[int, int]) -> np.ndarray:
    """Pixel centres (H, W, 2) in float64. Cached, and in NumPy for the reason that `thin_plate_weights` gives."""
    y, x = np.meshgrid(*[(2 * np.arange(n, dtype=np.float64) + 1) / n - 1 for n in size], indexing="ij")
    return np.stack([x, y], axis=-1)


def lattice(n: int, dtype: torch.dtype = torch.float32, device: Device = None) -> Tensor:
    """n x n points from edge to edge, row by row: (n * n, 2), the first (-1, -1), the last (1, 1)."""
    axis = torch.linspace(-1, 1, n, dtype=dtype, device=device)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.stack([x, y], dim=-1).reshape(-1, 2)  # (n * n, 2)


def near(values: Tensor) -> Tensor:
    """The values, those beyond `FAR` brought back to it, with a gradient of 0: sums of them stay finite."""
    return values.clamp(-FAR, FAR)
