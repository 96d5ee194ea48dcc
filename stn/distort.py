"""Distortions of whole batches: one warp, then clutter and noise. Same generator state, same batch.

Every warp is composed as matrices and sampled once. Matrices here map canvas to source image coordinates, as theta
does, so the inverse of a distortion's matrix is the theta that undoes it. Numbers are drawn and matrices computed on
the CPU, so that a seed gives the same batch everywhere; images are warped where they lie.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from stn import geometry
from stn.clutter import add_noise, with_patches
from stn.controls import CONTROL_RANGES, DISC, Controls
from stn.errors import StnError, unknown


@dataclass(frozen=True, eq=False)
class Distorted:
    """A distorted batch and the matrices that were applied, None where they were no matrices."""

    images: Tensor  # (B, C, canvas, canvas)
    matrix: Tensor | None  # (B, 3, 3), or (B, C, 3, 3) where every channel has its own


def hide_edges(found: Distorted) -> Distorted:
    """The same, black outside of the images' inscribed discs: a disc is the same however it is turned.

    A disc lies on its image, wherever that was put. Of 32 pixels it takes 31, half a pixel less on each side, so that
    none of its pixels is mixed with the black around the image. Clutter and noise outside go, too. Raises StnError
    where the images were bent, not mapped by a matrix.
    """
    if found.matrix is None:
        raise StnError(
            "Bent images have no inscribed disc, so their edges cannot be hidden; choose another distortion."
        )
    size, matrix = found.images.shape[-2:], found.matrix.to(found.images.device)
    inside = geometry.matrix_grid(matrix.reshape(-1, 3, 3), size).square().sum(-1) <= DISC**2
    return Distorted(found.images * inside.view(len(matrix), -1, *size), found.matrix)


def uniform(n: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """n numbers from [low, high)."""
    return torch.rand(n, generator=generator) * (high - low) + low


def placement_matrix(rotation: Tensor, scale: Tensor, shift: Tensor, shear: Tensor, canvas: int, size: int) -> Tensor:
    """Matrices (B, 3, 3) from canvas to image coordinates: the image sheared, scaled, turned, then shifted.

    rotation and shear (B,) in degrees, rotation counter-clockwise; scale (B,), 1 keeping the pixels' size; shift (B, 2)
    in half-widths of the canvas; canvas and size in pixels, the widths of canvas and image.
    """
    # In coordinates with y down, the image's points turn counter-clockwise by this matrix.
    angle, slant = torch.deg2rad(rotation), torch.tan(torch.deg2rad(shear))
    cos, sin = angle.cos(), angle.sin()
    factor = scale * size / canvas
    zero, one = torch.zeros_like(cos), torch.ones_like(cos)
    # image -> canvas: R [[1, -slant], [0, 1]] * factor
    forward = torch.stack(
        [
            torch.stack([cos * factor, (cos * -slant + sin) * factor, shift[:, 0]], 1),
            torch.stack([-sin * factor, (sin * slant + cos) * factor, shift[:, 1]], 1),
            torch.stack([zero, zero, one], 1),
        ],
        1,
    )  # (B, 3, 3)
    return geometry.invert(forward)


def warp(images: Tensor, matrix: Tensor, canvas: int) -> Tensor:
    """Square images (B, C, S, S) drawn on black canvases (B, C, canvas, canvas), averaged where they shrink."""
    return geometry.sample(images, geometry.affine_grid(matrix.to(images.device), (canvas, canvas)), average=True)


def random_shift(images: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Every image moved by up to `most` pixels each way, its edge repeated. One copy a shift, not one an image."""
    height, width = images.shape[-2:]
    padded = F.pad(images, (most,) * 4, mode="replicate")
    shift = torch.randint(2 * most + 1, (2, len(images)), generator=generator)
    out = torch.empty_like(images)
    for dy in range(2 * most + 1):
        for dx in range(2 * most + 1):
            chosen = ((shift[0] == dy) & (shift[1] == dx)).nonzero()[:, 0]
            out[chosen] = padded[chosen, :, dy : dy + height, dx : dx + width]
    return out


def apply_controls(images: Tensor, controls: Controls, canvas: int, clutter_from: Tensor) -> Tensor:
    """Square images (B, C, S, S), C 1 or 3, in [0, 1] under the same controls: (B, C, canvas, canvas).

    clutter_from (N, C, h, w): the images that clutter patches are cut out of. The seed fixes clutter and noise.
    """
    values = {name: torch.full((len(images),), float(getattr(controls, name))) for name in CONTROL_RANGES}
    out = _controlled(images, values, canvas, clutter_from, torch.Generator().manual_seed(controls.seed))
    return (hide_edges(out) if controls.edges == "hidden" else out).images


def apply_each(images: Tensor, controls: Sequence[Controls], canvas: int, clutter_from: Sequence[Tensor]) -> Tensor:
    """`apply_controls` for images (B, C, S, S) with controls and a stock of clutter of their own, each as if alone."""
    values = {name: torch.tensor([float(getattr(one, name)) for one in controls]) for name in CONTROL_RANGES}
    none = torch.zeros(len(images))
    found = _controlled(images, {**values, "clutter": none, "noise": none}, canvas, images, torch.Generator())
    out = found.images
    for i, (one, pool) in enumerate(zip(controls, clutter_from, strict=True)):
        if one.clutter or one.noise:
            generator, own = torch.Generator().manual_seed(one.seed), slice(i, i + 1)
            out[own] = _spoil(out[own], values["clutter"][own], values["noise"][own], pool, generator)
    hidden = torch.tensor([one.edges == "hidden" for one in controls])
    if hidden.any():
        out[hidden] = hide_edges(Distorted(out, found.matrix)).images[hidden]
    return out


def _controlled(
    images: Tensor, values: dict[str, Tensor], canvas: int, pool: Tensor, generator: torch.Generator
) -> Distorted:
    shift = torch.stack([values["shift_x"], values["shift_y"]], dim=1)
    matrix = placement_matrix(values["rotation"], values["scale"], shift, values["shear"], canvas, images.shape[-1])
    out = warp(images, matrix, canvas)
    return Distorted(_spoil(out, values["clutter"], values["noise"], pool, generator, pool is images), matrix)


def _spoil(
    images: Tensor, clutter: Tensor, noise: Tensor, pool: Tensor, generator: torch.Generator, others: bool = False
) -> Tensor:
    """Clutter, then noise, over images (B, C, H, W); clutter and noise (B,)."""
    # The noise has numbers of its own, so that one patch more does not change it.
    own = torch.Generator().manual_seed(int(torch.randint(2**31, (1,), generator=generator)))
    return add_noise(with_patches(images, clutter, pool, generator, others), noise, own)


def play(
    images: Tensor,
    pool: Tensor,
    canvas: int,
    generator: torch.Generator,
    only_turned: float = 0.0,
    one_control: float = 0.0,
) -> Distorted:
    """Every control drawn uniformly from its whole range; clutter is left out of half of the images, noise too.

    The part `only_turned` of the images, 0 to 1, is turned and nothing else; in the part `one_control` one of the
    other controls is moved and nothing else, as a hand on the page does.
    """
    b = len(images)
    values = {name: uniform(b, low, high, generator) for name, (low, high) in CONTROL_RANGES.items()}
    low, high = CONTROL_RANGES["clutter"]
    values["clutter"] = torch.randint(int(low), int(high) + 1, (b,), generator=generator)
    for name in ("clutter", "noise"):
        values[name] = values[name] * (torch.rand(b, generator=generator) < 0.5)
    if only_turned or one_control:
        kind = torch.rand(b, generator=generator)
        moved = torch.zeros(b, dtype=torch.long)  # which of CONTROL_RANGES; the first is the rotation
        if one_control:  # a draw more would change what "play-turned" makes of a seed
            other = torch.randint(1, len(CONTROL_RANGES), (b,), generator=generator)
            moved = torch.where(kind < only_turned, moved, other)
        for i, name in enumerate(CONTROL_RANGES):
            values[name][(kind < only_turned + one_control) & (moved != i)] = getattr(Controls, name)
    return _controlled(images, values, canvas, pool, generator)


# --- the distorted test sets of the literature ------------------------------------------------------------------------


def rotated(images: Tensor, pool: Tensor, canvas: int, generator: torch.Generator) -> Distorted:
    """R (Jaderberg et al. 2015): turned by up to 90 degrees either way."""
    b = len(images)
    return _placed(images, canvas, uniform(b, -90, 90, generator), torch.ones(b), torch.zeros(b, 2))


def rotated_scaled_placed(images: Tensor, pool: Tensor, canvas: int, generator: torch.Generator) -> Distorted:
    """RTS (Jaderberg et al. 2015): turned by up to 45 degrees, scaled by 0.7 to 1.2, placed where the digit fits.

    An MNIST digit fills the middle 20 of 28 pixels; that square, turned and scaled, stays on the canvas.
    """
    b = len(images)
    rotation, scale = uniform(b, -45, 45, generator), uniform(b, 0.7, 1.2, generator)
    shift = _room_shift(rotation, scale * 20, canvas, generator)
    return _placed(images, canvas, rotation, scale, shift)


def placed_by_channel(images: Tensor, pool: Tensor, canvas: int, generator: torch.Generator) -> Distorted:
    """RTS for each channel by itself (Jaderberg et al. 2015, appendix A.1), the matrices (B, C, 3, 3)."""
    alone = rotated_scaled_placed(images.flatten(0, 1)[:, None], pool, canvas, generator)
    assert alone.matrix is not None
    each = images.shape[:2]
    return Distorted(alone.images.view(*each, canvas, canvas), alone.matrix.view(*each, 3, 3))


def projected(images: Tensor, pool: Tensor, canvas: int, generator: torch.Generator) -> Distorted:
    """P (Jaderberg et al. 2015): scaled by 0.75 to 1, then each corner of the canvas moved by N(0, 5 pixels)."""
    b = len(images)
    scale = uniform(b, 0.75, 1.0, generator)
    zero = torch.zeros(b)
    matrix = placement_matrix(zero, scale, torch.zeros(b, 2), zero, canvas, images.shape[-1])
    square = geometry.corners(torch.eye(3)[None]).expand(b, -1, -1)  # (B, 4, 2)
    moved = square + torch.randn(b, 4, 2, generator=generator) * 5 * 2 / canvas
    matrix = geometry.product(matrix, geometry.homography(moved, square))  # canvas -> unmoved canvas -> image
    grid = geometry.matrix_grid(matrix.to(images.device), (canvas, canvas))
    return Distorted(geometry.sample(images, grid, average=True), matrix)


def bent(images: Tensor, pool: Tensor, canvas: int, generator: torch.Generator) -> Distorted:
    """E (Jaderberg et al. 2015): a thin plate spline that moves a 4x4 lattice on the canvas by N(0, 1.5 pixels)."""
    b = len(images)
    zero = torch.zeros(b)
    matrix = placement_matrix(zero, torch.ones(b), torch.zeros(b, 2), zero, canvas, images.shape[-1])
    lattice = geometry.lattice(4).expand(b, -1, -1)  # (B, 16, 2)
    moved = lattice + torch.randn(b, 16, 2, generator=generator) * 1.5 * 2 / canvas
    moved, matrix = moved.to(images.device), matrix.to(images.device)
    grid = geometry.thin_plate_grid(moved, (canvas, canvas)).flatten(1, 2)  # (B, P, 2), points of the canvas
    grid = geometry.product(grid, matrix[:, :2, :2].mT) + matrix[:, None, :2, 2]  # points of the image
    return Distorted(geometry.sample(images, grid.unflatten(1, (canvas, canvas)), average=True), None)


def placed_in_clutter(images: Tensor, pool: Tensor, canvas: int, generator: torch.Generator) -> Distorted:
    """TC (Jaderberg et al. 2015): placed anywhere, with six patches of other digits."""
    b, size = len(images), images.shape[-1]
    shift = (torch.rand(b, 2, generator=generator) * 2 - 1) * (1 - size / canvas)
    out = _placed(images, canvas, torch.zeros(b), torch.ones(b), shift)
    return Distorted(with_patches(out.images, torch.full((b,), 6), pool, generator, pool is images), out.matrix)


def rotated_scaled_cluttered(images: Tensor, pool: Tensor, canvas: int, generator: torch.Generator) -> Distorted:
    """RSC: turned by up to 90 degrees, scaled by 0.6 to 1.2, placed where its turned centre square (half as wide as the
    image) fits, four patches of other images pasted over."""
    b = len(images)
    rotation, scale = uniform(b, -90, 90, generator), uniform(b, 0.6, 1.2, generator)
    shift = _room_shift(rotation, scale * images.shape[-1] / 2, canvas, generator)
    out = _placed(images, canvas, rotation, scale, shift)
    return Distorted(with_patches(out.images, torch.full((b,), 4), pool, generator, pool is images), out.matrix)


def mildly_placed(
    images: Tensor, pool: Tensor, canvas: int, generator: torch.Generator, share: float = 1 / 4
) -> Distorted:
    """A share of the images turned by up to 20 degrees, scaled by 0.85 to 1.15, shifted by up to 0.1 half-widths.

    Something for a transformer to undo where a data set has nothing: from it alone theta stays constant.
    """
    b = len(images)
    moved = (torch.rand(b, generator=generator) < share).float()
    rotation, scale = uniform(b, -20, 20, generator), uniform(b, 0.85, 1.15, generator)
    shift = (torch.rand(b, 2, generator=generator) * 2 - 1) * 0.1
    return _placed(images, canvas, rotation * moved, 1 + (scale - 1) * moved, shift * moved[:, None])


def placed(images: Tensor, pool: Tensor, canvas: int, generator: torch.Generator) -> Distorted:
    """Upright and at scale 1, shifted by all that the playground's sliders allow: never turned, scaled or cluttered."""
    b = len(images)
    shift = torch.stack([uniform(b, *CONTROL_RANGES[name], generator) for name in ("shift_x", "shift_y")], dim=1)
    return _placed(images, canvas, torch.zeros(b), torch.ones(b), shift)


def _placed(images: Tensor, canvas: int, rotation: Tensor, scale: Tensor, shift: Tensor) -> Distorted:
    matrix = placement_matrix(rotation, scale, shift, torch.zeros(len(images)), canvas, images.shape[-1])
    return Distorted(warp(images, matrix, canvas), matrix)


def _room_shift(rotation: Tensor, width: Tensor, canvas: int, generator: torch.Generator) -> Tensor:
    """Uniform shifts (B, 2), in half-widths, that keep squares of `width` pixels, turned by `rotation`, inside."""
    angle = torch.deg2rad(rotation)
    box = width * (angle.cos().abs() + angle.sin().abs()) / canvas
    return (torch.rand(len(width), 2, generator=generator) * 2 - 1) * (1 - box).clamp(min=0)[:, None]


# (images, the images that clutter is cut out of, canvas, generator); an image gets no clutter of itself where the
# two are the same tensor.
Distortion = Callable[[Tensor, Tensor, int, torch.Generator], Distorted]
DISTORTIONS: dict[str, Distortion] = {
    "r": rotated,
    "rts": rotated_scaled_placed,
    "rts-each": placed_by_channel,
    "p": projected,
    "e": bent,
    "tc": placed_in_clutter,
    "rsc": rotated_scaled_cluttered,
    "mild": mildly_placed,
    "seldom-mild": partial(mildly_placed, share=1 / 10),
    "placed": placed,
    "play": play,
    "play-turned": partial(play, only_turned=3 / 4),
    "play-moved": partial(play, only_turned=5 / 8, one_control=1 / 8),
}

CLUTTERED = ("tc", "rsc", "play")
TURNED = {"r": 90, "rts": 45, "rsc": 90, "play": 90}  # by up to so many degrees either way


def get_distortion(name: str) -> Distortion:
    """The batch function (images, clutter images, canvas, generator) -> Distorted of that name. Raises StnError."""
    if name not in DISTORTIONS:
        raise unknown("distortion", name, DISTORTIONS)
    return DISTORTIONS[name]
