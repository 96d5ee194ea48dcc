"""The gallery tab: many pictures at once. What it shows is decided in gallery.py, how in js/gallery/."""

from __future__ import annotations

from demo.core.models import Resources
from demo.tabs.gallery.gallery import Gallery
from demo.ui.widget import Tab, live


def build(resources: Resources) -> None:
    """Builds the tab inside the current context."""
    gallery = Gallery(resources.pictures, resources.models)

    def show(request):
        return gallery.answer(request)

    live("gallery", "gallery", [show])


TAB = Tab("Gallery", build)
