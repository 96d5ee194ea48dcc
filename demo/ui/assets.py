"""The page's JavaScript, HTML and CSS, which live in files of their own."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from demo.core.state import OPENING, SHOWN, TABS
from stn.data import DATASETS
from stn.distort import Controls

DEMO = Path(__file__).resolve().parent.parent


def _in(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names)


SHARED = _in("ui/static", "store.js", "pace.js", "pump.js", "pixels.js", "figure.js", "readings.js", "link.js")
SCRIPTS = {  # widget -> its files after the shared ones, in this order; the last one uses the others
    "play": _in("tabs/play", "save.js", "view.js"),
    "picks": (
        *_in("controls", "sliders.js", "spin.js", "keys.js"),
        *_in("controls/picks", "strip.js", "shrink.js", "pad.js", "photo.js", "own.js", "view.js"),
    ),
    "look": (
        *_in("tabs/look", "values.js", "sampling.js", "family.js", "handles.js", "sliders.js", "maps.js"),
        *_in("tabs/look", "theta.js", "draw.js", "formula.js", "pixel.js", "said.js", "guide.js", "view.js"),
    ),
    "robustness": _in("tabs/robustness", "chart.js", "legend.js", "view.js"),
    "train": _in("tabs/train", "film.js", "cells.js", "chart.js", "settings.js", "view.js"),
    "gallery": _in("tabs/gallery", "draw.js", "view.js"),
    "lesson": _in("tabs/lesson", "view.js"),
}
STYLES = (  # later ones override earlier ones
    *("ui/static/page.css", "controls/controls.css", "controls/picks.css"),
    *("ui/static/figure.css", "ui/static/readings.css", "tabs/play/about.css"),
    *_in("tabs/look", "look.css", "look-guide.css", "look-panels.css", "look-hand.css", "look-pixel.css"),
    *("tabs/look/look-sizes.css", *_in("tabs/train", "train.css", "train-run.css", "train-sizes.css")),
    *("ui/static/class.css", "ui/static/phone.css", "tabs/robustness/robustness.css", "tabs/gallery/gallery.css"),
    *_in("tabs/lesson", "lesson.css", "lesson-bench.css", "lesson-behind.css", "lesson-sizes.css"),
)


def constants() -> str:
    """What the JavaScript needs to know from Python, as JavaScript."""
    sizes = {name: [info.size, info.channels] for name, info in DATASETS.items()}
    opening = {"dataset": OPENING.dataset, "sample": OPENING.sample, **asdict(OPENING.controls)}
    return (
        f"const NEUTRAL = {json.dumps(asdict(Controls()))};\nconst TABS = {json.dumps(TABS)};\n"
        f"const OPENING = {json.dumps(opening)};\n"
        f"const SHOWN = {json.dumps(SHOWN)};\nconst PICTURE_SIZES = {json.dumps(sizes)};"
    )


def script(tab: str) -> str:
    """A tab's JavaScript, in one piece, as Gradio's js_on_load wants it."""
    names = (*SHARED, *SCRIPTS[tab])
    return "\n".join([constants(), *((DEMO / name).read_text(encoding="utf-8") for name in names)])


def html(name: str) -> str:
    folder = DEMO / ("controls" if name == "picks" else f"tabs/{name}")
    return (folder / f"{name}.html").read_text(encoding="utf-8")


def style_paths() -> list[Path]:
    return [DEMO / name for name in STYLES]
