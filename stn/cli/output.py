"""How the commands speak: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import math
import sys


def note(text: str) -> None:
    print(f"stn: {text}", file=sys.stderr)


def dump(value: object) -> None:
    print(json.dumps(_plain(value), indent=2, allow_nan=False))


def _plain(value: object) -> object:
    """The value with null for what is no number: JSON has no NaN and no infinity."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
