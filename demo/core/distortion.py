"""What the sliders do to images, in NumPy: `stn.distort.apply_each`, to which tests hold it at every slider."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from demo.core.draws import Draws
from demo.core.geometry import affine_grid, placements
from stn.controls import DISC, Controls

PATCHES = {1: 6, 3: 8}  # by number of channels: a patch's height and width in pixels
ROUNDING = 1e-4  # of an identity, which must not count as shrinking


def distort(
    images: np.ndarray, controls: Sequence[Controls], canvas: int, clutter_from: Sequence[np.ndarray]
) -> np.ndarray:
    """Square images (B, C, S, S) in [0, 1], each under its own controls: float32 (B, C, canvas, canvas).

    clutter_from: each image's stock (N, C, h, w) that patches are cut out of. The seed fixes clutter and noise.
    """
    # One by one: what an image takes stays in the processor's cache, and a batch is done in a fifth of the time.
    matrices = placements(controls, canvas, images.shape[-1])
    out = np.stack([_warp(image, matrix, canvas) for image, matrix in zip(images, matrices, strict=True)])
    for image, one, stock in zip(out, controls, clutter_from, strict=True):
        if one.clutter or one.noise:
            draws = Draws(one.seed)
            own = Draws(draws.whole(2**31))  # of the noise, so that one patch more does not change it
            _clutter(image, one.clutter, stock, draws)
            if one.noise:
                noise = own.normal(image.size).reshape(image.shape) * np.float32(one.noise)
                np.clip(image + noise, 0, 1, out=image)
    for image, one, matrix in zip(out, controls, matrices, strict=True):
        if one.edges == "hidden":
            image *= np.square(affine_grid(matrix[None], (canvas, canvas))[0]).sum(-1) <= DISC**2
    return out


def _warp(image: np.ndarray, matrix: np.ndarray, canvas: int) -> np.ndarray:
    """An image (C, S, S) on a black canvas, averaged where it shrinks: trilinear mip-mapping."""
    size = image.shape[-1]
    grid = affine_grid(matrix[None], (canvas, canvas))[0].astype(np.float32)
    out = _read(image, grid)
    # Of an affine grid, all samples are as far apart: so many pixels of the image, to the right and down.
    apart = max(np.linalg.norm(matrix[:2, :2], axis=0)) * size / canvas
    level = math.log2(max(apart, 1 + ROUNDING) - ROUNDING)
    for i in range(1, 1 + math.ceil(level)):
        out += np.float32(min(level - (i - 1), 1)) * (_read(_halved(image, i), grid) - out)
    return out


def _halved(image: np.ndarray, times: int) -> np.ndarray:
    """Means of 2^times x 2^times pixels; no slider makes an image so small that this does not divide its sides."""
    channels, height, width = image.shape
    cell = 2**times
    return image.reshape(channels, height // cell, cell, width // cell, cell).mean((2, 4))


def _read(image: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Bilinear samples of an image (C, H, W) at a grid (h, w, 2), zeros outside: float32 (C, h, w)."""
    channels, height, width = image.shape
    # A black rim takes whatever lies outside: one pixel before, two behind, for a point has a neighbour to its right.
    rimmed = np.zeros((channels, height + 3, width + 3), np.float32)
    rimmed[:, 1:-2, 1:-2] = image
    x = np.clip((grid[..., 0] + 1) * (width / 2) + 0.5, 0, width + 1)  # (h, w), pixels of the rimmed image
    y = np.clip((grid[..., 1] + 1) * (height / 2) + 0.5, 0, height + 1)
    (right, left), (low, top) = np.modf(x), np.modf(y)  # shares of the neighbours, and whole pixels
    row = width + 3
    planes = rimmed.reshape(channels, -1)
    at = (top * row + left).astype(np.intp)
    upper = planes.take(at, 1) * (1 - right) + planes.take(at + 1, 1) * right  # (C, h, w)
    at += row
    lower = planes.take(at, 1) * (1 - right) + planes.take(at + 1, 1) * right
    return upper * (1 - low) + lower * low


def _clutter(image: np.ndarray, count: int, stock: np.ndarray, draws: Draws) -> None:
    """Puts patches of images of the stock on an image (C, H, W): gray ones where they are lighter, colour ones over."""
    patch = PATCHES[len(image)]
    room = np.array([*stock.shape[-2:], *image.shape[-2:]], np.float32) - (patch - 1)
    for _ in range(count):
        source = draws.whole(len(stock))
        y0, x0, y1, x1 = (draws.uniform(4) * room).astype(int).tolist()
        cut = stock[source, :, y0 : y0 + patch, x0 : x0 + patch]
        place = image[:, y1 : y1 + patch, x1 : x1 + patch]
        place[...] = np.maximum(place, cut) if len(image) == 1 else cut
