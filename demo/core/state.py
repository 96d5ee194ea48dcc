"""What the page shows, as one frozen value: read from a browser's request or from a link.

Nothing that comes from outside is trusted: server functions can be called by anyone with anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from stn.data import DATASETS
from stn.distort import CONTROL_RANGES, Controls
from stn.errors import StnError, unknown

TABS = ("play", "look", "robustness", "train", "gallery", "lesson")
VIEWS = ("page", "class")  # "class": large type, for a projector
LARGEST = 2**31 - 1  # of numbers that have no range of their own


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
    label: str = ""  # beside its slider


def _control(name: str, label: str, step: float, kind: str = "number") -> Key:
    low, high = CONTROL_RANGES[name]
    return Key(name, kind, getattr(Controls(), name), low=low, high=high, step=step, label=label)


# The one table of what the state holds. Whoever reads, writes or sends a state goes by it.
KEYS = {
    key.name: key
    for key in (
        Key("dataset", "choice", "mnist", choices=tuple(DATASETS)),
        Key("sample", "whole", 0),
        Key("model", "text", None),
        _control("rotation", "Rotation, degrees", 1),
        _control("scale", "Scale", 0.01),
        _control("shift_x", "Shift x, half-widths", 0.01),
        _control("shift_y", "Shift y, half-widths", 0.01),
        _control("shear", "Shear, degrees", 1),
        _control("clutter", "Clutter, patches", 1, kind="whole"),
        _control("noise", "Noise, standard deviation", 0.01),
        Key("seed", "whole", 0),
        Key("tab", "choice", TABS[0], choices=TABS),
        Key("view", "choice", VIEWS[0], choices=VIEWS),
    )
}
SLIDERS = tuple(name for name, key in KEYS.items() if key.step)
CONTROL_NAMES = (*SLIDERS, "seed")  # the fields of Controls
SHOWN_KEYS = ("dataset", "sample", "model", *CONTROL_NAMES)  # what an answer depends on; the page sends these
SHOWN = (*SLIDERS, "pictures", "network")  # what `show=` of a class view may name


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


# What a visitor without a link sees first: a five, visibly turned and shifted. Number 23 is one in MNIST and among
# the drawings.
OPENING = ViewState(sample=23, controls=Controls(rotation=40, scale=1.2, shift_x=0.15))


def parse_request(given: object) -> ViewState:
    """The state that a browser's request describes; every key but `dataset` has a default. Raises StnError."""
    if not isinstance(given, Mapping):
        raise StnError(f"A request is an object with the keys {', '.join(KEYS)}, not {type(given).__name__}.")
    for key in given:
        if key not in KEYS:
            raise unknown("request key", shorten(key), KEYS)
    if "dataset" not in given:
        raise StnError(f"The request names no data set: give dataset, one of {', '.join(DATASETS)}.")
    values = {name: _READERS[key.kind](key, given.get(name, key.default)) for name, key in KEYS.items()}
    controls = Controls(**{name: values.pop(name) for name in CONTROL_NAMES})
    return ViewState(**values, controls=controls)


def split_request(given: object, *extra: str) -> tuple[object, list[object]]:
    """A request without the keys that a tab adds to it, and their values. The rest is for parse_request()."""
    if not isinstance(given, Mapping):
        return given, [None for _ in extra]
    return {k: v for k, v in given.items() if k not in extra}, [given.get(k) for k in extra]


def from_query(query: Mapping[str, str]) -> tuple[ViewState, list[str]]:
    """The state of a link, and a sentence on each part of it that could not be used.

    Keys that are not ours are left alone. A link with none of ours gives OPENING.
    """
    ours = {k: str(v)[:80] for k, v in query.items() if k in KEYS and (k, v) not in _GRADIOS}
    state: dict[str, object] = {"dataset": KEYS["dataset"].default}
    complaints = []
    for key, text in ours.items():
        value = _parse_number(text) if KEYS[key].kind in ("number", "whole") else text
        try:
            parse_request({**state, key: value})
        except StnError as error:
            complaints.append(str(error))
        else:
            state[key] = value
    complaints += unknown_shown(query.get("show", ""))
    found = parse_request(state)
    if not set(ours) - {"tab", "view"}:
        found = replace(OPENING, tab=found.tab, view=found.view)
    return found, complaints


def unknown_shown(text: object) -> list[str]:
    """A sentence on the names in a link's `show=rotation,clutter` that are no controls, if there are any."""
    names = [name.strip() for name in str(text)[:200].split(",")]
    strange = [shorten(name) for name in names if name and name not in SHOWN]
    if not strange:
        return []
    return [f"show= names {', '.join(map(repr, strange))}, which is no control; there are {', '.join(SHOWN)}."]


def shorten(given: object) -> str:
    """What was given, in at most 40 characters, for a sentence that names it."""
    try:
        return f"{given:g}" if isinstance(given, float) else str(given)[:40]
    except (ValueError, RecursionError):  # Python writes no number of more than some thousand digits
        return f"a very long {type(given).__name__}"


_GRADIOS = {("view", "api"), ("view", "settings")}  # its own panels, under a key of ours


def _choice(key: Key, given: object) -> str:
    if not isinstance(given, str) or given not in key.choices:
        raise unknown("data set" if key.name == "dataset" else key.name, shorten(given), key.choices)
    return given


def _text(key: Key, given: object) -> str | None:
    if given is None or given == "":
        return None
    if not isinstance(given, str) or len(given) > 80:
        raise StnError(f"{key.name} is a {type(given).__name__}; give the name of a {key.name} as text.")
    return given


def _number(key: Key, given: object) -> float | int:
    """A finite number in the key's range, whole where the key asks for it."""
    whole = key.kind == "whole"
    to = f"to {key.high:g}" if key.high < LARGEST else "on"
    remedy = f"give {'a whole number' if whole else 'a number'} from {key.low:g} {to}."
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise StnError(f"{key.name} is {shorten(given)!r}, not a number; {remedy}")
    # The range first: it refuses NaN and infinity, and compares whole numbers that are too large for a float.
    if not key.low <= given <= key.high or (whole and given != int(given)):
        raise StnError(f"{key.name} is {shorten(given)}; {remedy}")
    return int(given) if whole else float(given)


def _parse_number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


_READERS = {"choice": _choice, "text": _text, "number": _number, "whole": _number}
