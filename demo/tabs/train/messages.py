"""What the train tab says: before a run what to watch, then what the run's own numbers show. Pure."""

from __future__ import annotations

import math
from typing import Any

from demo.tabs.train.measured import Measured
from demo.tabs.train.references import KINDS, accuracy_at
from demo.tabs.train.run import MAX_SECONDS, Change
from demo.tabs.train.settings import MAX_STEPS, OPTIMISER, Settings
from stn.recipes import get_recipe

WATCH = {  # what to look at, by the kind of run; see watch_key
    "lr": "Watch the loss: all weights take such large steps that it may rise instead of fall.",
    "none": "Watch the accuracy: without a transformer the classifier has to learn every pose by itself.",
    "rate": "Watch the frames: the localisation network takes such large steps that theta may leave the image.",
    "start": "Watch the first frames: theta starts at random, so at first the classifier sees crooked crops.",
    "feature": (
        "Watch the outputs: the transformer now moves feature maps, and the layer before it has read the strokes as "
        "they lie in the image."
    ),
    "labels": (
        "Watch whether the frames turn: only the labels train the localisation network, and a classifier can learn to "
        "do without it."
    ),
    "fixed": "Watch what the classifier learns: a frame of this family cannot turn, so the images stay as they lie.",
    "photos": "Watch the frames hesitate: what is up in a photograph takes longer to learn than in a digit.",
    "turns": "Watch the frames leave the identity: each should turn until the digit stands upright in its output.",
    "places": "Watch the frames leave the identity: each should move and close in until its digit fills the output.",
}
HIGH_LR = 5 * OPTIMISER.lr
HIGH_RATE = 5  # of the classifier's learning rate
AWAY = 0.5  # part of the grid outside from which theta has run away
POINT = 0.15  # side of the frame below which it has shrunk to a point
SAME = {"\u00b0": 3.0, " pixels": 0.5}  # spread of what the transformer does below which it does the same to all
EARLY = 200  # updates before which that is no surprise
CLOSE = 1.0  # points between two accuracies on a thousand images that may be chance
SETTLED = 5.0  # seconds of a run after which its pace is known
CHANCE = 20  # percent: an accuracy below is hardly better than guessing among ten


def watch_key(settings: Settings) -> str:
    """Which sentence of WATCH a run calls for; the riskiest setting counts."""
    if settings.lr >= HIGH_LR:
        return "lr"
    if not settings.transforms:
        return "none"
    if settings.rate >= HIGH_RATE:
        return "rate"
    if settings.start == "random":
        return "start"
    if settings.placement == "feature":
        return "feature"
    if settings.lesson == "labels":
        return "labels"
    if settings.distortion == "tc":
        return "places"
    if settings.family in ("translation", "attention"):
        return "fixed"
    return "turns" if settings.scene.dataset == "mnist" else "photos"


def watch_for(settings: Settings) -> str:
    return WATCH[watch_key(settings)]


def expectation(
    settings: Settings, recorded: dict[str, dict[str, Any]], trained_on: int, steps: int = 0, seconds: float = 0.0
) -> str:
    """How far a run will get that does not get far in its time, from the recorded runs; at its own pace once that is
    known. Nothing for the others."""
    if settings.scene.dataset == "mnist" or len(recorded) < len(KINDS):
        return ""
    minutes, last = MAX_SECONDS // 60, recorded["defaults"]["step"][-1]
    if seconds < SETTLED:
        taught = get_recipe("cifar10-play-affine").train.epochs * trained_on
        return (
            f"Expect little of {minutes} minutes: the network of the other tabs saw {_millions(taught)} images, "
            f"{last:,} steps here are {_millions(last * OPTIMISER.batch_size)}. Recorded after them: "
            f"{_both(recorded, last)}."
        )
    reached = min(MAX_STEPS, _rough(round(steps * MAX_SECONDS / seconds)))
    where = "there" if reached <= last else f"at step {last:,}"
    return (
        f"At this server\u2019s pace a run makes about {reached:,} steps in its {minutes} minutes. Recorded {where}: "
        f"{_both(recorded, reached)}."
    )


def changed(settings: Settings, changes: list[Change]) -> str:
    """Which learning rates a run has been given on its way, the last ones; before, that it can be given some."""
    if not changes:
        return "Both can be moved during a run." if settings.transforms else "It can be moved during a run."
    step, lr, rate = changes[-1].step, changes[-1].lr, changes[-1].rate
    localiser = f", the localisation network\u2019s {lr * rate:.2g}" if settings.transforms else ""
    return f"Since step {step:,} the learning rate is {lr:.2g}{localiser}."


def with_defaults(settings: Settings, tests: list[Measured], recorded: dict[str, dict[str, Any]]) -> str:
    """How the recorded run with the defaults did by the step of the last test, for a run that is another."""
    usual = Settings(distortion=settings.distortion, seed=settings.seed)
    known = recorded.get("defaults")
    if settings == usual or known is None or not tests or not 0 < tests[-1].step <= known["step"][-1]:
        return ""
    return f"Defaults by now: {accuracy_at(known, tests[-1].step):.1f}\u202f%."


def verdict(settings: Settings, tests: list[Measured]) -> str:
    """What a run's tests, oldest first, show so far: a sentence or two."""
    if not tests:
        return ""
    first, now = tests[0], tests[-1]
    if not now.unit:
        return "Theta is no longer a number: the steps were too large."
    if now.step == 0:
        return _beginning(settings, now)
    said = _seen(settings, first, now)
    accuracy = f"{now.accuracy:.1f}\u202f% of the held-out {settings.scene.things} are classified correctly"
    if now.accuracy < CHANCE:
        return f"{said} Only {accuracy}: little better than guessing."
    return f"{said} {accuracy[0].upper()}{accuracy[1:]}."


def _beginning(settings: Settings, now: Measured) -> str:
    if not settings.transforms:
        return "Nothing has been learnt yet. There is no transformer: the classifier gets every image as it lies."
    if settings.start == "identity":
        return "Nothing has been learnt yet: theta is the identity, so every output equals its input."
    size = f"{round(100 * now.zoom)}\u202f% of the input's side"
    return f"Theta starts at random: the frames are {size} and {_percent(now.outside)} of the grid lies outside."


def _seen(settings: Settings, first: Measured, now: Measured) -> str:
    things = settings.scene.things
    before, after = _spread(now.before, now.unit), _spread(now.after, now.unit)
    what = "angles" if now.unit == "\u00b0" else "positions"
    if not settings.transforms:
        return f"Nothing turns or moves the {things}: their {what} keep a standard deviation of {before}."
    where = "in the feature maps" if settings.placement == "feature" else "in the image"
    if now.outside > AWAY:
        return (
            f"Theta has run away: {_percent(now.outside)} of the sampling grid lies outside, {_percent(first.outside)} "
            "at the start, so the outputs are almost empty."
        )
    if now.zoom < POINT:
        return f"Theta has collapsed: the frames have shrunk to {_percent(now.zoom)} of the input's side."
    if now.varies < SAME[now.unit]:
        does = (
            "turns every image by the same angle" if now.unit == "\u00b0" else "looks at the same place in every image"
        )
        said = f"The transformer {does} (a spread of {_spread(now.varies, now.unit, 1)})"
        return f"{said} so far." if now.step < EARLY else f"{said}: the rest of the network learns to do without it."
    lie = f"The {things}' {what} have a standard deviation of {before} {where}, {after} after the transformer"
    if now.after > 1.1 * now.before:
        return f"{lie}: it makes matters worse."
    if now.after > 0.9 * now.before:
        return f"{lie}: it moves them, but hardly towards each other."
    if now.after > 0.6 * now.before:
        return f"{lie}: it is getting there."
    return f"{lie}: it works." if settings.placement == "input" else f"{lie}: what it moves are features, not strokes."


def about_test(drawn: bool, n: int) -> str:
    """What the accuracy is measured on, beside the word on its chart."""
    return f"on {n:,} {'held-out drawings' if drawn else 'test images'}"


def about_recorded(recorded: dict[str, dict[str, Any]]) -> str:
    """What the recorded runs came to, and what that says of the transformer: it does not always help."""
    if len(recorded) < len(KINDS):
        return ""
    last = recorded["defaults"]["step"][-1]
    gain = accuracy_at(recorded["defaults"], last) - accuracy_at(recorded["plain"], last)
    if abs(gain) < CLOSE:
        so = "no difference to speak of"
    else:
        so = f"{abs(gain):.1f} points {'for the transformer' if gain > 0 else 'against the transformer'}"
    return f"Recorded after {last:,} steps: {_both(recorded, last)}: {so}."


def in_line(places: int, place: int, seconds: float) -> str:
    """What is told to whoever waits for one of so many places."""
    minutes = max(1, math.ceil(seconds / 60))
    return (
        f"{places} networks train on this server at a time. You are number {place} in line: your run starts by itself, "
        f"in about {minutes} min."
    )


def _both(recorded: dict[str, dict[str, Any]], step: int) -> str:
    """What two recorded runs reached."""
    with_, without = (accuracy_at(recorded[kind], step) for kind in ("defaults", "plain"))
    return f"{with_:.1f}\u202f% with the transformer, {without:.1f}\u202f% without"


def _millions(n: int) -> str:
    return f"{n / 1e6:.1f} million"


def _rough(n: int) -> int:
    """To the next hundred, or ten where there are few."""
    return round(n, -2) if n >= 1000 else round(n, -1)


def _percent(part: float) -> str:
    return f"{round(100 * part)}\u202f%"


def _spread(value: float, unit: str, digits: int = 0) -> str:
    return f"{value:.{digits}f}{unit}"
