"""The tab that looks inside a transformer. What it shows is decided in look_inside.py, how in js/look/."""

from __future__ import annotations

import gradio as gr

from demo import assets, look_inside
from demo.shelf import Shelves


def look_tab(shelves: Shelves) -> None:
    """Builds the tab inside the current context."""

    def inside(request):
        return look_inside.look_inside(shelves.pictures, shelves.models, request)

    def hand(request):
        return look_inside.by_hand(shelves.pictures, shelves.models, request)

    gr.HTML(
        html_template=assets.html("look"),
        js_on_load=assets.script("look"),
        apply_default_css=False,
        elem_id="look",
        server_functions=[inside, hand],
    )
