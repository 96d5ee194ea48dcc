"""The lines of the tab's charts as plain data: which networks there are, and how each of them is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from demo.core.models import UPRIGHT, model_label
from demo.core.pairs import TITLES
from demo.core.state import COMPARISONS, KEYS
from demo.ui.comparison import TEXTS
from stn.evaluation.curves import Curve, behind_name

CONTROLS = ("rotation", "scale", "shift_x", "shear", "clutter", "noise")  # in the order of the sliders
AXES = {  # control -> what stands under its axis, and the distance between its ticks
    "rotation": ("Rotation (degrees counter-clockwise)", 30),
    "scale": ("Scale", 0.25),
    "shift_x": ("Shift right (1 = half the image)", 0.2),
    "shear": ("Shear (degrees)", 10),
    "clutter": ("Clutter (patches)", 2),
    "noise": ("Noise (standard deviation)", 0.1),
}
CHOSEN = (("solid", "circle"), ("solid", "diamond"))  # (dash, symbol) of the page's comparison, the plain one first
BESIDE = (("dash", "square"), ("dash", "triangle-up"))  # of the other one
OTHERS = (("dot", "cross"), ("dashdot", "x"), ("longdash", "square"))  # with other families' transformers


@dataclass(frozen=True)
class Line:
    """One network's line, the same in both charts. No two of a figure differ by colour alone."""

    network: str  # its name among the measured curves
    label: str
    group: str  # what the networks of its comparison have in common
    comparison: str
    side: str  # "cnn" or "stn": its colour
    dash: str
    symbol: str
    live: bool  # whether this image is shown to it
    shown: bool  # unless somebody wants it otherwise


def names_of(comparison: str, dataset: str, model: str) -> tuple[str, str]:
    """The two networks of a comparison as the curves call them, the plain one first; `model`: the transformer's."""
    if comparison == "trained":
        return f"{dataset}-play-cnn", model
    return UPRIGHT[dataset], behind_name(UPRIGHT[dataset], model)


def lines(dataset: str, chosen: str, comparison: str, transformers: Sequence[str]) -> list[Line]:
    """Both comparisons' networks, with the chosen transformer, and the chosen comparison's with the other ones."""
    found = []
    for each, roles in COMPARISONS.items():
        group, shown = TEXTS[each], each == comparison
        pair = zip(names_of(each, dataset, chosen), roles, ("cnn", "stn"), CHOSEN if shown else BESIDE, strict=True)
        found += [Line(name, TITLES[role], group, each, side, *style, True, shown) for name, role, side, style in pair]
        others = [model for model in transformers if model != chosen] if shown else []
        for model, style in zip(others, OTHERS, strict=False):
            label, name = model_label(model), names_of(each, dataset, model)[1]
            found.append(Line(name, f"{label[0].upper()}{label[1:]}", group, each, "stn", *style, False, False))
    return found


def drawn(found: Sequence[Line], curves: dict[str, Curve]) -> list[dict[str, Any]]:
    """The lines that there is something to draw of, each with its curve, or with None."""
    return [
        {**asdict(line), "curve": curves[line.network].to_dict() if line.network in curves else None}
        for line in found
        if line.network in curves or line.live
    ]


def axis(control: str) -> dict[str, Any]:
    """What both charts share: the control's range, from tick to tick, and its name."""
    key, (title, step) = KEYS[control], AXES[control]
    count = int((key.high - key.low) / step + 1e-9)
    return {
        "title": title,
        "low": key.low,
        "high": key.high,
        "ticks": [round(key.low + i * step, 6) for i in range(count + 1)],
    }
