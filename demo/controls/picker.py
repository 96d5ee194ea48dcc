"""Thumbnails to choose from, a picture that the CNN gets wrong, and pictures of one's own; beside the controls."""

from __future__ import annotations

from demo.explain_api import said
from demo.live import live
from demo.mistakes import MistakeFinder
from demo.shelf import Shelves
from demo.thumbnails import thumbnails
from demo.view_state import parse_request, split_request


def picks(shelves: Shelves) -> None:
    """Builds them inside the current context."""
    finder = MistakeFinder(shelves.pictures, shelves.models)

    def thumbs(request):
        return said(lambda: thumbnails(shelves.pictures, request))

    def mistake(request):
        state, (klass,) = split_request(request, "klass")
        return said(lambda: finder.find(parse_request(state), klass))

    live("picks", "picks", [thumbs, mistake])
