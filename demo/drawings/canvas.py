"""A small painter for 32x32 images that should look like photographs.

Convention: coordinates are (x, y) in pixels of the finished image, x to the right, y down, (0, 0) its top left
corner. Everything is painted SCALE times larger and reduced at the end, which gives soft, anti-aliased edges. Colours
are (r, g, b) from 0 to 255.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIZE = 32
SCALE = 6
LIGHT = (-0.35, -0.80, 0.49)  # unit vector to the sun: above, a little left, in front of the image
SHINE = np.array([205, 212, 222], np.float32)  # the colour of highlights


def spline(points, closed=False, steps=12):
    """Catmull-Rom curve through `points`, which may carry more than two numbers each (a radius, say)."""
    p = np.asarray(points, float)
    p = np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    curve = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True)
    ]
    return np.concatenate(curve if closed else [*curve, p[-2:-1]])


class Canvas:
    """One image: make masks with `poly`, `blob`, `oval`, `limb`, `line`; put paint through them with `paint`."""

    def __init__(self, seed):
        # RandomState, not default_rng: its streams are frozen, so a drawing stays the same under every NumPy.
        self.rng = np.random.RandomState(seed)
        self.pixels = np.zeros((SIZE * SCALE, SIZE * SCALE, 3), np.float32)  # (H, W, 3)
        self.matrix = np.eye(2)
        self.offset = np.zeros(2)

    def place(self, scale=1.0, dx=0.0, dy=0.0, turn=0.0, flip=False):
        """What is drawn next is scaled and turned (degrees, clockwise) about the centre, mirrored, then shifted."""
        a = math.radians(turn)
        self.matrix = scale * np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
        if flip:
            self.matrix = np.diag([-1.0, 1.0]) @ self.matrix
        self.offset = np.array([dx, dy]) + SIZE / 2 - self.matrix @ np.full(2, SIZE / 2)

    # --- masks -------------------------------------------------------------------------------------------------------

    def _map(self, points):
        return [tuple(q) for q in (np.asarray(points, float)[:, :2] @ self.matrix.T + self.offset) * SCALE]

    def _blank(self):
        mask = Image.new("L", (SIZE * SCALE, SIZE * SCALE))
        return mask, ImageDraw.Draw(mask)

    def poly(self, *points):
        mask, draw = self._blank()
        draw.polygon(self._map(points), fill=255)
        return mask

    def blob(self, *points):
        """A smooth closed outline through the points."""
        return self.poly(*spline(points, closed=True))

    def oval(self, x, y, rx, ry, tilt=0.0):
        a, t = math.radians(tilt), np.linspace(0, 2 * np.pi, 48, endpoint=False)
        u, v = rx * np.cos(t), ry * np.sin(t)
        return self.poly(
            *zip(x + u * math.cos(a) - v * math.sin(a), y + u * math.sin(a) + v * math.cos(a), strict=True)
        )

    def limb(self, *knots):
        """A smooth stroke whose radius changes: knots are (x, y, radius)."""
        mask, draw = self._blank()
        curve = spline(knots, steps=24)
        zoom = math.sqrt(abs(np.linalg.det(self.matrix))) * SCALE
        for (x, y), r in zip(self._map(curve), np.maximum(curve[:, 2], 0.08) * zoom, strict=True):
            draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
        return mask

    def line(self, width, start, end):
        """A straight stroke with square ends."""
        (x0, y0), (x1, y1) = start, end
        length = math.hypot(x1 - x0, y1 - y0)
        u, v = -(y1 - y0) * width / 2 / length, (x1 - x0) * width / 2 / length
        return self.poly((x0 + u, y0 + v), (x1 + u, y1 + v), (x1 - u, y1 - v), (x0 - u, y0 - v))

    # --- paint -------------------------------------------------------------------------------------------------------

    def noise(self, grain, stretch=1.0, octaves=3, shape=(SIZE * SCALE, SIZE * SCALE)):
        """Smooth noise (H, W) of mean 0 and deviation 1; `grain` is the size of its largest lumps in image pixels."""
        total = np.zeros(shape, np.float32)
        for k in range(octaves):
            g = grain * SCALE / 2**k
            rows, cols = max(2, round(shape[0] / g)), max(2, round(shape[1] / (g * stretch)))
            layer = Image.fromarray(self.rng.randn(rows, cols).astype(np.float32))
            total = total + np.asarray(layer.resize(shape[::-1], Image.Resampling.BILINEAR)) * 0.6**k
        return (total - total.mean()) / total.std()

    def backdrop(self, *stops, mottle=0.0, grain=8.0, stretch=1.0):
        """A vertical gradient over the whole image: stops are (y, colour); `mottle` is the depth of its lumps."""
        y = (np.arange(SIZE * SCALE) + 0.5) / SCALE
        rows = np.stack([np.interp(y, [s[0] for s in stops], [s[1][i] for s in stops]) for i in range(3)], 1)
        self.pixels[:] = rows[:, None]
        if mottle:
            self.pixels *= 1 + mottle * self.noise(grain, stretch)[..., None]

    def ground(self, y, near, far, mottle=0.1, grain=3.0, stretch=3.0, bottom=SIZE, soft=0.15):
        """A surface from the horizon `y` to `bottom`, `far` coloured at the top and `near` coloured at the bottom."""
        rows = (np.arange(SIZE * SCALE) + 0.5) / SCALE
        t = np.clip((rows - y) / (bottom - y), 0, 1)[:, None, None]
        colour = np.array(far) * (1 - t) + np.array(near) * t
        colour = colour * (1 + mottle * self.noise(grain, stretch)[..., None])
        cover = np.clip((rows - y) / soft, 0, 1) * (rows < bottom)
        self.pixels += (colour - self.pixels) * cover[:, None, None]

    def bokeh(self, colours, count=30, size=(2, 5), box=(0, 0, 32, 32), blur=1.2, alpha=0.8):
        """Out-of-focus lumps (leaves, trees, a crowd) inside `box` = (left, top, right, bottom)."""
        layer = Image.new("RGBA", (SIZE * SCALE, SIZE * SCALE))
        draw = ImageDraw.Draw(layer)
        for i in range(count):
            x, y = self.rng.uniform(box[0], box[2]) * SCALE, self.rng.uniform(box[1], box[3]) * SCALE
            r, flat = self.rng.uniform(*size) * SCALE, self.rng.uniform(0.6, 1.0)
            colour = np.array(colours[i % len(colours)]) * self.rng.uniform(0.85, 1.15)
            draw.ellipse((x - r, y - r * flat, x + r, y + r * flat), fill=(*np.clip(colour, 0, 255).astype(int), 255))
        colour = np.asarray(layer.filter(ImageFilter.GaussianBlur(blur * SCALE)), np.float32)
        a = colour[..., 3:] / 255
        # The empty parts of the layer are black; dividing by the blurred cover takes that black out again.
        self.pixels += alpha * (colour[..., :3] - self.pixels * a)

    def paint(
        self, mask, colour, depth=1.5, relief=1.0, texture=0.06, grain=1.2, soft=0.0, alpha=1.0, marks=(), low=0.5
    ):
        """Put `colour` through `mask`, shaded as a rounded body with light from above.

        The mask, blurred by `depth` image pixels, serves as a height map: its slope gives the normals, so the
        body is bright on top and dark underneath. `relief` 0 is flat. `marks` are (mask, colour) painted on the body
        before it is shaded; `low` is how dark the side away from the light gets.
        """
        box = mask.getbbox()
        if box is None:
            return
        # Only the part of the image that the paint reaches is worked on: most masks are small.
        margin, side = int(3 * max(soft, depth if relief else 0) * SCALE), SIZE * SCALE
        box = (max(box[0] - margin, 0), max(box[1] - margin, 0), min(box[2] + margin, side), min(box[3] + margin, side))
        crop = mask.crop(box)
        if soft:
            crop = crop.filter(ImageFilter.GaussianBlur(soft * SCALE))
        view = self.pixels[box[1] : box[3], box[0] : box[2]]
        cover = np.asarray(crop, np.float32)[..., None] / 255 * alpha
        body = np.full_like(view, colour)
        for mark, paint in marks:
            a = np.asarray(mark.crop(box).filter(ImageFilter.GaussianBlur(0.25 * SCALE)), np.float32)[..., None] / 255
            body += (np.array(paint, np.float32) - body) * a
        if relief:
            height = np.asarray(crop.filter(ImageFilter.GaussianBlur(depth * SCALE)), np.float32) / 255
            dy, dx = np.gradient(height * depth * SCALE * 4 * relief)
            lambert = (LIGHT[2] - dx * LIGHT[0] - dy * LIGHT[1]) / np.sqrt(1 + dx**2 + dy**2)
            # A flat face gets LIGHT[2], which shall leave its colour as it is: brighter above that, darker below.
            shade = 1 + np.where(
                lambert > LIGHT[2], 0.45 * (lambert - LIGHT[2]) / 0.5, (1 - low) * (lambert - LIGHT[2])
            )
            shade = np.clip(shade, low * 0.6, 1.5)[..., None]
            # What is lit goes towards the white of the sky as well as brighter: a red coat does not turn neon.
            lit = np.maximum(shade - 1, 0)
            body = body * np.minimum(shade, 1) + lit * (0.5 * body + 0.5 * SHINE)
        if texture:
            body *= 1 + texture * self.noise(grain, shape=view.shape[:2])[..., None]
        view += (body - view) * cover

    def flat(self, mask, colour, alpha=1.0, soft=0.0):
        """Unshaded paint, for glass, eyes, lines and shadows."""
        self.paint(mask, colour, relief=0, texture=0, alpha=alpha, soft=soft)

    def shadow(self, mask, alpha=0.5, soft=0.7):
        self.flat(mask, (12, 14, 16), alpha, soft)

    def eye(self, x, y, r, iris=(30, 20, 12)):
        self.flat(self.oval(x, y, r, r), iris)
        self.flat(self.oval(x, y, r * 0.6, r * 0.65), (8, 6, 6))
        self.flat(self.oval(x - r * 0.3, y - r * 0.4, r * 0.3, r * 0.3), (235, 235, 235), 0.9)

    def finish(self, contrast=1.0, blur=0.35, grain=2.5):
        """The image, uint8 (32, 32, 3), with a lens's softness and a sensor's noise."""
        pixels = np.clip((self.pixels - 128) * contrast + 128, 0, 255).astype(np.uint8)
        image = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(blur * SCALE))
        small = np.asarray(image.resize((SIZE, SIZE), Image.Resampling.BOX), np.float32)
        small = small + grain * (self.rng.randn(SIZE, SIZE, 1) + 0.4 * self.rng.randn(SIZE, SIZE, 3))
        return np.clip(small.round(), 0, 255).astype(np.uint8)  # (32, 32, 3)


def join(*masks):
    out = masks[0]
    for mask in masks[1:]:
        out = ImageChops.lighter(out, mask)
    return out


def common(a, b):
    return ImageChops.darker(a, b)
