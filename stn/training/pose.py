"""Pose supervision: the distortion, which is known because we made it, teaches the localisation nets too."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn import geometry
from stn.errors import StnError
from stn.explain import Pass, run_to_last, transformers_of, watch
from stn.families import ROTATION, Family, MatrixFamily
from stn.zooming import QuarterTurnLocalizer, ZoomLocalizer


@dataclass(eq=False)
class Said:
    """What a localisation net said, iteration by iteration; the parts stay empty for a net in one step."""

    thetas: list[Tensor] = field(default_factory=list)  # (B, n) each
    windows: list[Tensor] = field(default_factory=list)  # (B, 3, 3) each
    quarter_turns: list[tuple[Tensor, Tensor]] = field(default_factory=list)  # logits (B, 4), turn (B,)


def pose_supervision_loss(passes: list[Pass], matrix: Tensor | None, said: Said) -> Tensor:
    """`step_loss` of the first transformer, once for every iteration of it, and `pose_loss` of each later one.

    Each is taught what those before it have left: its theta is composed with theirs, which that does not move. (An
    iteration sees what those before it have warped, so these still learn from its loss, through the image.) By
    classification alone a later transformer would find so little to do that it came to do the same to every image.
    The losses are summed: two iterations weigh twice as much as one. Where the family has no matrices, which compose,
    only the first is taught. Where every channel was placed by itself, by matrices (B, C, 3, 3), there has to be a
    transformer for each, which is taught by `pose_loss` to undo that channel's. Raises StnError where the distortion is
    none or no matrix, and for another number of transformers than of channels.
    """
    if matrix is None:
        raise StnError("pose_epochs and pose_weight need a distortion that is a matrix; set both to 0 for this recipe.")
    if not passes:
        raise StnError("pose_epochs and pose_weight teach a transformer, and this model has none; set both to 0.")
    if matrix.ndim == 4:
        return _each_channel_loss(passes, matrix)
    family, aspect = passes[0].sampler.family, geometry.aspect_of(passes[0].input)
    iterations = list(zip_longest(said.thetas, said.windows, said.quarter_turns))
    if not family.is_matrix:
        return step_loss(family, iterations[0][0], matrix, *iterations[0][1:], aspect=aspect)
    loss, done = torch.zeros((), device=matrix.device), None
    for theta, window, quarter_turns in [*iterations, *((one.theta, None, None) for one in passes[1:])]:
        if done is not None:
            theta = family.compose(done, theta, aspect)
            window = window if window is None else geometry.product(family.matrix(done, aspect), window)
        loss = loss + step_loss(family, theta, matrix, window, quarter_turns, aspect)
        done = theta.detach()
    return loss


def _each_channel_loss(passes: list[Pass], matrix: Tensor) -> Tensor:
    """The sum of every transformer's `pose_loss` for its own channel's matrices, of (B, C, 3, 3)."""
    if len(passes) != matrix.shape[1]:
        raise StnError(
            f"Every channel was placed by itself: pose_epochs and pose_weight need {matrix.shape[1]} transformers side "
            f"by side (transformers={matrix.shape[1]}), and this model has {len(passes)}; or set both to 0."
        )
    losses = [
        pose_loss(one.sampler.family, one.theta, own, geometry.aspect_of(one.input))
        for one, own in zip(passes, matrix.unbind(1), strict=True)
    ]
    return torch.stack(losses).sum()


def step_loss(
    family: Family,
    theta: Tensor,
    matrix: Tensor,
    window: Tensor | None = None,
    quarter_turns: tuple[Tensor, Tensor] | None = None,
    aspect: float = 1.0,
) -> Tensor:
    """How far theta (B, n), and the steps that led to it, are from undoing the distortion `matrix` (B, 3, 3).

    `window` (B, 3, 3) and `quarter_turns`, logits (B, 4) and the turn (B,) made of them, are what the parts of a net in
    several steps said, None without such.
    """
    if quarter_turns is None:
        loss = pose_loss(family, theta, matrix, aspect)
    else:
        assert family.is_matrix, "a QuarterTurnLocalizer has no other"
        loss = quarter_turn_loss(family, theta, *quarter_turns, matrix, aspect)
    return loss if window is None else loss + window_loss(window, matrix, quarter_turns is not None, aspect)


def pose_loss(family: Family, theta: Tensor, matrix: Tensor, aspect: float = 1.0) -> Tensor:
    """How far theta (B, n) is from undoing the distortion `matrix` (B, 3, 3): a scalar, 0 where it does.

    5 (1 - cos) of the angle between the two turns, and the mean squared distance of 9 points when one has been turned
    back by that angle, in half-widths of the wanted frame. Were the turn in the distance too, a net that is unsure of
    it would shrink theta, for points nearer to the middle are less wrong whatever the turn is.

    `matrix` is how the images were made: it maps their coordinates to those of the upright ones, as theta does from
    output to input; `stn.from_pixels` makes it of OpenCV's or kornia's. `aspect` is the images' width / height, and
    angles are those of their pixels. It is for one localisation net in one step: `stn.pose_supervision` takes any.
    Raises StnError for a matrix without an inverse.

    Example:
        >>> from stn import get_family
        >>> family, turned = get_family("similarity"), torch.tensor([[0.8, 0.6, 0.0, 0.0]])  # by 37 degrees
        >>> round(float(pose_loss(family, family.identity(), family.matrix(turned))), 4)
        1.0
        >>> float(pose_loss(family, family.invert(turned), family.matrix(turned))) < 1e-6
        True
    """
    sides = theta.new_tensor([math.sqrt(aspect), 1 / math.sqrt(aspect)], dtype=torch.float32)
    points = geometry.base_grid((3, 3), device=theta.device).reshape(-1, 2)
    wanted = geometry.transform_points(geometry.invert(matrix), points) * sides  # (B, 9, 2)
    found = family.grid(theta, (3, 3), aspect).flatten(1, 2) * sides  # (B, 9, 2)
    points = points * sides
    turn = geometry.procrustes_angle(points, found) - geometry.procrustes_angle(points, wanted)  # (B,)
    cos, sin = turn.cos()[:, None], turn.sin()[:, None]
    middle = found.mean(1, keepdim=True)
    x, y = (found - middle).unbind(-1)  # (B, 9) each
    turned = middle + torch.stack([cos * x + sin * y, cos * y - sin * x], dim=-1)
    distance = (turned - wanted).square().sum(-1).mean(1) / geometry.relative_scale(points, wanted).square()
    return distance.mean() + 5 * (1 - cos).mean()


def quarter_turn_loss(
    family: MatrixFamily, theta: Tensor, logits: Tensor, turn: Tensor, matrix: Tensor, aspect: float = 1.0
) -> Tensor:
    """`pose_loss` of theta with the right edge up, and the cross-entropy of that quarter turn for the logits (B, 4).

    theta (B, n) is a `QuarterTurnLocalizer`'s: a frame, turned by `turn` (B,), which it made of its logits.
    """
    frame = geometry.product(family.matrix(theta, aspect), ROTATION.matrix(-turn[:, None], aspect))
    missing = _turn(geometry.invert(matrix), aspect) - _turn(frame, aspect)
    quarters = (missing / (math.pi / 2)).round().long() % 4  # (B,)
    upright = geometry.product(frame, ROTATION.matrix(quarters[:, None] * math.pi / 2, aspect))
    return pose_loss(family, family.from_matrix(upright, aspect), matrix, aspect) + F.cross_entropy(logits, quarters)


def window_loss(found: Tensor, matrix: Tensor, edges: bool = False, aspect: float = 1.0) -> Tensor:
    """How far windows `found` (B, 3, 3) are from the object that `matrix` (B, 3, 3) placed.

    Four times the mean squared error of scale and shift; the wanted scale is the root of the undoing matrix's |det|,
    whatever the turn. For windows that lie along the object's edges, 5 (1 - cos) of four times the angle between them
    too, in which quarter turns do not count.
    """
    (scale, turn, shift), (wanted, wanted_turn, wanted_shift) = (
        _parts(m, aspect) for m in (found, geometry.invert(matrix))
    )
    loss = 4 * ((scale - wanted).square() + (shift - wanted_shift).square().sum(1)).mean()
    return loss + 5 * (1 - (4 * (turn - wanted_turn)).cos()).mean() if edges else loss


def _parts(matrix: Tensor, aspect: float) -> tuple[Tensor, Tensor, Tensor]:
    """Scale (B,), turn (B,) in radians and shift (B, 2) of matrices (B, 3, 3)."""
    matrix = matrix / matrix[:, 2:, 2:]
    scale = torch.linalg.det(matrix[:, :2, :2]).abs().sqrt()
    return scale, _turn(matrix, aspect), matrix[:, :2, 2]


def _turn(matrix: Tensor, aspect: float) -> Tensor:
    """The turns (B,) in radians of matrices (B, 3, 3), in the image's pixels."""
    return geometry.polar(geometry.in_pixels(matrix, aspect))[0]


@contextmanager
def watch_steps(localizer: nn.Module | None) -> Iterator[Said]:
    """Collects what a localisation net and its parts (see `ZoomLocalizer`) say while the block runs."""
    said = Said()

    def record(part: nn.Module, to: list[Any], of: Callable[[Tensor, Tensor], object]) -> None:
        hooks.enter_context(part.register_forward_hook(lambda _, inputs, output: to.append(of(inputs[0], output))))

    with ExitStack() as hooks:
        if localizer is not None:
            record(localizer, said.thetas, lambda _, theta: theta)
        if isinstance(localizer, ZoomLocalizer):
            window = localizer.window_matrix
            record(localizer.coarse, said.windows, lambda x, output: window(output, geometry.aspect_of(x)))
        if isinstance(localizer, QuarterTurnLocalizer):
            record(localizer.sides, said.quarter_turns, lambda _, logits: (logits, localizer.turn(logits)))
        yield said


def pose_supervision(model: nn.Module, x: Tensor, matrix: Tensor) -> Tensor:
    """The loss that teaches the transformers of `model` to undo the known distortion `matrix` (B, 3, 3) of x.

    For own data: x (B, C, H, W) was made of upright images by reading them where `matrix` says (see `pose_loss`). Runs
    the model as far as its last transformer, and takes in all that a localizer in two steps, or one that is iterated,
    needs to be told. Of matrices (B, C, 3, 3), one a channel, C transformers in parallel are taught one each.
    A scalar; add it to the classification loss, or train by it alone first. Raises StnError for a model without a
    transformer, or with another number of them than there are channels' matrices, and a matrix without an inverse.

    Example:
        >>> from stn import Localizer, SpatialTransformer, get_family
        >>> layer = SpatialTransformer(Localizer(1, "similarity"))
        >>> turned = get_family("similarity").matrix(torch.tensor([[0.8, 0.6, 0.0, 0.0]] * 2))
        >>> round(float(pose_supervision(layer, torch.rand(2, 1, 28, 28), turned)), 4)
        1.0
    """
    transformers = transformers_of(model)
    first = next(iter(transformers.values()), None)
    with watch_steps(first and first.localizer) as said, watch(transformers) as passes:
        if transformers:
            passes.append(run_to_last(model, transformers, x))
    return pose_supervision_loss(passes, matrix, said)
