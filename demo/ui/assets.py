"""The page's JavaScript, HTML and CSS, which live in files of their own."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from demo.view_state import OPENING, SHOWN, TABS
from stn.data import DATASETS
from stn.distort import Controls

HERE = Path(__file__).resolve().parent
SHARED = ("store.js", "pace.js", "pump.js", "pixels.js", "figure.js", "readings.js", "link.js")
SCRIPTS = {  # tab -> its files after the shared ones, in this order; the last one uses the others
    "play": ("play/save.js", "play/view.js"),
    "picks": (
        *("sliders.js", "spin.js", "keys.js"),
        *("picks/strip.js", "picks/shrink.js", "picks/pad.js", "picks/photo.js", "picks/own.js", "picks/view.js"),
    ),
    "look": (
        *("look/values.js", "look/sampling.js", "look/family.js", "look/handles.js", "look/sliders.js", "look/maps.js"),
        *("look/theta.js", "look/draw.js", "look/formula.js", "look/pixel.js", "look/said.js", "look/guide.js"),
        "look/view.js",
    ),
    "robustness": ("robustness/chart.js", "robustness/legend.js", "robustness/view.js"),
    "train": ("train/film.js", "train/cells.js", "train/chart.js", "train/settings.js", "train/view.js"),
    "gallery": ("gallery/draw.js", "gallery/view.js"),
    "lesson": ("lesson/view.js",),
}
STYLES = (
    *("page.css", "controls.css", "picks.css", "figure.css", "readings.css", "about.css"),
    *("look.css", "look-guide.css", "look-panels.css", "look-hand.css", "look-pixel.css", "look-sizes.css"),
    *("train.css", "train-run.css", "train-sizes.css", "class.css", "phone.css", "robustness.css", "gallery.css"),
    *("lesson.css", "lesson-bench.css", "lesson-behind.css", "lesson-sizes.css"),
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
    return "\n".join([constants(), *((HERE / "js" / name).read_text(encoding="utf-8") for name in names)])


def html(name: str) -> str:
    return (HERE / "html" / f"{name}.html").read_text(encoding="utf-8")


def style_paths() -> list[Path]:
    return [HERE / "css" / name for name in STYLES]
