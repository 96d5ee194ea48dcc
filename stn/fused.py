"""Convolution, 2x2 max pooling and ReLU as one CPU function, for layers with a single input channel.

The CPU convolutions behind `conv2d` are built for 16 channels and more. With one they leave most of the processor idle,
above all in the gradient of the input. Here the three operations become matrix products of a shape that a CPU likes.

Layout: the batch is the last, contiguous dimension, so that every copy moves whole runs of B numbers. A row of pooled
output needs k+1 input rows, and two neighbouring rows of pooled output start 2 input rows apart. With the rows
outermost, the k+1 rows are one contiguous matrix, so nothing is copied in y; in x each 2-wide output tile gets its own
k+1 columns. One product with a (4*O, (k+1)*C*(k+1)) matrix, which holds the kernel at its four places in the tile, then
gives the four values that the pooling compares. That is (k+1)^2 / k^2 times the arithmetic of the convolution: 1.4 for
k=5, 1.3 for k=7.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable


def conv_pool_relu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """relu(max_pool2d(conv2d(x, weight, bias), 2)): stride 1, no padding, an odd last row or column is dropped.

    x (B, C, H, W), weight (O, C, k, k), bias (O,) -> (B, O, (H-k+1)//2, (W-k+1)//2). Follows autocast as `conv2d` does.
    Values and gradients are those of the plain operations up to rounding. Second derivatives are refused.
    """
    if not pays(x, weight):
        return F.relu(F.max_pool2d(F.conv2d(x, weight, bias), 2))
    if torch.is_autocast_enabled("cpu") and x.dtype != torch.float64:  # autocast leaves float64 alone
        dtype = torch.get_autocast_dtype("cpu")
        x, weight, bias = x.to(dtype), weight.to(dtype), bias.to(dtype)
    return ConvPoolRelu.apply(x, weight, bias)


def pays(x: Tensor, weight: Tensor) -> bool:
    """True for one input channel on the CPU. What is not a well-formed layer goes to `conv2d`, for its error messages.

    Measured against channels_last `conv2d`, forward and backward: with one channel the products take 40 to 95% of the
    time; with three, 85 to 130%; with ten and more they lose.
    """
    return (
        x.device.type == weight.device.type == "cpu"
        and x.dim() == weight.dim() == 4
        and len(x) > 0
        and x.shape[1] == weight.shape[1] == 1
        and x.shape[2] > weight.shape[2]
        and x.shape[3] > weight.shape[3]
    )


class ConvPoolRelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        (B, C, H, W), (O, _, kh, kw) = x.shape, weight.shape
        h, w = (H - kh + 1) // 2, (W - kw + 1) // 2  # size after pooling
        x = batch_last(x)  # (C, H, W, B)
        cols = x.as_strided((H, C, kw + 1, w, B), (W * B, H * W * B, B, 2 * B, 1)).contiguous()
        bank = weight.new_zeros(2, 2, O, kh + 1, C, kw + 1)
        places(bank, kh, kw).copy_(weight.transpose(1, 2))
        bank = bank.view(4 * O, -1)  # (4*O, K)
        y = torch.bmm(bank.expand(h, -1, -1), rows(cols, h, kh + 1)).view(h, 2, -1)
        halves = torch.maximum(y[:, 0], y[:, 1]).view(h, 2, -1)  # the larger of the two rows
        out = torch.maximum(halves[:, 0], halves[:, 1]).view(h, O, w, B)  # the larger of the two columns
        out = out.add_(bias.view(O, 1, 1)).relu_()
        ctx.save_for_backward(cols, bank, y, halves, out)
        ctx.sizes = x.shape, weight.shape
        return out.permute(3, 1, 0, 2)  # (B, O, h, w)

    @staticmethod
    @once_differentiable
    def backward(ctx, g: Tensor) -> tuple:
        cols, bank, y, halves, out = ctx.saved_tensors
        (C, H, W, B), (O, _, kh, kw) = ctx.sizes
        h, w = out.shape[0], out.shape[2]
        g = batch_last(g).transpose(0, 1)  # (h, O, w, B)
        g = gate(g, out).reshape(h, -1)
        g_bias = g.view(h, O, -1).sum((0, 2))
        g = split(split(g, halves).view(h, -1), y).view(h, 4 * O, -1)  # back to the four places

        g_bank = torch.bmm(g, rows(cols, h, kh + 1).transpose(1, 2)).sum(0).view(2, 2, O, kh + 1, C, kw + 1)
        g_weight = places(g_bank, kh, kw).sum((0, 1)).transpose(1, 2)
        if not ctx.needs_input_grad[0]:
            return None, g_weight, g_bias

        # Undo the overlaps by adding: first in y, where a block is a pair of whole rows, then in x, a pair of columns.
        g_rows = torch.bmm(bank.t().expand(h, -1, -1), g).view(h, kh + 1, -1)
        g_cols = torch.zeros_like(cols).view(H, -1)
        for i in range(kh + 1):
            g_cols[i : i + 2 * h : 2] += g_rows[:, i]
        g_cols = g_cols.view_as(cols)  # (H, C, kw+1, w, B)
        g_x = cols.new_zeros(C, H, W, B)
        for j in range(kw + 1):
            g_x[:, :, j : j + 2 * w : 2] += g_cols[:, :, j].transpose(0, 1)
        return g_x.permute(3, 0, 1, 2), g_weight, g_bias


def batch_last(x: Tensor) -> Tensor:
    """(B, C, H, W) -> contiguous (C, H, W, B). As a transposed matrix, because PyTorch has a fast copy for that."""
    return x.flatten(1).t().contiguous().view(*x.shape[1:], len(x))


def rows(cols: Tensor, h: int, n: int) -> Tensor:
    """(H, C, kw+1, w, B) -> (h, n*C*(kw+1), w*B): for each pooled row its n input rows, overlapping views, no copy."""
    row, N = cols[0].numel(), cols.shape[3] * cols.shape[4]
    return cols.as_strided((h, n * row // N, N), (2 * row, N, 1))


def places(bank: Tensor, kh: int, kw: int) -> Tensor:
    """The four places of the kernel in its tile, (2, 2, O, kh, C, kw), as a view of a bank (2, 2, O, kh+1, C, kw+1)."""
    py, px, o, y, c, x = bank.stride()
    return bank.as_strided((2, 2, bank.shape[2], kh, bank.shape[4], kw), (py + y, px + x, o, y, c, x))


def gate(g: Tensor, x: Tensor, out: Tensor = None) -> Tensor:
    """g where x > 0, else 0. One vectorised pass; a boolean mask and a product are four times slower."""
    if out is None:
        return torch.ops.aten.threshold_backward(g, x, 0)
    return torch.ops.aten.threshold_backward.grad_input(g, x, 0, grad_input=out)


def split(g: Tensor, pair: Tensor) -> Tensor:
    """The gradient of maximum(pair[:, 0], pair[:, 1]): g goes to the larger, to the first if they are equal."""
    out = torch.empty_like(pair)
    gate(g, pair[:, 1] - pair[:, 0], out[:, 1])
    torch.sub(g, out[:, 1], out=out[:, 0])
    return out
