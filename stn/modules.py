"""The layers: a localisation net, and the spatial transformer that uses one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from stn import geometry
from stn.errors import StnError
from stn.families import Family, get_family, is_count


class Localizer(nn.Module):
    """A localisation net for images or feature maps of any size and any number of channels.

    Convolutions with pooling, brought to `pool` x `pool` cells, then two linear layers. The last has zero weights and
    the identity as its bias, so that training starts from an unchanged image (Jaderberg et al. 2015, section 4.2).
    Maps (B, in_channels, H, W) to theta (B, family.n_params). In training, batch norm needs more than one value a
    channel: a batch of one image of 8x8 pixels or less, which the poolings bring to 1x1, is refused.

    Args:
        widths, depths: channels of each stage, and its number of convolutions (1 each if None); see `conv_stages`.
        hidden: units between the two linear layers.
        shrink: sees the image averaged over shrink x shrink pixels, which is cheaper.
        start: the theta that it starts with, as many numbers as the family has; None for the identity.

    Raises StnError for an unknown family, a start of another length, and sizes that are no whole numbers from 1.

    Example:
        >>> localizer = Localizer(in_channels=1, family="similarity")
        >>> localizer(torch.zeros(2, 1, 28, 28)).detach()
        tensor([[1., 0., 0., 0.],
                [1., 0., 0., 0.]])
    """

    def __init__(
        self,
        in_channels: int,
        family: str | Family = "affine",
        widths: tuple[int, ...] = (16, 32, 32),
        depths: tuple[int, ...] | None = None,
        hidden: int = 64,
        pool: int = 4,
        shrink: int = 1,
        start: Sequence[float] | None = None,
    ):
        super().__init__()
        sizes = {"in_channels": in_channels, "hidden": hidden, "pool": pool, "shrink": shrink}
        if not all(map(is_count, sizes.values())):
            raise StnError(f"{', '.join(f'{k}={v!r}' for k, v in sizes.items())}: give whole numbers from 1.")
        self.family = get_family(family) if isinstance(family, str) else family
        self.features = nn.Sequential(
            nn.AvgPool2d(shrink, ceil_mode=True) if shrink > 1 else nn.Identity(),
            *itertools.chain(*conv_stages(in_channels, widths, depths)),
            nn.AdaptiveAvgPool2d(pool),
            nn.Flatten(),
        )
        # LayerNorm and GELU keep the units alive where ReLUs die and theta freezes for good.
        self.head = nn.Sequential(
            nn.Linear(widths[-1] * pool**2, hidden),
            nn.LayerNorm(hidden),
            nn.GELU(),
            start_at_identity(nn.Linear(hidden, self.family.n_params), self.family, start),
        )

    def forward(self, x: Tensor) -> Tensor:
        return exact_head(self.head, self.features(x))  # (B, n)


def exact_head(head: nn.Module, features: Tensor) -> Tensor:
    """theta (B, n) from the last layers of a localisation net, in the weights' own precision even under autocast.

    In bfloat16, theta near 1 moves in steps of 1/256: an eighth of a pixel and more, and nothing below is ever learnt.
    """
    with geometry.no_autocast(features.device):
        return head(features.to(next(head.parameters()).dtype))


def conv_stages(
    in_channels: int, widths: tuple[int, ...], depths: tuple[int, ...] | None = None
) -> list[list[nn.Module]]:
    """Stages of 3x3 convolutions, each with batch norm and ReLU; a stage's last one pools 2x2, rounding up."""
    depths = depths or (1,) * len(widths)
    if not widths or len(depths) != len(widths) or not all(map(is_count, (*widths, *depths))):
        raise StnError(f"widths {widths} and depths {depths} do not fit: give whole numbers from 1, one per stage.")
    stages = []
    for width, depth in zip(widths, depths, strict=True):
        layers: list[nn.Module] = []
        for i in range(depth):
            layers.append(nn.Conv2d(in_channels, width, 3, padding=1, bias=False))
            if i == depth - 1:
                # Before the norm: it costs a quarter there. Rounding up, a 1x1 map stays 1x1.
                layers.append(nn.MaxPool2d(2, ceil_mode=True))
            layers += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            in_channels = width
        stages.append(layers)
    return stages


def start_at_identity(linear: nn.Linear, family: Any, start: Sequence[float] | None = None) -> nn.Linear:
    """The layer with zero weights and the family's identity as its bias, or `start`."""
    values = family.identity(device="cpu")[0].tolist() if start is None else list(start)
    if len(values) != family.n_params:
        raise StnError(f"The start has {len(values)} numbers; the family {family.name!r} takes {family.n_params}.")
    return start_at(linear, values)


def start_at(linear: nn.Linear, values: Sequence[float]) -> nn.Linear:
    """The layer with zero weights and `values` as its bias, so that it says these whatever it sees."""
    nn.init.zeros_(linear.weight)
    with torch.no_grad():
        linear.bias.copy_(torch.tensor(values))
    return linear


def dimensions(family: Any) -> int:
    """2 for families of images, 3 for those of volumes."""
    return getattr(family, "dims", 2)


class Sampler(nn.Module):
    """Grid generator and sampler in one: images (B, C, H, W) and theta (B, n) to (B, C, h, w). Has no weights.

    A module of its own, so that `stn.explain` can watch what goes in and out of it.
    """

    def __init__(
        self,
        family: Any,  # a Family, or a VolumeFamily
        out_size: tuple[int, ...] | None,
        padding: geometry.Padding = "zeros",
        average: bool | str = False,
        mode: str = "bilinear",
    ):
        super().__init__()
        self.family, self.out_size, self.padding, self.average, self.mode = family, out_size, padding, average, mode

    def grid(self, x: Tensor, theta: Tensor) -> Tensor:
        """The sampling grid (B, h, w, 2), in float32 or better even under autocast."""
        dims = dimensions(self.family)
        if x.ndim != dims + 2:
            raise StnError(f"The family {self.family.name!r} takes {dims + 2} dimensions, not {tuple(x.shape)}.")
        known = geometry.aspect_of(x) if dims == 2 else tuple(x.shape[2:])
        return self.family.grid(theta, self.out_size or tuple(x.shape[2:]), known)

    def read(self, x: Tensor, grid: Tensor) -> Tensor:
        """Images (B, C, H, W) at the points of a grid (B, h, w, 2), in the images' precision."""
        out = geometry.sample(x, grid, self.padding, self.average, self.mode)
        return out.to(x.dtype) if x.is_floating_point() else out  # 254.9999 is not to become 254

    def forward(self, x: Tensor, theta: Tensor) -> Tensor:
        return self.read(x, self.grid(x, theta))

    def extra_repr(self) -> str:
        options = f"padding={self.padding!r}, average={self.average!r}, mode={self.mode!r}"
        return f"{self.family.name}, out_size={self.out_size}, {options}"


class SpatialTransformer(nn.Module):
    """A spatial transformer layer (Jaderberg et al. 2015): tensor to tensor, (B, C, H, W) to (B, C, h, w).

    Args:
        localizer: any module with a `family` that maps (B, C, H, W) to theta (B, family.n_params).
        out_size: (h, w) of the output; None keeps the input's.
        padding: what lies outside the input: "zeros", "border", "reflection", "mean", a number, or one a channel.
        average: average the pixels that an output pixel covers where the transformer shrinks; "anisotropic" where it
            squeezes along one axis, too (see `geometry.sample`).
        iterations: more than 1 runs the same localizer that often, each time on the image warped so far, and
            composes the results; the original is sampled once, by the composition (inverse compositional STN, Lin and
            Lucey 2017). Needs a family of matrices. Three take more than three times as long to train: from the second
            on, the gradient goes through the image that the localizer sees as well, which costs a CPU, at its first
            convolution, about ten times that convolution. Without a gradient they take three times as long.
        mode: "nearest", "bilinear" or "bicubic"; with "nearest", theta gets no gradient.
        theta_gradient: a factor for the gradient of theta, or "size" for 28 / sqrt(H W) of the input: theta counts in
            half-sides, so its gradient grows with the image's side, and what was right for MNIST's 28 pixels stays so.
            It matters to SGD and to clipping; Adam takes any factor for the same. Or give the localizer a learning rate
            of its own: on digits at 8x8 pixels, the classifier's left 7 degrees of the rotation after 600 steps, a
            tenth of it 21 to 24, the same with pose supervision 2.3; on images of 48x188, the same rate ended black.

    theta of rotations and similarities turns the pixels: squares stay squares in an image that is not one.
    A NaN in theta gives NaN, of that image alone. For volumes (B, C, D, H, W) see `stn.VolumeLocalizer`.

    Raises StnError for a localizer without a family, an unknown padding or mode, a bad size, factor or number of
    iterations, or a family that cannot compose.

    Example:
        >>> layer = SpatialTransformer(Localizer(in_channels=1, family="affine"), out_size=(20, 20))
        >>> layer(torch.zeros(8, 1, 28, 28)).shape
        torch.Size([8, 1, 20, 20])
        >>> network = nn.Sequential(layer, nn.Flatten(), nn.Linear(20 * 20, 10))  # anywhere in a network
        >>> network(torch.zeros(8, 1, 28, 28)).shape
        torch.Size([8, 10])
    """

    def __init__(
        self,
        localizer: nn.Module,
        out_size: tuple[int, ...] | None = None,
        padding: geometry.Padding = "zeros",
        average: bool | str = False,
        iterations: int = 1,
        mode: str = "bilinear",
        theta_gradient: float | str = 1.0,
    ):
        super().__init__()
        geometry.check_sampling(padding, mode, average)
        family: Any = getattr(localizer, "family", None)
        if not isinstance(family, Family) and not hasattr(family, "dims"):
            raise StnError(
                f"The localizer, a {type(localizer).__name__}, has no `family` that says what its theta means; give it "
                "one, such as get_family('affine')."
            )
        sides = ("depth", "height", "width")[-dimensions(family) :]
        if out_size is not None and not (
            isinstance(out_size, tuple | list) and len(out_size) == len(sides) and all(map(is_count, out_size))
        ):
            raise StnError(f"out_size is ({', '.join(sides)}) in pixels, or None to keep the size; not {out_size!r}.")
        if len(sides) == 3 and (average or mode == "bicubic"):
            raise StnError(
                "A volume is read without averaging, nearest or bilinear; set average=False and another mode."
            )
        if not is_count(iterations) or (iterations > 1 and not family.is_matrix):
            raise StnError(
                f"{iterations} iterations of the family {family.name!r} are not possible: give 1, or more "
                "than 1 with a family of matrices, whose results compose."
            )
        if theta_gradient != "size" and not (isinstance(theta_gradient, int | float) and theta_gradient > 0):
            raise StnError(f"theta_gradient is a factor above 0, or 'size'; not {theta_gradient!r}.")
        self.localizer = localizer
        self.iterations = iterations
        self.theta_gradient = theta_gradient
        self.sampler = Sampler(family, None if out_size is None else tuple(out_size), padding, average, mode)

    @property
    def family(self) -> Family:
        return self.sampler.family

    def locate(self, x: Tensor) -> Tensor:
        """theta (B, n) for images (B, C, H, W): where in the input to read."""
        theta = self._said(x)  # (B, n)
        if not self.family.is_matrix:
            return theta
        aspect = geometry.aspect_of(x)
        for _ in range(self.iterations - 1):
            grid = self.family.grid(theta, geometry.size_of(x), aspect)
            theta = self.family.compose(theta, self._said(self.sampler.read(x, grid).to(x.dtype)), aspect)
        return theta

    def _said(self, x: Tensor) -> Tensor:
        """theta (B, n) as the localizer says it, its gradient times `theta_gradient`."""
        theta = self.localizer(x)
        if self.theta_gradient == 1:
            return theta
        side = math.prod(x.shape[2:]) ** (1 / len(x.shape[2:]))
        factor = 28 / side if isinstance(self.theta_gradient, str) else self.theta_gradient
        return theta.detach() + factor * (theta - theta.detach())

    def warp(self, x: Tensor, theta: Tensor) -> Tensor:
        """Images (B, C, H, W) sampled where theta (B, n) says: (B, C, h, w)."""
        return self.sampler(x, theta)

    def forward(self, x: Tensor) -> Tensor:
        return self.warp(x, self.locate(x))
