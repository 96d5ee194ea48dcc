"""The play tab: the live view of one picture. What it shows is decided in explain_api.py, how in js/play/."""

from __future__ import annotations

from demo import explain_api
from demo.live import live
from demo.shelf import Shelves


def play_tab(shelves: Shelves) -> None:
    """Builds the tab inside the current context."""

    def look(request):
        return explain_api.answer(shelves.pictures, shelves.models, request)

    live("play", "view", [look])
