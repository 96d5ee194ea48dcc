"""What is read where: far away, nowhere, between pixels, outside, and where images shrink."""

import itertools
import math
import warnings

import pytest
import torch
import torch.nn.functional as F

from stn import Localizer, SpatialTransformer, StnError, geometry
from stn.families import FAMILY_NAMES, get_family
from stn.modules import Sampler
from stn.sampling import ANISOTROPIC, sample

PADDINGS = ("zeros", "border", "reflection", "mean", 0.3)


def ramp(n: int) -> torch.Tensor:
    return torch.arange(float(n)).expand(1, 1, n, n)


def shrunk(images: torch.Tensor, *size: int, padding="border") -> torch.Tensor:
    return sample(images, geometry.base_grid(size)[None], padding, average=ANISOTROPIC)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_what_is_finite_and_far_is_far_and_has_no_gradient(family, dtype, generator):
    kind = get_family(family)
    images = torch.rand(2, 1, 9, 9, generator=generator).to(dtype)
    for padding, average, far in itertools.product(PADDINGS, (False, True), (1e38, -3e7)):
        for i in range(min(kind.n_params, 8)):
            theta = kind.identity(2)
            theta[0, i] = far
            theta = theta.to(dtype).requires_grad_()
            x = images.clone().requires_grad_()
            out = Sampler(kind, None, padding, average)(x, theta)
            out.sum().backward()
            assert out.isfinite().all() and theta.grad.isfinite().all() and x.grad.isfinite().all()
    shift = torch.tensor([[1e38, 0.0]], requires_grad=True)
    out = Sampler(get_family("translation"), None)(images[:1].float(), shift)
    out.sum().backward()
    assert not out.any() and not shift.grad.any()


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_a_nan_in_theta_is_nan_in_that_image_alone(family, padding, generator):
    kind = get_family(family)
    theta = kind.identity(3)
    theta[1, -1] = math.nan
    theta.requires_grad_()
    x = torch.rand(3, 2, 9, 9, generator=generator)
    for average in (False, True):
        out = Sampler(kind, None, padding, average)(x, theta)
        assert [image.isnan().all().item() for image in out] == [False, True, False]
        torch.testing.assert_close(out[::2], x[::2], rtol=0, atol=1e-5)
        out.nansum().backward()  # with border padding, this was where torch read what is not its own
        assert theta.grad[::2].isfinite().all()


def test_a_missing_point_is_missing_alone():
    grid = geometry.base_grid((4, 4))[None].clone()
    grid[0, 1, 2, 0] = math.nan
    missing = sample(torch.ones(1, 1, 4, 4), grid).isnan()
    assert missing.sum() == 1 and missing[0, 0, 1, 2]


@pytest.mark.parametrize(
    ("n", "size", "first", "last"), [(7, 2, 1.25, 4.75), (15, 2, 3.25, 10.75), (57, 28, 0.52, 55.48)]
)
def test_averages_lie_where_their_pixels_are_whatever_the_size(n, size, first, last):
    out = shrunk(ramp(n), size, size)
    assert out[0, 0, 0, 0].item() == pytest.approx(first, abs=0.05)
    assert out[0, 0, 0, -1].item() == pytest.approx(last, abs=0.05)


ALIKE = [(32, 32), (16, 16), (8, 8)]
UNLIKE = [(64, 32), (64, 16), (16, 64), (32, 64), (16, 32)]


@pytest.mark.parametrize(
    ("size", "average"), [*((size, True) for size in ALIKE), *((size, ANISOTROPIC) for size in (*ALIKE, *UNLIKE))]
)
def test_even_shrinking_is_the_mean_over_areas(size, average, generator):
    images = torch.rand(2, 3, 64, 64, generator=generator)
    expected = F.interpolate(images, size=size, mode="area")
    out = sample(images, geometry.base_grid(size).expand(2, -1, -1, -1), "border", average)
    torch.testing.assert_close(out, expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("width", [16, 32])
def test_stripes_along_the_other_axis_keep_their_contrast(width, turned):
    stripes = torch.zeros(1, 1, 64, 64)
    stripes[:, :, ::2] = 1
    size = (64, width)
    if turned:
        stripes, size = stripes.mT, size[::-1]
    out = shrunk(stripes, *size)
    assert out.std().item() == pytest.approx(stripes.std().item(), abs=1e-3)
    alike = sample(stripes, geometry.base_grid(size)[None], average=True)
    assert alike.std() < 0.1 * stripes.std(), "as said of average=True"


def test_another_way_to_average_is_refused():
    for average in ("trilinear", 2, None):
        with pytest.raises(StnError, match="give True, False or 'anisotropic'"):
            sample(torch.zeros(1, 1, 4, 4), geometry.base_grid((4, 4))[None], average=average)


@pytest.mark.parametrize("average", [True, ANISOTROPIC])
def test_images_that_shrink_differently_in_a_batch_are_as_alone(average, generator):
    affine = get_family("affine")
    theta = torch.tensor([[1.0, 0, 0, 0, 1, 0], [3, 0, 0, 0, 1, 0], [2, 0.5, 0, 0.3, 2.2, 0]])
    x = torch.rand(3, 2, 30, 30, generator=generator)
    sampler = Sampler(affine, None, average=average)
    together = sampler(x, theta)
    for i in range(3):
        torch.testing.assert_close(sampler(x[i : i + 1], theta[i : i + 1])[0], together[i], rtol=0, atol=1e-6)
    assert torch.equal(together[0], sample(x, affine.grid(theta, (30, 30)))[0])


@pytest.mark.parametrize("average", [False, True])
def test_a_value_or_the_mean_fills_what_lies_outside(average, generator):
    x = torch.rand(2, 3, 8, 8, generator=generator) - 0.42
    theta = torch.tensor([[2 * 3 / 8, 0.0]] * 2)  # looks 3 pixels to the right
    shift = get_family("translation")
    for padding, expected in (
        (-0.42, torch.full((2, 3), -0.42)),
        ((0.1, 0.2, 0.3), torch.tensor([0.1, 0.2, 0.3]).expand(2, -1)),
        ("mean", x.mean((2, 3))),
    ):
        out = Sampler(shift, None, padding, average)(x, theta)
        torch.testing.assert_close(out[..., 5:], expected[..., None, None].expand(-1, -1, 8, 3), rtol=0, atol=1e-5)
        torch.testing.assert_close(out[..., :5], x[..., 3:], rtol=0, atol=1e-5)


@pytest.mark.parametrize("mode", ["nearest", "bicubic"])
def test_modes_are_torchs(mode, generator):
    x = torch.rand(1, 2, 9, 9, generator=generator)
    grid = 0.83 * geometry.base_grid((7, 6))[None] + 0.05
    layer = SpatialTransformer(Localizer(2), mode=mode)
    assert torch.equal(layer.sampler.read(x, grid), F.grid_sample(x, grid, mode=mode, align_corners=False))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"padding": "mena"}, "Did you mean 'mean'"),
        ({"padding": math.nan}, r"padding is nan"),
        ({"padding": (0.1, "x")}, r"one a channel"),
        ({"padding": (0.1, 0.2)}, r"2 numbers for 3 channels"),
        ({"mode": "cubic"}, "Did you mean 'bicubic'"),
    ],
)
def test_what_cannot_be_read_with_is_refused(options, message):
    with pytest.raises(StnError, match=message):
        sample(torch.zeros(1, 3, 4, 4), geometry.base_grid((4, 4))[None], **options)


@pytest.mark.parametrize("family", ["affine", "similarity"])
def test_a_trace_averages_right_at_another_size(family, generator):
    sampler, kind = Sampler(get_family(family), None, "zeros", True), get_family(family)
    theta = kind.identity(2) * 1.7 + 0.05
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(sampler, (torch.rand(2, 1, 24, 24), theta), check_trace=False)
    x = torch.rand(2, 1, 33, 41, generator=generator)
    torch.testing.assert_close(traced(x, theta), sampler(x, theta), rtol=0, atol=1e-5)
