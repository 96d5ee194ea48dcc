"""The train tab: a small network trained live.

What trains is imported when the first visitor comes to it, and PyTorch with it: the page does not wait for that.
"""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any

import gradio as gr

from demo.core.cache import LruCache
from demo.core.models import Resources
from demo.tabs.train.settings import CHOICES, FAILURES, LRS, MAX_SEED, MAX_STEPS, RATES, SCENES, WATCHED, Settings
from demo.ui.widget import Tab, live

if TYPE_CHECKING:
    from demo.tabs.train.room import TrainingRoom


def build(resources: Resources) -> None:
    """Builds the tab inside the current context."""
    rooms = LruCache(1)

    def open_room() -> TrainingRoom:
        from demo.tabs.train.data import TrainingData
        from demo.tabs.train.room import TrainingRoom

        room = TrainingRoom(TrainingData(resources.images))
        atexit.register(room.close)
        return room

    def train(request, visit: gr.Request):
        from demo.tabs.train import api

        return api.answer(rooms.get((), open_room), request, visit.client.host if visit.client else "")

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
