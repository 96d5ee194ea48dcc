"""The one exception whose message may be shown to a user as it is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


class StnError(ValueError):
    """Bad input or a missing file: one sentence with what was given, what is valid and what to do next."""


class StateError(StnError):
    """A state file that a run cannot go on from."""


class GroupError(StnError):
    """Another process of a group that trains together has gone: each that is left may be the only one to say so."""


def first_line(error: BaseException) -> str:
    """What an error says, in one line, without a terminal's colours."""
    text = re.sub(r"\x1b\[[\d;]*m", "", str(error)).strip().splitlines()
    return text[0].rstrip(":") if text else type(error).__name__


def unknown(kind: str, given: object, valid: Iterable[str]) -> StnError:
    """The error for a name that is not in a list, with the nearest name that is."""
    names = sorted(valid)
    near = difflib.get_close_matches(str(given), names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return StnError(f"There is no {kind} called {given!r}; there are: {', '.join(names)}.{hint}")
