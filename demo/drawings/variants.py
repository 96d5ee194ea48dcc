"""Thousands of drawn digits, where there is no data set to train on: the project's hands, each time a little otherwise.

Every image is one of the 40 embedded drawings with its knots moved, its pen and slant changed. Made by code alone.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from demo.drawings.canvas import spline
from demo.drawings.digits import HANDS, SIZE

KNOT_JITTER = 0.35  # sd, in tenths of the digit's height
SPACING = 0.35  # pixels between the dots a line is made of


def drawn_digits(variants: int, seed: int) -> tuple[Tensor, Tensor]:
    """`variants` images of every hand, shuffled: uint8 (40 * variants, 1, 28, 28) and their classes (40 * variants,).

    Another seed gives other images.
    """
    rng = np.random.default_rng(seed)
    drawn, labels = [], []
    for digit, _, strokes, width, slant in HANDS:
        for _ in range(variants):
            drawn.append(_vary(strokes, width, slant, rng))
            labels.append(digit)
    order = rng.permutation(len(labels))
    images = torch.from_numpy(np.stack(drawn)[order])[:, None]  # (N, 1, 28, 28)
    return images, torch.tensor(labels)[torch.from_numpy(order)]


def _vary(strokes, width: float, slant: float, rng: np.random.Generator) -> np.ndarray:
    """One digit (28, 28) uint8, its ink's mean in the middle as in MNIST."""
    # Knots that strokes share move together, so that no stroke comes off.
    shift: dict[tuple[float, float], np.ndarray] = {}
    curves = []
    for stroke in strokes:
        knots = [np.add(knot, shift.setdefault(knot, rng.normal(0, KNOT_JITTER, 2))) for knot in stroke]
        curves.append(spline(knots, steps=8))
    stretch, lean = rng.uniform(0.85, 1.2), slant + rng.uniform(-0.15, 0.15)
    width = width * rng.uniform(0.75, 1.3)
    curves = [np.stack([c[:, 0] * stretch - lean * c[:, 1], c[:, 1]], 1) for c in curves]
    low, high = np.min([c.min(0) for c in curves], 0), np.max([c.max(0) for c in curves], 0)
    zoom = (rng.uniform(18, 20) - width) / (high - low).max()
    dots = np.concatenate([_dots(c * zoom) for c in curves])  # (N, 2)
    dots += (SIZE - 1) / 2 - dots.mean(0)
    axis = np.arange(SIZE)
    # Squared distances of pixel centres to the nearest dot; a pen of round ink with an edge one pixel soft.
    far = (dots[:, 0, None] - axis)[:, None, :] ** 2 + (dots[:, 1, None] - axis)[:, :, None] ** 2  # (N, 28, 28)
    ink = np.clip(width / 2 + 0.5 - np.sqrt(far.min(0)), 0, 1)
    return (255 * ink).round().astype(np.uint8)


def _dots(curve: np.ndarray) -> np.ndarray:
    """Points at even steps along a polyline (N, 2)."""
    steps = np.hypot(*np.diff(curve, axis=0).T)
    along = np.concatenate([[0], np.cumsum(steps)])
    at = np.linspace(0, along[-1], 2 + int(along[-1] / SPACING))
    return np.stack([np.interp(at, along, curve[:, k]) for k in (0, 1)], 1)
