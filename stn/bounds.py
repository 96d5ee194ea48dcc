"""Localisation nets that say nothing extreme."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from stn import geometry
from stn.errors import StnError
from stn.families import AFFINE, ATTENTION, MatrixFamily


class BoundedLocalizer(nn.Module):
    """A localisation net whose theta stays within bounds: (B, C, H, W) to theta (B, family.n_params).

    Near the identity theta is what `localizer` says; on the way to a bound it grows ever more slowly (as tanh does), so
    that the gradient never ends, and it never gets beyond. Rotation and stretches are those of `geometry.polar`.

    Args:
        localizer: a localisation net of a family of affine matrices.
        scale: each stretch lies between 1 / scale and scale, above 1; mirroring is excluded.
        shift: each shift lies between -shift and shift, half-sides.
        turn: the rotation lies between -turn and turn, radians, at most pi.

    A bound that is None bounds nothing. Raises StnError for other numbers and other families.

    Example:
        >>> from stn import Localizer
        >>> localizer = BoundedLocalizer(Localizer(1, "affine"), scale=2, shift=0.5, turn=0.8)
        >>> localizer(torch.zeros(2, 1, 28, 28)).detach()[0]
        tensor([1., 0., 0., 0., 1., 0.])
    """

    def __init__(
        self, localizer: nn.Module, scale: float | None = None, shift: float | None = None, turn: float | None = None
    ):
        super().__init__()
        family = getattr(localizer, "family", None)
        if not isinstance(family, MatrixFamily) or family.to_grid is not AFFINE.to_grid:
            raise StnError("BoundedLocalizer is for localizers of a family of affine matrices; give it one of these.")
        bounds = {"scale": (scale, 1, math.inf), "shift": (shift, 0, math.inf), "turn": (turn, 0, math.pi + 1e-6)}
        for name, (value, low, high) in bounds.items():
            if value is not None and not low < value < high:
                raise StnError(f"The bound {name}={value!r} is not above {low} and below {high:.4g}; give one that is.")
        self.localizer, self.scale, self.shift, self.turn = localizer, scale, shift, turn

    @property
    def family(self) -> MatrixFamily:
        family = self.localizer.family
        assert isinstance(family, MatrixFamily), "it was checked"
        return family

    def forward(self, x: Tensor) -> Tensor:
        return self.bound(self.localizer(x))

    def bound(self, theta: Tensor) -> Tensor:
        """theta (B, n) brought within the bounds."""
        with geometry.no_autocast(theta.device):
            matrix = self.family.matrix(theta)
            (a, b, x), (c, d, y) = matrix[:, :2].permute(1, 2, 0)  # (B,) each
            # A 2x2 matrix is a turn with a stretch plus a reflection with one (see `geometry.polar`).
            turn, stretch = torch.atan2(c - b, a + d), torch.hypot(a + d, c - b) / 2
            mirrored = torch.stack([a - d, b + c], dim=1) / 2  # (B, 2), whose reflection is turned as well
            if self.scale is not None:
                stretch, mirrored = self._bound_stretches(stretch, mirrored)
            if self.turn is not None:
                # An attention's scale below 0 is half a turn, and there is no other that it can say.
                turned = torch.zeros_like(turn) if self.family is ATTENTION else _within(turn, self.turn)
                cos, sin = (turned - turn).cos(), (turned - turn).sin()
                p, q = mirrored.unbind(1)
                mirrored, turn = torch.stack([cos * p - sin * q, sin * p + cos * q], dim=1), turned
            if self.shift is not None:
                x, y = _within(x, self.shift), _within(y, self.shift)
            p, q = mirrored.unbind(1)
            cos, sin, zero = stretch * turn.cos(), stretch * turn.sin(), torch.zeros_like(x)
            rows = [cos + p, q - sin, x, q + sin, cos - p, y, zero, zero, zero + 1]
            return self.family.from_matrix(torch.stack(rows, dim=1).unflatten(1, (3, 3)))

    def _bound_stretches(self, stretch: Tensor, mirrored: Tensor) -> tuple[Tensor, Tensor]:
        assert self.scale is not None
        apart = mirrored.square().sum(1).clamp(min=1e-6).sqrt()  # (B,), where it is less the ratio below stays the same
        most = math.log(self.scale)
        high, low = (_within((stretch + s * apart).clamp(min=1e-6).log(), most).exp() for s in (1, -1))
        return (high + low) / 2, mirrored * ((high - low) / 2 / apart)[:, None]


def _within(values: Tensor, bound: float) -> Tensor:
    return bound * torch.tanh(values / bound)
