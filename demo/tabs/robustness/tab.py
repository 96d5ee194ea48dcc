"""The robustness tab: what becomes of accuracy, and of this image, as one control goes through its range."""

from __future__ import annotations

import json

import gradio as gr
from gradio.components.plot import PlotData

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

    with gr.Column(elem_id="robustness", min_width=0):
        live("robustness", "robustness-head", [figure, sweep])
        # Brings plotly.js, only when the tab is opened, and holds the charts, which view.js then draws: an
        # update through Gradio would mount them anew each time.
        empty = {"data": [], "layout": {"height": 560, "xaxis": {"visible": False}, "yaxis": {"visible": False}}}
        gr.Plot(PlotData(type="plotly", plot=json.dumps(empty)), show_label=False, elem_id="curves")


TAB = Tab("Robustness", build)
