"""Thumbnails to choose from, a picture that the CNN gets wrong, and pictures of one's own; beside the controls."""

from __future__ import annotations

from demo.controls.mistakes import MistakeFinder
from demo.controls.thumbnails import thumbnails
from demo.core.compare import said
from demo.core.models import Shelves
from demo.core.state import parse_request, split_request
from demo.ui.widget import live


def picks(shelves: Shelves) -> None:
    """Builds them inside the current context."""
    finder = MistakeFinder(shelves.pictures, shelves.models)

    def thumbs(request):
        return said(lambda: thumbnails(shelves.pictures, request))

    def mistake(request):
        state, (klass,) = split_request(request, "klass")
        return said(lambda: finder.find(parse_request(state), klass))

    live("picks", "picks", [thumbs, mistake])
