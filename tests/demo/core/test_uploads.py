"""Files from outside: whole ones of every format are read, damaged ones are refused in a sentence or still read."""

import base64
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from demo.core.uploads import FORMATS, MAX_BYTES, MAX_EXIF, MAX_SIDE, read_upload
from stn.errors import StnError
from tests.generated import JSON

SHAPES = st.sampled_from([(1, 28, 28), (3, 32, 32)])


def file_of(format_: str, mode: str = "RGB") -> bytes:
    """A small file of a format, with a gradient in it."""
    image = Image.linear_gradient("L").resize((40, 30)).convert(mode)
    with io.BytesIO() as file:
        image.save(file, format_)
        return file.getvalue()


FILES = {(format_, mode): file_of(format_, mode) for format_ in FORMATS for mode in ("L", "RGB")}


def read_or_refuse(anything, shape) -> np.ndarray | None:
    try:
        image = read_upload(anything, shape)
    except StnError as error:
        assert "\n" not in str(error) and len(str(error)) < 300
        return None
    assert image.shape == (1, *shape) and image.dtype == np.float32
    assert 0 <= image.min() <= image.max() <= 1
    return image


def uri(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize("which", FILES, ids="-".join)
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_a_whole_file_of_every_format_is_read(which, shape):
    image = read_or_refuse(uri(FILES[which]), shape)
    assert image is not None and image.std() > 0.1


@given(st.sampled_from(sorted(FILES)), st.floats(0, 1), SHAPES)
def test_a_file_that_ends_early_is_read_or_refused(which, part, shape):
    data = FILES[which]
    read_or_refuse(uri(data[: int(part * len(data))]), shape)


@given(st.sampled_from(sorted(FILES)), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=20), SHAPES)
def test_a_file_with_changed_bytes_is_read_or_refused(which, changes, shape):
    data = bytearray(FILES[which])
    for place, byte in changes:
        data[int(place * (len(data) - 1))] = byte
    read_or_refuse(uri(bytes(data)), shape)


@given(st.binary(max_size=200), SHAPES)
def test_rubbish_is_refused(data, shape):
    assert read_or_refuse(uri(data), shape) is None


@given(
    st.one_of(JSON, st.tuples(st.sampled_from(["data:image/png;base64,", "data:"]), st.text(max_size=40)).map("".join))
)
def test_what_is_no_file_is_refused(anything):
    assert read_or_refuse(anything, (1, 28, 28)) is None


@given(st.fixed_dictionaries({}, optional={"url": JSON, "path": st.one_of(JSON, st.text(max_size=20))}))
def test_what_names_a_file_is_refused(anything):
    assert read_or_refuse(anything, (1, 28, 28)) is None


def with_exif(format_: str, exif: bytes) -> bytes:
    """A file with an EXIF of any length; in a JPEG, it is spread over as many segments as it takes."""
    data = file_of(format_)
    if format_ == "PNG":
        chunk = b"eXIf" + exif
        return data[:33] + struct.pack(">I", len(exif)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:]
    if format_ == "WEBP":
        with io.BytesIO() as file:
            Image.open(io.BytesIO(data)).save(file, format_, exif=exif)
            return file.getvalue()
    parts = [b"Exif\0\0" + exif[at : at + 65_000] for at in range(0, len(exif), 65_000)]
    return data[:2] + b"".join(b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part for part in parts) + data[2:]


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_a_long_exif_is_not_read(format_, monkeypatch):
    # Read, one such as this holds a processor for a minute and a half.
    data, before = with_exif(format_, b"Exif\0\0" * 600_000), Image.Exif.__base__.load
    lengths = []
    monkeypatch.setattr(Image.Exif.__base__, "load", lambda exif, data: (lengths.append(len(data)), before(exif, data)))
    assert len(data) < MAX_BYTES
    assert read_or_refuse(uri(data), (3, 32, 32)) is not None
    assert lengths and max(lengths) <= MAX_EXIF


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_a_cameras_exif_turns_the_image(format_):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 3  # upside down
    exif[ExifTags.Base.MakerNote] = b"\1" * 60_000
    turned, plain = (
        read_or_refuse(uri(data), (1, 28, 28)) for data in (with_exif(format_, exif.tobytes()), file_of(format_))
    )
    assert np.abs(turned - plain[..., ::-1, ::-1]).max() < 0.02 < np.abs(turned - plain).max()


@pytest.mark.parametrize("side", [5_000, 12_000, 20_000])
def test_an_image_with_too_many_pixels_is_called_too_large(side, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", MAX_SIDE**2)  # as the page sets it
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    png = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    with pytest.raises(StnError, match=f"pixels; give one of at most {MAX_SIDE} a side"):
        read_upload(uri(b"\x89PNG\r\n\x1a\n" + png), (1, 28, 28))
