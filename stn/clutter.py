"""Clutter, patches cut out of other images, and noise."""

from __future__ import annotations

import torch
from torch import Tensor

from stn.errors import StnError

CLUTTER = {1: (6, "maximum"), 3: (8, "paste")}  # by number of channels: a patch's height and width in pixels, merging


def with_patches(images: Tensor, count: Tensor, pool: Tensor, generator: torch.Generator, others: bool) -> Tensor:
    """`add_clutter` with the size and the merging that belong to the images' number of channels.

    Raises StnError for other numbers of channels than 1 and 3.
    """
    channels = images.shape[1]
    if channels not in CLUTTER:
        raise StnError(f"Clutter is for images of 1 channel (gray) or 3 (RGB), not {channels}; convert them first.")
    patch, merge = CLUTTER[channels]
    return add_clutter(images, count, pool, patch, merge, generator, others)


def add_clutter(
    images: Tensor,
    count: Tensor,
    pool: Tensor,
    patch: int,
    merge: str,
    generator: torch.Generator,
    others: bool = False,
) -> Tensor:
    """Adds patches cut at random places out of random images of `pool` (N, C, h, w), at random places.

    Image i of the batch gets count[i] of them: merged by maximum, or pasted over. The first n patches of a seed are
    the same whatever the count. With `others`, the pool is the batch itself, and none gets a patch of its own
    where there are others.
    """
    most = int(count.max()) if len(count) else 0
    if most == 0:
        return images
    height, width = images.shape[-2:]
    out = images.clone()
    for k in range(most):
        # Numbers are drawn for all images, also those that need no patch, so that no count changes another's patches.
        source = torch.randint(max(1, len(pool) - others), (len(images),), generator=generator)
        if others:
            source = (torch.arange(len(images)) + 1 + source) % len(pool)
        room = torch.tensor([pool.shape[-2], pool.shape[-1], height, width]).sub(patch - 1)
        y0, x0, y1, x1 = (torch.rand(4, len(images), generator=generator) * room[:, None]).long()
        to = (count > k).nonzero()[:, 0]
        taken = torch.stack([source, y0, x0])[:, to].to(images.device)  # (3, b)
        placed = torch.stack([to, y1[to], x1[to]]).to(images.device)
        cut = pool.flatten()[_patch_index(pool.shape, taken, patch)]  # (b, C, p, p)
        place = _patch_index(out.shape, placed, patch)
        if merge == "maximum":
            cut = torch.maximum(cut, out.flatten()[place])
        out.view(-1)[place] = cut
    return out


def _patch_index(shape: torch.Size, places: Tensor, patch: int) -> Tensor:
    """Positions (b, C, p, p), in a flattened tensor (N, C, H, W), of patches at `places` (3, b): image, row, column."""
    _, c, height, width = shape
    i, y, x = places
    corner = (i * c * height + y) * width + x  # (b,)
    step = torch.arange(patch, device=corner.device)
    inside = (torch.arange(c, device=corner.device)[:, None, None] * height + step[:, None]) * width + step  # (C, p, p)
    return corner[:, None, None, None] + inside


def add_noise(images: Tensor, sd: Tensor, generator: torch.Generator) -> Tensor:
    """Gaussian noise with standard deviation sd (B,), clipped to [0, 1]."""
    if not sd.any():
        return images
    noise = torch.randn(images.shape, generator=generator) * sd[:, None, None, None]
    return (images + noise.to(images.device)).clamp(0, 1)
