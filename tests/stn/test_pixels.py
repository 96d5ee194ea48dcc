"""Matrices in pixels do here what they do in the libraries that they come from."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from stn import StnError, from_pixels, get_family, to_pixels
from stn.sampling import sample

WARP = torch.tensor([[0.9, -0.3, 6.0], [0.25, 1.1, -2.5]])  # as cv2.warpAffine takes it: input to output pixels


@pytest.mark.parametrize(("in_size", "out_size"), [((28, 28), (28, 28)), ((20, 33), (20, 33)), ((20, 33), (24, 17))])
def test_a_matrix_in_pixels_warps_as_scipy_does(in_size, out_size, generator):
    image = torch.rand(1, 1, *in_size, generator=generator, dtype=torch.float64)
    affine = get_family("affine")
    theta = affine.from_matrix(from_pixels(WARP.double(), in_size, out_size))
    ours = sample(image, affine.grid(theta, out_size))[0, 0]
    inverse = np.linalg.inv(np.vstack([WARP.double().numpy(), [0, 0, 1]]))
    swapped = inverse[np.ix_([1, 0, 2], [1, 0, 2])]  # scipy counts rows first
    theirs = ndimage.affine_transform(
        image[0, 0].numpy(), swapped[:2, :2], swapped[:2, 2], out_size, order=1, mode="grid-constant"
    )
    torch.testing.assert_close(ours, torch.from_numpy(theirs), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["affine", "projective", "similarity"])
def test_there_and_back(name, generator):
    family = get_family(name)
    theta = family.identity(3) + 0.1 * torch.rand(3, family.n_params, generator=generator)
    aspect = 33 / 20
    there = to_pixels(family.matrix(theta, aspect), (20, 33), (24, 17))
    back = family.from_matrix(from_pixels(there, (20, 33), (24, 17)), aspect)
    torch.testing.assert_close(back, theta, rtol=0, atol=1e-5)


def test_a_turn_in_pixels_is_a_turn():
    turn = to_pixels(get_family("rotation").matrix(torch.tensor([[0.5]]), 188 / 48), (48, 188))[0, :2, :2]
    torch.testing.assert_close(turn @ turn.mT, torch.eye(2), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("matrix", "size", "message"),
    [
        (torch.eye(4), (4, 4), "shape"),
        (torch.zeros(1, 2, 3), (4, 4), "no inverse"),
        (torch.eye(3), (4,), "height, width"),
        (torch.eye(3), (4, 0), "height, width"),
    ],
)
def test_what_is_no_matrix_in_pixels_is_refused(matrix, size, message):
    with pytest.raises(StnError, match=message):
        from_pixels(matrix, size)
