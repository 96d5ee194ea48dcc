"""Thumbnails to choose from, a picture that the CNN gets wrong, and pictures of one's own; beside the controls."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

from demo import assets
from demo.explain_api import said
from demo.mistakes import MistakeFinder
from demo.shelf import Shelves
from demo.thumbnails import thumbnails
from demo.view_state import parse_request


def picks(shelves: Shelves) -> None:
    """Builds them inside the current context."""
    finder = MistakeFinder(shelves.pictures, shelves.models)

    def thumbs(request):
        return said(lambda: thumbnails(shelves.pictures, request))

    def mistake(request):
        klass = request.get("klass") if isinstance(request, Mapping) else None
        state = {k: v for k, v in request.items() if k != "klass"} if isinstance(request, Mapping) else request
        return said(lambda: finder.find(parse_request(state), klass))

    gr.HTML(
        html_template=assets.html("picks"),
        js_on_load=assets.script("picks"),
        apply_default_css=False,
        elem_id="picks",
        server_functions=[thumbs, mistake],
    )
