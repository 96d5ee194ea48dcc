"""Images that come from outside: a data URI, or pixels from the page itself; no file and no address is opened."""

from __future__ import annotations

import base64
import binascii
import io
from contextlib import suppress
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from demo.core.handwriting import SIDE, normalise
from demo.core.images import in_unit_range
from demo.core.requests import mapping, shorten, whole
from stn.errors import StnError

MAX_BYTES = 4_000_000
MAX_SIDE = 4096
MAX_EXIF = 64_000  # bytes; a camera's, which in a JPEG is one segment of at most 65,533
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
REMEDY = "give a data URI such as data:image/png;base64,..., or null."


class BoundedExif(Image.Exif):
    """Pillow's EXIF without the long ones, which it may read for minutes: CVE-2026-96643."""

    def load(self, data: bytes) -> None:
        super().load(data if len(data) <= MAX_EXIF else b"")


# For good: a JPEG's is read while it is opened, before there is an image that could be asked how long it is.
Image.Exif = BoundedExif  # type: ignore[misc]


def read_upload(given: object, shape: tuple[int, int, int]) -> np.ndarray:
    """An outside image as float (1, C, H, W) in [0, 1] of the data set's own `shape`. Raises StnError.

    It is cut to a square round its middle and made smaller; what is transparent shows white paper. Gray ones drawn
    dark on light are turned light on dark, as MNIST is.
    """
    channels, height, width = shape
    image = _image_of(given, "RGB" if channels == 3 else "L")
    image = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    pixels = in_unit_range(np.asarray(image).reshape(height, width, channels).transpose(2, 0, 1))  # (C, H, W)
    if channels == 1 and np.median(_border(pixels)) > 0.5:
        pixels = 1 - pixels
    return pixels[None]


def read_digit(given: object, shape: tuple[int, int, int]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The digit of an outside image as MNIST would have it, (1, 1, H, W), and what was done. Raises StnError.

    Where no digit is found, it is what read_upload() makes of it.
    """
    image = _image_of(given, "L")
    if max(image.size) > 2 * SIDE:
        image.thumbnail((2 * SIDE, 2 * SIDE), Image.Resampling.BOX)
    try:
        digit = normalise(np.asarray(image, np.float32))
    except StnError as error:
        return read_upload(given, shape), (str(error),)
    return in_unit_range(digit.pixels[None, None]), digit.done


def read_pixels(given: object, shape: tuple[int, int, int]) -> np.ndarray:
    """The browser's own image: base64 of exactly C * H * W bytes, row by row, channels innermost. Raises StnError.

    Returns float (1, C, H, W) in [0, 1].
    """
    channels, height, width = shape
    size = channels * height * width
    remedy = f"give the base64 of {size} bytes, {height}x{width} pixels of {channels} channels."
    if not isinstance(given, str) or len(given) != 4 * -(-size // 3):
        raise StnError(f"The request's image does not have this data set's size; {remedy}")
    try:
        data = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError) as error:
        raise StnError(f"The request's image is damaged base64; {remedy}") from error
    if len(data) != size:
        raise StnError(f"The request's image holds {len(data)} bytes; {remedy}")
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, channels)
    return in_unit_range(pixels.transpose(2, 0, 1)[None])  # (1, C, H, W)


def prepared_digit(request: object) -> dict[str, Any]:
    """The page's server function: a gray image of at most SIDE pixels a side to its digit as MNIST would have it.

    {"width", "height", "image": base64 of its bytes} -> {"image": base64 of 28x28, "done": words, "doubt"}. Raises
    StnError.
    """
    given = mapping("image", request, ("width", "height", "image"), ("width", "height", "image"))
    width, height = (whole(f"The image's {name}", given[name], 1, SIDE) for name in ("width", "height"))
    found = normalise(read_pixels(given["image"], (1, height, width))[0, 0] * 255)
    data = base64.b64encode(found.pixels.tobytes()).decode("ascii")
    return {"image": data, "done": list(found.done), "doubt": found.doubt}


def _image_of(given: object, mode: str) -> Image.Image:
    with io.BytesIO(_bytes_of(given)) as file:
        return _open(file, mode)


def _bytes_of(given: object) -> bytes:
    if not isinstance(given, str):
        raise StnError(f"image is {shorten(given)}, which holds no image data; {REMEDY}")
    head, comma, body = given.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        raise StnError(f"image is text, but not the data URI of an image; {REMEDY}")
    if len(body) > MAX_BYTES * 4 // 3 + 4:
        raise StnError(f"The image is larger than {MAX_BYTES // 1_000_000} MB; give a smaller one.")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise StnError(f"image is a data URI whose base64 is damaged; {REMEDY}") from error


def _open(file: io.BytesIO, mode: str) -> Image.Image:
    """The image upright, on white paper, as "L" or "RGB"."""
    try:
        image: Image.Image = Image.open(file, formats=FORMATS)
        if max(image.size) > MAX_SIDE:
            raise StnError(f"The image is {image.width}x{image.height} pixels; give one of at most {MAX_SIDE} a side.")
        image.load()
        with suppress(Exception):  # damaged EXIF raises nearly anything; the pixels are there, if maybe on their side
            image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):  # 16 bits a pixel, which convert() would cut off at 255
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        return image.convert(mode)
    except StnError:
        raise
    except Image.DecompressionBombError as error:  # before anybody may ask for its size
        raise StnError(f"The image has far too many pixels; give one of at most {MAX_SIDE} a side.") from error
    except Exception as error:  # decoders fed with rubbish raise nearly anything
        raise StnError(f"The image cannot be read; give a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} file.") from error


def _border(image: np.ndarray) -> np.ndarray:
    """The outermost pixels of (C, H, W)."""
    return np.concatenate([image[:, 0].ravel(), image[:, -1].ravel(), image[..., 0].ravel(), image[..., -1].ravel()])
