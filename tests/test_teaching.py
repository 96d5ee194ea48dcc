import pytest
import torch

from stn.errors import StnError
from stn.families import get_family
from stn.geometry import invert
from stn.models import build_model
from stn.modules import Localizer, ZoomLocalizer
from stn.recipes import get_recipe
from stn.teaching import pose_loss, watch_windows, window_loss


def test_pose_loss_is_zero_for_the_undoing_theta_only(generator):
    family = build_model(get_recipe("mnist-play-affine").model).net.stn.family
    matrix = family.matrix(family.identity(3) + 0.3 * torch.rand(3, 6, generator=generator))
    undoing = family.invert(family.from_matrix(matrix))
    assert pose_loss(family, undoing, matrix).item() == pytest.approx(0, abs=1e-8)
    assert pose_loss(family, family.identity(3), matrix).item() > 1e-3
    # Half as large but turned right is better than as large and turned wrong by a right angle.
    small, wrong = torch.tensor([[0.5, 0, 0, 0, 0.5, 0]]), torch.tensor([[0.0, -1, 0, 1, 0, 0]])
    assert pose_loss(family, small, torch.eye(3)[None]) < 0.1 * pose_loss(family, wrong, torch.eye(3)[None])
    with pytest.raises(StnError, match=r"need a distortion"):
        pose_loss(family, undoing, None)


def test_shrinking_does_not_pay_whatever_the_turn():
    family = get_family("similarity")
    matrix = family.matrix(torch.tensor([[0.0, 2, 0.3, 0.1]]))  # the object is half as large, turned by 90 degrees
    undoing = family.invert(torch.tensor([[0.0, 2, 0.3, 0.1]]))
    for angle in torch.linspace(0, torch.pi, 7):
        c, s = angle.cos(), angle.sin()
        turn = torch.stack([c, s, 0 * c, 0 * c])[None]
        right, half = (family.compose(undoing, turn * scale) for scale in (1, 0.5))
        assert pose_loss(family, right, matrix).item() == pytest.approx(5 * (1 - c.item()), abs=1e-5)
        # 9 points, the outer ones at 2/3: of the wanted frame, whatever its size
        lost = (8 / 9) * (2 / 3) ** 2 * 3 / 2 * 0.25
        assert pose_loss(family, half, matrix).item() == pytest.approx(5 * (1 - c.item()) + lost, abs=1e-5)


def test_window_loss_is_zero_for_the_window_that_holds_the_object_however_it_is_turned():
    turn = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    placed = torch.tensor([[0.5, 0, 0.2], [0, 0.5, -0.1], [0, 0, 1]])  # the object is half as large, off the middle
    matrix = invert(torch.stack([placed, placed @ turn]))
    right = torch.tensor([[0.5, 0.2, -0.1]]).expand(2, -1)
    assert window_loss(right, matrix).item() == pytest.approx(0, abs=1e-8)
    assert window_loss(right, 3 * matrix).item() == pytest.approx(0, abs=1e-8), "the same matrices, homogeneous"
    assert window_loss(right + torch.tensor([0, 0.1, 0]), matrix).item() == pytest.approx(0.04, rel=1e-4)


def test_windows_are_seen_while_the_block_runs_and_only_then(generator):
    x = torch.rand(3, 1, 20, 20, generator=generator)
    net = torch.nn.Sequential(ZoomLocalizer(1))
    with watch_windows(net) as windows:
        net(x)
    net(x)
    assert [tuple(found.shape) for found in windows] == [(3, 3)]
    plain = Localizer(1)
    with watch_windows(plain) as windows:
        plain(x)
    assert windows == []
