"""The recorded runs that stay in the charts beside whatever runs: one with the defaults, one without a transformer.

`python -m demo.tabs.train.record` records them, in references.json: numbers alone, by steps, so that they hold on any
machine.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from demo.tabs.train.settings import (
    LAST_RATE,
    MAX_STEPS,
    OPTIMISER,
    SCENES,
    WARMUP_STEPS,
    Settings,
    model_config,
)

FILE = Path(__file__).with_name("references.json")
KINDS = {"defaults": Settings.placement, "plain": "none"}  # where the transformer is; all else is as by default
STEPS = {"mnist": 1500, "cifar10": 1200, "drawings": 800}  # recorded, by what the run trains on


@dataclass(frozen=True)
class Recording:
    """Which run a reference is."""

    kind: str  # a key of KINDS
    distortion: str
    source: str  # a key of STEPS

    @property
    def settings(self) -> Settings:
        return Settings(distortion=self.distortion, placement=KINDS[self.kind])

    def basis(self) -> dict[str, Any]:
        """All that its numbers follow from but the images: where it has changed, the recording is out of date."""
        return as_json(
            {
                "settings": asdict(self.settings),
                "network": asdict(model_config(self.settings)),
                "optimiser": asdict(OPTIMISER),
                "schedule": {"steps": MAX_STEPS, "warmup": WARMUP_STEPS, "last": LAST_RATE},
            }
        )


RECORDINGS = tuple(
    Recording(kind, name, source)
    for name, scene in SCENES.items()
    for source in ((scene.dataset, "drawings") if scene.dataset == "mnist" else (scene.dataset,))
    for kind in KINDS
)


def as_json(value: Any) -> Any:
    """What is read again once it has been written."""
    return json.loads(json.dumps(value))


def read(file: Path = FILE) -> list[dict[str, Any]]:
    """The recorded runs: {kind, distortion, source, basis, trained_on, tested_on, torch, step, loss, training,
    accuracy}, the last four lists of the same length. Without a file, none."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else []


@cache
def _recorded() -> dict[tuple[str, str, str], dict[str, Any]]:
    return {(one["kind"], one["distortion"], one["source"]): one for one in read()}


def references(settings: Settings, drawn: bool) -> dict[str, dict[str, Any]]:
    """What was recorded on the same images under the same distortion: kind -> {step, loss, training, accuracy}.

    At `step` 0 there is an accuracy alone. loss and training are means over the 20 updates before.
    """
    source = "drawings" if drawn else settings.scene.dataset
    found = {kind: _recorded().get((kind, settings.distortion, source)) for kind in KINDS}
    return {
        kind: {name: one[name] for name in ("step", "loss", "training", "accuracy")}
        for kind, one in found.items()
        if one is not None
    }


def accuracy_at(reference: dict[str, Any], step: int) -> float:
    """A recorded accuracy, percent: the last at or before a step."""
    return next(a for s, a in zip(reference["step"][::-1], reference["accuracy"][::-1], strict=True) if s <= step)
