"""The layer's speed and memory as ratios to plain PyTorch, measured in turn within one run."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from stn.families import Family, get_family
from stn.geometry import ALIGN_CORNERS
from stn.modules import Sampler

SIZE = (32, 3, 224, 224)
Warp = Callable[[Tensor, Tensor], Tensor]


def plain_affine(x: Tensor, theta: Tensor) -> Tensor:
    """What one writes without this package."""
    grid = F.affine_grid(theta.view(-1, 2, 3), list(x.shape), align_corners=ALIGN_CORNERS)
    return F.grid_sample(x, grid, align_corners=ALIGN_CORNERS)


def plain_projective(x: Tensor, theta: Tensor) -> Tensor:
    """As kornia's `homography_warp` does it: a grid of points, one batched product, the division, `grid_sample`."""
    b, _, height, width = x.shape
    matrix = torch.cat([theta, theta.new_ones(b, 1)], dim=1).view(b, 3, 3)
    ys, xs = ((2 * torch.arange(n, dtype=x.dtype) + 1) / n - 1 for n in (height, width))
    y, x_ = torch.meshgrid(ys, xs, indexing="ij")
    points = torch.stack([x_, y, torch.ones_like(x_)], dim=-1).view(1, -1, 3).expand(b, -1, -1)
    mapped = points @ matrix.mT  # (B, P, 3)
    w = mapped[..., 2:]
    scale = torch.where(w.abs() > 1e-8, 1 / (w + 1e-8), torch.ones_like(w))
    return F.grid_sample(x, (mapped[..., :2] * scale).view(b, height, width, 2), align_corners=ALIGN_CORNERS)


def turned(family: Family, n: int) -> Tensor:
    """theta (n, .) of mild turns and magnifications: nothing shrinks."""
    theta = family.identity(n)
    angle = torch.linspace(-0.4, 0.4, n)
    theta[:, 0], theta[:, 1] = 0.8 * angle.cos(), -0.8 * angle.sin()
    theta[:, 3], theta[:, 4] = 0.8 * angle.sin(), 0.8 * angle.cos()
    return theta


def benchmark_layer(repeats: int = 15, size: tuple[int, int, int, int] = SIZE) -> dict[str, Any]:
    """Seconds and peak memory of warps of (32, 3, 224, 224), forward and backward; ratios of medians."""
    affine, projective = get_family("affine"), get_family("projective")
    cases: dict[str, tuple[Warp, Warp, Tensor]] = {
        "affine": (Sampler(affine, None), plain_affine, turned(affine, size[0])),
        "projective": (Sampler(projective, None), plain_projective, turned(projective, size[0])),
        "averaging": (Sampler(affine, None, average=True), plain_affine, turned(affine, size[0])),
    }
    x = torch.rand(size, generator=torch.Generator().manual_seed(0))
    row: dict[str, Any] = {"size": list(size), "threads": torch.get_num_threads(), "repeats": repeats}
    for name, (ours, plain, theta) in cases.items():
        times: dict[str, list[float]] = {"ours": [], "plain": []}
        for i in range(repeats + 2):
            for which, warp in (("ours", ours), ("plain", plain)):
                seconds = timed(warp, x, theta)
                if i >= 2:  # the first calls prepare their kernels and memory
                    times[which].append(seconds)
        row[f"{name}_ms"] = 1000 * median(times["ours"])
        row[f"{name}_plain_ms"] = 1000 * median(times["plain"])
        row[f"{name}_ratio"] = median(a / b for a, b in zip(*times.values(), strict=True))
        row[f"{name}_memory_ratio"] = peak_bytes(ours, x, theta) / peak_bytes(plain, x, theta)
    return row


def step(warp: Warp, x: Tensor, theta: Tensor) -> None:
    """One warp, forward and backward, to images and theta."""
    x, theta = x.detach().requires_grad_(), theta.detach().requires_grad_()
    warp(x, theta).sum().backward()


def timed(warp: Warp, x: Tensor, theta: Tensor) -> float:
    start = time.perf_counter()
    step(warp, x, theta)
    return time.perf_counter() - start


def peak_bytes(warp: Warp, x: Tensor, theta: Tensor) -> int:
    """The most memory that a step holds at once, besides its input, as PyTorch's profiler sees it."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        step(warp, x, theta)
    held = peak = 0
    for event in seen.profiler.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            peak = max(peak, held)
    return peak
