"""The train tab: a small network trained live."""

from __future__ import annotations

import atexit
from typing import Any

import gradio as gr

from demo.core.models import Resources
from demo.tabs.train import api
from demo.tabs.train.data import WATCHED, TrainingData
from demo.tabs.train.room import TrainingRoom
from demo.tabs.train.settings import CHOICES, FAILURES, LRS, MAX_SEED, MAX_STEPS, RATES, SCENES, Settings
from demo.ui.widget import Tab, live


def build(resources: Resources) -> None:
    """Builds the tab inside the current context."""
    room = TrainingRoom(TrainingData(resources.images))
    atexit.register(room.close)

    def train(request, visit: gr.Request):
        return api.answer(room, request, visit.client.host if visit.client else "")

    live("train", "train-view", [train], constants=constants())


def constants() -> dict[str, Any]:
    """What the tab's JavaScript needs to know of the settings: `Training` in settings.js."""
    return {
        "defaults": {name: getattr(Settings(), name) for name in (*CHOICES, "lr", "rate", "seed")},
        "choices": CHOICES,
        "scenes": {name: scene.label for name, scene in SCENES.items()},
        "failures": FAILURES,
        "ranges": {"lr": LRS, "rate": RATES},
        "maxSeed": MAX_SEED,
        "maxSteps": MAX_STEPS,
        "watched": WATCHED,
    }


TAB = Tab("Train", build)
