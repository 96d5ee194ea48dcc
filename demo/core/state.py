"""What the page shows, as one frozen value: read from a browser's request or from a link."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from demo.core.requests import LARGEST, choice, mapping, number, shorten, text, whole
from stn.controls import CONTROL_RANGES, EDGES, Controls
from stn.data import DATASETS
from stn.errors import StnError

FIRST_TAB = "play"  # open where a link names none
# Each tab is a folder beside core/; their order on the page is page.py's.
TAB_FOLDERS = sorted(file.parent.name for file in Path(__file__).parent.parent.glob("tabs/*/tab.py"))
TABS = (FIRST_TAB, *(name for name in TAB_FOLDERS if name != FIRST_TAB))
VIEWS = ("page", "class")  # "class": large type, for a projector
TYPES = ("large", "normal")  # of a class view
COMPARISONS = {  # what is compared -> the roles of the two networks, the plain one first
    "upright": ("upright", "behind"),  # one CNN, trained on upright images: as it is, and behind the transformer
    "trained": ("cnn", "stn"),  # two networks, trained on distorted images: without and with a transformer
}
PLAIN_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)", re.ASCII)  # as a link holds it


@dataclass(frozen=True)
class Key:
    """One part of the state, called so in requests, in links, in the API and in the page's scripts."""

    name: str
    kind: str  # "choice", "text", "number" or "whole", a number without decimals
    default: str | float | None
    choices: tuple[str, ...] = ()
    low: float = 0
    high: float = LARGEST
    step: float | None = None  # of its slider
    label: str = ""  # beside its slider, and in sentences where the name would not do


def _control(name: str, label: str, step: float, kind: str = "number") -> Key:
    low, high = CONTROL_RANGES[name]
    return Key(name, kind, getattr(Controls(), name), low=low, high=high, step=step, label=label)


# The one table of what the state holds. Whoever reads, writes or sends a state goes by it.
KEYS = {
    key.name: key
    for key in (
        Key("dataset", "choice", "mnist", choices=tuple(DATASETS), label="data set"),
        Key("sample", "whole", 0),
        Key("model", "text", None),
        Key("compare", "choice", "upright", choices=tuple(COMPARISONS)),
        _control("rotation", "Rotation (degrees)", 1),
        _control("scale", "Scale", 0.01),
        _control("shift_x", "Shift right (1 = half the image)", 0.01),
        _control("shift_y", "Shift down (1 = half the image)", 0.01),
        _control("shear", "Shear (degrees)", 1),
        _control("clutter", "Clutter (patches)", 1, kind="whole"),
        _control("noise", "Noise (standard deviation)", 0.01),
        Key("seed", "whole", 0),
        Key("edges", "choice", EDGES[0], choices=EDGES, label="edges"),
        Key("tab", "choice", TABS[0], choices=TABS),
        Key("view", "choice", VIEWS[0], choices=VIEWS),
        Key("type", "choice", TYPES[0], choices=TYPES),
        Key("room", "text", None, label="code of a class"),
        Key("teacher", "text", None),  # the token of the one who opened it; in his own link and nowhere else
    )
}
SLIDERS = tuple(name for name, key in KEYS.items() if key.step)
CONTROL_NAMES = (*SLIDERS, "seed", "edges")  # the fields of Controls
SHOWN_KEYS = ("dataset", "sample", "model", "compare", *CONTROL_NAMES)  # what an answer depends on; sent by the page
BESIDE = ("tab", "view", "type", "room", "teacher")  # fields of ViewState that no image depends on
GRADIOS = {("view", "api"), ("view", "settings")}  # its own panels, under a key of ours
SHOWN = (*SLIDERS, "edges", "pictures", "network", *TABS)  # what `show=` of a class view may name


def for_scripts() -> dict[str, dict[str, object]]:
    """The table as the page's JavaScript gets it: name -> {"kind", "default", "choices", "low", "high", ...}."""
    return {name: asdict(key) for name, key in KEYS.items()}


@dataclass(frozen=True)
class ViewState:
    """One state of the page. `model` None stands for the first transformer shipped for the data set."""

    dataset: str = "mnist"
    sample: int = 0
    model: str | None = None
    controls: Controls = field(default_factory=Controls)
    tab: str = TABS[0]
    view: str = "page"
    type: str = "large"
    compare: str = "upright"
    room: str | None = None
    teacher: str | None = None


# What a visitor without a link sees first: a four that the upright CNN takes for something else, and is sure of it, and
# that it knows behind the transformer. Number 19 is one in MNIST and among the drawings; a test holds both.
OPENING = ViewState(sample=19, controls=Controls(rotation=50))


def opening_request() -> dict[str, Any]:
    """OPENING as a browser asks for it; the transformer is the first that there is."""
    return {**{name: getattr(OPENING, name) for name in ("dataset", "sample", "compare")}, **asdict(OPENING.controls)}


def parse_request(given: object) -> ViewState:
    """The state that a browser's request describes; every key but `dataset` has a default. Raises StnError."""
    request = mapping("request", given, KEYS, required=["dataset"])
    values: dict[str, Any] = {name: _read(key, request.get(name, key.default)) for name, key in KEYS.items()}
    controls = Controls(**{name: values.pop(name) for name in CONTROL_NAMES})
    return ViewState(**values, controls=controls)


def _read(key: Key, given: object) -> str | float | None:
    """A clean value of a key. Raises StnError."""
    if key.kind == "choice":
        return choice(key.label or key.name, given, key.choices)
    if key.kind == "text":
        return text(key.name, given)
    if key.kind == "whole":
        return whole(key.name, given, int(key.low), int(key.high))
    return number(key.name, given, key.low, key.high)


def from_query(query: Mapping[str, str]) -> tuple[ViewState, list[str]]:
    """The state of a link, and a sentence on each part of it that could not be used.

    Keys that are not ours are left alone. A link with none of ours gives OPENING.
    """
    ours = {k: str(v)[:80] for k, v in query.items() if k in KEYS and (k, v) not in GRADIOS}
    state: dict[str, object] = {"dataset": KEYS["dataset"].default}
    complaints = []
    for key, said in ours.items():
        is_number = KEYS[key].kind in ("number", "whole") and PLAIN_NUMBER.fullmatch(said)
        value = float(said) if is_number else said
        try:
            parse_request({**state, key: value})
        except StnError as error:
            complaints.append(str(error))
        else:
            state[key] = value
    complaints += unknown_shown(query.get("show", ""))
    found = parse_request(state)
    if not set(ours) - {*BESIDE, "compare"}:
        found = replace(OPENING, compare=found.compare, **{name: getattr(found, name) for name in BESIDE})
    return found, complaints


def unknown_shown(text: object) -> list[str]:
    """A sentence on the names in a link's `show=rotation,clutter` that are no controls, if there are any."""
    names = [name.strip() for name in str(text)[:200].split(",")]
    strange = [shorten(name) for name in names if name and name not in SHOWN]
    if not strange:
        return []
    return [f"show= names {', '.join(map(repr, strange))}, not a control; there are {', '.join(SHOWN)}."]
