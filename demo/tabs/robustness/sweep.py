"""How networks fare against one control at a time: the test set's curves, and one image's, computed live."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import numpy as np

from demo.core import words
from demo.core.compare import answer_or_error, softmax
from demo.core.images import ImageStore
from demo.core.models import ModelStore
from demo.core.pairs import Pair, find_pair
from demo.core.requests import choice, flag, split
from demo.core.state import COMPARISONS, parse_request
from demo.core.subject import distorted_each, find_subject, parse_shown
from demo.tabs.robustness.lines import CONTROLS, axis, drawn, lines, names_of
from demo.tabs.robustness.sentences import accuracy_sentence, image_sentence
from stn.controls import Controls
from stn.data import dataset_info
from stn.errors import StnError
from stn.evaluation.curves import FILE, Curve, control_values, read_curves
from stn.shipped import SHIPPED

log = logging.getLogger(__name__)
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
    """The test set's curves for a state's data set and networks, or {"error": one sentence}.

    given: a state of the page, with `curve`, the control. Returns {"control", "axis", "lines", "says", "measured",
    "images"}; says: comparison -> what its two curves come to, where both were measured.
    """
    return answer_or_error(lambda: _figure(models, curves, given))


def _figure(models: ModelStore, curves: CurveStore, given: object) -> dict[str, Any]:
    request, (control,) = split(given, "curve")
    state, control = parse_request(request), choice("curve", control, CONTROLS)
    chosen = models.choose(state.dataset, state.model)
    found = lines(state.dataset, chosen, state.compare, models.transformers(state.dataset))
    names = {line.network for line in found}
    measured = {name: by[control] for name, by in curves.get().items() if name in names and control in by}
    whole = ", their edges shown" if state.controls.edges == "hidden" else ""  # as all curves were measured
    says = {}
    for comparison in COMPARISONS:
        plain, helped = (measured.get(name) for name in names_of(comparison, state.dataset, chosen))
        if plain and helped and plain.values == helped.values:
            says[comparison] = accuracy_sentence(comparison, control, plain.values, plain.accuracy, helped.accuracy)
    return {
        "control": control,
        "axis": axis(control),
        "lines": drawn(found, measured),
        "says": says,
        "measured": bool(measured),
        "images": f"{dataset_info(state.dataset).title} test images{whole}",
    }


def sweep(images: ImageStore, models: ModelStore, given: object) -> dict[str, Any]:
    """One image over the whole of one control, the others as they are, shown to both networks of a comparison.

    given: a state of the page with `curve`, the control, `image` where the image is the visitor's own, and `both`,
    whether it is shown to the other comparison's networks, too. Returns {"control", "values", "class", "at",
    "networks": {name: {"percent": [...], "said": [...], "right": [...]}}, "says"} or {"error": one sentence}.
    percent: the probability of `class`, and `said` the same as a text. That is the true class, and `at` None. Of a
    visitor's image nobody knows it: there it is what the transformer makes the network say with the control at rest,
    at the value `at`.
    """
    return answer_or_error(lambda: _sweep(images, models, given, whole=True))


def reading(images: ImageStore, models: ModelStore, given: object) -> dict[str, Any]:
    """The same at one value of the control alone: the state's own, so it says what the live view says."""
    return answer_or_error(lambda: _sweep(images, models, given, whole=False))


def _sweep(images: ImageStore, models: ModelStore, given: object, whole: bool) -> dict[str, Any]:
    request, (control, both) = split(given, "curve", "both")
    (state, pixels), control = parse_shown(request), choice("curve", control, CONTROLS)
    comparisons = [state.compare]
    if both is not None and flag("both", both):
        comparisons += [name for name in COMPARISONS if name != state.compare]
    pairs = [find_pair(models, state.dataset, state.model, comparison) for comparison in comparisons]
    subject, rest = find_subject(images, state, pixels), getattr(Controls(), control)
    values = list(control_values(control)) if whole else [getattr(state.controls, control)]
    # For the class of a visitor's image; a sweep holds the control at rest anyway.
    asked = values if rest in values or subject.label is not None else [*values, rest]
    swept = [Controls(**{**vars(state.controls), control: v}) for v in asked]
    x = distorted_each([subject] * len(swept), swept, pairs[0].stn.info.canvas)  # (V, C, S, S)
    found = [_chances(pair, x) for pair in pairs]
    label = subject.label
    if label is None:
        label = int(found[0][1][asked.index(rest)].argmax())
    classes = pairs[0].stn.info.classes
    networks, says = {}, {}
    for comparison, chances in zip(comparisons, found, strict=True):
        names = names_of(comparison, state.dataset, pairs[0].stn.info.name)
        for name, each in zip(names, chances, strict=True):
            networks[name] = _described(each[: len(values)], label)
        plain, helped = (networks[name]["right"] for name in names)
        says[comparison] = image_sentence(comparison, control, plain, helped, classes[label] if subject.own else None)
    return {
        "control": control,
        "values": values,
        "class": classes[label],
        "at": rest if subject.own else None,
        "networks": networks,
        "says": says if whole else {},
    }


def _chances(pair: Pair, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (B, classes) of both networks, in small batches, so that others get their turn at them."""
    seen = [pair.explain(x[at : at + IMAGES]).logits for at in range(0, len(x), IMAGES)]
    plain, helped = (softmax(np.concatenate([logits[role] for logits in seen])) for role in pair.roles)
    return plain, helped


def _described(chances: np.ndarray, label: int) -> dict[str, list]:
    """Probabilities (V, classes) of one class, and whether it is the likeliest."""
    own = chances[:, label].tolist()
    return {
        "percent": [round(100 * p, 1) for p in own],
        "said": [words.percent(p) for p in own],
        "right": (chances.argmax(1) == label).tolist(),
    }
