"""What teaches a localisation net besides the labels: the distortion, which is known because we made it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn import geometry
from stn.errors import StnError
from stn.explain import Pass
from stn.families import ROTATION, Family
from stn.zooming import SideLocalizer, ZoomLocalizer


@dataclass
class Seen:
    """What a localisation net said, look by look; the parts stay empty for a net in one step."""

    thetas: list[Tensor] = field(default_factory=list)  # (B, n) each
    windows: list[Tensor] = field(default_factory=list)  # (B, 3, 3) each
    sides: list[tuple[Tensor, Tensor]] = field(default_factory=list)  # (B, 4) logits and the turn (B,) made of them


def pose_supervision_loss(passes: list[Pass], matrix: Tensor | None, seen: Seen) -> Tensor:
    """`first_pose_loss` of the first transformer, once for every look it took, and `pose_loss` of each later one.

    Each is taught what those before it have left: its theta is composed with theirs, which that does not move. (A look
    is at what the looks before have warped, so these still learn from its lesson, through the picture.) By
    classification alone a later transformer would find so little to do that it came to do the same to every picture.
    The lessons are summed: two looks weigh twice as much as one. Where the family has no matrices, which compose, only
    the first is taught. Raises StnError where the distortion is none or no matrix.
    """
    if matrix is None:
        raise StnError("pose_epochs and pose_weight need a distortion that is a matrix; set both to 0 for this recipe.")
    if not passes:
        raise StnError("pose_epochs and pose_weight teach a transformer, and this model has none; set both to 0.")
    loss, done = torch.zeros((), device=matrix.device), None
    looks = [*zip_longest(seen.thetas, seen.windows, seen.sides), *((one.theta, None, None) for one in passes[1:])]
    family = passes[0].sampler.family
    for theta, window, sides in looks:
        if done is not None:
            theta = family.compose(done, theta)
            window = window if window is None else geometry.product(family.matrix(done), window)
        loss = loss + first_pose_loss(family, theta, matrix, window, sides)
        if not family.is_matrix:
            break
        done = theta.detach()
    return loss


def first_pose_loss(
    family: Family,
    theta: Tensor,
    matrix: Tensor,
    window: Tensor | None = None,
    sides: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """How far theta (B, n), and what led to it, are from undoing the distortion `matrix` (B, 3, 3).

    `window` (B, 3, 3) and `sides`, logits (B, 4) and the turn (B,) made of them, are what the parts of a net in several
    steps said, None without such.
    """
    edges = sides is not None
    loss = quarter_turn_loss(family, theta, *sides, matrix) if edges else pose_loss(family, theta, matrix)
    return loss if window is None else loss + window_loss(window, matrix, edges)


def pose_loss(family: Family, theta: Tensor, matrix: Tensor) -> Tensor:
    """How far theta (B, n) is from undoing the distortion `matrix` (B, 3, 3).

    5 (1 - cos) of the angle between the two turns, and the mean squared distance of 9 points when one has been turned
    back by that angle, in half-widths of the wanted frame. Were the turn in the distance too, a net that is unsure of
    it would shrink theta, for points nearer to the middle are less wrong whatever the turn is.
    """
    points = geometry.base_grid((3, 3), device=theta.device).reshape(-1, 2)
    wanted = geometry.transform_points(geometry.invert(matrix), points)  # (B, 9, 2)
    found = family.grid(theta, (3, 3)).flatten(1, 2)  # (B, 9, 2)
    turn = geometry.procrustes_angle(points, found) - geometry.procrustes_angle(points, wanted)  # (B,)
    cos, sin = turn.cos()[:, None], turn.sin()[:, None]
    middle = found.mean(1, keepdim=True)
    x, y = (found - middle).unbind(-1)  # (B, 9) each
    turned = middle + torch.stack([cos * x + sin * y, cos * y - sin * x], dim=-1)
    distance = (turned - wanted).square().sum(-1).mean(1) / geometry.relative_scale(points, wanted).square()
    return distance.mean() + 5 * (1 - cos).mean()


def quarter_turn_loss(family: Family, theta: Tensor, sides: Tensor, turn: Tensor, matrix: Tensor) -> Tensor:
    """`pose_loss` of theta with the right side up, and the cross-entropy of that side for the logits `sides` (B, 4).

    theta (B, n) is a `SideLocalizer`'s: a frame, turned by `turn` (B,), which it made of its sides.
    """
    frame = geometry.product(family.matrix(theta), ROTATION.matrix(-turn[:, None]))
    missing = geometry.polar(geometry.invert(matrix))[0] - geometry.polar(frame)[0]
    quarters = (missing / (math.pi / 2)).round().long() % 4  # (B,)
    upright = geometry.product(frame, ROTATION.matrix(quarters[:, None] * math.pi / 2))
    return pose_loss(family, family.from_matrix(upright), matrix) + F.cross_entropy(sides, quarters)


def window_loss(found: Tensor, matrix: Tensor, edges: bool = False) -> Tensor:
    """How far windows `found` (B, 3, 3) are from the object that `matrix` (B, 3, 3) placed.

    Four times the mean squared error of scale and shift; the wanted scale is the root of the undoing matrix's |det|,
    whatever the turn. For windows that lie along the object's edges, 5 (1 - cos) of four times the angle between them
    too, in which quarter turns do not count.
    """
    (scale, turn, shift), (wanted, wanted_turn, wanted_shift) = map(_parts, (found, geometry.invert(matrix)))
    loss = 4 * ((scale - wanted).square() + (shift - wanted_shift).square().sum(1)).mean()
    return loss + 5 * (1 - (4 * (turn - wanted_turn)).cos()).mean() if edges else loss


def _parts(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Scale (B,), turn (B,) in radians and shift (B, 2) of matrices (B, 3, 3)."""
    matrix = matrix / matrix[:, 2:, 2:]
    scale = torch.linalg.det(matrix[:, :2, :2]).abs().sqrt()
    return scale, geometry.polar(matrix)[0], matrix[:, :2, 2]


@contextmanager
def watch_steps(localizer: nn.Module | None) -> Iterator[Seen]:
    """Collects what a localisation net and its parts (see `ZoomLocalizer`) say while the block runs."""
    seen = Seen()

    def record(part: nn.Module, to: list, of: Callable[[Tensor], object] = lambda said: said) -> None:
        hooks.enter_context(part.register_forward_hook(lambda _, x, said: to.append(of(said))))

    with ExitStack() as hooks:
        if localizer is not None:
            record(localizer, seen.thetas)
        if isinstance(localizer, ZoomLocalizer):
            record(localizer.coarse, seen.windows, localizer.window_matrix)
        if isinstance(localizer, SideLocalizer):
            record(localizer.sides, seen.sides, lambda said: (said, localizer.turn(said)))
        yield seen
