"""The gallery tab: many pictures at once. What it shows is decided in gallery.py, how in js/gallery/."""

from __future__ import annotations

from demo.gallery import Gallery
from demo.live import live
from demo.shelf import Shelves


def gallery_tab(shelves: Shelves) -> None:
    """Builds the tab inside the current context."""
    gallery = Gallery(shelves.pictures, shelves.models)

    def show(request):
        return gallery.answer(request)

    live("gallery", "gallery", [show])
