"""The gallery tab: many pictures at once. What it shows is decided in gallery.py, how in js/gallery/."""

from __future__ import annotations

import gradio as gr

from demo import assets
from demo.gallery import Gallery
from demo.shelf import Shelves


def gallery_tab(shelves: Shelves) -> None:
    """Builds the tab inside the current context."""
    gallery = Gallery(shelves.pictures, shelves.models)

    def show(request):
        return gallery.answer(request)

    gr.HTML(
        html_template=assets.html("gallery"),
        js_on_load=assets.script("gallery"),
        apply_default_css=False,
        elem_id="gallery",
        server_functions=[show],
    )
