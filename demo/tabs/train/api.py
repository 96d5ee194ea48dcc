"""The train tab's server function: strictly checked requests in, what a visitor has not seen yet out."""

from __future__ import annotations

import base64
import logging
import math
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from demo.core.encoding import encode_lattice
from demo.core.requests import choice, flag, mapping, number, text, whole
from demo.tabs.train.messages import (
    about_recorded,
    about_test,
    changed,
    expectation,
    in_line,
    verdict,
    watch_for,
    with_defaults,
)
from demo.tabs.train.references import references
from demo.tabs.train.room import PLACES, TrainingRoom
from demo.tabs.train.run import WAITING, Run, RunInputs, share_of
from demo.tabs.train.settings import LRS, MAX_STEPS, RATES, Settings, parse_settings
from demo.tabs.train.trainer import Snapshot
from stn.data import dataset_info
from stn.errors import StnError

log = logging.getLogger(__name__)
STEERING = ("pause", "resume", "step", "stop")
SEEN = ("run", "losses", "tests", "look")
KEYS = {  # action -> the keys its request may hold beside "action"
    "start": ("settings", "replaces", "paused", "owner"),
    "preview": ("settings",),
    "look": SEEN,
    "rates": (*SEEN, "lr", "rate"),
    "follow": (*SEEN[1:], "share", "which"),
    **dict.fromkeys(STEERING, SEEN),
}
EVERY_KEY = ("action", *dict.fromkeys(key for keys in KEYS.values() for key in keys))


def answer(room: TrainingRoom, request: object, address: str = "") -> dict[str, Any]:
    """Any object in, and where it came from; a run's news or {"error": one sentence} out."""
    try:
        return _answer(room, request, address)
    except StnError as error:
        return {"error": str(error)}
    except Exception:  # what nobody foresaw goes to the log, not to a visitor
        log.exception("A training request failed")
        return {"error": "The run could not be reached: an error in the program, which its log describes."}


def _answer(room: TrainingRoom, request: object, address: str) -> dict[str, Any]:
    given = mapping("request", request, EVERY_KEY)
    action = choice("action", given.get("action"), KEYS)
    mapping("request", request, ("action", *KEYS[action]))
    if action == "start":
        paused, replaces = flag("paused", given.get("paused", False)), text("replaces", given.get("replaces"))
        owner, settings = text("owner", given.get("owner")), parse_settings(given.get("settings", {}))
        run = room.start(settings, replaces, paused, owner, address)
        return {
            "run": run.id,
            "owner": run.owner,
            "share": run.share,
            "state": run.state,
            "watch": watch_for(run.settings),
        }
    if action == "preview":
        settings = parse_settings(given.get("settings", {}))
        inputs, snapshot = room.preview(settings)
        told = encode_inputs(settings, inputs)
        expected = expectation(settings, told["references"], inputs.trained)
        return {
            **told,
            "look": encode_snapshot(snapshot),
            "watch": f"{watch_for(settings)} {expected}".rstrip(),
            "changed": changed(settings, []),
        }
    lowest = {"losses": 0, "tests": 0, "look": -1}
    seen = [whole(key, given.get(key, low), low, MAX_STEPS + 1) for key, low in lowest.items()]
    if action == "follow":
        run = room.shared(given.get("share"))
        which = share_of(run.id)  # tells one run from the next, and does not steer it
        known = seen if given.get("which") == which else list(lowest.values())
        return news(run, *known) | {"which": which, "settings": asdict(run.settings)}
    run = room.find(given.get("run"))
    if action == "rates":
        run.change_rates(
            number("lr", given.get("lr", run.settings.lr), *LRS),
            number("rate", given.get("rate", run.settings.rate), *RATES),
        )
    if action in STEERING:
        run.act(action)
    told = news(run, *seen)
    place, seconds = room.line(run)
    return told | {"verdict": in_line(PLACES, place, seconds)} if told["state"] == WAITING and place else told


def news(run: Run, losses: int, tests: int, look: int) -> dict[str, Any]:
    """What a visitor has not seen who knows so many losses and tests, and the snapshot of step `look` (-1: none)."""
    with run.changed:
        newest = run.snapshot if run.snapshot is not None and run.snapshot.step > look else None
        settings, steps, inputs = run.settings, len(run.losses), run.inputs
        recorded = references(settings, inputs.drawn) if inputs else {}
        expected = expectation(settings, recorded, inputs.trained, steps, run.seconds) if inputs else ""
        said = (verdict(settings, run.tests), with_defaults(settings, run.tests, recorded))
        told = {
            "state": run.state,
            "problem": run.problem,
            "seconds": round(run.seconds, 2),
            "step": steps,
            "losses": [round(v, 4) if math.isfinite(v) else None for v in run.losses[losses:]],
            "training": [round(v, 1) for v in run.training[losses:]],
            "changed": changed(settings, run.changes),
            "changes": [asdict(change) for change in run.changes],
            "tests": [test.to_dict() for test in run.tests[tests:]],
            "watch": f"{watch_for(settings)} {expected}".rstrip(),
            "verdict": " ".join(sentence for sentence in said if sentence),
        }
    if look < 0 and inputs is not None:
        told |= encode_inputs(settings, inputs)
    return told if newest is None else told | {"look": encode_snapshot(newest)}


def encode_inputs(settings: Settings, shown: RunInputs) -> dict[str, Any]:
    recorded = references(settings, shown.drawn)
    return {
        "inputs": encode_stack(shown.inputs),
        "labels": shown.labels,
        "about": shown.words,
        "about_test": about_test(shown.drawn, shown.tested),
        "things": settings.scene.things,
        "classes": dataset_info(settings.scene.dataset).classes,
        "references": recorded,
        "about_recorded": about_recorded(recorded),
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
    """Images (N, C, H, W) in [0, 1], C 1 or 3, as size and bytes, one after the other, channels innermost."""
    levels = (images.detach().nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
    count, height, width, channels = levels.shape
    data = base64.b64encode(levels.numpy().tobytes()).decode("ascii")
    return {"width": width, "height": height, "channels": channels, "count": count, "data": data}
