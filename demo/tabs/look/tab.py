"""The tab that looks inside a transformer. What it shows is decided in look_inside.py, how in js/look/."""

from __future__ import annotations

from demo import look_inside
from demo.live import live
from demo.shelf import Shelves


def look_tab(shelves: Shelves) -> None:
    """Builds the tab inside the current context."""

    def inside(request):
        return look_inside.look_inside(shelves.pictures, shelves.models, request)

    def hand(request):
        return look_inside.by_hand(shelves.pictures, shelves.models, request)

    live("look", "look", [inside, hand])
