"""What the transformers did during an epoch, and whether one of them has collapsed.

A network trains on happily when its transformer is dead: theta the same for every image. So the spread of theta over
a batch is logged in every run.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from statistics import mean
from typing import Any

import torch

from stn import geometry
from stn.errors import StnError
from stn.explain import Pass

# Below this sd of theta's parameters over a batch, the transformer does the same to every image.
CONSTANT_THETA_SD = 0.01
# Beyond these means, it shows next to nothing of the image, and nothing pulls it back.
MAX_OUTSIDE = 0.9
MAX_AREA = 100.0  # |det A| and its inverse
ADVICE = "lower localizer_lr_scale (a tenth of the classifier's rate works), clip gradients, and start at the identity"

REMEDY = "distort some of the training images and supervise its pose (train_distortion, pose_epochs, pose_weight)"


@dataclass(frozen=True)
class ThetaStats:
    """Means over an epoch's watched batches; of several transformers, the one whose theta varies least."""

    theta_sd: float  # mean over theta's parameters of their sd over the batch
    det: float | None  # mean of |det A|, 1 at the identity; None for a family without matrices
    outside: float  # part of the grid outside the image

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"theta_constant": self.theta_sd < CONSTANT_THETA_SD}


@dataclass
class ThetaMonitor:
    """Collects statistics of the passes that `stn.explain.watch` records, for each transformer by itself."""

    rows: dict[str, list[tuple[float, float | None, float]]] = field(default_factory=lambda: defaultdict(list))

    @torch.no_grad()
    def add(self, passes: list[Pass]) -> None:
        for one in passes:
            if len(one.theta) < 2:
                continue  # one image has no spread
            theta, family = one.theta.detach().float(), one.sampler.family
            outside = geometry.outside_fraction(one.sampler.grid(one.input, theta)).mean().item()
            det = None
            if family.is_matrix:
                det = torch.linalg.det(family.matrix(theta)[:, :2, :2]).abs().mean().item()
            self.rows[one.name].append((theta.std(0).mean().item(), det, outside))

    def stats(self) -> ThetaStats | None:
        """The means so far, None for a model without transformers. Raises StnError when a theta has run away."""
        found = []
        for name, rows in self.rows.items():
            sds, dets, outsides = zip(*rows, strict=True)
            stats = ThetaStats(mean(sds), None if dets[0] is None else mean(dets), mean(outsides))
            area = 1.0 if stats.det is None else stats.det
            if not (1 / MAX_AREA < area < MAX_AREA and stats.outside <= MAX_OUTSIDE and math.isfinite(stats.theta_sd)):
                size = "" if stats.det is None else f"mean |det A| {area:.3g}, "
                raise StnError(
                    f"theta of {name or 'the transformer'} has run away ({size}{stats.outside:.0%} of the grid outside "
                    f"the image): {ADVICE}."
                )
            found.append(stats)
        return min(found, key=lambda stats: stats.theta_sd, default=None)
