"""Files from outside: whole ones of every format are read, damaged ones are refused in a sentence or still read."""

import base64
import io

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from demo.core.uploads import FORMATS, read_upload
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


def read_or_refuse(anything, shape, **options) -> torch.Tensor | None:
    try:
        image = read_upload(anything, shape, **options)
    except StnError as error:
        assert "\n" not in str(error) and len(str(error)) < 300
        return None
    assert image.shape == (1, *shape) and image.dtype == torch.float32
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
def test_an_upload_that_names_no_upload_is_refused(tmp_path_factory, anything):
    assert read_or_refuse(anything, (1, 28, 28), upload_dir=tmp_path_factory.getbasetemp() / "uploads") is None
