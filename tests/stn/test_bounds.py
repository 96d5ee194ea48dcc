import math

import pytest
import torch
from torch import nn

from stn import BoundedLocalizer, Localizer, SpatialTransformer, StnError, geometry, outside_penalty
from stn.families import get_family


class Says(nn.Module):
    def __init__(self, theta: torch.Tensor, family: str):
        super().__init__()
        self.theta, self.family = nn.Parameter(theta), get_family(family)

    def forward(self, x):
        return self.theta


@pytest.mark.parametrize("family", ["translation", "rotation", "attention", "similarity", "affine"])
def test_whatever_is_said_stays_within_the_bounds(family, generator):
    kind = get_family(family)
    said = 4 * torch.randn(500, kind.n_params, generator=generator)
    net = BoundedLocalizer(Says(said, family), scale=1.5, shift=0.4, turn=0.6)
    theta = net(torch.zeros(500, 1, 4, 4))
    matrix = kind.matrix(theta)
    angle, stretches = geometry.polar(matrix)
    assert angle.abs().max() <= 0.6 + 1e-5
    assert stretches.max() <= 1.5 + 1e-4 and stretches.min() >= 1 / 1.5 - 1e-4
    assert matrix[:, :2, 2].abs().max() <= 0.4 + 1e-6
    theta.square().sum().backward()
    assert net.localizer.theta.grad.isfinite().all() and net.localizer.theta.grad.any()


def test_near_the_identity_it_changes_nothing(generator):
    said = get_family("affine").identity(50) + 0.01 * torch.randn(50, 6, generator=generator)
    net = BoundedLocalizer(Says(said, "affine"), scale=2, shift=0.5, turn=1)
    torch.testing.assert_close(net(torch.zeros(1)), said, rtol=0, atol=1e-4)
    free = BoundedLocalizer(Says(said, "affine"))
    torch.testing.assert_close(free(torch.zeros(1)), said, rtol=0, atol=1e-6)


def test_a_layer_of_a_bounded_localizer_starts_as_the_identity(generator):
    x = torch.rand(2, 1, 16, 16, generator=generator)
    layer = SpatialTransformer(BoundedLocalizer(Localizer(1), scale=2, shift=0.5, turn=1))
    torch.testing.assert_close(layer(x), x, rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    "bound", [{"scale": 1}, {"scale": 0.5}, {"shift": 0}, {"turn": -1}, {"turn": 4}, {"scale": math.nan}]
)
def test_what_bounds_nothing_is_refused(bound):
    with pytest.raises(StnError, match=next(iter(bound))):
        BoundedLocalizer(Localizer(1), **bound)


@pytest.mark.parametrize("family", ["projective", "tps"])
def test_families_without_stretches_are_refused(family):
    with pytest.raises(StnError, match="affine matrices"):
        BoundedLocalizer(Localizer(1, family), scale=2)


def test_the_penalty_draws_a_frame_back():
    shift = torch.tensor([[0.0, 0.0], [1.5, 0.0]], requires_grad=True)
    penalty = outside_penalty(get_family("translation").grid(shift, (8, 8)))
    penalty.sum().backward()
    assert penalty[0] == 0 and penalty[1] > 0.3
    assert shift.grad[0].tolist() == [0, 0] and shift.grad[1, 0] > 0 and shift.grad[1, 1] == 0
