"""The play tab: the live view of one image. What it shows is decided in compare.py, how in the scripts beside this."""

from __future__ import annotations

from functools import partial

import gradio as gr
from fastapi.responses import JSONResponse

from demo.core import compare
from demo.core.desk import ADDRESS, Desk
from demo.core.models import Resources
from demo.core.predictions import free_question
from demo.tabs.play.route import DESKS
from demo.ui import assets
from demo.ui.comparison import with_switch
from demo.ui.widget import Tab, live


def build(resources: Resources) -> None:
    """Builds the tab inside the current context."""
    desk = Desk(partial(compare.answer_together, resources.images, resources.models))

    async def look(request):
        return JSONResponse(await desk.ask(request))  # as it is: nothing in it has to be made ready for JSON

    live("play", "view", [look], with_switch(assets.html("play"), "play"), constants={"address": ADDRESS})
    page = gr.context.Context.root_block
    assert page is not None, "a tab is built inside a page"
    DESKS[page] = desk
    resources.rooms.makers["free"] = partial(free_question, resources.images, resources.models)


TAB = Tab("Play", build)
