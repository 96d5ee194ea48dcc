"""The train tab's server function: strictly checked requests in, what a visitor has not seen yet out."""

from __future__ import annotations

import base64
import logging
import math
from typing import Any

import torch
from torch import Tensor

from demo.core.encoding import encode_lattice
from demo.core.requests import choice, flag, mapping, text, whole
from demo.tabs.train.messages import about_test, verdict, watch_for
from demo.tabs.train.room import Run, RunInputs, TrainingRoom
from demo.tabs.train.settings import MAX_STEPS, parse_settings
from demo.tabs.train.trainer import Snapshot
from stn.errors import StnError

log = logging.getLogger(__name__)
STEERING = ("pause", "resume", "step", "stop")
KEYS = {  # action -> the keys its request may hold beside "action"
    "start": ("settings", "replaces", "paused"),
    "preview": ("settings",),
    "look": ("run", "losses", "tests", "look"),
    **dict.fromkeys(STEERING, ("run", "losses", "tests", "look")),
}
EVERY_KEY = ("action", *dict.fromkeys(key for keys in KEYS.values() for key in keys))


def answer(room: TrainingRoom, request: object) -> dict[str, Any]:
    """Any object in; a run's news or {"error": one sentence} out."""
    try:
        return _answer(room, request)
    except StnError as error:
        return {"error": str(error)}
    except Exception:  # what nobody foresaw goes to the log, not to a visitor
        log.exception("A training request failed")
        return {"error": "The run could not be reached: an error in the program, which its log describes."}


def _answer(room: TrainingRoom, request: object) -> dict[str, Any]:
    given = mapping("request", request, EVERY_KEY)
    action = choice("action", given.get("action"), KEYS)
    mapping("request", request, ("action", *KEYS[action]))
    if action == "start":
        paused, replaces = flag("paused", given.get("paused", False)), text("replaces", given.get("replaces"))
        run = room.start(parse_settings(given.get("settings", {})), replaces, paused)
        return {"run": run.id, "watch": watch_for(run.settings)}
    if action == "preview":
        settings = parse_settings(given.get("settings", {}))
        inputs, snapshot = room.preview(settings)
        return {**encode_inputs(inputs), "look": encode_snapshot(snapshot), "watch": watch_for(settings)}
    lowest = {"losses": 0, "tests": 0, "look": -1}
    seen = [whole(key, given.get(key, low), low, MAX_STEPS + 1) for key, low in lowest.items()]
    run = room.find(given.get("run"))
    if action in STEERING:
        run.act(action)
    return news(run, *seen)


def news(run: Run, losses: int, tests: int, look: int) -> dict[str, Any]:
    """What a visitor has not seen who knows so many losses and tests, and the snapshot of step `look` (-1: none)."""
    with run.changed:
        newest = run.snapshot if run.snapshot is not None and run.snapshot.step > look else None
        told = {
            "state": run.state,
            "problem": run.problem,
            "seconds": round(run.seconds, 2),
            "step": len(run.losses),
            "losses": [round(v, 4) if math.isfinite(v) else None for v in run.losses[losses:]],
            "tests": [test.to_dict() for test in run.tests[tests:]],
            "verdict": verdict(run.settings, run.tests),
        }
        inputs = run.inputs if look < 0 else None
    if inputs is not None:
        told |= encode_inputs(inputs)
    return told if newest is None else told | {"look": encode_snapshot(newest)}


def encode_inputs(shown: RunInputs) -> dict[str, Any]:
    return {
        "inputs": encode_stack(shown.inputs),
        "labels": shown.labels,
        "about": shown.words,
        "about_test": about_test(shown.drawn, shown.tested),
    }


def encode_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    lattices = encode_lattice(snapshot.lattices.flatten(0, 1))
    return {
        "step": snapshot.step,
        "lattices": lattices,
        "outputs": encode_stack(snapshot.outputs),
        "guesses": snapshot.guesses,
    }


def encode_stack(images: Tensor) -> dict[str, Any]:
    """Grey images (N, 1, H, W) in [0, 1] as their size and their bytes, one image after the other."""
    levels = (images.detach().nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8).contiguous()
    data = base64.b64encode(levels.numpy().tobytes()).decode("ascii")
    return {"width": levels.shape[3], "height": levels.shape[2], "count": len(levels), "data": data}
