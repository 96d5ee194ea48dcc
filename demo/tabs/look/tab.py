"""The tab that looks inside a transformer. What it shows is decided in inside.py, how in js/look/."""

from __future__ import annotations

from demo.core.models import Shelves
from demo.ui.widget import live


def look_tab(shelves: Shelves) -> None:
    """Builds the tab inside the current context."""

    def inside(request):
        return inside.look_inside(shelves.pictures, shelves.models, request)

    def hand(request):
        return inside.by_hand(shelves.pictures, shelves.models, request)

    live("look", "look", [inside, hand])
