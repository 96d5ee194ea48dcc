"""What the train tab says: before a run what to watch, then what the run's own numbers show. Pure."""

from __future__ import annotations

from demo.tabs.train.settings import Settings
from demo.tabs.train.trainer import Measured
from stn.data import dataset_info

WATCH = {  # what to look at, by the kind of run; see watch_key
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
    "fixed": "Watch what the classifier learns: a frame of this family cannot turn, so the digits stay as they lie.",
    "turns": "Watch the frames leave the identity: each should turn until the digit stands upright in its output.",
    "places": "Watch the frames leave the identity: each should move and close in until its digit fills the output.",
}
HIGH_RATE = 5  # of the classifier's learning rate
AWAY = 0.5  # part of the grid outside from which theta has run away
POINT = 0.15  # side of the frame below which it has shrunk to a point
SAME = {"\u00b0": 3.0, " pixels": 0.5}  # spread of what the transformer does below which it does the same to all
EARLY = 200  # updates before which that is no surprise
CHANCE = 20  # percent: an accuracy below is hardly better than guessing among ten


def watch_key(settings: Settings) -> str:
    """Which sentence of WATCH a run calls for; the riskiest setting counts."""
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
    return "fixed" if settings.family in ("translation", "attention") else "turns"


def watch_for(settings: Settings) -> str:
    return WATCH[watch_key(settings)]


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
    accuracy = f"{now.accuracy:.1f}\u202f% of the held-out digits are classified correctly"
    if now.accuracy < CHANCE:
        return f"{said} Only {accuracy}: little better than guessing."
    return f"{said} {accuracy[0].upper()}{accuracy[1:]}."


def _beginning(settings: Settings, now: Measured) -> str:
    if settings.start == "identity":
        return "Nothing has been learnt yet: theta is the identity, so every output equals its input."
    size = f"{round(100 * now.zoom)}\u202f% of the input's side"
    return f"Theta starts at random: the frames are {size} and {_percent(now.outside)} of the grid lies outside."


def _seen(settings: Settings, first: Measured, now: Measured) -> str:
    where = "in the feature maps" if settings.placement == "feature" else "in the image"
    if now.outside > AWAY:
        return (
            f"Theta has run away: {_percent(now.outside)} of the sampling grid lies outside, {_percent(first.outside)} "
            "at the start, so the outputs are almost empty."
        )
    if now.zoom < POINT:
        return f"Theta has collapsed: the frames have shrunk to {_percent(now.zoom)} of the input's side."
    before, after = _spread(now.before, now.unit), _spread(now.after, now.unit)
    if now.varies < SAME[now.unit]:
        does = (
            "turns every image by the same angle" if now.unit == "\u00b0" else "looks at the same place in every image"
        )
        said = f"The transformer {does} (a spread of {_spread(now.varies, now.unit, 1)})"
        return f"{said} so far." if now.step < EARLY else f"{said}: the rest of the network learns to do without it."
    what = "angles" if now.unit == "\u00b0" else "positions"
    lie = f"The digits' {what} have a standard deviation of {before} {where}, {after} after the transformer"
    if now.after > 1.1 * now.before:
        return f"{lie}: it makes matters worse."
    if now.after > 0.9 * now.before:
        return f"{lie}: it moves them, but hardly towards each other."
    if now.after > 0.6 * now.before:
        return f"{lie}: it is getting there."
    return f"{lie}: it works." if settings.placement == "input" else f"{lie}: what it moves are features, not strokes."


def about_test(drawn: bool, n: int) -> str:
    """What the accuracy is measured on, beside the word on its chart."""
    what = "held-out drawings" if drawn else f"held-out {dataset_info('mnist').title} digits"
    return f"on {n:,} {what}"


def _percent(part: float) -> str:
    return f"{round(100 * part)}\u202f%"


def _spread(value: float, unit: str, digits: int = 0) -> str:
    return f"{value:.{digits}f}{unit}"
