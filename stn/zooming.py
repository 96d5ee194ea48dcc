"""Localisation nets in two steps, coarse to fine."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from stn import geometry
from stn.errors import StnError, unknown
from stn.families import ATTENTION, ROTATION, SIMILARITY, Family, MatrixFamily, is_count
from stn.modules import Localizer, exact_head, start_at


class ZoomLocalizer(nn.Module):
    """A localisation net in two steps, coarse to fine: one finds the object, the other looks at it closely.

    `coarse`, of the family "attention" (Jaderberg et al. 2015, eq. 2), sees the whole image averaged over 2x2 pixels
    and says where the object is and how large. A window is cut out there; `fine` sees it, with the object in the
    middle and of one size, and says how it lies. The two are composed. How a thing is turned is far easier to learn
    where it does not also move about. The size of the frame is the coarse net's alone: a net that is unsure how a thing
    is turned gives the mean of several turns, a smaller frame. Starts at the identity, as `Localizer` does.
    Maps (B, in_channels, H, W) to theta (B, family.n_params).

    Args:
        window: width and height of the window in pixels; what of it lies outside the image is 0.
        fine: what `Localizer` takes, for the second net.

    Raises StnError for a family that cannot zoom (one that does not turn, scale and shift), and for a window that is no
    whole number from 1.

    Example:
        >>> localizer = ZoomLocalizer(in_channels=1, family="affine", window=28)
        >>> localizer(torch.zeros(2, 1, 60, 60)).shape
        torch.Size([2, 6])
    """

    zooming: ClassVar[tuple[str, ...]] = ("similarity", "affine", "projective", "tps")  # that turn, scale and shift
    coarse_family: ClassVar[MatrixFamily] = ATTENTION

    def __init__(self, in_channels: int, family: str | Family = "affine", window: int = 28, **fine: Any):
        super().__init__()
        self.fine = Localizer(in_channels, family, **fine)
        if self.fine.family.name not in self.zooming:
            raise unknown("family that can zoom", self.fine.family.name, self.zooming)
        if not is_count(window):
            raise StnError(f"The window is {window!r}; give its width in pixels, a whole number from 1.")
        self.coarse = Localizer(in_channels, self.coarse_family, (16, 32, 48), (1, 1, 2), shrink=2)
        self.window = window

    @property
    def family(self) -> Family:
        return self.fine.family

    def forward(self, x: Tensor) -> Tensor:
        found, window = self.crop(x)
        theta, aspect = self.fine(window), geometry.aspect_of(x)
        frame = self.family.grid(theta, (3, 3)).flatten(1, 2)  # (B, 9, 2)
        points = geometry.base_grid((3, 3), frame.dtype, x.device).reshape(-1, 2)
        grow = 1 / geometry.relative_scale(points, frame)[:, None]  # (B, 1)
        regrown = self.coarse_family.matrix(torch.cat([grow, frame.mean(1) * (1 - grow)], dim=1))
        return self.family.within(theta, geometry.product(found, regrown), aspect)  # (B, n)

    def crop(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the coarse net finds, as matrices (B, 3, 3), and the window (B, C, window, window) cut out there."""
        found = self.window_matrix(self.coarse(x), geometry.aspect_of(x))
        # The fine net's errors are not to move the window: that is the composition's to say.
        grid = geometry.affine_grid(found.detach(), (self.window, self.window))
        return found, geometry.sample(x, grid, average=True).to(x.dtype)

    def window_matrix(self, said: Tensor, aspect: float = 1.0) -> Tensor:
        """The window's matrices (B, 3, 3) from what the coarse net says of images of that width / height."""
        return self.coarse_family.matrix(said, aspect)


class QuarterTurnLocalizer(ZoomLocalizer):
    """A localisation net in two steps for images with straight edges: one finds them, the other says which is up.

    The edges give away where an image is, how large and how turned, all but quarter turns: that `coarse` learns soon.
    Which of the four edges is up, only the content tells (Gidaris et al. 2018 teach whole networks by that question
    alone). So the window is cut out along the edges, `fine` corrects the frame, and `sides` weighs the four quarter
    turns, which a net learns far better as classes than as an angle. The frame is turned by their mean direction, which
    mostly moves as gently as the image does, or by the likeliest one. Starts at the identity. Maps (B, in_channels, H,
    W) to theta (B, family.n_params).

    Takes and raises what `ZoomLocalizer` does, and `hard`: whether to turn by the likeliest quarter turn. A net that is
    unsure then shows the classifier an upright image more often than a slanted one, but labels alone do not teach it
    the quarter turns (its `sides` get no gradient: DistributedDataParallel then needs find_unused_parameters=True,
    or it refuses the second step), and its theta jumps where another becomes likelier. The family is one of matrices.
    `decides` is the old name of `hard`, `SideLocalizer` that of the class.

    Example:
        >>> localizer = QuarterTurnLocalizer(in_channels=3, family="similarity", window=32, hard=True)
        >>> localizer(torch.zeros(2, 3, 48, 48))
        tensor([[1., 0., 0., 0.],
                [1., 0., 0., 0.]], grad_fn=<StackBackward0>)
    """

    zooming = ("similarity", "affine", "projective")
    coarse_family = SIMILARITY

    def __init__(
        self,
        in_channels: int,
        family: str | Family = "affine",
        window: int = 28,
        hard: bool = False,
        *,
        decides: bool = False,
        **fine: Any,
    ):
        super().__init__(in_channels, family, window, **fine)
        self.hard = hard or decides
        last = self.fine.head[-1]
        assert isinstance(last, nn.Linear)
        self.sides = nn.Sequential(
            nn.Linear(last.in_features + 2, 32), nn.GELU(), start_at(nn.Linear(32, 4), [3.0, 0, 0, 0])
        )

    @property
    def family(self) -> MatrixFamily:
        assert self.fine.family.is_matrix, "`zooming` names no other"
        return self.fine.family

    def window_matrix(self, said: Tensor, aspect: float = 1.0) -> Tensor:
        """As `ZoomLocalizer`'s, along the edges: turned by a quarter of the angle of the similarity that is said.

        So the four turns that look the same are said alike; of these the window takes the one within 45 degrees.
        """
        c, s, x, y = geometry.as_float(said).unbind(1)
        scale, turn = torch.hypot(c, s), torch.atan2(s, c) / 4
        return SIMILARITY.matrix(torch.stack([scale * turn.cos(), scale * turn.sin(), x, y], dim=1), aspect)

    def forward(self, x: Tensor) -> Tensor:
        found, window = self.crop(x)
        features, aspect = self.fine.features(window), geometry.aspect_of(x)
        with geometry.no_autocast(x.device):
            hidden = exact_head(self.fine.head[:-1], features)
            frame = geometry.product(found, self.family.matrix(self.fine.head[-1](hidden), aspect))
            # Some quarter turns may be likelier than others: of images turned to the left, the left edge is seldom up.
            turn = 2 * geometry.polar(geometry.in_pixels(found.detach(), aspect))[0][:, None]
            logits = exact_head(self.sides, torch.cat([hidden, turn.cos(), turn.sin()], dim=1))
        turned = geometry.product(frame, ROTATION.matrix(self.turn(logits)[:, None], aspect))
        return self.family.from_matrix(turned, aspect)

    def turn(self, logits: Tensor) -> Tensor:
        """The angle (B,) in radians by which the frame is turned, from the quarter turns' logits (B, 4)."""
        logits = geometry.as_float(logits)
        return logits.argmax(1).to(logits.dtype) * (math.pi / 2) if self.hard else mean_turn(logits)


SideLocalizer = QuarterTurnLocalizer  # its old name


def mean_turn(logits: Tensor) -> Tensor:
    """The mean direction (B,) in radians of turns by 0, 90, 180 and 270 degrees that have the logits (B, 4)."""
    right, down, left, up = logits.softmax(1).unbind(1)
    return torch.atan2(down - up, right - left)
