"""The networks, built from a frozen configuration."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stn import geometry
from stn.airbench import AirbenchNet
from stn.branches import ParallelTransformers
from stn.config import ModelConfig
from stn.errors import StnError, unknown
from stn.families import AFFINE, SIMILARITY, get_family
from stn.modules import Localizer, SpatialTransformer, conv_stages, exact_head, start_at_identity
from stn.zooming import QuarterTurnLocalizer, ZoomLocalizer


class Normalized(nn.Module):
    """Normalizes images in [0, 1], (B, C, H, W), with the training set's mean and sd, then runs `net` on them."""

    mean: Tensor  # (1, C, 1, 1)
    std: Tensor  # (1, C, 1, 1)

    def __init__(self, net: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]):
        super().__init__()
        self.net = net
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.net((x - self.mean) / self.std)  # (B, classes)


def _two(name: str, widths: tuple[int, ...]) -> tuple[int, int]:
    if len(widths) != 2:
        raise StnError(f"{name} is {widths}; give the tutorial's two convolutions a number each: (8, 10).")
    return widths[0], widths[1]


class ReferenceLocalizer(nn.Module):
    """The PyTorch STN tutorial's localisation net, with its names: Conv 7, pool, ReLU, Conv 5, pool, ReLU; two linear.

    With `luminance` it sees the mean of the channels, weighted as in ITU-R BT.601.
    """

    family = AFFINE

    def __init__(self, channels: int, canvas: int, widths: tuple[int, ...], hidden: int, luminance: bool = False):
        super().__init__()
        self.luminance = luminance
        first, second = _two("localizer_widths", widths)
        self.localization = nn.Sequential(
            nn.Conv2d(1 if luminance else channels, first, 7),
            nn.MaxPool2d(2, stride=2),
            nn.ReLU(True),
            nn.Conv2d(first, second, 5),
            nn.MaxPool2d(2, stride=2),
            nn.ReLU(True),
        )
        size = ((canvas - 6) // 2 - 4) // 2  # of the last maps, in pixels
        self.fc_loc = nn.Sequential(
            nn.Linear(second * size**2, hidden),
            nn.ReLU(True),
            start_at_identity(nn.Linear(hidden, self.family.n_params), self.family),
        )

    def forward(self, x: Tensor) -> Tensor:
        if self.luminance:
            x = (x * x.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)  # (B, 1, H, W)
        return exact_head(self.fc_loc, self.localization(x).flatten(1))  # (B, 6)


class RandomTransform(nn.Module):
    """TI-CNN (Shen et al. 2019): while training, turns, scales and shifts at random, all maps of an image alike.

    Rotation within 20 degrees, scale within a factor 1.2, shift within a tenth of the half-width. No weights.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        r = torch.rand(4, len(x), device=x.device) * 2 - 1
        angle, scale = torch.deg2rad(20 * r[0]), 1.2 ** r[1]
        theta = torch.stack([scale * angle.cos(), scale * angle.sin(), 0.1 * r[2], 0.1 * r[3]], dim=1)  # (B, 4)
        return geometry.sample(x, SIMILARITY.grid(theta, geometry.size_of(x))).to(x.dtype)


class ReferenceNet(nn.Module):
    """The five printed systems: the tutorial's net in other sizes (Conv 5, pool, Conv 5, dropout, pool, two linear).

    `widths` are its two convolutions' channels, `hidden` the units of fc1. Returns log-probabilities (B, classes).
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        first, second = _two("widths", config.widths)
        before: nn.Module = nn.Identity()
        if config.family not in (None, "affine"):
            raise StnError(f"The tutorial's net has an affine transformer or none, not {config.family!r}.")
        if config.family:
            localizer = ReferenceLocalizer(
                config.channels, config.canvas, config.localizer_widths, config.localizer_hidden, config.luminance
            )
            before = SpatialTransformer(localizer, padding=config.padding)
        self.stn = before
        self.random_transform = RandomTransform() if config.random_transform else nn.Identity()
        self.conv1 = nn.Conv2d(config.channels, first, 5)
        self.conv2 = nn.Conv2d(first, second, 5)
        self.conv2_drop = nn.Dropout2d(config.dropout)
        size = ((config.canvas - 4) // 2 - 4) // 2  # of the last maps, in pixels
        self.fc1 = nn.Linear(second * size**2, config.hidden)
        self.fc1_drop = nn.Dropout(config.dropout)
        self.fc2 = nn.Linear(config.hidden, config.classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.random_transform(self.stn(x))
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = self.random_transform(x)
        x = F.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))
        x = self.fc1_drop(F.relu(self.fc1(x.flatten(1))))
        return F.log_softmax(geometry.as_float(self.fc2(x)), dim=1)

    def tutorial_state(self) -> dict[str, Tensor]:
        """The weights under the tutorial's names: localization.0.weight, fc_loc.0.weight, conv1.weight, ..."""
        return {name.removeprefix("stn.localizer."): value for name, value in self.state_dict().items()}


class ConvNet(nn.Module):
    """Stages of 3x3 convolutions and one linear layer, with or without transformers at the input or on feature maps.

    `widths` and `depths` are those of `conv_stages`; the last maps are pooled to 2x2. With `random_transform` the
    images and the first stage's maps are transformed at random in training. Returns logits (B, classes).
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        if config.placement not in PLACEMENTS:
            raise unknown("placement", config.placement, PLACEMENTS)
        places = PLACEMENTS[config.placement] if config.family else ()
        self.stn: nn.Module = nn.Identity()
        channels = config.channels
        if config.transformers > 1:
            if places != ("input",):
                raise StnError(
                    f"transformers={config.transformers} stand side by side at the input only: give a family, and "
                    "leave the placement at 'input'."
                )
            side_by_side = [_transformer(config, channels, 1) for _ in range(config.transformers)]
            self.stn, channels = ParallelTransformers(side_by_side), config.transformers * channels
        elif "input" in places:
            self.stn = _transformer(config, channels, 1)
        first, *later = conv_stages(channels, config.widths, config.depths)
        if "feature" in places:  # the first stage halved the maps
            later.insert(0, [_transformer(config, config.widths[0], 2)])
        if config.random_transform:
            first, later = [RandomTransform(), *first], [[RandomTransform()], *later]
        self.features = nn.Sequential(*first, *itertools.chain(*later))
        self.pool = nn.AdaptiveMaxPool2d(2)
        self.drop = nn.Dropout(config.dropout)
        self.fc = nn.Linear(4 * config.widths[-1], config.classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.features(self.stn(x)))  # (B, C, 2, 2)
        return geometry.as_float(self.fc(self.drop(x.flatten(1))))


PLACEMENTS = {"input": ("input",), "feature": ("feature",), "both": ("input", "feature")}


def _transformer(config: ModelConfig, channels: int, halved: int) -> SpatialTransformer:
    """The configuration's transformer, of a family, for maps `halved` times as small as it says."""
    family = get_family(config.family or "", config.points)
    net: dict[str, Any] = {
        "widths": config.localizer_widths,
        "depths": config.localizer_depths,
        "hidden": config.localizer_hidden,
        "shrink": max(1, config.localizer_shrink // halved),
    }
    if config.localizer_decides and not config.localizer_sides:
        raise StnError("localizer_decides=True is for a net that weighs quarter turns: set localizer_sides=True too.")
    localizer: Localizer | ZoomLocalizer
    if config.localizer_zoom:
        window = config.localizer_zoom // halved
        if config.localizer_sides:
            localizer = QuarterTurnLocalizer(channels, family, window, config.localizer_decides, **net)
        else:
            localizer = ZoomLocalizer(channels, family, window, **net)
    elif config.localizer_sides:
        raise StnError("localizer_sides=True is for a window: give its width as localizer_zoom, such as 32.")
    else:
        localizer = Localizer(channels, family, **net)
    out_size = config.out_size and (config.out_size[0] // halved, config.out_size[1] // halved)
    return SpatialTransformer(localizer, out_size, config.padding, config.average, config.iterations)


def _airbench(config: ModelConfig) -> AirbenchNet:
    before = _transformer(config, config.channels, 1) if config.family else nn.Identity()
    return AirbenchNet(before, config.channels, config.widths, config.classes)


NETS: dict[str, Callable[[ModelConfig], nn.Module]] = {
    "reference": ReferenceNet,
    "conv": ConvNet,
    "airbench": _airbench,
}
UNUSED = {  # fields that a network has no use for
    "reference": (
        *("depths", "localizer_depths", "localizer_shrink", "localizer_zoom", "localizer_sides"),
        *("localizer_decides", "out_size", "average", "iterations", "points", "placement", "transformers"),
    ),
    "conv": ("hidden", "luminance"),
    "airbench": ("depths", "hidden", "dropout", "luminance", "random_transform", "placement", "transformers"),
}


def build_model(config: ModelConfig) -> Normalized:
    """The untrained network, which takes images in [0, 1], (B, C, canvas, canvas). Raises StnError.

    Example:
        >>> from stn import get_recipe
        >>> model = build_model(get_recipe("mnist-tutorial").model).eval()
        >>> model(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    if config.net not in NETS:
        raise unknown("network", config.net, NETS)
    for field in fields(config):
        if field.name in UNUSED[config.net] and getattr(config, field.name) != field.default:
            raise StnError(
                f"The network {config.net!r} has no use for {field.name}={getattr(config, field.name)!r}; leave it at "
                f"{field.default!r}."
            )
    return Normalized(NETS[config.net](config), config.mean, config.std)
