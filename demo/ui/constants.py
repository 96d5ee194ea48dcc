"""What the page's JavaScript needs to know from Python: the text of a module that is made here and kept nowhere."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from demo.core.encoding import GRID_UNIT
from demo.core.handwriting import SIDE
from demo.core.state import COMPARISONS, SHOWN, SHOWN_KEYS, SLIDERS, TABS, for_scripts, opening_request
from demo.ui.sources import space_page
from stn.controls import Controls
from stn.data import DATASETS


def constants() -> dict[str, Any]:
    """Name in JavaScript -> value. Their types stand in ui/static/constants.d.ts."""
    return {
        "GRID_UNIT": GRID_UNIT,
        "KEYS": for_scripts(),
        "NEUTRAL": asdict(Controls()),
        "COMPARISONS": COMPARISONS,
        "OPENING": opening_request(),
        "IMAGE_SIZES": {name: [info.size, info.channels] for name, info in DATASETS.items()},
        "DIGIT_SIDE": SIDE,
        "SHOWN": SHOWN,
        "SHOWN_KEYS": SHOWN_KEYS,
        "SLIDERS": SLIDERS,
        "SPACE_PAGE": space_page(),
        "TABS": TABS,
    }


def constants_module() -> str:
    """The module ui/static/constants.js."""
    return "".join(f"export const {name} = {json.dumps(value)};\n" for name, value in constants().items())
