"""The play tab: the live view of one image. What it shows is decided in compare.py, how in js/play/."""

from __future__ import annotations

import asyncio

from fastapi.responses import JSONResponse

from demo.core import compare
from demo.core.models import Resources
from demo.ui import assets
from demo.ui.comparison import with_switch
from demo.ui.widget import Tab, live


def build(resources: Resources) -> None:
    """Builds the tab inside the current context."""

    async def look(request):
        # Here and now: a hop to another thread and back takes a tenth of an answer's time, and threads that take turns
        # at the interpreter serve a crowd no faster. Who waits, for files or another tab's batch, does so elsewhere
        # (a batch that begins at this very moment holds up the rest, for a tenth of a second).
        if resources.warm.is_set() and not resources.models.busy():
            seen = compare.answer(resources.images, resources.models, request)
        else:
            seen = await asyncio.to_thread(compare.answer, resources.images, resources.models, request)
        return JSONResponse(seen)  # as it is: nothing in it has to be made ready for JSON

    live("play", "view", [look], with_switch(assets.html("play"), "play"))


TAB = Tab("Play", build)
