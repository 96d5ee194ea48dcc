import pytest
import torch
from torch import nn

from stn import Localizer, SpatialTransformer, StnError, explain, geometry
from stn.families import FAMILY_NAMES, MATRIX_FAMILIES, get_family


def constant_localizer(theta: list[float], family: str = "affine") -> nn.Module:
    """A localisation net that gives the same theta for every picture."""
    localizer = Localizer(1, family)
    with torch.no_grad():
        localizer.head[-1].bias.copy_(torch.tensor(theta))
    return localizer.eval()


@pytest.mark.parametrize("family", FAMILY_NAMES)
@pytest.mark.parametrize(("channels", "size"), [(1, (28, 28)), (3, (32, 48)), (20, (5, 3)), (2, (1, 1))])
def test_any_layer_starts_as_the_identity(family, channels, size, generator):
    x = torch.rand(3, channels, *size, generator=generator)
    layer = SpatialTransformer(Localizer(channels, family))
    torch.testing.assert_close(layer(x), x, rtol=0, atol=2e-5)


def test_drops_into_a_sequential_on_a_feature_map():
    net = nn.Sequential(
        SpatialTransformer(Localizer(3, "similarity"), out_size=(20, 24)),
        nn.Conv2d(3, 5, 3),
        SpatialTransformer(Localizer(5, "tps"), padding="reflection"),
        nn.Flatten(),
        nn.Linear(5 * 18 * 22, 10),
    )
    assert net(torch.rand(2, 3, 32, 32)).shape == (2, 10)
    seen = explain(net, torch.rand(2, 3, 32, 32))
    assert [stage.name for stage in seen.stages] == ["0", "2"]
    assert [stage.family.name for stage in seen.stages] == ["similarity", "tps"]
    assert seen.stages[0].grid.shape == (2, 20, 24, 2)
    assert seen.stages[1].output.shape == (2, 5, 18, 22)


def test_locate_and_warp_are_forward(generator):
    x = torch.rand(2, 1, 20, 20, generator=generator)
    layer = SpatialTransformer(constant_localizer([0.8, 0.1, 0.2, -0.1, 0.9, 0.0]), out_size=(8, 9))
    theta = layer.locate(x)
    assert torch.equal(layer.warp(x, theta), layer(x))
    assert layer(x).shape == (2, 1, 8, 9)


@pytest.mark.parametrize("padding", geometry.PADDINGS)
def test_padding_fills_what_lies_outside(padding):
    x = torch.full((1, 1, 8, 8), 0.5)
    out = SpatialTransformer(constant_localizer([3.0, 0, 0, 0, 3.0, 0]), padding=padding)(x)
    assert out[0, 0, 0, 0].item() == pytest.approx(0.0 if padding == "zeros" else 0.5)


@pytest.mark.parametrize("family", MATRIX_FAMILIES)
def test_all_weights_get_a_gradient_from_the_second_step_on(family, generator):
    layer = SpatialTransformer(Localizer(1, family)).train()
    nn.init.normal_(layer.localizer.head[-1].weight, std=0.01)
    x = torch.rand(4, 1, 16, 16, generator=generator)
    layer(x).square().sum().backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_iterations_compose_and_sample_the_original_once(generator):
    x = torch.rand(2, 1, 30, 30, generator=generator)
    step = [0.9, 0.1, 0.05, -0.1, 0.9, 0.02]
    layer = SpatialTransformer(constant_localizer(step), iterations=3)
    affine = get_family("affine")
    theta = torch.tensor([step])
    expected = affine.compose(affine.compose(theta, theta), theta).expand(2, -1)
    torch.testing.assert_close(layer.locate(x), expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(layer(x), geometry.sample(x, affine.grid(expected, (30, 30))), rtol=0, atol=1e-4)
    assert len(explain(layer, x).stages) == 1


def test_theta_stays_float32_under_autocast(generator):
    x = torch.rand(2, 1, 28, 28, generator=generator)
    layer = SpatialTransformer(constant_localizer([1.0, 0, 0, 0, 1.0, 0]))
    with torch.autocast("cpu", torch.bfloat16):
        out = layer(x)
    torch.testing.assert_close(out, x, rtol=0, atol=1e-5)


def test_explain_leaves_no_hooks_and_changes_nothing(generator):
    x = torch.rand(2, 1, 16, 16, generator=generator)
    layer = SpatialTransformer(Localizer(1)).eval()
    seen = explain(layer, x)
    assert torch.equal(seen.logits, layer(x))
    assert not layer.sampler._forward_hooks
    assert explain(nn.Flatten(), x).stages == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"padding": "zero"}, "padding"),
        ({"out_size": (0, 4)}, "out_size"),
        ({"out_size": (4,)}, "out_size"),
        ({"iterations": 0}, "iterations"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(StnError, match=message):
        SpatialTransformer(Localizer(1), **options)


def test_a_spline_cannot_iterate():
    with pytest.raises(StnError, match="family of matrices"):
        SpatialTransformer(Localizer(1, "tps"), iterations=2)
