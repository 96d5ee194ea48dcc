"""The gallery tab: many pictures at once. What it shows is decided in gallery.py, how in js/gallery/."""

from __future__ import annotations

from demo.core.models import Shelves
from demo.tabs.gallery.gallery import Gallery
from demo.ui.widget import live


def gallery_tab(shelves: Shelves) -> None:
    """Builds the tab inside the current context."""
    gallery = Gallery(shelves.pictures, shelves.models)

    def show(request):
        return gallery.answer(request)

    live("gallery", "gallery", [show])
