"""What teaches a localisation net besides the labels: the distortion, which is known because we made it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn

from stn import geometry
from stn.errors import StnError
from stn.families import Family
from stn.modules import ZoomLocalizer


def pose_loss(family: Family, theta: Tensor, matrix: Tensor | None) -> Tensor:
    """How far theta (B, n) is from undoing the distortion `matrix` (B, 3, 3).

    5 (1 - cos) of the angle between the two turns, and the mean squared distance of 9 points when one has been turned
    back by that angle, in half-widths of the wanted frame. Were the turn in the distance too, a net that is unsure of
    it would shrink theta, for points nearer to the middle are less wrong whatever the turn is.
    """
    if matrix is None:
        raise StnError("pose_epochs and pose_weight need a distortion that is a matrix; set both to 0 for this recipe.")
    points = geometry.base_grid((3, 3), device=theta.device).reshape(-1, 2)
    wanted = geometry.transform_points(geometry.invert(matrix), points)  # (B, 9, 2)
    found = family.grid(theta, (3, 3)).flatten(1, 2)  # (B, 9, 2)
    turn = geometry.best_turn(points, found) - geometry.best_turn(points, wanted)  # (B,)
    cos, sin = turn.cos()[:, None], turn.sin()[:, None]
    middle = found.mean(1, keepdim=True)
    x, y = (found - middle).unbind(-1)  # (B, 9) each
    turned = middle + torch.stack([cos * x + sin * y, cos * y - sin * x], dim=-1)
    distance = (turned - wanted).square().sum(-1).mean(1) / geometry.growth(points, wanted).square()
    return distance.mean() + 5 * (1 - cos).mean()


def window_loss(found: Tensor, matrix: Tensor) -> Tensor:
    """How far windows `found` (B, 3: scale, shift x, shift y) are from the object that `matrix` (B, 3, 3) placed.

    Four times the mean squared error; the wanted scale is the root of the undoing matrix's |det|, whatever the turn.
    """
    undoing = geometry.invert(matrix)
    undoing = undoing / undoing[:, 2:, 2:]
    scale = torch.linalg.det(undoing[:, :2, :2]).abs().sqrt()
    wanted = torch.stack([scale, undoing[:, 0, 2], undoing[:, 1, 2]], dim=1)
    return 4 * (found - wanted).square().sum(1).mean()


@contextmanager
def watch_windows(model: nn.Module) -> Iterator[list[Tensor]]:
    """Collects what the coarse nets (see `ZoomLocalizer`) inside a model say while the block runs: (B, 3) each time."""
    seen: list[Tensor] = []
    with ExitStack() as hooks:
        for module in model.modules():
            if isinstance(module, ZoomLocalizer):
                hooks.enter_context(module.coarse.register_forward_hook(lambda _, x, found: seen.append(found)))
        yield seen
