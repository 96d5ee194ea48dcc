"""Accuracy against one control at a time, the others at rest: measured, written, read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from stn.checkpoint import SHIPPED, load_checkpoint, shipped_names, write_file
from stn.config import Recipe
from stn.data import Dataset
from stn.distort import CONTROL_RANGES, Controls, apply_controls
from stn.errors import StnError, unknown
from stn.evaluation.accuracy import BATCH, TEST_SEED, clutter_stock, load_test
from stn.explain import evaluating
from stn.precision import autocast

CONTROLS = ("rotation", "scale", "clutter", "noise", "shear")
POINTS = 25
FILE = "curves.json"  # beside the checkpoints


@dataclass(frozen=True)
class Curve:
    control: str
    values: tuple[float, ...]  # in the control's units
    accuracy: tuple[float, ...]  # percent
    n: int  # pictures a value

    def to_dict(self) -> dict:
        return {"control": self.control, "values": self.values, "accuracy": self.accuracy, "n": self.n}


def read_curves(path: Path = SHIPPED / FILE) -> dict[str, dict[str, Curve]]:
    """The shipped curves by model and control, empty where none are shipped. Raises StnError for a damaged file."""
    if not path.is_file():
        return {}
    try:
        models = json.loads(path.read_text(encoding="utf-8"))["models"]
        return {name: {c["control"]: _read_curve(c) for c in entry["curves"]} for name, entry in models.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StnError(f"'{path.name}' is damaged ({error!r}); write it again with `python -m stn curves`.") from error


def update_curves(
    data_dir: str | None = None,
    path: Path = SHIPPED / FILE,
    on_curve: Callable[[str, Curve], None] = lambda name, found: None,
    device: str = "cpu",
) -> None:
    """Measures every shipped playground model against every control and writes the file, after each curve anew.

    Curves of a checkpoint that is still the one that was measured are left out, so it goes on where it was stopped.
    Nothing is kept of a damaged file.
    """
    shipped = {name: SHIPPED / f"{name}.safetensors" for name in shipped_names() if "-play-" in name}
    sums = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in shipped.items()}
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["models"] if read_curves(path) else {}
    except StnError:
        known = {}
    models = {name: entry for name, entry in known.items() if entry["sha256"] == sums.get(name)}

    def write() -> None:
        text = json.dumps({"models": dict(sorted(models.items()))}, indent=1) + "\n"
        write_file(path, lambda file: file.write_text(text, encoding="utf-8"))

    for name in shipped:
        entry = models.setdefault(name, {"sha256": sums[name], "curves": []})
        measured = {row["control"] for row in entry["curves"]}
        missing = [control for control in CONTROLS if control not in measured]
        if missing:
            model, info = load_checkpoint(name)
            test = load_test(info.recipe, data_dir)
        for control in missing:
            found = curve(model, test, info.recipe, control, device=device)
            entry["curves"].append(found.to_dict())
            write()
            on_curve(name, found)
    write()


def _read_curve(row: dict) -> Curve:
    return Curve(str(row["control"]), tuple(row["values"]), tuple(row["accuracy"]), int(row["n"]))


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
    device: str = "cpu",
) -> Curve:
    """The model's accuracy on the test set at each of the control's values; clutter and noise from a fixed seed.

    The model runs in the precision that it was trained in: in bf16 the million pictures of five curves take half the
    time.
    """
    values = control_values(control)
    model = model.to(device, memory_format=torch.channels_last)  # a quarter faster
    precision = autocast(device, recipe.train.precision)
    pictures, labels, stock = test.images.to(device), test.labels.to(device), clutter_stock(test)
    stock = stock if stock is None else stock.to(device)
    found = []
    for value in values:
        controls = Controls(**{control: value}, seed=TEST_SEED)
        correct = 0
        for start in range(0, len(test), BATCH):
            images = pictures[start : start + BATCH].float() / 255
            given = apply_controls(images, controls, recipe.model.canvas, images if stock is None else stock)
            with evaluating(model), precision:
                correct += int((model(given).argmax(1) == labels[start : start + BATCH]).sum())
        found.append(100 * correct / len(test))
        on_value(value, found[-1])
    return Curve(control, values, tuple(found), len(test))
