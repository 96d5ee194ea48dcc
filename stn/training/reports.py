"""What a training tells its caller, who prints it: after some steps, after every epoch, and at the end."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from torch import nn

from stn.evaluation.accuracy import Result


@dataclass(frozen=True)
class StepReport:
    """What `on_step` hears."""

    epoch: int  # from 1
    step: int  # from 0, within the epoch
    steps: int
    seen: int  # images so far in this epoch
    total: int
    loss: float


@dataclass(frozen=True)
class EpochReport:
    """What `on_epoch` hears; a row of the log."""

    epoch: int
    epochs: int
    seconds: float  # of training, without the test
    train_loss: float
    result: Result
    theta: dict[str, Any] | None  # monitor.ThetaStats, None without a transformer

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(eq=False)
class Outcome:
    """What came of a training."""

    model: nn.Module  # the weights to keep, the average where the recipe has one; in evaluation mode
    history: list[dict] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return sum(row["seconds"] for row in self.history)
