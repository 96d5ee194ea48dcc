import math
import pickle

import pytest
import torch
from scipy import ndimage
from torch import nn

from stn import SpatialTransformer, StnError, VolumeLocalizer, explain, get_volume_family
from stn.modules import Sampler
from stn.sampling import sample
from stn.volumes import VOLUME_FAMILIES


@pytest.mark.parametrize("name", VOLUME_FAMILIES)
def test_a_layer_of_volumes_starts_as_the_identity_and_learns(name, generator):
    layer = SpatialTransformer(VolumeLocalizer(2, name))
    x = torch.rand(2, 2, 6, 10, 8, generator=generator)
    torch.testing.assert_close(layer(x), x, rtol=0, atol=2e-5)
    nn.init.normal_(layer.localizer.head[-1].weight, std=0.01)
    layer(x).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() and p.grad.any() for p in layer.parameters())
    seen = explain(layer, x)
    assert seen.stages[0].grid.shape == (2, 6, 10, 8, 3)
    again = pickle.loads(pickle.dumps(layer.eval()))
    torch.testing.assert_close(again(x), layer(x), rtol=0, atol=0)


@pytest.mark.parametrize(("axis", "dims"), [(0, (2, 3)), (1, (4, 2)), (2, (3, 4))])
def test_a_quarter_turn_about_an_axis_is_rot90(axis, dims, generator):
    x = torch.rand(1, 1, 6, 6, 6, generator=generator)
    theta = torch.zeros(1, 6)
    theta[0, axis] = math.pi / 2
    out = sample(x, get_volume_family("rigid3d").grid(theta, (6, 6, 6)))
    torch.testing.assert_close(out, torch.rot90(x, 1, dims), rtol=0, atol=1e-4)


def test_a_turn_of_voxels_is_scipys_in_a_box_too(generator):
    x = torch.rand(1, 1, 5, 9, 12, generator=generator, dtype=torch.float64)
    angle = 0.4
    theta = torch.tensor([[0, 0, angle, 0, 0, 0]], dtype=torch.float64)
    out = Sampler(get_volume_family("rigid3d"), None)(x, theta)
    theirs = ndimage.rotate(
        x[0, 0].numpy(), math.degrees(angle), axes=(1, 2), reshape=False, order=1, mode="grid-constant"
    )
    torch.testing.assert_close(out[0, 0], torch.from_numpy(theirs), rtol=0, atol=1e-6)


def test_shifts_are_half_sides_and_affine_rows_are_x_y_z(generator):
    x = torch.rand(1, 1, 4, 6, 8, generator=generator)
    moved = Sampler(get_volume_family("translation3d"), None)(x, torch.tensor([[2 * 2 / 8, -2 / 6, 2 / 4]]))
    torch.testing.assert_close(moved[..., :3, 1:, :6], x[..., 1:, :5, 2:], rtol=0, atol=1e-5)
    mirror = torch.tensor([[-1.0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]])
    torch.testing.assert_close(Sampler(get_volume_family("affine3d"), None)(x, mirror), x.flip(-1), rtol=0, atol=1e-5)


def test_what_volumes_cannot_do_is_refused():
    with pytest.raises(StnError, match="Did you mean 'rigid3d'"):
        VolumeLocalizer(1, "rigid")
    with pytest.raises(StnError, match="without averaging"):
        SpatialTransformer(VolumeLocalizer(1), average=True)
    with pytest.raises(StnError, match="depth, height, width"):
        SpatialTransformer(VolumeLocalizer(1), out_size=(4, 4))
    with pytest.raises(StnError, match="takes 5 dimensions"):
        SpatialTransformer(VolumeLocalizer(1)).warp(torch.zeros(1, 1, 4, 4), torch.zeros(1, 12))
    with pytest.raises(StnError, match="iterations"):
        SpatialTransformer(VolumeLocalizer(1), iterations=2)
