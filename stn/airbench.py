"""A fast CIFAR-10 network after airbench94 (Jordan 2024, arXiv 2404.00498), with room for a transformer in front."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn.geometry import as_float

PATCH = 2  # height and width of the whitened patches, in pixels
WHITENING_IMAGES = 5000
WHITENING_CHUNK = 250  # images at a time: 12 float64 patches of 31 * 31 positions are 23 MB
EPSILON = 5e-4  # added to the covariance's eigenvalues, as in airbench


class AirbenchNet(nn.Module):
    """Whitened 2x2 patches, three groups of two 3x3 convolutions, one linear layer.

    The first layer's weights are the training patches' principal directions, once each way, and are not learnt:
    `prepare` computes them. Convolutions start as the identity where they can. `before` is a transformer or nothing.
    Images (B, channels, H, W), at least 9x9, to logits (B, classes).
    """

    def __init__(self, before: nn.Module, channels: int, widths: tuple[int, ...], classes: int):
        super().__init__()
        self.stn = before
        n = 2 * channels * PATCH**2
        self.whiten = nn.Conv2d(channels, n, PATCH)
        self.whiten.weight.requires_grad_(False)
        self.groups = nn.Sequential(*(_group(a, b) for a, b in zip((n, *widths), widths, strict=False)))
        self.fc = nn.Linear(widths[-1], classes, bias=False)

    @torch.no_grad()
    def prepare(self, images: Tensor) -> None:
        """Sets the whitening layer for training images (N, channels, H, W), normalized (section 3.2)."""
        values, vectors = torch.linalg.eigh(patch_moments(images))
        weight = (vectors / (values + EPSILON).sqrt()).mT.reshape(-1, *self.whiten.weight.shape[1:])  # (C * 4, C, 2, 2)
        self.whiten.weight.copy_(torch.cat([weight, -weight]))
        if self.whiten.bias is not None:  # as it always is here
            nn.init.zeros_(self.whiten.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.groups(F.gelu(self.whiten(self.stn(x))))
        x = F.max_pool2d(x, x.shape[-2:]).flatten(1)  # (B, widths[-1])
        return as_float(self.fc(x)) / 9  # small logits at the start, as in airbench


def patch_moments(images: Tensor) -> Tensor:
    """The mean of p p^T over all patches p (C * 4) of images (N, C, H, W): (C * 4, C * 4), in float64.

    Summed over a few images at a time: all patches of 5,000 in float64 would be 460 MB.
    """
    total, count = torch.zeros((), dtype=torch.float64, device=images.device), 0
    for chunk in images.split(WHITENING_CHUNK):
        patches = F.unfold(chunk, PATCH).double().transpose(0, 1).flatten(1)  # (C * 4, n * positions)
        total = total + patches @ patches.mT
        count += patches.shape[1]
    return total / count


def _group(in_channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        _conv(in_channels, width),
        nn.MaxPool2d(2),
        _norm(width),
        nn.GELU(),
        _conv(width, width),
        _norm(width),
        nn.GELU(),
    )


def _conv(in_channels: int, width: int) -> nn.Conv2d:
    conv = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
    nn.init.dirac_(conv.weight.data[:in_channels])  # hands its input on; the other channels start at random
    return conv


def _norm(width: int) -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(width, momentum=0.4)
    norm.weight.requires_grad_(False)  # only the shift is learnt
    return norm
