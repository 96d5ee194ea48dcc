"""Photographs of handwritten digits, made by code: the project's own hands, with four pens, on five papers."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from demo.drawings.canvas import spline
from demo.drawings.digits import HANDS

# Name -> width of its line, of the digit's height; how much of the paper's light it takes; whether its edge is hard.
PENS = {
    "fine pen": (0.022, 0.85, True),
    "ballpoint": (0.045, 0.70, False),
    "pencil": (0.05, 0.45, False),
    "marker": (0.15, 0.9, False),
}
PAPERS = ("white", "gray", "lined", "shadowed", "at an angle")
SHEET = (480, 360)  # width, height of a photograph


def photographs(seed: int = 0) -> list[tuple[int, str, np.ndarray]]:
    """(digit, pen and paper in words, gray uint8 (360, 480)) of 40 digits: each pen on each paper twice."""
    rng = np.random.RandomState(seed)  # its streams are frozen
    shot = []
    for i, (digit, _, strokes, _, slant) in enumerate(HANDS):
        pen, paper = list(PENS)[(i + i // 20) % 4], PAPERS[i % 5]
        shot.append((digit, f"{pen} on {paper}", photograph(strokes, slant, pen, paper, rng)))
    return shot


def photograph(strokes, slant, pen, paper, rng) -> np.ndarray:
    cover = _written(strokes, slant, pen, rng)  # (H, W): how much ink is where
    sheet = _sheet(paper, rng)
    _, takes, _ = PENS[pen]
    if pen == "pencil":
        cover = cover * rng.uniform(0.6, 1, cover.shape)  # it leaves gaps
    light = sheet * (1 - takes * cover)
    rows, columns = np.indices(light.shape) / np.array(light.shape)[:, None, None]
    if paper == "shadowed":  # of the hand, its edge soft, from a corner
        across = columns * math.cos(a := rng.uniform(0, 2 * math.pi)) + rows * math.sin(a)
        middle = 0.5 * (math.cos(a) + math.sin(a)) + rng.uniform(-0.2, 0.2)
        light = light * (1 - rng.uniform(0.3, 0.55) / (1 + np.exp(-(across - middle) / 0.04)))
    if paper == "at an angle":
        light = _tilted(light, rng) * (0.65 + 0.35 * columns)  # the lamp is on the right
    light = np.clip(light + rng.normal(0, 0.004 if paper == "white" else 0.015, light.shape), 0, 1)
    return (255 * light).round().astype(np.uint8)


def _sheet(paper: str, rng) -> np.ndarray:
    width, height = SHEET
    sheet = np.full((height, width), {"white": 1.0, "gray": 0.55}.get(paper, 0.9))
    if paper == "lined":
        for y in range(rng.randint(10, 40), height, 44):
            sheet[y : y + 2] *= 0.75
        sheet[:, 60:62] *= 0.7
    return sheet


def _written(strokes, slant: float, pen: str, rng) -> np.ndarray:
    """One digit somewhere on the sheet, in [0, 1]."""
    width, height = SHEET
    thick, _, hard = PENS[pen]
    scale = 1 if hard else 4
    curves = [spline(s, steps=16) for s in strokes]
    curves = [np.stack([c[:, 0] - slant * c[:, 1], c[:, 1]], 1) for c in curves]
    low, high = np.min([c.min(0) for c in curves], 0), np.max([c.max(0) for c in curves], 0)
    tall = height * rng.uniform(0.3, 0.6)
    zoom = tall / (high - low).max()
    room = np.array([width, height]) - (high - low) * zoom - 100
    corner = 50 + room * rng.uniform(0, 1, 2)
    mask = Image.new("L", (width * scale, height * scale))
    draw = ImageDraw.Draw(mask)
    for curve in curves:
        points = [tuple(p) for p in ((curve - low) * zoom + corner) * scale]
        line = max(1, round(thick * tall * scale))
        draw.line(points, fill=255, width=line, joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - line / 2, y - line / 2, x + line / 2, y + line / 2), fill=255)
    return np.asarray(mask.resize(SHEET, Image.Resampling.BOX), np.float32) / 255


def _tilted(light: np.ndarray, rng) -> np.ndarray:
    """The sheet as a camera sees it that does not look straight down: its far side is smaller, the desk beside it."""
    width, height = SHEET
    far = rng.uniform(0.06, 0.12) * width
    top = rng.uniform(0.05, 0.1) * height
    turned = rng.uniform(-8, 8)
    corners = [(far, top), (width - far, top), (width, height), (0, height)]
    equations, targets = [], []
    for (x, y), (u, v) in zip(corners, [(0, 0), (width, 0), (width, height), (0, height)], strict=True):
        equations += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        targets += [u, v]
    back = np.linalg.solve(np.array(equations), np.array(targets))
    image = Image.fromarray(light.astype(np.float32)).rotate(turned, Image.Resampling.BICUBIC, fillcolor=0.25)
    seen = image.transform(SHEET, Image.Transform.PERSPECTIVE, tuple(back), Image.Resampling.BICUBIC, fillcolor=0.25)
    eight = Image.fromarray((255 * np.clip(np.asarray(seen), 0, 1)).astype(np.uint8))
    return np.asarray(eight.filter(ImageFilter.GaussianBlur(0.8)), np.float32) / 255
