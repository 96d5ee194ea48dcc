"""From a photograph of a handwritten digit to an image as MNIST's are: pure functions on gray arrays.

As MNIST was made: light ink on black, a box of 20x20 pixels, its centre of mass in the middle of 28x28.
What people send: thin pens, gray or ruled paper, shadows, a digit in a corner, the desk beside the sheet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from stn.errors import StnError

SIDE = 256  # the image is looked at with so many pixels along its longer side
SMALL = 64  # and its light with so many
WINDOW = 25  # of those, for a median that sees more paper than ink
SIZE, BOX = 28, 20  # of MNIST's images, of their digits
FINE = 8  # each pixel of the result is the mean of FINE x FINE
STROKE = (2.2, 3.4)  # pixels: a stroke that is thinner becomes the first, one that is thicker the second
FAINTEST = 0.06  # of the paper's light: what differs less is no ink
AT_EDGE = 0.01  # what counts of the ink in parts that reach the image's edge: a desk, a finger, the next digit
SOFT = (0.3, 0.6)  # of the darkest ink: black and white of the result
BETWEEN, BEYOND = 0.085, 0.07  # of a sheet, more is never neither paper nor ink, and lighter than its paper
NO_STROKES = "No strokes found in this image. Use dark lines on light paper, or light lines on dark."


@dataclass(frozen=True, eq=False)
class Digit:
    """A digit as MNIST would have it."""

    pixels: np.ndarray  # uint8 (28, 28), light on black
    done: tuple[str, ...]  # what was done to it, in words that stand in a list
    doubt: bool = False  # whether it hardly looks like a digit


def normalise(gray: np.ndarray) -> Digit:
    """The digit on a gray image (H, W) of 0 to 255, of any size. Raises StnError where there is none.

    One that has MNIST's form already stays as it is.
    """
    for ready in (gray, 255 - gray):
        if _has_form(ready):
            return Digit(ready.round().astype(np.uint8), ("MNIST's form already",))
    done = []
    gray = _resized(gray)
    ink, dark, doubt = _ink_of(gray)
    if dark:
        done.append("light and dark exchanged")
    done.append("background levelled")
    ink, ruled = _without_rules(ink)
    if ruled:
        done.append("ruled lines taken out")
    strong = _strong(ink)
    noise = 1.4826 * float(np.median(np.abs(ink - np.median(ink))))
    if strong < max(FAINTEST, 5 * noise):
        raise StnError(NO_STROKES)
    ink = _digit_alone(ink, max(SOFT[0] * strong, 4 * noise))
    done.append("contrast stretched")
    large = _boxed(ink)  # (20 * FINE, 20 * FINE) at most
    width = stroke_width(large) / FINE
    target = float(np.clip(width, *STROKE))
    if abs(target - width) > 0.1:
        large = _boxed(_restroked(large, width, target))
        done.append(f"strokes made {'wider' if target > width else 'thinner'}: {width:.1f} to {target:.1f} pixels")
    done.append(f"fitted into {BOX}x{BOX} pixels, centre of mass in the middle")
    return Digit(_placed(large), tuple(done), doubt)


def stroke_width(ink: np.ndarray) -> float:
    """The mean width, in pixels, of strokes in [0, 1]: twice their area by the length of their edges."""
    mask = ink > 0.5
    inner = mask.copy()
    inner[1:-1, 1:-1] = mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    inner[[0, -1]] = inner[:, [0, -1]] = False
    edge = mask.sum() - inner.sum()
    return 2 * float(mask.sum()) / max(1.0, float(edge))


def _has_form(gray: np.ndarray) -> bool:
    """Whether a gray image is 28x28, black round a light digit in MNIST's box and place, its strokes MNIST's."""
    if gray.shape != (SIZE, SIZE) or max(gray[[0, -1]].max(), gray[:, [0, -1]].max()) > 24 or gray.max() < 128:
        return False
    rows, columns = np.nonzero(gray > 64)
    box = max(np.ptp(rows), np.ptp(columns)) + 1
    away = [abs(float((i * gray).sum() / gray.sum()) - (SIZE - 1) / 2) for i in np.indices(gray.shape)]
    thin, thick = STROKE[0] - 0.8, STROKE[1] + 2
    return bool(16 <= box <= BOX + 1 and max(away) < 1.2 and thin < stroke_width(_boxed(gray / 255)) / FINE < thick)


def _image(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(values, np.float32))


def _array(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.float32)


def _blurred(values: np.ndarray, radius: float) -> np.ndarray:
    """Gaussian blur of values in [0, 1], which Pillow does for 8 bits only."""
    eight = Image.fromarray((255 * np.clip(values, 0, 1)).round().astype(np.uint8))
    return _array(eight.filter(ImageFilter.GaussianBlur(radius))) / 255


def _resized(gray: np.ndarray) -> np.ndarray:
    """The image in [0, 1], SIDE pixels along its longer side."""
    height, width = gray.shape
    zoom = SIDE / max(height, width)
    size = max(8, round(width * zoom)), max(8, round(height * zoom))
    way = Image.Resampling.BICUBIC if zoom > 1 else Image.Resampling.BOX
    return np.clip(_array(_image(gray).resize(size, way)) / 255, 0, 1)


def _light_of(gray: np.ndarray) -> np.ndarray:
    """The paper's light (H, W): a median over windows that hold more paper than ink."""
    height, width = gray.shape
    small = _array(_image(gray).resize((SMALL, SMALL), Image.Resampling.BOX))
    padded = np.pad(small, WINDOW // 2, mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (WINDOW, WINDOW))  # (64, 64, 25, 25)
    light = np.median(windows.reshape(SMALL, SMALL, -1), axis=-1)
    return _array(_image(light).resize((width, height), Image.Resampling.BILINEAR))


def _strong(ink: np.ndarray) -> float:
    """How strong the strokes are: the mean of the strongest 200th, the very strongest left out."""
    top = np.sort(ink, axis=None)[::-1]
    n = max(4, top.size // 200)
    return float(top[n // 10 : n].mean())


def _ink_of(gray: np.ndarray) -> tuple[np.ndarray, bool, bool]:
    """How much ink is where, 0 on paper; whether it is dark on light; whether this hardly looks like ink on paper."""
    light = _light_of(gray)
    # A shadow takes its part of the ink's light and of the paper's alike: what counts is the ratio.
    darker = np.maximum(0, 1 - gray / np.maximum(light, 0.05))
    lighter = np.maximum(0, (gray - light) / np.maximum(1 - light, 0.05))
    below, above = _strong(np.maximum(0, light - gray)), _strong(np.maximum(0, gray - light))
    dark = below > above
    part = (light - gray if dark else gray - light) / max(below, above, 1e-6)
    doubt = ((part > 0.2) & (part < 0.6)).mean() > BETWEEN or (part < -0.25).mean() > BEYOND
    return _blurred(darker if dark else lighter, 0.8), dark, bool(doubt)


def _opened(ink: np.ndarray, length: int) -> np.ndarray:
    """What of (H, W) lies on horizontal lines of at least so many pixels."""
    padded = np.pad(ink, ((0, 0), (length - 1, length - 1)), mode="edge")
    return -_least(-_least(padded, length), length)


def _least(values: np.ndarray, length: int) -> np.ndarray:
    """The least of so many neighbours in a row: (H, W) to (H, W - length + 1)."""
    seen = 1
    while seen < length:
        step = min(seen, length - seen)
        values = np.minimum(values[:, :-step], values[:, step:])
        seen += step
    return values


def _without_rules(ink: np.ndarray) -> tuple[np.ndarray, bool]:
    """The ink without lines that cross the whole sheet, and whether there were any."""
    smooth = (ink + np.roll(ink, 1, 1) + np.roll(ink, -1, 1)) / 3
    across = _opened(smooth, round(0.9 * ink.shape[1]))
    down = _opened(((ink + np.roll(ink, 1, 0) + np.roll(ink, -1, 0)) / 3).T, round(0.9 * ink.shape[0])).T
    rules = np.maximum(across, down)
    if rules.max() < FAINTEST / 2:
        return ink, False
    left = np.maximum(0, ink - 1.3 * rules)
    if _strong(left) < 0.5 * _strong(ink):  # the "line" was the digit
        return ink, False
    return left, True


def _components(mask: np.ndarray) -> list[np.ndarray]:
    """The connected parts of a mask, each as the flat indices of its pixels."""
    width = mask.shape[1]
    free = np.pad(mask, 1).ravel().tolist()
    wide = width + 2
    steps = (1, -1, wide, -wide, wide + 1, wide - 1, -wide + 1, -wide - 1)
    found = []
    for start in np.flatnonzero(np.pad(mask, 1)).tolist():
        if not free[start]:
            continue
        free[start] = False
        part = [start]
        for at in part:
            for step in steps:
                if free[at + step]:
                    free[at + step] = False
                    part.append(at + step)
        found.append(np.array(part))
    return [(part // wide - 1) * width + part % wide - 1 for part in found]


def _digit_alone(ink: np.ndarray, threshold: float) -> np.ndarray:
    """The ink of the digit in [0, 1], without the desk, specks and what else is far from it."""
    height, width = ink.shape
    mask = ink > threshold
    joined = _grown(mask.astype(np.float32), 2.5) > 0  # a pencil leaves gaps
    parts = []
    for part in _components(joined):
        rows, columns = np.divmod(part, width)
        box = rows.min(), columns.min(), rows.max(), columns.max()
        at_edge = box[0] <= 2 or box[1] <= 2 or box[2] >= height - 3 or box[3] >= width - 3
        mass = float((ink * mask).ravel()[part].sum())
        parts.append((mass * (AT_EDGE if at_edge else 1), box, part, at_edge))
    if not parts:
        raise StnError(NO_STROKES)
    parts.sort(key=lambda each: -each[0])
    most, box, first, _ = parts[0]
    kept = np.zeros(ink.size, bool)
    kept[first] = True
    reach = 0.25 * max(box[2] - box[0], box[3] - box[1])
    for mass, other, part, at_edge in parts[1:]:
        gap = max(other[0] - box[2], box[0] - other[2], other[1] - box[3], box[1] - other[3])
        if gap < reach and mass > 0.04 * most and not at_edge:
            kept[part] = True
    strong = float(np.quantile(ink.ravel()[kept & mask.ravel()], 0.8))
    low, high = max(threshold * 0.8, SOFT[0] * strong), SOFT[1] * strong
    soft = np.clip((ink - low) / max(high - low, 1e-3), 0, 1)
    return soft * kept.reshape(ink.shape)


def _boxed(ink: np.ndarray) -> np.ndarray:
    """The ink alone, its longer side 20 * FINE pixels."""
    rows, columns = np.flatnonzero(ink.max(1) > 0.5), np.flatnonzero(ink.max(0) > 0.5)
    if not rows.size:
        raise StnError(NO_STROKES)
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    zoom = BOX * FINE / max(cut.shape)
    size = max(1, round(cut.shape[1] * zoom)), max(1, round(cut.shape[0] * zoom))
    return np.clip(_array(_image(cut).resize(size, Image.Resampling.BICUBIC)), 0, 1)


def _grown(ink: np.ndarray, radius: float) -> np.ndarray:
    """Each pixel's greatest neighbour within a disc, on a sheet that is as large as before."""
    reach = int(radius)
    padded = np.pad(ink, reach)
    out = np.zeros_like(ink)
    for y in range(-reach, reach + 1):
        for x in range(-reach, reach + 1):
            if x * x + y * y <= radius * radius:
                rows, columns = slice(reach + y, reach + y + ink.shape[0]), slice(reach + x, reach + x + ink.shape[1])
                np.maximum(out, padded[rows, columns], out=out)
    return out


def _restroked(large: np.ndarray, width: float, target: float) -> np.ndarray:
    """Strokes that are `target` pixels wide once their box is 20 pixels again; both widths in such pixels."""
    # (width + 2r) * 20 = target * (20 + 2r)
    radius = FINE * (target - width) * BOX / (2 * BOX - 2 * target)
    margin = int(abs(radius)) + 2
    padded = np.pad(large, margin)
    if radius > 0:
        return _grown(padded, radius)
    return 1 - _grown(1 - padded, -radius)


def _placed(large: np.ndarray) -> np.ndarray:
    """uint8 (28, 28): the centre of mass in the middle."""
    side = SIZE * FINE
    rows, columns = np.indices(large.shape)
    mass = float(large.sum())
    sheet = np.zeros((3 * side, 3 * side), np.float32)
    top = round(1.5 * side - float((rows * large).sum()) / mass - 0.5)
    left = round(1.5 * side - float((columns * large).sum()) / mass - 0.5)
    sheet[top : top + large.shape[0], left : left + large.shape[1]] = large
    middle = sheet[side : 2 * side, side : 2 * side]
    small = middle.reshape(SIZE, FINE, SIZE, FINE).mean((1, 3))
    return (255 * np.minimum(1, small / max(small.max(), 1e-6))).round().astype(np.uint8)
