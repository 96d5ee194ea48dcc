"""Images that come from outside: a data URI, or a file that was uploaded to this server; nothing else is opened."""

from __future__ import annotations

import base64
import binascii
import io
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from demo.core.requests import shorten
from stn.errors import StnError

MAX_BYTES = 4_000_000
MAX_SIDE = 4096
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
REMEDY = "give a data URI such as data:image/png;base64,..., or null."


def read_upload(given: object, shape: tuple[int, int, int], upload_dir: Path | None = None) -> Tensor:
    """An outside image as float (1, C, H, W) in [0, 1] of the data set's own `shape`. Raises StnError.

    It is cut to a square round its middle and made smaller; what is transparent shows white paper. Gray ones drawn
    dark on light are turned light on dark, as MNIST is.
    """
    channels, height, width = shape
    with io.BytesIO(_bytes_of(given, upload_dir)) as file:
        image = _open(file, "RGB" if channels == 3 else "L")
    image = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    pixels = torch.from_numpy(np.asarray(image).copy()).float().div(255)  # (H, W) or (H, W, C)
    pixels = pixels[None] if channels == 1 else pixels.permute(2, 0, 1)  # (C, H, W)
    if channels == 1 and _border(pixels).median() > 0.5:
        pixels = 1 - pixels
    return pixels[None]


def read_pixels(given: object, shape: tuple[int, int, int]) -> Tensor:
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
    pixels = torch.from_numpy(np.frombuffer(data, np.uint8).copy()).view(height, width, channels)
    return pixels.permute(2, 0, 1)[None].float() / 255  # (1, C, H, W)


def _bytes_of(given: object, upload_dir: Path | None) -> bytes:
    if isinstance(given, str):
        return _from_data_uri(given)
    if isinstance(given, Mapping):
        url = given.get("url")
        if isinstance(url, str) and url.startswith("data:"):
            return _from_data_uri(url)
        if isinstance(given.get("path"), str):
            return _from_upload(given["path"], upload_dir)
    raise StnError(f"image is {shorten(given)}, which holds no image data; {REMEDY}")


def _from_data_uri(text: str) -> bytes:
    head, comma, body = text.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        raise StnError(f"image is text, but not the data URI of an image; {REMEDY}")
    if len(body) > MAX_BYTES * 4 // 3 + 4:
        raise StnError(f"The image is larger than {MAX_BYTES // 1_000_000} MB; give a smaller one.")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise StnError(f"image is a data URI whose base64 is damaged; {REMEDY}") from error


def _from_upload(path: str, upload_dir: Path | None) -> bytes:
    """Only files below the folder that Gradio puts uploads into: a path from outside must not read anything else."""
    root = Path(os.path.realpath(upload_dir or _gradio_uploads()))
    try:
        file = Path(os.path.realpath(path))
        there = file.is_relative_to(root) and file.is_file()
    except ValueError:  # no file's name holds a NUL, or half a character
        there = False
    if not there:
        raise StnError(f"image names a file that was not uploaded to this server; {REMEDY}")
    if file.stat().st_size > MAX_BYTES:
        raise StnError(f"The image is larger than {MAX_BYTES // 1_000_000} MB; give a smaller one.")
    return file.read_bytes()


def _gradio_uploads() -> Path:
    from gradio.utils import get_upload_folder  # here, so that this module's rules can be tested without Gradio

    return Path(get_upload_folder())


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
    except Exception as error:  # decoders fed with rubbish raise nearly anything
        raise StnError(f"The image cannot be read; give a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} file.") from error


def _border(image: Tensor) -> Tensor:
    """The outermost pixels of (C, H, W)."""
    return torch.cat([image[:, 0].ravel(), image[:, -1].ravel(), image[..., 0].ravel(), image[..., -1].ravel()])
