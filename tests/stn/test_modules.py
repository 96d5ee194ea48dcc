import math

import pytest
import torch
from torch import nn

from stn import Localizer, SpatialTransformer, StnError, explain, geometry
from stn.families import FAMILY_NAMES, get_family
from stn.models import ReferenceLocalizer
from stn.zooming import QuarterTurnLocalizer, ZoomLocalizer


def constant_localizer(theta: list[float], family: str = "affine") -> nn.Module:
    """A localisation net that gives the same theta for every image."""
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


@pytest.mark.parametrize(
    ("padding", "columns"),
    [
        ("zeros", [3, 4, 5, 6, 7, None, None, None]),
        ("border", [3, 4, 5, 6, 7, 7, 7, 7]),
        ("reflection", [3, 4, 5, 6, 7, 7, 6, 5]),
    ],
)
def test_padding_fills_what_lies_outside(padding, columns, generator):
    x = torch.rand(1, 1, 8, 8, generator=generator)
    out = SpatialTransformer(constant_localizer([2 * 3 / 8, 0], "translation"), padding=padding)(x)
    expected = [torch.zeros(1, 1, 8) if c is None else x[..., c] for c in columns]
    torch.testing.assert_close(out, torch.stack(expected, dim=-1), rtol=0, atol=1e-5)


@pytest.mark.parametrize("family", FAMILY_NAMES)
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


def test_each_further_look_is_at_the_image_warped_so_far(generator):
    first, second = torch.tensor([[[0.5, -0.2, 0.3, 0.2, 0.8, 0.0]], [[0.9, 0.4, 0.0, 0.0, 0.7, -0.2]]])
    affine, seen = get_family("affine"), []

    class TwoLooks(nn.Module):
        family = affine

        def forward(self, x):
            seen.append(x)
            return (first, second)[len(seen) - 1]

    x = torch.rand(1, 1, 20, 30, generator=generator)
    theta = SpatialTransformer(TwoLooks(), padding="border", iterations=2).locate(x)
    warped = geometry.sample(x, affine.grid(first, (20, 30)), "border")
    assert torch.equal(seen[0], x)
    torch.testing.assert_close(seen[1], warped, rtol=0, atol=1e-5)
    torch.testing.assert_close(theta, affine.compose(first, second), rtol=0, atol=1e-6)
    assert not torch.allclose(theta, affine.compose(second, first), atol=0.05), "the order matters"


FINE = [1.003, 0.001, 0.0, -0.001, 1.003, 0.0]  # bfloat16 would make 1.0 of 1.003


@pytest.mark.parametrize("iterations", [1, 3])
def test_theta_is_exact_under_autocast(generator, iterations):
    x = torch.rand(2, 1, 28, 28, generator=generator)
    layer = SpatialTransformer(constant_localizer(FINE), iterations=iterations)
    exact, out = layer.locate(x), layer(x)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer.locate(x).dtype == torch.float32
        torch.testing.assert_close(layer.locate(x), exact, rtol=0, atol=1e-6)
        torch.testing.assert_close(layer(x), out, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "net", [Localizer(1), ZoomLocalizer(1), QuarterTurnLocalizer(1), ReferenceLocalizer(1, 28, (8, 10), 32)]
)
def test_the_last_layers_of_a_localisation_net_are_exact_under_autocast(generator, net):
    x = torch.rand(3, 1, 28, 28, generator=generator)
    last = [m for m in net.modules() if isinstance(m, nn.Linear) and m.out_features == 6][-1]
    with torch.no_grad():
        last.bias.copy_(torch.tensor(FINE))
    with torch.autocast("cpu", torch.bfloat16):
        theta = net(x)
    assert theta.dtype == torch.float32
    size = math.hypot(FINE[0], FINE[1]) if type(net) is ZoomLocalizer else 1  # which is not the fine net's to say
    torch.testing.assert_close(theta, torch.tensor([FINE]).expand(3, -1) / size, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_identity_of_a_spline_is_exact_in_half_precision(dtype):
    spline = get_family("tps")
    half = spline.identity(1, torch.float32).to(dtype)
    assert torch.equal(half, spline.identity(1, dtype))
    pixels = (spline.grid(half, (224, 224))[0] - geometry.base_grid((224, 224))).abs().max() * 112
    assert pixels < 1e-3
    moved = half.clone()
    moved[0, 0] += 0.25  # exactly representable
    assert spline.grid(moved, (224, 224))[0, 0, 0, 0].item() == pytest.approx(-0.75, abs=0.01)


@pytest.mark.parametrize("side", [28, 112])
def test_the_gradient_of_theta_can_be_scaled_by_the_size(side, generator):
    image = torch.nn.functional.interpolate(torch.rand(1, 1, 4, 4, generator=generator), size=side, mode="bicubic")

    def gradient(factor):
        layer = SpatialTransformer(constant_localizer([1.0, 0, 0, 0, 1, 0]), theta_gradient=factor)
        layer(image).square().sum().backward()
        return layer.localizer.head[-1].bias.grad

    torch.testing.assert_close(gradient("size"), gradient(1.0) * 28 / side)
    torch.testing.assert_close(gradient(0.1), gradient(1.0) / 10)


def test_a_bad_factor_for_the_gradient_is_refused():
    for factor in (0, -1, "pixels", None):
        with pytest.raises(StnError, match="theta_gradient"):
            SpatialTransformer(Localizer(1), theta_gradient=factor)


@pytest.mark.parametrize(("family", "shape"), [("affine", (2, 2, 3)), ("affine", (2, 5)), ("tps", (2, 18))])
def test_a_theta_of_another_shape_is_refused(family, shape):
    with pytest.raises(StnError, match=r"the family .* takes"):
        SpatialTransformer(Localizer(1, family)).warp(torch.zeros(2, 1, 8, 8), torch.zeros(shape))


def test_explain_leaves_no_hooks_and_changes_nothing(generator):
    x = torch.rand(2, 1, 16, 16, generator=generator)
    layer = SpatialTransformer(Localizer(1)).eval()
    seen = explain(layer, x)
    assert torch.equal(seen.logits, layer(x))
    assert not layer.sampler._forward_hooks
    assert explain(nn.Flatten(), x).stages == ()


def test_explain_copies_what_later_layers_work_on(generator):
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.stn = SpatialTransformer(constant_localizer([0.5, 0, 0, 0, 0.5, 0]))

        def forward(self, x):
            h = x.clone()
            h += self.stn(h)
            return h.mul_(2)

    x = torch.rand(2, 1, 16, 16, generator=generator)
    stage = explain(Residual(), x).stages[0]
    assert torch.equal(stage.input, x)
    assert torch.equal(stage.output, geometry.sample(x, stage.grid))


def test_explain_leaves_a_model_in_training_as_it_is(generator):
    x = torch.rand(1, 1, 8, 8, generator=generator)
    net = nn.Sequential(SpatialTransformer(Localizer(1)), nn.Dropout(0.5)).train()
    net[0].localizer.features.eval()  # frozen by its owner
    modes = [module.training for module in net.modules()]
    state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    logits = explain(net, x).logits
    assert [module.training for module in net.modules()] == modes
    assert all(torch.equal(tensor, state[name]) for name, tensor in net.state_dict().items())
    assert torch.equal(logits, net.eval()(x))
    net.train()
    explain(net, x)  # a batch norm in training refuses a single image
    assert all(torch.equal(tensor, state[name]) for name, tensor in net.state_dict().items())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"padding": "zero"}, "padding"),
        ({"out_size": (0, 4)}, "out_size"),
        ({"out_size": (4,)}, "out_size"),
        ({"out_size": (4, 4.0)}, "out_size"),
        ({"out_size": (True, True)}, "out_size"),
        ({"out_size": 4}, "out_size"),
        ({"iterations": 0}, "iterations"),
        ({"iterations": 1.5}, "iterations"),
        ({"iterations": True}, "iterations"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(StnError, match=message):
        SpatialTransformer(Localizer(1), **options)


def test_a_localizer_without_a_family_is_refused():
    named = nn.Linear(3, 6)
    named.family = "affine"
    for net in (nn.Linear(3, 6), named):
        with pytest.raises(StnError, match=r"a Linear, has no `family`"):
            SpatialTransformer(net)


@pytest.mark.parametrize("sizes", [{"in_channels": 0}, {"hidden": 0}, {"pool": 0}, {"shrink": 0}, {"shrink": 2.5}])
def test_sizes_from_which_no_localizer_can_be_made_are_refused(sizes):
    name, value = next(iter(sizes.items()))
    with pytest.raises(StnError, match=f"{name}={value}.*whole numbers from 1"):
        Localizer(**{"in_channels": 1} | sizes)


def test_a_layer_can_be_made_before_there_is_memory_for_it(generator):
    with torch.device("meta"):
        layer = SpatialTransformer(Localizer(1))
    made = SpatialTransformer(Localizer(1)).eval()
    layer.load_state_dict(made.state_dict(), assign=True)
    x = torch.rand(2, 1, 20, 20, generator=generator)
    assert torch.equal(layer.eval()(x), made(x))


@pytest.mark.parametrize("net", [Localizer, ZoomLocalizer, QuarterTurnLocalizer])
def test_shapes_are_known_without_numbers(net):
    with torch.device("meta"):
        layer = SpatialTransformer(net(1), out_size=(9, 11), average=True)
        assert layer(torch.empty(2, 1, 28, 28)).shape == (2, 1, 9, 11)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
@pytest.mark.parametrize("net", [Localizer, ZoomLocalizer, QuarterTurnLocalizer])
def test_a_layer_may_be_of_another_precision(net, dtype, generator):
    layer = SpatialTransformer(net(1)).eval().to(dtype)
    x = torch.rand(2, 1, 28, 28, generator=generator).to(dtype)
    assert layer(x).dtype == dtype
    torch.testing.assert_close(layer(x).double(), x.double(), rtol=0, atol=0.02)


def test_whole_numbers_are_not_cut_off():
    x = torch.arange(0, 256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    layer = SpatialTransformer(constant_localizer([1.0, 0, 0, 0, 1, 0]))
    torch.testing.assert_close(layer.warp(x, get_family("affine").identity()), x.float(), rtol=0, atol=1e-2)


@pytest.mark.parametrize(
    ("widths", "depths"), [((8, 8, 8), (1, 2)), ((8, 8, 8), (1, 2, 0)), ((8, 8, 8), (1, 1, 1.5)), ((), None)]
)
def test_depths_that_do_not_fit_the_widths_are_refused(widths, depths):
    with pytest.raises(StnError, match=r"widths .* and depths .* do not fit"):
        Localizer(1, widths=widths, depths=depths)


def test_a_spline_cannot_iterate():
    with pytest.raises(StnError, match="family of matrices"):
        SpatialTransformer(Localizer(1, "tps"), iterations=2)
