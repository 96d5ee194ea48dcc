"""The page's HTML and CSS, which live in files of their own. Its JavaScript is in scripts.py's hands."""

from __future__ import annotations

from pathlib import Path

DEMO = Path(__file__).resolve().parent.parent


def _in(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names)


STYLES = (  # later ones override earlier ones
    *("ui/static/page.css", "controls/controls.css", "controls/picks.css"),
    *("ui/static/figure.css", "ui/static/readings.css", "tabs/play/about.css"),
    *_in("tabs/look", "look.css", "look-guide.css", "look-panels.css", "look-hand.css", "look-pixel.css"),
    *("tabs/look/look-sizes.css", *_in("tabs/train", "train.css", "train-run.css", "train-sizes.css")),
    *("ui/static/class.css", "ui/static/phone.css", "tabs/robustness/robustness.css", "tabs/gallery/gallery.css"),
    *_in("tabs/lesson", "lesson.css", "lesson-bench.css", "lesson-behind.css", "lesson-sizes.css"),
)


def html(name: str) -> str:
    folder = DEMO / ("controls" if name == "picks" else f"tabs/{name}")
    return (folder / f"{name}.html").read_text(encoding="utf-8")


def style_paths() -> list[Path]:
    return [DEMO / name for name in STYLES]
