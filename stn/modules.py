"""The layers: a localisation net, and the spatial transformer that uses one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from stn import geometry
from stn.errors import StnError, unknown
from stn.families import ROTATION, SIMILARITY, Family, get_family, is_count


class Localizer(nn.Module):
    """A localisation net for pictures or feature maps of any size and any number of channels.

    Convolutions with pooling, brought to `pool` x `pool` cells, then two linear layers. The last has zero weights and
    the identity as its bias, so that training starts from an unchanged picture (Jaderberg et al. 2015, section 4.2).
    Maps (B, in_channels, H, W) to theta (B, family.n_params). In training, batch norm needs more than one value a
    channel: a batch of one picture of 8x8 pixels or less, which the poolings bring to 1x1, is refused.

    Args:
        widths, depths: channels of each stage, and its number of convolutions (1 each if None); see `conv_stages`.
        hidden: units between the two linear layers.
        shrink: looks at the picture averaged over shrink x shrink pixels, which is cheaper.
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
    ):
        super().__init__()
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
            start_at_identity(nn.Linear(hidden, self.family.n_params), self.family),
        )

    def forward(self, x: Tensor) -> Tensor:
        return exact_head(self.head, self.features(x))  # (B, n)


class ZoomLocalizer(nn.Module):
    """A localisation net in two steps, coarse to fine: one finds the object, the other looks at it closely.

    `coarse`, of the family "attention" (Jaderberg et al. 2015, eq. 2), sees the whole picture averaged over 2x2 pixels
    and says where the object is and how large. A window is cut out there; `fine` sees it, with the object in the
    middle and of one size, and says how it lies. The two are composed. How a thing is turned is far easier to learn
    where it does not also move about. The size of the frame is the coarse net's alone: a net that is unsure how a thing
    is turned gives the mean of several turns, a smaller frame. Starts at the identity, as `Localizer` does.
    Maps (B, in_channels, H, W) to theta (B, family.n_params).

    Args:
        window: side of the window in pixels; what of it lies outside the picture is 0.
        fine: what `Localizer` takes, for the second net.

    Raises StnError for a family that cannot zoom (one that does not turn, scale and shift), and for a window that is no
    whole number from 1.
    """

    zooming = ("similarity", "affine", "projective", "tps")  # families that turn, scale and shift
    coarse_family = "attention"

    def __init__(self, in_channels: int, family: str | Family = "affine", window: int = 28, **fine):
        super().__init__()
        self.fine = Localizer(in_channels, family, **fine)
        if self.family.name not in self.zooming:
            raise unknown("family that can zoom", self.family.name, self.zooming)
        if not is_count(window):
            raise StnError(f"The window is {window!r}; give its side in pixels, a whole number from 1.")
        self.coarse = Localizer(in_channels, self.coarse_family, (16, 32, 48), (1, 1, 2), shrink=2)
        self.window = window

    @property
    def family(self) -> Family:
        return self.fine.family

    def forward(self, x: Tensor) -> Tensor:
        found, window = self.look(x)
        theta = self.fine(window)
        frame = self.family.grid(theta, (3, 3)).flatten(1, 2)  # (B, 9, 2)
        grow = 1 / geometry.growth(geometry.base_grid((3, 3), device=x.device).reshape(-1, 2), frame)[:, None]  # (B, 1)
        regrown = self.coarse.family.matrix(torch.cat([grow, frame.mean(1) * (1 - grow)], dim=1))
        return self.family.within(theta, geometry.product(found, regrown))  # (B, n)

    def look(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the coarse net finds, as matrices (B, 3, 3), and the window (B, C, window, window) cut out there."""
        found = self.window_matrix(self.coarse(x))
        # The fine net's errors are not to move the window: that is the composition's to say.
        grid = geometry.affine_grid(found.detach(), (self.window, self.window))
        return found, geometry.sample(x, grid, average=True).to(x.dtype)

    def window_matrix(self, said: Tensor) -> Tensor:
        """The window's matrices (B, 3, 3) from what the coarse net says."""
        return self.coarse.family.matrix(said)


class SideLocalizer(ZoomLocalizer):
    """A localisation net in two steps for pictures with straight edges: one finds them, the other says which is up.

    The edges give away where a picture is, how large and how turned, all but quarter turns: that `coarse` learns soon.
    Which of the four sides is up, only the content tells (Gidaris et al. 2018 teach whole networks by that question
    alone). So the window is cut out along the edges, `fine` mends the frame, and `sides` weighs the four quarter turns,
    which a net learns far better as classes than as an angle. The frame is turned by their mean direction, which mostly
    moves as gently as the picture does, or by the likeliest one. Starts at the identity. Maps (B, in_channels, H, W) to
    theta (B, family.n_params).

    Takes and raises what `ZoomLocalizer` does, and `decides`: whether the likeliest side is up. A net that is unsure
    then shows the classifier an upright picture more often than a slanted one, but labels alone do not teach it the
    sides, and its theta jumps where another side becomes likelier. The family is one of matrices.
    """

    zooming = ("similarity", "affine", "projective")
    coarse_family = "similarity"

    def __init__(
        self, in_channels: int, family: str | Family = "affine", window: int = 28, decides: bool = False, **fine
    ):
        super().__init__(in_channels, family, window, **fine)
        self.decides = decides
        hidden = self.fine.head[-1].in_features
        self.sides = nn.Sequential(nn.Linear(hidden + 2, 32), nn.GELU(), start_at(nn.Linear(32, 4), [3.0, 0, 0, 0]))

    def window_matrix(self, said: Tensor) -> Tensor:
        """As `ZoomLocalizer`'s, along the edges: turned by a quarter of the angle of the similarity that is said.

        So the four turns that look the same are said alike; of these the window takes the one within 45 degrees.
        """
        c, s, x, y = said.unbind(1)
        scale, turn = torch.hypot(c, s), torch.atan2(s, c) / 4
        return SIMILARITY.matrix(torch.stack([scale * turn.cos(), scale * turn.sin(), x, y], dim=1))

    def forward(self, x: Tensor) -> Tensor:
        found, window = self.look(x)
        features = self.fine.features(window)
        with torch.autocast(x.device.type, enabled=False):
            hidden = exact_head(self.fine.head[:-1], features)
            frame = geometry.product(found, self.family.matrix(self.fine.head[-1](hidden)))
            # Some turns may be likelier than others: in pictures turned to the left, the left side is seldom up.
            turn = 2 * geometry.polar(found.detach())[0][:, None]
            sides = self.sides(torch.cat([hidden, turn.cos(), turn.sin()], dim=1))
        return self.family.from_matrix(geometry.product(frame, ROTATION.matrix(self.turn(sides)[:, None])))

    def turn(self, sides: Tensor) -> Tensor:
        """The angle (B,) in radians by which the frame is turned, from the logits `sides` (B, 4)."""
        return sides.argmax(1).to(sides.dtype) * (math.pi / 2) if self.decides else mean_turn(sides)


def mean_turn(sides: Tensor) -> Tensor:
    """The mean direction (B,) in radians of turns by 0, 90, 180 and 270 degrees, whose logits are `sides` (B, 4)."""
    right, down, left, up = sides.softmax(1).unbind(1)
    return torch.atan2(down - up, right - left)


def exact_head(head: nn.Sequential, features: Tensor) -> Tensor:
    """theta (B, n) from the last layers of a localisation net, in the weights' own precision even under autocast.

    In bfloat16, theta near 1 moves in steps of 1/256: an eighth of a pixel and more, and nothing below is ever learnt.
    """
    with torch.autocast(features.device.type, enabled=False):
        return head(features.to(head[0].weight.dtype))


def conv_stages(
    in_channels: int, widths: tuple[int, ...], depths: tuple[int, ...] | None = None
) -> list[list[nn.Module]]:
    """Stages of 3x3 convolutions, each with batch norm and ReLU; a stage's last one pools 2x2, rounding up."""
    depths = depths or (1,) * len(widths)
    if not widths or len(depths) != len(widths) or not all(map(is_count, (*widths, *depths))):
        raise StnError(f"widths {widths} and depths {depths} do not fit: give whole numbers from 1, one a stage.")
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


def start_at_identity(linear: nn.Linear, family: Family) -> nn.Linear:
    """The layer with zero weights and the family's identity as its bias."""
    return start_at(linear, family.identity()[0].tolist())


def start_at(linear: nn.Linear, values: Sequence[float]) -> nn.Linear:
    """The layer with zero weights and `values` as its bias, so that it says these whatever it sees."""
    nn.init.zeros_(linear.weight)
    with torch.no_grad():
        linear.bias.copy_(torch.tensor(values))
    return linear


class Sampler(nn.Module):
    """Grid generator and sampler in one: pictures (B, C, H, W) and theta (B, n) to (B, C, h, w). Has no weights.

    A module of its own, so that `stn.explain` can watch what goes in and out of it.
    """

    def __init__(self, family: Family, out_size: tuple[int, int] | None, padding: str, average: bool):
        super().__init__()
        self.family, self.out_size, self.padding, self.average = family, out_size, padding, average

    def grid(self, x: Tensor, theta: Tensor) -> Tensor:
        """The sampling grid (B, h, w, 2), in float32 or better even under autocast."""
        return self.family.grid(theta, self.out_size or tuple(x.shape[-2:]))

    def forward(self, x: Tensor, theta: Tensor) -> Tensor:
        return geometry.sample(x, self.grid(x, theta), self.padding, self.average).to(x.dtype)

    def extra_repr(self) -> str:
        return f"{self.family.name}, out_size={self.out_size}, padding={self.padding!r}, average={self.average}"


class SpatialTransformer(nn.Module):
    """A spatial transformer layer (Jaderberg et al. 2015): tensor to tensor, (B, C, H, W) to (B, C, h, w).

    Args:
        localizer: any module with a `family` that maps (B, C, H, W) to theta (B, family.n_params).
        out_size: (h, w) of the output; None keeps the input's.
        padding: what lies outside the input: "zeros", "border" or "reflection".
        average: average the pixels that an output pixel covers where the transformer shrinks (see `geometry.sample`).
        iterations: more than 1 runs the same localizer that often, each time on the picture warped so far, and
            composes the results; the original is sampled once, by the composition (inverse compositional STN, Lin and
            Lucey 2017). Needs a family of matrices.

    Raises StnError for a localizer without a family, an unknown padding, a bad size, a bad number of iterations or a
    family that cannot compose.
    """

    def __init__(
        self,
        localizer: nn.Module,
        out_size: tuple[int, int] | None = None,
        padding: str = "zeros",
        average: bool = False,
        iterations: int = 1,
    ):
        super().__init__()
        if padding not in geometry.PADDINGS:
            raise unknown("padding", padding, geometry.PADDINGS)
        if not hasattr(localizer, "family"):
            raise StnError(
                f"The localizer, a {type(localizer).__name__}, has no `family` that says what its theta means; give it "
                "one, such as get_family('affine')."
            )
        if out_size is not None and not (
            isinstance(out_size, tuple | list) and len(out_size) == 2 and all(map(is_count, out_size))
        ):
            raise StnError(f"out_size is (height, width) in pixels, or None to keep the size; not {out_size!r}.")
        if not is_count(iterations) or (iterations > 1 and not localizer.family.is_matrix):
            raise StnError(
                f"{iterations} iterations of the family {localizer.family.name!r} are not possible: give 1, or more "
                "than 1 with a family of matrices, whose results compose."
            )
        self.localizer = localizer
        self.iterations = iterations
        self.sampler = Sampler(localizer.family, out_size and tuple(out_size), padding, average)

    @property
    def family(self) -> Family:
        return self.sampler.family

    def locate(self, x: Tensor) -> Tensor:
        """theta (B, n) for pictures (B, C, H, W): where to look."""
        theta = self.localizer(x)  # (B, n)
        for _ in range(self.iterations - 1):
            grid = self.family.grid(theta, tuple(x.shape[-2:]))
            seen = geometry.sample(x, grid, self.sampler.padding, self.sampler.average).to(x.dtype)
            theta = self.family.compose(theta, self.localizer(seen))
        return theta

    def warp(self, x: Tensor, theta: Tensor) -> Tensor:
        """Pictures (B, C, H, W) sampled where theta (B, n) says: (B, C, h, w)."""
        return self.sampler(x, theta)

    def forward(self, x: Tensor) -> Tensor:
        return self.warp(x, self.locate(x))
