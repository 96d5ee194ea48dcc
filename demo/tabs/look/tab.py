"""The tab that looks inside a transformer. What it shows is decided in inside.py, how in js/look/."""

from __future__ import annotations

from demo.core.models import Resources
from demo.ui.widget import live


def look_tab(resources: Resources) -> None:
    """Builds the tab inside the current context."""

    def inside(request):
        return inside.look_inside(resources.pictures, resources.models, request)

    def hand(request):
        return inside.by_hand(resources.pictures, resources.models, request)

    live("look", "look", [inside, hand])
