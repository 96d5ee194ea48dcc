"""How two networks fare against one control at a time: the test set's curves, and one image's, computed live."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import torch

from demo.core.compare import answer_or_error
from demo.core.images import ImageStore
from demo.core.models import Loaded, ModelStore, architecture_of, model_label
from demo.core.requests import choice, split
from demo.core.state import parse_request
from demo.core.subject import find_subject, parse_shown
from demo.tabs.robustness.figures import PALETTES, line_styles, robustness_figure
from stn.checkpoint import SHIPPED
from stn.data import dataset_info
from stn.distort import Controls
from stn.errors import StnError
from stn.evaluation.curves import FILE, Curve, control_values, read_curves

log = logging.getLogger(__name__)
CONTROLS = ("rotation", "scale", "shear", "clutter", "noise")  # in the order of the sliders
IMAGES = 8  # at a time through a network: no one who plays waits longer than for these


class CurveStore:
    """The measured curves, read once and again when their file changes. A damaged file counts as none."""

    def __init__(self, folder: Path = SHIPPED):
        self._path = Path(folder) / FILE
        self._lock = threading.Lock()
        self._read: dict[str, dict[str, Curve]] = {}
        self._stamp: int | None = None

    def get(self) -> dict[str, dict[str, Curve]]:
        """network -> control -> its curve."""
        with self._lock:
            stamp = self._path.stat().st_mtime_ns if self._path.is_file() else None
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    self._read = read_curves(self._path)
                except StnError as error:
                    log.warning("%s", error)
                    self._read = {}
            return self._read


def figure(models: ModelStore, curves: CurveStore, given: object) -> dict[str, Any]:
    """Both charts for a state's data set and network, and their legend, or {"error": one sentence}.

    given: a state of the page, with `curve`, the control, and `theme`, light or dark.
    """
    return answer_or_error(lambda: _figure(models, curves, given))


def _figure(models: ModelStore, curves: CurveStore, given: object) -> dict[str, Any]:
    request, (control, theme) = split(given, "curve", "theme")
    state, control = parse_request(request), choice("curve", control, CONTROLS)
    palette = PALETTES[choice("theme", "light" if theme is None else theme, PALETTES)]
    chosen, cnn = models.choose(state.dataset, state.model), f"{state.dataset}-play-cnn"
    names = [cnn, chosen, *(n for n in models.transformers(state.dataset) if n != chosen)]
    labels = {name: label(name) for name in names}
    styles = line_styles(names, chosen, palette)
    measured = {n: c[control] for n, c in curves.get().items() if n in names and control in c}
    measured = {n: measured[n] for n in names if n in measured}
    title = dataset_info(state.dataset).title
    shown = [n for n in names if n in measured or n in (cnn, chosen)]
    return {
        "figure": robustness_figure(control, measured, styles, labels, [cnn, chosen], palette),
        "legend": [
            {
                "network": name,
                "label": labels[name],
                "role": "cnn" if name == cnn else "stn",
                "dash": styles[name].dash,
                "symbol": styles[name].symbol,
            }
            for name in shown
        ],
        "control": control,
        "measured": bool(measured),
        "images": f"{max(c.n for c in measured.values()):,} {title} test images" if measured else "",
    }


def sweep(images: ImageStore, models: ModelStore, given: object) -> dict[str, Any]:
    """One image over the whole of one control, the others as they are, shown to both networks.

    given: a state of the page with `curve`, the control, and `image` where the image is the visitor's own. Returns
    {"control", "values", "class", "at", "networks": {name: {"percent": [...], "right": [...]}}} or {"error": one
    sentence}; percent: the probability of `class`. That is the true class, and `at` None. Of a visitor's image
    nobody knows it: there it is what the transformer's network says with the control at rest, at the value `at`.
    """
    return answer_or_error(lambda: _sweep(images, models, given))


def _sweep(images: ImageStore, models: ModelStore, given: object) -> dict[str, Any]:
    request, (control,) = split(given, "curve")
    (state, pixels), control = parse_shown(request), choice("curve", control, CONTROLS)
    stn, cnn = models.pair(state.dataset, state.model)
    subject = find_subject(images, state, pixels)
    values = control_values(control)
    with torch.inference_mode():
        # One by one, not as a batch: noise and clutter must be those that the live view shows for the same seed.
        swept = [Controls(**{**vars(state.controls), control: v}) for v in values]
        x = torch.cat([subject.distorted(controls, stn.info.canvas) for controls in swept])  # (V, C, S, S)
        found = {net.info.name: _chances(net, x) for net in (cnn, stn)}
    rest = min(range(len(values)), key=lambda i: abs(values[i] - getattr(Controls(), control)))
    label = subject.label if subject.label is not None else int(found[stn.info.name][rest].argmax())
    return {
        "control": control,
        "values": list(values),
        "class": stn.info.classes[label],
        "at": values[rest] if subject.own else None,
        "networks": {
            name: {
                "percent": [round(100 * p, 1) for p in chances[:, label].tolist()],
                "right": (chances.argmax(1) == label).tolist(),
            }
            for name, chances in found.items()
        },
    }


def _chances(net: Loaded, x: torch.Tensor) -> torch.Tensor:
    """Probabilities (B, classes), in small batches, so that others get their turn at the network."""
    logits = torch.cat([net.explain(part).logits for part in x.split(IMAGES)])
    return logits.float().softmax(1).nan_to_num()


def label(name: str) -> str:
    """How the charts call a network."""
    return "plain CNN" if architecture_of(name) == "cnn" else model_label(name)
