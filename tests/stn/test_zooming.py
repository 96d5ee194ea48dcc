"""Localisation nets in two steps: what the coarse net finds, what the fine one makes of its window."""

import math

import pytest
import torch
from torch import nn

import stn
from stn import SpatialTransformer, StnError, geometry
from stn.explain import transformers_of, watch
from stn.families import FAMILY_NAMES, ROTATION, get_family
from stn.training.pose import pose_supervision_loss, watch_steps
from stn.zooming import QuarterTurnLocalizer, ZoomLocalizer, mean_turn


@pytest.mark.parametrize("net", [ZoomLocalizer, QuarterTurnLocalizer])
def test_it_starts_at_the_identity_to_the_last_digit(net, generator):
    zoom = net(1, "affine").double().eval()
    theta = zoom(torch.rand(2, 1, 30, 30, generator=generator, dtype=torch.float64))
    torch.testing.assert_close(theta, zoom.family.identity(2, torch.float64), rtol=0, atol=1e-15)


def test_zooming_composes_what_the_coarse_and_the_fine_net_say(generator):
    x = torch.rand(2, 1, 40, 40, generator=generator)
    zoom = ZoomLocalizer(1, "affine", window=20).eval()
    window, look = torch.tensor([[0.5, 0.2, -0.1]]), torch.tensor([[0.8, 0.6, 0.1, -0.6, 0.8, 0.0]])
    with torch.no_grad():
        zoom.coarse.head[-1].bias.copy_(window[0])
        zoom.fine.head[-1].bias.copy_(look[0])
    seen = []
    zoom.fine.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    attention, affine = get_family("attention"), get_family("affine")
    expected = affine.compose(affine.from_matrix(attention.matrix(window)), look)
    torch.testing.assert_close(zoom(x), expected.expand(2, -1), rtol=0, atol=1e-6)
    cut = geometry.sample(x, attention.grid(window.expand(2, -1), (20, 20)), average=True)
    torch.testing.assert_close(seen[0], cut, rtol=0, atol=1e-6)
    assert not seen[0].requires_grad, "the coarse net is not moved by what the fine one makes of its window"


@pytest.mark.parametrize("family", ZoomLocalizer.zooming)
def test_the_size_of_the_frame_is_the_coarse_nets_alone(family, generator):
    x = torch.rand(1, 1, 40, 40, generator=generator)
    zoom = ZoomLocalizer(1, family, window=20).eval()
    said = zoom.family.identity() + 0.1 * torch.rand(1, zoom.family.n_params, generator=generator)
    frames = []
    for scale in (1, 0.2):
        points = zoom.family.grid(said, (3, 3))
        x0, y0 = points.mean((0, 1, 2)) * (1 - scale)
        shrunk = zoom.family.within(said, get_family("attention").matrix(torch.stack([x0 * 0 + scale, x0, y0])[None]))
        with torch.no_grad():
            zoom.fine.head[-1].bias.copy_(shrunk[0])
        frames.append(zoom.family.grid(zoom(x), (3, 3)))
    torch.testing.assert_close(frames[0], frames[1], rtol=0, atol=1e-5)
    spread = frames[0] - frames[0].mean((1, 2), keepdim=True)
    assert spread.square().sum(-1).mean().item() == pytest.approx(2 * (2 / 3) * (2 / 3) ** 2, rel=1e-4)


@pytest.mark.parametrize(
    ("net", "family"),
    [(net, name) for net in (ZoomLocalizer, QuarterTurnLocalizer) for name in FAMILY_NAMES if name not in net.zooming],
)
def test_a_family_that_does_not_turn_scale_and_shift_cannot_zoom(net, family):
    with pytest.raises(StnError, match=rf"zoom.*'{family}'"):
        net(1, family)


@pytest.mark.parametrize("window", [0, -3, 2.5, True])
def test_a_window_without_pixels_is_refused(window):
    with pytest.raises(StnError, match=r"window is .* from 1"):
        ZoomLocalizer(1, window=window)


@pytest.mark.parametrize(
    ("kind", "family"), [(net, name) for net in (ZoomLocalizer, QuarterTurnLocalizer) for name in net.zooming]
)
def test_zooming_starts_as_the_identity_and_teaches_all_nets(kind, family, generator):
    layer = SpatialTransformer(kind(1, family)).train()
    x = torch.rand(4, 1, 40, 40, generator=generator)
    torch.testing.assert_close(layer(x), x, rtol=0, atol=2e-5)
    net = layer.localizer
    lasts = [net.coarse.head[-1], net.fine.head[-1], *([net.sides[-1]] if kind is QuarterTurnLocalizer else [])]
    for last in lasts:
        nn.init.normal_(last.weight, std=0.01)
    layer(x).square().sum().backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("turn", [0, 30, 60, 130, -80, 180])
def test_a_window_along_the_edges_is_the_same_for_all_four_turns(turn):
    net = QuarterTurnLocalizer(1)
    angles = torch.deg2rad(turn + 90.0 * torch.arange(4))
    # The square's parameters hold four times its angle, in which quarter turns are whole ones.
    said = torch.stack([0.7 * (4 * angles).cos(), 0.7 * (4 * angles).sin(), 0 * angles + 0.1, 0 * angles - 0.2], dim=1)
    windows = net.window_matrix(said)
    torch.testing.assert_close(windows, windows[:1].expand(4, -1, -1), rtol=0, atol=1e-5)
    angle, stretches = geometry.polar(windows[:1])
    assert abs(math.degrees(angle)) <= 45.01
    assert (math.degrees(angle) - turn + 45) % 90 == pytest.approx(45, abs=1e-3)
    torch.testing.assert_close(stretches, torch.full((1, 2), 0.7), rtol=0, atol=1e-5)
    assert windows[0, :2, 2].tolist() == pytest.approx([0.1, -0.2])


@pytest.mark.parametrize("decides", [False, True])
@pytest.mark.parametrize("side", range(4))
def test_the_frame_is_turned_until_the_side_that_is_found_is_up(side, decides, generator):
    x = torch.rand(1, 1, 40, 40, generator=generator)
    net = QuarterTurnLocalizer(1, "affine", window=20, hard=decides).eval()
    window, look = torch.tensor([[0.0, 0.5, 0.2, -0.1]]), torch.tensor([[0.9, 0.1, 0.05, 0.0, 1.1, 0.0]])
    with torch.no_grad():
        net.coarse.head[-1].bias.copy_(window[0])
        net.fine.head[-1].bias.copy_(look[0])
        # One that decides is hardly surer of that side than of the next.
        net.sides[-1].bias.copy_(torch.tensor([1.0, 0.9, 0, 0] if decides else [50.0, 0, 0, 0]).roll(side))
    affine, eighth = get_family("affine"), math.pi / 8  # a quarter of the 90 degrees that the coarse net says
    square = torch.tensor([[0.5 * math.cos(eighth), 0.5 * math.sin(eighth), 0.2, -0.1]])
    quarter = torch.tensor([[math.cos(side * math.pi / 2), math.sin(side * math.pi / 2), 0, 0]])
    as_affine = [affine.from_matrix(get_family("similarity").matrix(t)) for t in (square, quarter)]
    expected = affine.compose(affine.compose(as_affine[0], look), as_affine[1])
    torch.testing.assert_close(net(x), expected, rtol=0, atol=1e-5)


def test_the_mean_turn_lies_between_sides_that_are_as_likely():
    logits = torch.tensor([[9.0, 0, 0, 0], [0, 9, 0, 0], [0, 0, 0, 9], [50, 50, 0, 0], [50, 0, 0, 50]])
    found = torch.rad2deg(mean_turn(logits)).tolist()
    assert found == pytest.approx([0, 90, -90, 45, -45], abs=0.02)


def test_labels_alone_teach_a_net_that_decides_nothing_of_the_sides_but_the_lesson_does(generator):
    layer = SpatialTransformer(QuarterTurnLocalizer(1, hard=True)).train()
    net = layer.localizer
    for last in (net.coarse.head[-1], net.fine.head[-1], net.sides[-1]):
        nn.init.normal_(last.weight, std=0.01)
    x = torch.rand(4, 1, 40, 40, generator=generator)
    layer(x).square().sum().backward()
    assert all(parameter.grad is None for parameter in net.sides.parameters())
    assert net.fine.head[-1].weight.grad.abs().sum() > 0
    with watch(transformers_of(layer)) as passes, watch_steps(net) as seen:
        layer(x)
    turned = ROTATION.matrix(torch.rand(4, 1, generator=generator))
    pose_supervision_loss(passes, turned, seen).backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("decides", [False, True])
def test_the_frame_is_in_the_precision_of_the_net(decides, generator):
    net = QuarterTurnLocalizer(1, hard=decides).double()
    assert net(torch.rand(2, 1, 40, 40, generator=generator, dtype=torch.float64)).dtype == torch.float64


def test_a_net_that_decides_turns_by_the_likeliest_side_alone():
    logits = torch.tensor([[9.0, 0, 0, 0], [0, 9, 0, 0], [0, 0, 9, 0], [0, 0, 0, 9], [50, 51, 0, 0], [50, 0, 0, 49]])
    found = torch.rad2deg(QuarterTurnLocalizer(1, hard=True).turn(logits)) % 360
    assert found.tolist() == pytest.approx([0, 90, 180, 270, 90, 0], abs=1e-3)


def test_the_old_names_still_work(generator):
    assert stn.SideLocalizer is stn.QuarterTurnLocalizer
    x = torch.rand(2, 1, 28, 28, generator=generator)
    for old, new in ((False, False), (True, True)):
        torch.manual_seed(0)
        named = stn.SideLocalizer(1, "affine", 20, decides=old)
        torch.manual_seed(0)
        net = stn.QuarterTurnLocalizer(1, "affine", 20, hard=new)
        assert named.hard is net.hard is new
        assert torch.equal(named(x), net(x)) and "sides.0.weight" in net.state_dict()


@pytest.mark.slow
def test_labels_alone_train_a_net_that_decides_in_ddp_as_its_docstring_says(tmp_path, generator):
    assert "find_unused_parameters=True" in " ".join(QuarterTurnLocalizer.__doc__.split())
    torch.distributed.init_process_group("gloo", f"file://{tmp_path / 'group'}", rank=0, world_size=1)
    try:
        layer = SpatialTransformer(QuarterTurnLocalizer(1, hard=True))
        wrapped = nn.parallel.DistributedDataParallel(layer, find_unused_parameters=True)
        for _ in range(2):
            wrapped(torch.rand(2, 1, 28, 28, generator=generator)).sum().backward()
        assert layer.localizer.fine.head[-1].weight.grad is not None
    finally:
        torch.distributed.destroy_process_group()
