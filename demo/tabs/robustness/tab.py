"""The robustness tab: what becomes of accuracy, and of this image, as one control goes through its range."""

from __future__ import annotations

import gradio as gr

from demo.core.models import Resources
from demo.tabs.robustness import sweep as sweeps
from demo.ui.widget import Tab, live


def build(resources: Resources) -> None:
    """Builds the tab inside the current context."""
    curves = sweeps.CurveStore(resources.models.folder)

    def figure(request):
        return sweeps.figure(resources.models, curves, request)

    def sweep(request):
        return sweeps.sweep(resources.images, resources.models, request)

    def reading(request):
        return sweeps.reading(resources.images, resources.models, request)

    with gr.Column(elem_id="robustness", min_width=0):
        live("robustness", "robustness-head", [figure, sweep, reading])


TAB = Tab("Robustness", build)
