"""The one validator of what comes from outside: requests to server functions, links, arguments of the API.

Anybody can send a server function anything. Every check here returns a clean value or raises StnError with one
sentence, which names what was given in at most 40 characters and says what to give instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeGuard

from stn.errors import StnError, unknown

LARGEST = 2**31 - 1  # of whole numbers that have no range of their own
LONGEST = 80  # characters of a name


def mapping(what: str, given: object, keys: Collection[str], required: Iterable[str] = ()) -> Mapping[str, Any]:
    """An object that holds no other keys than these, and all the required ones."""
    if not isinstance(given, Mapping):
        raise StnError(f"The {what} must be an object with the keys {', '.join(keys)}, not {shorten(given)}.")
    for key in given:
        if not isinstance(key, str) or key not in keys:
            raise unknown(f"{what} key", shorten(key), keys)
    for key in required:
        if key not in given:
            raise StnError(f"The {what} lacks {key}; give an object with the keys {', '.join(keys)}.")
    return given


def split(given: object, *extra: str) -> tuple[object, list[object]]:
    """A request without the keys that a tab adds to it, and their values. The rest is for whoever takes the request."""
    if not isinstance(given, Mapping):
        return given, [None for _ in extra]
    return {k: v for k, v in given.items() if k not in extra}, [given.get(k) for k in extra]


def choice(what: str, given: object, valid: Collection[str]) -> str:
    """One of the valid names."""
    if not isinstance(given, str):
        raise StnError(f"{what} is {shorten(given)}; give one of: {', '.join(sorted(valid))}.")
    if given not in valid:
        raise unknown(what, shorten(given), valid)
    return given


def text(what: str, given: object) -> str | None:
    """A name that only its reader can check, None for none or an empty one."""
    if given is None or given == "":
        return None
    if not isinstance(given, str) or len(given) > LONGEST:
        said = f"longer than {LONGEST} characters" if isinstance(given, str) else shorten(given)
        raise StnError(f"{what} is {said}; give a name as text, or null.")
    return given


def flag(what: str, given: object) -> bool:
    """True or false, and nothing that only counts as one of them."""
    if not isinstance(given, bool):
        raise StnError(f"{what} is {_quoted(given)}; give true or false.")
    return given


def whole(what: str, given: object, low: int = 0, high: int = LARGEST) -> int:
    """A whole number from low to high; 2.0 is one, too."""
    if not _is_number(given) or not low <= given <= high or given != int(given):
        raise StnError(f"{what} is {_quoted(given)}; give a whole number {_range(low, high)}.")
    return int(given)


def number(what: str, given: object, low: float, high: float) -> float:
    """A finite number from low to high."""
    if not _is_number(given) or not low <= given <= high:
        raise StnError(f"{what} is {_quoted(given)}; give a number {_range(low, high)}.")
    return float(given)


def numbers(what: str, given: object, names: Sequence[str], low: float, high: float) -> list[float]:
    """A list of as many finite numbers as there are names."""
    remedy = f"give a list of {len(names)} numbers {_range(low, high)}."
    if not isinstance(given, list):
        raise StnError(f"{what} is {_quoted(given)}; {remedy}")
    if len(given) != len(names):
        raise StnError(f"{what} has the length {len(given)}; {remedy}")
    for name, value in zip(names, given, strict=True):
        if not _is_number(value) or not low <= value <= high:
            raise StnError(f"{what}'s {name} is {_quoted(value)}; {remedy}")
    return [float(value) for value in given]


def shorten(given: object) -> str:
    """What was given, in at most 40 characters that can be printed anywhere."""
    if isinstance(given, str):
        return "".join(c if c.isprintable() else "?" for c in given[:40])
    if given is None or isinstance(given, bool):
        return str(given)
    if isinstance(given, float):
        return f"{given:g}"
    if isinstance(given, int):  # Python writes no number of more than some thousand digits
        return str(given) if abs(given) < 10**30 else "a very large number"
    return f"a {type(given).__name__}"[:40]


def _quoted(given: object) -> str:
    return repr(shorten(given)) if isinstance(given, str) else shorten(given)


def _is_number(given: object) -> TypeGuard[int | float]:
    """Whether it can be compared with a range, which refuses NaN and infinity and converts no number to a float."""
    return isinstance(given, int | float) and not isinstance(given, bool)


def _range(low: float, high: float) -> str:
    return f"from {_plain(low)} to {_plain(high)}"


def _plain(end: float) -> str:
    return f"{end:g}" if abs(end) < 1e6 else str(int(end))
