"""The robustness tab: what becomes of accuracy, and of this image, as one control goes through its range.

sweep.py is imported when somebody opens it, and PyTorch with it: the page does not wait for that.
"""

from __future__ import annotations

from functools import cache

import gradio as gr

from demo.core.models import Resources
from demo.ui.widget import Tab, live


def build(resources: Resources) -> None:
    """Builds the tab inside the current context."""

    @cache
    def curves():
        from demo.tabs.robustness.sweep import CurveStore

        return CurveStore(resources.models.folder)

    def figure(request):
        from demo.tabs.robustness import sweep as sweeps

        return sweeps.figure(resources.models, curves(), request)

    def sweep(request):
        from demo.tabs.robustness import sweep as sweeps

        return sweeps.sweep(resources.images, resources.models, request)

    def reading(request):
        from demo.tabs.robustness import sweep as sweeps

        return sweeps.reading(resources.images, resources.models, request)

    with gr.Column(elem_id="robustness", min_width=0):
        live("robustness", "robustness-head", [figure, sweep, reading])


TAB = Tab("Robustness", build)
