"""The tab that looks inside a transformer. What it shows is decided in inside.py, how in the scripts beside it.

inside.py is imported when somebody looks, and PyTorch with it: the page does not wait for that.
"""

from __future__ import annotations

from demo.core.models import Resources
from demo.ui.widget import Tab, live


def build(resources: Resources) -> None:
    """Builds the tab inside the current context."""

    def inside(request):
        from demo.tabs.look.inside import look_inside

        return look_inside(resources.images, resources.models, request)

    def hand(request):
        from demo.tabs.look.inside import by_hand

        return by_hand(resources.images, resources.models, request)

    live("look", "look", [inside, hand])


TAB = Tab("Look inside", build)
