"""Reading images at the points of a grid. See `stn.geometry`, which holds these names too, for the convention."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from stn.config import PADDINGS
from stn.errors import StnError, unknown
from stn.precision import as_float, no_autocast, values_are_unknown

ALIGN_CORNERS = False
FILLS = (*PADDINGS, "mean")
MODES = ("nearest", "bilinear", "bicubic")
ANISOTROPIC = "anisotropic"  # a way to average
MAX_MIP_LEVEL = 3
PROBES = 4  # samples side by side where an image shrinks more along one axis
FAR = 1e6  # half-widths: where infinite points, and those beyond, count to be
Padding = str | float | Sequence[float]


def check_sampling(padding: Padding, mode: str, average: bool | str = False) -> None:
    """Raises StnError for a padding, a mode or a way to average that `sample` does not know."""
    if average not in (False, True, ANISOTROPIC):
        raise StnError(f"average is {average!r}; give True, False or {ANISOTROPIC!r}.")
    if isinstance(padding, str):
        if padding not in FILLS:
            raise unknown("padding", padding, FILLS)
    elif not all(isinstance(v, Real) and math.isfinite(v) for v in _numbers(padding)):
        raise StnError(f"The padding is {padding!r}; give one of {', '.join(FILLS)}, a number, or one a channel.")
    if mode not in MODES:
        raise unknown("mode", mode, MODES)


def _numbers(padding: object) -> Sequence[object]:
    return padding if isinstance(padding, list | tuple) and padding else [padding]


def sample(
    images: Tensor,
    grid: Tensor,
    padding: Padding = "zeros",
    average: bool | str = False,
    mode: str = "bilinear",
) -> Tensor:
    """Samples (B, C, h, w) of `images` (B, C, H, W) at `grid` (B, h, w, 2) (Jaderberg et al. 2015, eq. 5).

    Args:
        padding: what lies outside: "zeros", "border" (the nearest pixel), "reflection", "mean" (each channel's, of each
            image), a number, or a number a channel, as for the background of images that are normalised.
        average: True averages where an image shrinks instead of skipping over pixels: trilinear mip-mapping (Williams
            1983), one level an image, alike along both axes, so that an image squeezed along one is blurred along the
            other as well. "anisotropic" keeps that one sharp: an image that shrinks more along one axis of the output,
            from 1.4 times on and wholly from twice to four times, is read four times along that axis, at the level of
            the other. Where nothing shrinks, both change nothing. To the gradient the level is a constant: that of
            theta is not quite the output's.
        mode: "nearest" (whose gradient to the grid is 0), "bilinear" or "bicubic".

    Points that are infinite or beyond 1e6 half-widths count as that far away, with a gradient of 0; a NaN gives NaN.
    Volumes (B, C, D, H, W) with a grid (B, d, h, w, 3) are read alike, neither averaged nor bicubic.
    Raises StnError for an unknown padding or mode.

    Example:
        >>> from stn.geometry import affine_grid
        >>> image = torch.arange(4.0).view(1, 1, 2, 2)
        >>> turn = torch.tensor([[[-1.0, 0, 0], [0, -1, 0], [0, 0, 1]]])  # by 180 degrees
        >>> sample(image, affine_grid(turn, (2, 2)))
        tensor([[[[3., 2.],
                  [1., 0.]]]])
    """
    check_sampling(padding, mode, average)
    if images.ndim == 5 and (average or mode == "bicubic"):
        raise StnError("A volume is read without averaging, nearest or bilinear; set average=False and another mode.")
    with no_autocast(images.device):
        grid, lost = bring_back(as_float(grid))
        dtype = torch.promote_types(as_float(images).dtype, grid.dtype)
        images, grid = images.to(dtype), grid.to(dtype)
        if padding in PADDINGS:
            out = _read(images, grid, padding, average, mode)
        else:
            fill = fill_values(images, padding)
            out = _read(images - fill, grid, "zeros", average, mode) + fill
        return out if lost is None else torch.where(lost[:, None], math.nan, out)


def fill_values(images: Tensor, padding: Padding) -> Tensor:
    """What a padding that is a value, or the mean, puts outside: (1 or B, 1 or C, 1, 1), of volumes one 1 more."""
    axes = tuple(range(2, images.ndim))
    if padding == "mean":
        return images.mean(axes, keepdim=True)
    values = images.new_tensor(_numbers(padding)).view(1, -1, *[1] * len(axes))
    if values.shape[1] not in (1, images.shape[1]):
        raise StnError(f"The padding has {values.shape[1]} numbers for {images.shape[1]} channels; give one a channel.")
    return values


def bring_back(grid: Tensor) -> tuple[Tensor, Tensor | None]:
    """The grid without infinite, far or missing points, and where points are missing, (B, h, w); None for nowhere.

    With what is not finite, or far beyond what an integer counts, `grid_sample` reads memory that is not its own, also
    in its gradient (torch 2.13).
    """
    if not values_are_unknown(grid) and grid.numel():
        low, high = (bound.item() for bound in grid.detach().aminmax())  # NaN where there is one
        if low >= -FAR and high <= FAR:
            return grid, None
    # A NaN's place does not matter. Its gradient is 0 here: it is the output's NaN that says what is wrong.
    return grid.nan_to_num(nan=0.0, posinf=FAR, neginf=-FAR).clamp(-FAR, FAR), grid.isnan().any(-1)


def _read(images: Tensor, grid: Tensor, padding: str, average: bool | str, mode: str) -> Tensor:
    options: dict[str, Any] = {"mode": mode, "padding_mode": padding, "align_corners": ALIGN_CORNERS}
    if not average:
        return F.grid_sample(images, grid, **options)
    anisotropic = average == ANISOTROPIC
    shrinks = shrinking(grid.detach(), images.shape[-2:], anisotropic)
    levels, probes = MAX_MIP_LEVEL, PROBES if anisotropic else 1
    if not values_are_unknown(grid):
        levels, probes = shrinks.most()

    def read(source: Tensor) -> Tensor:
        if probes == 1:
            return F.grid_sample(source, grid, **options)
        points = [grid + offset[:, None, None] for offset in shrinks.offsets()]
        return torch.stack([F.grid_sample(source, at, **options) for at in points]).mean(0)

    out = read(images)  # (B, C, h, w)
    level = shrinks.level[:, None, None, None]  # (B, 1, 1, 1)
    for i in range(1, 1 + levels):
        out = torch.lerp(out, read(halved(images, i)), (level - (i - 1)).clamp(0, 1))
    return out


class Shrinking(NamedTuple):
    """How much each image of a batch shrinks on a grid."""

    level: Tensor  # (B,), log2 of how many input pixels a sample is to cover each way, from 0 to MAX_MIP_LEVEL
    longer: Tensor  # (B,), log2 of how many times as many the longer way
    step: Tensor  # (B, 2), from one sample to the next that way, in half-widths

    def most(self) -> tuple[int, int]:
        """The number of levels and of probes that the batch needs."""
        if not len(self.level):
            return 0, 1
        level, longer = torch.stack([self.level.amax(), self.longer.amax()]).tolist()
        if math.isnan(level + longer):
            return 0, 1
        return math.ceil(level), PROBES if longer else 1

    def offsets(self) -> list[Tensor]:
        """Where to sample instead of at one point: `PROBES` offsets (B, 2), in half-widths.

        Each probe covers 2^-longer of the step, so that all together cover the step.
        """
        step = self.step * ((1 - 2**-self.longer) / (1 - 1 / PROBES))[:, None]  # (B, 2)
        return [step * ((i + 0.5) / PROBES - 0.5) for i in range(PROBES)]


def shrinking(grid: Tensor, in_size: Sequence[int], anisotropic: bool = False) -> Shrinking:
    """How much images of `in_size` = (H, W) shrink on a grid (B, h, w, 2), by the mean distance of its samples.

    A sample without a neighbour along an axis counts as one for the whole height or width.
    """
    height, width = in_size
    edges = (grid[:, -1:] - grid[:, :1], grid[:, :, -1:] - grid[:, :, :1])  # from top to bottom, from left to right
    steps = []
    for edge, n, pixels in zip(edges, grid.shape[1:3], in_size, strict=True):
        x, y = edge[..., 0] * (width / 2), edge[..., 1] * (height / 2)
        length = (x.square() + y.square()).sqrt().flatten(1).mean(1)  # torch.hypot has no ONNX translation
        steps.append(length / (n - 1) if n > 1 else torch.zeros_like(grid[:, 0, 0, 0]) + pixels)
    down, right = steps  # (B,) each
    # The rounding of an exact identity must not count as shrinking, or it would blur.
    level = torch.log2(torch.maximum(down, right).clamp(min=1 + 1e-4) - 1e-4)  # (B,)
    longer, step = torch.zeros_like(level), torch.zeros_like(grid[:, 0, 0])
    if anisotropic and grid.shape[1] > 1 and grid.shape[2] > 1:
        ratio = level - torch.log2(torch.minimum(down, right).clamp(min=1 + 1e-4) - 1e-4)
        ratio = ratio.clamp(max=math.log2(PROBES))
        longer = ratio * (2 * ratio - 1).clamp(0, 1)  # gently: from nothing at half an octave to all at one
        below, beside = (edge.flatten(1, 2).mean(1) / (n - 1) for edge, n in zip(edges, grid.shape[1:3], strict=True))
        step = torch.where((down > right)[:, None], below, beside)
    return Shrinking((level - longer).clamp(0, MAX_MIP_LEVEL), longer, step)


def mip_level(grid: Tensor, in_size: Sequence[int]) -> Tensor:
    """log2 of how many pixels of images of `in_size` = (H, W) a sample of a grid (B, h, w, 2) covers, from 0: (B,)."""
    return shrinking(grid, in_size).level


def halved(images: Tensor, times: int) -> Tensor:
    """Images (B, C, H, W) averaged over cells of about 2^times pixels each way, as many as it takes to cover them.

    Where that does not divide a side, its cells are all a little smaller, so that they lie evenly from edge to edge.
    """
    cells = 2**times
    if not torch.jit.is_tracing() and all(type(n) is int and n % cells == 0 for n in images.shape[-2:]):
        return F.interpolate(images, size=[n // cells for n in images.shape[-2:]], mode="area")
    down, right = (_cell_weights(n, (n + cells - 1) // cells, images) for n in images.shape[-2:])
    return (images.mT @ down.mT).mT @ right.mT


def _cell_weights(size: int, cells: int, like: Tensor) -> Tensor:
    """The matrix (cells, size) that takes the means of `size` pixels over `cells` cells, parts of pixels included."""
    pixels, edges = (torch.arange(n, dtype=torch.float64, device=like.device) for n in (size, cells))
    low = edges[:, None] * size / cells  # (cells, 1)
    covered = torch.minimum(low + size / cells, pixels + 1) - torch.maximum(low, pixels)
    return (covered.clamp(min=0) * cells / size).to(like.dtype)
