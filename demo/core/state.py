"""What the page shows, as one frozen value: read from a browser's request or from a link.

Nothing that comes from outside is trusted: server functions can be called by anyone with anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from stn.data import DATASETS
from stn.distort import CONTROL_RANGES, Controls
from stn.errors import StnError, unknown

CONTROL_NAMES = tuple(f.name for f in fields(Controls))
WHOLE = ("clutter", "seed", "sample")
TABS = ("play", "look", "robustness", "train", "gallery", "lesson")
SHOWN = (*CONTROL_RANGES, "pictures", "network")  # what `show=` of a class view may name
VIEWS = ("page", "class")  # "class": large type, for a projector


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
        raise StnError(f"A request is an object with the keys {', '.join(_KEYS)}, not {type(given).__name__}.")
    for key in given:
        if key not in _KEYS:
            raise unknown("request key", shorten(key), _KEYS)
    if "dataset" not in given:
        raise StnError(f"The request names no data set: give dataset, one of {', '.join(DATASETS)}.")
    controls = Controls(**{k: _number(k, given[k]) for k in CONTROL_NAMES if k in given})
    return ViewState(
        dataset=_choice("data set", given["dataset"], DATASETS),
        sample=_number("sample", given.get("sample", 0)),
        model=_name(given.get("model")),
        controls=controls,
        tab=_choice("tab", given.get("tab", TABS[0]), TABS),
        view=_choice("view", given.get("view", "page"), VIEWS),
    )


def split_request(given: object, *extra: str) -> tuple[object, list[object]]:
    """A request without the keys that a tab adds to it, and their values. The rest is for parse_request()."""
    if not isinstance(given, Mapping):
        return given, [None for _ in extra]
    return {k: v for k, v in given.items() if k not in extra}, [given.get(k) for k in extra]


def from_query(query: Mapping[str, str]) -> tuple[ViewState, list[str]]:
    """The state of a link, and a sentence on each part of it that could not be used.

    Keys that are not ours are left alone. A link with none of ours gives OPENING.
    """
    ours = {k: str(v)[:80] for k, v in query.items() if k in _KEYS and (k, v) not in _GRADIOS}
    state: dict[str, object] = {"dataset": "mnist"}
    complaints = []
    for key, text in ours.items():
        value = _parse_number(text) if key in CONTROL_NAMES or key == "sample" else text
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


_KEYS = ("dataset", "sample", "model", *CONTROL_NAMES, "tab", "view")
_GRADIOS = {("view", "api"), ("view", "settings")}  # its own panels, under a key of ours


def _choice(kind: str, given: object, valid) -> str:
    if not isinstance(given, str) or given not in valid:
        raise unknown(kind, shorten(given), valid)
    return given


def _name(given: object) -> str | None:
    if given is None or given == "":
        return None
    if not isinstance(given, str) or len(given) > 80:
        raise StnError(f"model is a {type(given).__name__}; give the name of a model as text.")
    return given


def _number(name: str, given: object) -> float | int:
    """A finite number, whole where the name asks for it; ranges are checked where they are known."""
    low, high = CONTROL_RANGES.get(name, (0, 2**31 - 1))
    what = "a whole number" if name in WHOLE else "a number"
    remedy = f"give {what} from {low:g} to {high:g}." if name in CONTROL_RANGES else f"give {what} from 0 on."
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise StnError(f"{name} is {shorten(given)!r}, not a number; {remedy}")
    # The range first: it refuses NaN and infinity, and compares whole numbers that are too large for a float.
    if not low <= given <= high or (name in WHOLE and given != int(given)):
        raise StnError(f"{name} is {shorten(given)}; {remedy}")
    return int(given) if name in WHOLE else float(given)


def _parse_number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
