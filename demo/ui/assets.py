"""The page's HTML and CSS, which live in files of their own. Its JavaScript is in scripts.py's hands."""

from __future__ import annotations

from pathlib import Path

from demo.core.state import TABS

DEMO = Path(__file__).resolve().parent.parent
FIRST_STYLES = (
    *("ui/static/page.css", "controls/controls.css", "controls/picks.css", "controls/low.css"),
    *("ui/static/figure.css", "ui/static/readings.css", "ui/static/comparison.css", "ui/static/glossary.css"),
)
LAST_STYLES = (
    "ui/room/room.css",
    "ui/room/class-link.css",
    "ui/static/class.css",
    "ui/static/projector.css",
    "ui/static/phone.css",
)  # for a class, a projector, a small window


def styles() -> tuple[str, ...]:
    """Every style sheet, by its path under demo/; later ones override earlier ones.

    Each tab's stand between the shared ones, sorted by their names without the ending: `look-sizes.css` is the last of
    its tab.
    """
    own = ((DEMO / "tabs" / tab).glob("*.css") for tab in TABS)
    files = (file for found in own for file in sorted(found, key=lambda file: file.stem))
    return (*FIRST_STYLES, *(file.relative_to(DEMO).as_posix() for file in files), *LAST_STYLES)


def html(name: str) -> str:
    folder = DEMO / ("controls" if name == "picks" else f"tabs/{name}")
    return (folder / f"{name}.html").read_text(encoding="utf-8")


def style_paths() -> list[Path]:
    return [DEMO / name for name in styles()]
