"""What the transformers did during an epoch, and whether one of them has collapsed.

A network trains on happily when its transformer is dead: theta the same for every picture. So the spread of theta over
a batch is logged in every run.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import torch
from torch import Tensor

from stn import geometry
from stn.errors import StnError
from stn.modules import Sampler

# Below this sd of theta's parameters over a batch, the transformer does the same to every picture.
CONSTANT_THETA_SD = 0.01
# Beyond these means, it shows next to nothing of the picture, and nothing pulls it back.
MAX_OUTSIDE = 0.9
MAX_LOG_DET = 4.6  # areas 100 times larger or smaller
ADVICE = "lower localizer_lr_scale (a tenth of the classifier's rate works), clip gradients, and start at the identity"


@dataclass(frozen=True)
class ThetaStats:
    """Means over an epoch's watched batches."""

    theta_sd: float  # mean over theta's parameters of their sd over the batch
    det: float | None  # mean of |det A|, 1 at the identity; None for a family without matrices
    outside: float  # part of the grid outside the picture

    @property
    def constant(self) -> bool:
        return self.theta_sd < CONSTANT_THETA_SD

    def to_dict(self) -> dict:
        return asdict(self) | {"theta_constant": self.constant}


@dataclass
class ThetaMonitor:
    """Collects statistics of the passes that `stn.explain.watch` records."""

    rows: list[tuple[float, float, float]] = field(default_factory=list)

    @torch.no_grad()
    def add(self, passes: list[tuple[str, Sampler, Tensor, Tensor, Tensor]]) -> None:
        for _, sampler, inputs, theta, _ in passes:
            theta = theta.detach().float()
            outside = geometry.outside_fraction(sampler.grid(inputs, theta)).mean().item()
            det = float("nan")
            if sampler.family.is_matrix:
                det = torch.linalg.det(sampler.family.matrix(theta)[:, :2, :2]).abs().mean().item()
            self.rows.append((theta.std(0).mean().item(), det, outside))

    def stats(self) -> ThetaStats | None:
        """The means so far, None for a model without transformers. Raises StnError when theta has run away."""
        if not self.rows:
            return None
        sd, det, outside = torch.tensor(self.rows, dtype=torch.float64).mean(0).tolist()
        stats = ThetaStats(sd, None if det != det else det, outside)
        runaway = det == det and abs(torch.tensor(det).clamp(min=1e-30).log().item()) > MAX_LOG_DET
        if runaway or outside > MAX_OUTSIDE:
            raise StnError(
                f"theta has run away (mean |det A| {det:.3g}, {outside:.0%} of the grid outside the picture): {ADVICE}."
            )
        return stats
