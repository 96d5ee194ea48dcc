"""What travels to the browser: pixels, grids and PNGs decode back to what they were made from."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from demo.core import encoding
from stn.families import get_family
from tests.helpers import unpack_pixels


def unpack_lattice(text: str) -> np.ndarray:
    """As the page's JavaScript reads it."""
    flat = np.frombuffer(base64.b64decode(text), dtype="<i2").astype(float) / encoding.GRID_UNIT
    return flat.reshape(encoding.LATTICE, encoding.LATTICE, 2)


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_come_back(channels):
    levels = torch.randint(0, 256, (channels, 5, 7), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    encoded = encoding.encode_pixels(levels / 255)
    assert (encoded["width"], encoded["height"], encoded["channels"]) == (7, 5, channels)
    assert np.array_equal(unpack_pixels(encoded), levels.permute(1, 2, 0).numpy())


def test_pixels_outside_the_range_and_nan_stay_images():
    encoded = encoding.encode_pixels(torch.tensor([[[-1.0, 2.0, float("nan")]]]))
    assert unpack_pixels(encoded).ravel().tolist() == [0, 255, 0]


@pytest.mark.parametrize("channels", [1, 3])
def test_png_is_lossless(channels):
    image = torch.rand(channels, 6, 4, generator=torch.Generator().manual_seed(1))
    head, body = encoding.png_data_uri(image).split(",")
    assert head == "data:image/png;base64"
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(body)))).reshape(6, 4, channels)
    assert np.array_equal(pixels, encoding.to_uint8(image))


def test_the_identity_grid_becomes_the_whole_square():
    family = get_family("affine")
    lattice = torch.from_numpy(encoding.lattice_of(family.grid(family.identity(), (28, 28))[0]))
    side = torch.linspace(-1, 1, encoding.LATTICE)
    assert torch.allclose(lattice[..., 0], side.expand(encoding.LATTICE, -1), atol=1e-5)  # x grows to the right
    assert torch.allclose(lattice[..., 1], side[:, None].expand(-1, encoding.LATTICE), atol=1e-5)  # y grows down


@pytest.mark.parametrize("size", [(28, 28), (17, 40), (1, 9)])
def test_an_affine_grid_keeps_its_corners(size):
    family = get_family("affine")
    theta = torch.tensor([[0.5, -0.3, 0.2, 0.4, 0.6, -0.1]])
    lattice = torch.from_numpy(encoding.lattice_of(family.grid(theta, size)[0]))
    corners = torch.tensor([[-1.0, -1, 1], [1, -1, 1], [-1, 1, 1], [1, 1, 1]])
    if size[0] == 1:
        corners[:, 1] = 0  # one row of pixels has no upper and lower border
    wanted = corners @ family.matrix(theta)[0, :2].T
    found = torch.stack([lattice[0, 0], lattice[0, -1], lattice[-1, 0], lattice[-1, -1]])
    assert torch.allclose(found, wanted, atol=1e-5)


def test_a_lattice_comes_back_to_a_fraction_of_a_pixel():
    lattice = torch.rand(encoding.LATTICE, encoding.LATTICE, 2, generator=torch.Generator().manual_seed(2)) * 4 - 2
    assert np.abs(unpack_lattice(encoding.encode_lattice(lattice)) - lattice.numpy()).max() <= 0.5 / encoding.GRID_UNIT


def test_a_lattice_out_of_reach_stops_at_the_edge():
    far = torch.full((encoding.LATTICE, encoding.LATTICE, 2), 1e9)
    far[0, 0] = float("nan")
    unpacked = unpack_lattice(encoding.encode_lattice(far))
    assert unpacked[0, 0].tolist() == [0, 0] and np.allclose(unpacked[1], 8, atol=1e-3)


def test_a_grid_that_is_affine_has_no_bend_and_gives_its_matrix_back():
    family = get_family("affine")
    theta = torch.tensor([[0.5, -0.3, 0.2, 0.4, 0.6, -0.1]])
    matrix, worst = encoding.bend_of(family.grid(theta, (20, 20))[0].numpy())
    assert worst < 1e-5
    assert np.allclose(matrix, family.matrix(theta)[0, :2].numpy(), atol=1e-5)


def test_a_bent_grid_says_by_how_much():
    family = get_family("tps")
    theta = family.identity().clone()
    theta[0, 10] += 0.3
    assert encoding.bend_of(family.grid(theta, (20, 20))[0].numpy())[1] > 0.05
