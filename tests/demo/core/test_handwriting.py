"""Photographs of digits become images as MNIST's are, and networks that know nothing else read them."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from demo.core.distortion import distort
from demo.core.handwriting import BOX, SIDE, normalise
from demo.core.images import ImageStore, in_unit_range
from demo.core.models import ModelStore
from demo.core.pairs import find_pair
from demo.core.state import ViewState
from demo.core.subject import find_subject
from demo.core.uploads import prepared_digit
from demo.drawings.samples import samples
from stn.controls import Controls
from stn.errors import StnError
from tests.demo.core.handwritten import PAPERS, PENS, SHEET, photographs


@pytest.fixture(scope="module")
def shots():
    return photographs()


@pytest.fixture(scope="module")
def digits(shots):
    return [normalise(photo) for _, _, photo in shots]


def read(digits, rotation: float) -> list[list[int]]:
    """What the upright CNN says, as it is and behind the transformer."""
    pair = find_pair(ModelStore(), "mnist", None, "upright")
    images = in_unit_range(np.stack([digit.pixels[None] for digit in digits]))
    turned = distort(images, [Controls(rotation=rotation)] * len(images), pair.stn.info.canvas, [images] * len(images))
    return [said.tolist() for said in pair.predict(turned)]


def right(said: list[int], shots) -> int:
    return sum(a == digit for a, (digit, _, _) in zip(said, shots, strict=True))


def test_each_pen_writes_on_each_paper(shots):
    assert sorted(about for _, about, _ in shots) == sorted(
        2 * [f"{pen} on {paper}" for pen in PENS for paper in PAPERS]
    )
    assert all(photo.shape == SHEET[::-1] for _, _, photo in shots)


def test_photographs_are_read_upright_and_behind_the_transformer(shots, digits):
    assert right(read(digits, 0)[0], shots) >= 38
    assert right(read(digits, 60)[1], shots) >= 37


def test_they_have_mnists_form(digits):
    for digit in digits:
        assert digit.pixels.shape == (28, 28) and digit.pixels.max() == 255
        rows, columns = np.nonzero(digit.pixels > 127)
        assert abs(max(np.ptp(rows), np.ptp(columns)) + 1 - BOX) <= 1
        mass = digit.pixels / digit.pixels.sum()
        assert [(i * mass).sum() for i in np.indices((28, 28))] == pytest.approx([13.5, 13.5], abs=0.2)
        assert not digit.doubt
        assert len(np.unique(digit.pixels)) > 30, "antialiased"


def test_what_was_done_is_said(shots, digits):
    said = {about: " ".join(digit.done) for (_, about, _), digit in zip(shots, digits, strict=True)}
    assert "wider: " in said["fine pen on white"] and "ruled lines" not in said["fine pen on white"]
    assert "wider" not in said["marker on white"]
    assert "ruled lines taken out" in said["ballpoint on lined"]
    assert all("light and dark exchanged" in words for words in said.values())


def test_chalk_on_a_board_is_read_as_ink_on_paper(shots, digits):
    shown = [k for k, (_, about, _) in enumerate(shots) if about.endswith("on white")]
    chalk = [normalise(255 - shots[k][2]) for k in shown]
    assert read(chalk, 0)[0] == [shots[k][0] for k in shown]
    assert not any("light and dark exchanged" in digit.done for digit in chalk)


@pytest.mark.parametrize("inverted", [False, True])
def test_what_has_mnists_form_stays_as_it_is(inverted):
    for sample in samples("mnist"):
        gray = sample.image[..., 0].astype(np.float32)
        digit = normalise(255 - gray if inverted else gray)
        assert digit.done == ("MNIST's form already",) and np.array_equal(digit.pixels, sample.image[..., 0])


def test_a_small_image_with_a_thin_digit_in_its_corner_is_brought_to_the_middle():
    gray = np.zeros((28, 28), np.float32)
    gray[3:12, 4] = 255  # a one, not antialiased
    digit = normalise(gray)
    assert (digit.pixels > 127).any(1).sum() >= BOX - 1 and (digit.pixels[:, 13:15] > 200).any()


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (9, 4), (300, 300)])
@pytest.mark.parametrize("light", [0, 128, 255])
def test_an_empty_sheet_is_refused(size, light):
    noise = np.random.RandomState(0).normal(0, 2, size)
    with pytest.raises(StnError, match="No strokes found"):
        normalise(np.clip(light + noise, 0, 255).astype(np.float32))


def test_what_is_no_digit_is_doubted():
    doubted = [normalise(sample.image.mean(-1).astype(np.float32)).doubt for sample in samples("cifar10")]
    assert sum(doubted) >= 0.6 * len(doubted)


def data_uri(gray: np.ndarray) -> str:
    with io.BytesIO() as file:
        Image.fromarray(gray).save(file, "PNG")
        return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def test_an_upload_is_brought_to_mnists_form_unless_it_shall_stay(shots, digits, tmp_path):
    images, uri = ImageStore(tmp_path), data_uri(shots[0][2])
    found = find_subject(images, ViewState(dataset="mnist"), None, uri)
    assert found.prepared == digits[0].done
    assert np.abs(255 * found.image - digits[0].pixels).max() < 100
    kept = find_subject(images, ViewState(dataset="mnist"), None, uri, as_it_is=True)
    assert kept.prepared == () and not np.array_equal(kept.image, found.image)
    assert find_subject(images, ViewState(dataset="cifar10"), None, uri).prepared == ()


def test_the_pages_request_is_checked(shots, digits):
    small = np.asarray(Image.fromarray(shots[0][2]).resize((256, 192), Image.Resampling.BOX))
    request = {"width": 256, "height": 192, "image": base64.b64encode(small.tobytes()).decode()}
    answer = prepared_digit(request)
    assert answer["done"] == list(normalise(small).done) and not answer["doubt"]
    assert len(base64.b64decode(answer["image"])) == 28 * 28
    for bad in ({"width": 0}, {"height": SIDE + 1}, {"width": 255}, {"image": 7}, {"more": 1}):
        with pytest.raises(StnError):
            prepared_digit({**request, **bad})
