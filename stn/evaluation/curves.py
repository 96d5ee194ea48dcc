"""Accuracy against one control at a time, the others at rest: measured, written, read."""

from __future__ import annotations

import copy
import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from stn.behind import BehindTransformer, Middle
from stn.checkpoint import SHIPPED, find_checkpoint, load_checkpoint, shipped_names, write_file
from stn.config import Recipe
from stn.data import Dataset
from stn.distort import CONTROL_RANGES, Controls, apply_controls
from stn.errors import StnError, unknown
from stn.evaluation.accuracy import BATCH, TEST_SEED, clutter_stock, load_test
from stn.explain import evaluating
from stn.families import is_count
from stn.models import Normalized
from stn.precision import autocast
from stn.recipes import UPRIGHT, get_recipe

CONTROLS = ("rotation", "scale", "clutter", "noise", "shear", "shift_x")
POINTS = 25
TEST_IMAGES = 10_000  # of either data set
BEHIND = " behind "  # between the names of a classifier and of the network whose transformer it is behind
FILE = "curves.json"  # beside the checkpoints


@dataclass(frozen=True)
class Curve:
    """A model's accuracy at each value of one control."""

    control: str
    values: tuple[float, ...]  # in the control's units
    accuracy: tuple[float, ...]  # percent
    n: int  # images a value

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Entry:
    """What is measured of one network."""

    sha256: str  # of its checkpoint, or of both where it is behind another one's transformer
    curves: tuple[Curve, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"sha256": self.sha256, "curves": [curve.to_dict() for curve in self.curves]}


def read_curves(path: Path = SHIPPED / FILE) -> dict[str, dict[str, Curve]]:
    """The shipped curves by model and control, empty where none are shipped. Raises StnError for a damaged file."""
    return {name: {curve.control: curve for curve in entry.curves} for name, entry in _read(path).items()}


def _read(path: Path) -> dict[str, Entry]:
    if not path.is_file():
        return {}
    try:
        models = json.loads(path.read_text(encoding="utf-8"))["models"]
        return {name: _read_entry(entry) for name, entry in models.items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise StnError(f"'{path.name}' is damaged ({error!r}); write it again with `python -m stn curves`.") from error


def _read_entry(entry: dict[str, Any]) -> Entry:
    """An entry of the file; whatever is missing or odd in it raises one of the errors that `_read` expects."""
    if not isinstance(entry["sha256"], str):
        raise TypeError(f"sha256 is {entry['sha256']!r}")
    return Entry(entry["sha256"], tuple(map(_read_curve, entry["curves"])))


def _read_curve(row: dict[str, Any]) -> Curve:
    control, values, accuracy, n = row["control"], row["values"], row["accuracy"], row["n"]
    if not isinstance(control, str) or not is_count(n):
        raise ValueError(f"control is {control!r}, n is {n!r}")
    if len(values) != len(accuracy) or not all(map(math.isfinite, values)):
        raise ValueError(f"values are {values!r}")
    if not all(0 <= percent <= 100 for percent in accuracy):
        raise ValueError(f"accuracy is {accuracy!r}")
    return Curve(control, tuple(values), tuple(accuracy), n)


def behind_name(classifier: str, network: str) -> str:
    """What the file calls a classifier behind the transformer of a network."""
    return f"{classifier}{BEHIND}{network}"


def measured_names() -> list[str]:
    """Everything that is measured: the page's shipped networks, and the upright CNNs behind their transformers."""
    shipped = shipped_names()
    trained = [name for name in shipped if "-play-" in name]
    plain = {dataset: name for dataset, name in UPRIGHT.items() if name in shipped}
    behind = [
        behind_name(plain[dataset], name)
        for dataset in plain
        for name in trained
        if name.startswith(dataset) and not name.endswith("-cnn")
    ]
    return [*plain.values(), *behind, *trained]


def load_measured(name: str) -> tuple[nn.Module, Recipe]:
    """What is measured under a name, and how: the page's canvas, clutter and precision. Raises StnError."""
    first, _, network = name.partition(BEHIND)
    model, info = load_checkpoint(first)
    return on_the_page(model, info.recipe, network or None)


def on_the_page(model: Normalized, recipe: Recipe, network: str | None = None) -> tuple[nn.Module, Recipe]:
    """A network as the page shows it, and how it is measured there. Raises StnError.

    One of those that have seen upright images only is given the page's canvas: as it is, or behind the transformer of
    the checkpoint `network`. All others are measured as they were trained.
    """
    if recipe.name not in UPRIGHT.values():
        if network is not None:
            names = ", ".join(UPRIGHT.values())
            raise StnError(f"{recipe.name!r} is not for upright images only; behind a transformer stand {names}.")
        return model, recipe
    page = get_recipe(f"{recipe.dataset}-play-cnn")
    own, canvas = recipe.model.canvas, page.model.canvas
    own_canvas = (own, own) if own < canvas else None
    if network is not None:
        return BehindTransformer(load_checkpoint(network)[0], model, own_canvas), page
    return nn.Sequential(Middle(own_canvas), model), page


def update_curves(
    data_dir: str | None = None,
    path: Path = SHIPPED / FILE,
    on_curve: Callable[[str, Curve], None] = lambda name, found: None,
    device: str = "cpu",
    images: int | None = None,
) -> None:
    """Measures the page's networks against every control and writes the file, after each curve anew.

    Curves of checkpoints that are still those that were measured, on at least as many images, are left as they are, so
    it goes on where it was stopped. Nothing is kept of a damaged file. images: the first test images; None: all.
    """
    images = TEST_IMAGES if images is None else images
    names = measured_names()
    sums = {name: _digest(name) for name in names}
    try:
        known = _read(path)
    except StnError:
        known = {}
    entries = {name: entry for name, entry in known.items() if entry.sha256 == sums.get(name)}

    def write() -> None:
        models = {name: entries[name].to_dict() for name in sorted(entries)}
        text = json.dumps({"models": models}, indent=1) + "\n"
        write_file(path, lambda file: file.write_text(text, encoding="utf-8"))

    for name in names:
        entry = entries.get(name, Entry(sums[name], ()))
        curves = {curve.control: curve for curve in entry.curves}
        missing = [control for control in CONTROLS if control not in curves or curves[control].n < images]
        if missing:
            model, recipe = load_measured(name)
            test = load_test(recipe, data_dir)
            test = replace(test, images=test.images[:images], labels=test.labels[:images])
        for control in missing:
            curves[control] = curve(model, test, recipe, control, device=device)
            entries[name] = Entry(sums[name], tuple(curves[known] for known in CONTROLS if known in curves))
            write()
            on_curve(name, curves[control])
    write()


def _digest(name: str) -> str:
    """The SHA-256 of the checkpoint that is measured under a name, or of both, one after the other."""
    files = [find_checkpoint(part) for part in name.split(BEHIND)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def control_values(control: str) -> tuple[float, ...]:
    """25 evenly spaced values over a control's range, or all of them where it counts. Raises StnError."""
    if control not in CONTROLS:
        raise unknown("control", control, CONTROLS)
    low, high = CONTROL_RANGES[control]
    if isinstance(low, int):
        return tuple(range(low, int(high) + 1))
    return tuple(round(value, 6) for value in torch.linspace(low, high, POINTS, dtype=torch.float64).tolist())


@torch.inference_mode()
def curve(
    model: nn.Module,
    test: Dataset,
    recipe: Recipe,
    control: str,
    on_value: Callable[[float, float], None] = lambda value, accuracy: None,
    device: str = "cpu",
    edges: str = "shown",
) -> Curve:
    """The model's accuracy on the test set at each of the control's values; clutter and noise from a fixed seed.

    A copy of the model runs on `device`, in the precision that the model was trained in: in bf16 the million images of
    five curves take half the time.
    """
    values = control_values(control)
    model = copy.deepcopy(model).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # a quarter faster
    precision = autocast(device, recipe.train.precision)
    levels, labels, stock = test.images.to(device), test.labels.to(device), clutter_stock(test)
    stock = stock if stock is None else stock.to(device)
    found = []
    for value in values:
        given: dict[str, Any] = {control: value}
        controls = Controls(**given, seed=TEST_SEED, edges=edges)
        correct = 0
        for start in range(0, len(test), BATCH):
            images = levels[start : start + BATCH].float() / 255
            distorted = apply_controls(images, controls, recipe.model.canvas, images if stock is None else stock)
            with evaluating(model), precision:
                correct += int((model(distorted).argmax(1) == labels[start : start + BATCH]).sum())
        found.append(100 * correct / len(test))
        on_value(value, found[-1])
    return Curve(control, values, tuple(found), len(test))
