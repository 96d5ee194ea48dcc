"""Accuracy against one control at a time, the others at rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from stn.data import Dataset
from stn.distort import CONTROL_RANGES, Controls, apply_controls
from stn.errors import unknown
from stn.evaluate import BATCH, TEST_SEED
from stn.recipes import Recipe

CONTROLS = ("rotation", "scale", "clutter", "noise", "shear")
POINTS = 25


@dataclass(frozen=True)
class Curve:
    control: str
    values: tuple[float, ...]  # in the control's units
    accuracy: tuple[float, ...]  # percent
    n: int  # pictures a value

    def to_dict(self) -> dict:
        return {"control": self.control, "values": self.values, "accuracy": self.accuracy, "n": self.n}


def control_values(control: str) -> tuple[float, ...]:
    """25 evenly spaced values over a control's range, or all of them where it counts. Raises StnError."""
    if control not in CONTROLS:
        raise unknown("control", control, CONTROLS)
    low, high = CONTROL_RANGES[control]
    if isinstance(low, int):
        return tuple(range(low, high + 1))
    return tuple(round(value, 6) for value in torch.linspace(low, high, POINTS, dtype=torch.float64).tolist())


@torch.inference_mode()
def curve(
    model: nn.Module,
    test: Dataset,
    recipe: Recipe,
    control: str,
    on_value: Callable[[float, float], None] = lambda value, accuracy: None,
) -> Curve:
    """The model's accuracy on the test set at each of the control's values; clutter and noise from a fixed seed."""
    values = control_values(control)
    found = []
    for value in values:
        controls = Controls(**{control: value}, seed=TEST_SEED)
        correct = 0
        for start in range(0, len(test), BATCH):
            images = test.images[start : start + BATCH].float() / 255
            given = apply_controls(images, controls, recipe.model.canvas, images)
            correct += int((model(given).argmax(1) == test.labels[start : start + BATCH]).sum())
        found.append(100 * correct / len(test))
        on_value(value, found[-1])
    return Curve(control, values, tuple(found), len(test))
