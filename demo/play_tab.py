"""The play tab: the live view of one picture. What it shows is decided in explain_api.py, how in js/play/."""

from __future__ import annotations

import gradio as gr

from demo import assets, explain_api
from demo.shelf import Shelves


def play_tab(shelves: Shelves) -> None:
    """Builds the tab inside the current context."""

    def look(request):
        return explain_api.answer(shelves.pictures, shelves.models, request)

    gr.HTML(
        html_template=assets.html("play"),
        js_on_load=assets.script("play"),
        apply_default_css=False,
        elem_id="view",
        server_functions=[look],
    )
