import pytest
import torch
import torch.nn.functional as F

from stn import fused
from stn.fused import conv_pool_relu


def plain(x, weight, bias):
    return F.relu(F.max_pool2d(F.conv2d(x, weight, bias), 2))


def layer(B, C, O, H, W, kh, kw, dtype=torch.float32):
    torch.manual_seed(0)
    return [
        t.requires_grad_()
        for t in (
            torch.randn(B, C, H, W, dtype=dtype),
            torch.randn(O, C, kh, kw, dtype=dtype) / (C * kh * kw) ** 0.5,
            torch.randn(O, dtype=dtype),
        )
    ]


def values_and_gradients(f, inputs):
    y = f(*inputs)
    g = torch.randn(y.shape, generator=torch.Generator().manual_seed(1)).to(y.dtype)
    return [y.detach(), *torch.autograd.grad(y, inputs, g)]


@pytest.fixture
def always(monkeypatch):
    """Take the fused path whatever the width."""
    monkeypatch.setattr(fused, "pays", lambda x, weight: True)


@pytest.mark.parametrize(
    "B, C, O, H, W, kh, kw",
    [
        (4, 1, 8, 28, 28, 7, 7),
        (4, 8, 10, 11, 11, 5, 5),
        (4, 1, 10, 28, 28, 5, 5),
        (4, 10, 20, 12, 12, 5, 5),
        (4, 3, 8, 32, 32, 7, 7),
        (3, 3, 10, 17, 22, 5, 5),
        (1, 1, 1, 8, 6, 5, 5),
        (5, 2, 3, 9, 13, 3, 3),
        (2, 3, 4, 10, 11, 4, 4),
        (2, 2, 3, 7, 9, 3, 6),
        (2, 1, 3, 9, 8, 1, 1),
    ],
)
def test_equals_the_plain_operations(always, B, C, O, H, W, kh, kw):
    inputs = layer(B, C, O, H, W, kh, kw, torch.float64)
    for got, want in zip(
        values_and_gradients(conv_pool_relu, inputs), values_and_gradients(plain, inputs), strict=True
    ):
        assert got.shape == want.shape
        torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-10)


def test_equals_the_plain_operations_in_float32(always):
    inputs = layer(64, 1, 10, 28, 28, 5, 5)
    y, gx, gw, gb = values_and_gradients(conv_pool_relu, inputs)
    want = values_and_gradients(plain, inputs)
    torch.testing.assert_close(y, want[0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(gw, want[2], rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(gb, want[3], rtol=1e-4, atol=1e-3)
    # Values that differ by rounding may swap places as the maximum, so the input's gradient is compared in the mean.
    assert (gx - want[1]).abs().mean() < 1e-4


@pytest.mark.parametrize("C, k", [(1, 3), (3, 2)])
def test_gradcheck(always, C, k):
    assert torch.autograd.gradcheck(conv_pool_relu, layer(2, C, 2, 7, 6, k, k, torch.float64))


def test_equal_values_give_their_gradient_once(always):
    x, weight, bias = layer(2, 1, 3, 8, 8, 3, 3, torch.float64)
    inputs = torch.zeros_like(x).requires_grad_(), weight, bias.detach().abs().requires_grad_()
    for got, want in zip(
        values_and_gradients(conv_pool_relu, inputs), values_and_gradients(plain, inputs), strict=True
    ):
        torch.testing.assert_close(got, want)


@pytest.mark.parametrize(
    "arrange",
    [
        lambda x: x.contiguous(memory_format=torch.channels_last),
        lambda x: x.permute(1, 2, 3, 0).contiguous().permute(3, 0, 1, 2),
        lambda x: x[:1].expand(4, -1, -1, -1),
        lambda x: x.flip(0)[1:],
    ],
)
def test_any_memory_layout(always, arrange):
    x, weight, bias = layer(4, 3, 4, 12, 12, 5, 5, torch.float64)
    x = arrange(x.detach())
    torch.testing.assert_close(conv_pool_relu(x, weight, bias), plain(x, weight, bias))


def test_two_layers_in_a_row(always):
    x, w1, b1 = layer(3, 1, 4, 20, 20, 5, 5, torch.float64)
    _, w2, b2 = layer(1, 4, 5, 8, 8, 3, 3, torch.float64)

    def net(f):
        return lambda *p: f(f(p[0], p[1], p[2]), p[3], p[4]).flatten(1)

    inputs = [x, w1, b1, w2, b2]
    for got, want in zip(
        values_and_gradients(net(conv_pool_relu), inputs), values_and_gradients(net(plain), inputs), strict=True
    ):
        torch.testing.assert_close(got, want)


def test_inputs_are_not_changed(always):
    inputs = layer(2, 1, 3, 8, 8, 3, 3)
    before = [t.detach().clone() for t in inputs]
    values_and_gradients(conv_pool_relu, inputs)
    assert all(torch.equal(a, b) for a, b in zip(inputs, before, strict=True))


def test_follows_autocast(always):
    inputs = layer(64, 1, 8, 28, 28, 7, 7)
    with torch.autocast("cpu", torch.bfloat16):
        got, want = values_and_gradients(conv_pool_relu, inputs), values_and_gradients(plain, inputs)
    exact = values_and_gradients(plain, inputs)
    for a, b, c in zip(got, want, exact, strict=True):
        assert a.dtype == b.dtype
        # bfloat16 keeps 8 bits, and a rounded maximum may change its place: the error is that of autocast itself.
        assert (a - c).square().mean().sqrt() < 1.5 * (b - c).square().mean().sqrt()


def test_second_derivative_is_refused(always):
    x, weight, bias = layer(2, 1, 2, 6, 6, 3, 3, torch.float64)
    (gx,) = torch.autograd.grad(conv_pool_relu(x, weight, bias).square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gx.sum().backward()


def nodes(y):
    return y.grad_fn.name()


def test_single_channel_layers_are_fused_and_wider_ones_are_not():
    assert "ConvPoolRelu" in nodes(conv_pool_relu(*layer(2, 1, 10, 28, 28, 5, 5)))
    assert "ConvPoolRelu" in nodes(conv_pool_relu(*layer(2, 1, 8, 28, 28, 7, 7)))
    for shape in [(2, 10, 20, 12, 12, 5, 5), (2, 64, 128, 13, 13, 5, 5), (2, 3, 64, 32, 32, 7, 7)]:
        inputs = layer(*shape)
        y = conv_pool_relu(*inputs)
        assert "ConvPoolRelu" not in nodes(y)
        assert torch.equal(y, plain(*inputs))


def test_other_devices_use_the_plain_operations():
    inputs = [t.detach().to("meta").requires_grad_() for t in layer(2, 1, 10, 28, 28, 5, 5)]
    y = conv_pool_relu(*inputs)
    assert "ConvPoolRelu" not in nodes(y) and y.shape == (2, 10, 12, 12)


def test_malformed_layers_fail_as_conv2d_does():
    for shape in [(1, 1, 2, 4, 4, 5, 5), (1, 1, 2, 5, 5, 5, 5)]:
        with pytest.raises(RuntimeError):
            conv_pool_relu(*layer(*shape))
    x, weight, bias = layer(1, 1, 2, 8, 8, 3, 3)
    with pytest.raises(RuntimeError):
        conv_pool_relu(x.expand(-1, 2, -1, -1), weight, bias)
    assert conv_pool_relu(x[:0], weight, bias).shape == (0, 2, 3, 3)
