"""How the commands speak: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys


def note(text: str) -> None:
    print(f"stn: {text}", file=sys.stderr)


def dump(value: object) -> None:
    print(json.dumps(value, indent=2))
