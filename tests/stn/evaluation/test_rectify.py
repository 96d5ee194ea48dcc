import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from stn import StnError, geometry
from stn.evaluation.rectify import circular_sd, correlation, fraction_in_frame, rectification
from stn.families import AFFINE
from stn.modules import SpatialTransformer
from stn.recipes import get_recipe
from tests.helpers import bars

RECIPE = get_recipe("mnist-play-affine")
ANGLES = range(-90, 91, 15)


class Oracle(nn.Module):
    """A localisation net that turns by what it was told, not by what it sees, plus an upright of its own."""

    def __init__(self, family, turns: list[float], own: float = 0.0):
        super().__init__()
        self.family, self.turns, self.own = family, list(turns), own

    def forward(self, x):
        angle = math.radians(self.turns.pop(0)) + self.own
        row = [math.cos(angle), -math.sin(angle), 0, math.sin(angle), math.cos(angle), 0]
        return torch.tensor([row]).expand(len(x), -1)


class Net(nn.Module):
    def __init__(self, localizer):
        super().__init__()
        self.stn = SpatialTransformer(localizer)

    def forward(self, x):
        return self.stn(x).flatten(1)[:, :10]


def measured(turns, own: float = 0.0):
    return rectification(Net(Oracle(AFFINE, turns, own)), bars(40), RECIPE, n=40)


def test_a_transformer_that_undoes_every_turn_leaves_nothing():
    found = measured([-angle for angle in sorted(ANGLES, key=abs)], own=0.5)
    assert found.left_sd == pytest.approx(0, abs=0.1)
    assert found.correlation > 0.9 > found.input_correlation
    assert (found.pictures, found.angles) == (40, 13)
    assert found.upright == 1, "0.5 radians are its own upright, and within 45 degrees"


def test_a_transformer_that_does_nothing_leaves_everything():
    found = measured([0.0] * 13)
    assert found.left_sd == pytest.approx(found.input_sd, abs=0.1) == pytest.approx(59.4, abs=0.1)
    assert found.correlation == pytest.approx(found.input_correlation, abs=1e-3)
    assert found.area_in_frame == pytest.approx(1, abs=0.02)
    assert found.upright == pytest.approx(7 / 13), "the images turned by up to 45 degrees"


def test_with_hidden_edges_the_model_sees_discs():
    class Watching(Net):
        def forward(self, x):
            self.seen = x
            return super().forward(x)

    net, noise = Watching(Oracle(AFFINE, [0.0] * 26)), bars(10)
    shown, hidden = (rectification(net, noise, RECIPE, 10, edges) for edges in ("shown", "hidden"))
    assert shown.left_sd == hidden.left_sd and shown.correlation != hidden.correlation
    at = torch.arange(60) - 29.5
    assert not net.seen[..., at[:, None] ** 2 + at[None, :] ** 2 > (15.5 * 28 / 32) ** 2].any() and net.seen.any()


def test_images_are_turned_no_further_than_the_recipe_turns_them():
    found = rectification(Net(Oracle(AFFINE, [0.0] * 13)), bars(20), replace(RECIPE, distortion="rts"), 20)
    assert found.left_sd == pytest.approx(found.input_sd, abs=0.1) == pytest.approx(28.5, abs=0.1)


@pytest.mark.parametrize(("images", "there", "measured"), [(150, 210, 150), (1000, 130, 130), (1, 40, 1)])
def test_any_number_of_images_is_measured(images, there, measured):
    turns = [-angle for angle in sorted(ANGLES, key=abs)] * 2
    found = rectification(Net(Oracle(AFFINE, turns)), bars(there), RECIPE, images)
    assert found.pictures == measured
    assert found.left_sd_within == pytest.approx(0, abs=0.1)


def test_no_images_cannot_be_measured():
    with pytest.raises(StnError, match="0 images cannot be measured"):
        rectification(nn.Flatten(), bars(10), RECIPE, 0)


def test_within_an_image_only_its_own_spread_counts():
    angles = torch.tensor([[0.1, 0.1], [2.0, 2.0]])  # two images, each steady
    assert circular_sd(angles, 1).tolist() == pytest.approx([0, 0], abs=0.1)
    assert circular_sd(angles.flatten(), 0).item() > 45


def test_a_circular_sd_knows_a_full_turn():
    near = torch.tensor([math.pi - 0.1, -math.pi + 0.1])
    assert circular_sd(near, 0).item() == pytest.approx(math.degrees(0.1), rel=0.01)
    assert circular_sd(torch.zeros(5), 0).item() == 0


def test_a_frame_that_holds_a_quarter_holds_a_quarter():
    objects = torch.ones(1, 1, 40, 40)
    grid = 0.5 * geometry.base_grid((20, 20))[None]
    assert fraction_in_frame(objects, grid).item() == pytest.approx(0.25, abs=0.01)


def test_correlation_is_pearsons(generator):
    a = torch.rand(3, 1, 5, 5, generator=generator)
    assert correlation(a, 2 * a + 1).tolist() == pytest.approx([1, 1, 1], abs=1e-5)
    assert correlation(a, -a).tolist() == pytest.approx([-1, -1, -1], abs=1e-5)


def test_a_plain_cnn_has_nothing_to_measure():
    with pytest.raises(StnError, match="has no transformer"):
        rectification(nn.Flatten(), bars(10), replace(RECIPE, name="plain"), n=10)
