"""The whole page: header, tabs, API; and how it is launched."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import route_utils
from gradio.state_holder import SessionState
from PIL import Image

from demo import guard, hosts
from demo.api import add_endpoints
from demo.controls.panel import panel
from demo.core.compare import answer
from demo.core.desk import Desk
from demo.core.images import ImageStore
from demo.core.models import ModelStore, Resources
from demo.core.state import COMPARISONS
from demo.core.uploads import MAX_SIDE
from demo.tabs.play.route import DESKS, bound_messages, live_routes
from demo.ui import assets, compression, frontend, head, scripts, texts
from demo.ui.room import route as rooms
from demo.ui.room import students
from demo.ui.widget import Tab
from stn.data import DATASETS
from stn.shipped import SHIPPED

SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
SESSIONS = 300  # visitors of whom Gradio remembers something
QUEUED = 40  # calls of the API that wait, with an image of up to 6 MB each
POLL = 0.02  # seconds between two looks of Gradio's into its queue; by itself it looks a thousand times a second
QUIET = 1.5  # seconds without a question after which nobody drags
UNVISITED = 20  # seconds until the first visitor is waited for no longer
PATIENCE = 300  # seconds until those who go on are waited for no longer
M_ARENA_MAX = -8  # of glibc's malloc.h
ARENAS = 2  # that threads take memory from; by itself glibc gives nearly each of the server's its own, and holes in it
_root_url = route_utils.get_root_url
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
TABS = ("play", "look", "robustness", "train", "gallery", "lesson")  # folders of demo/tabs, from left to right


LATER = (  # what takes seconds to import, PyTorch above all: when all is quiet, or when somebody asks for it first
    "demo.tabs.look.inside",
    "demo.tabs.robustness.sweep",
    "demo.tabs.train.api",
    "demo.tabs.gallery.means",
    "pandas",  # of Gradio's, for calls of the API
)


def tab_of(name: str) -> Tab:
    return import_module(f"demo.tabs.{name}.tab").TAB


def build(
    data_dir: str | os.PathLike | None = None, checkpoints: str | os.PathLike = SHIPPED, fetch: bool = False
) -> gr.Blocks:
    """The page, ready to launch with launch_options(). Loads nothing yet: models and images warm up in a thread.

    With `fetch`, data sets that are missing are downloaded once the page is up.
    """
    os.environ["OMP_NUM_THREADS"] = "1"  # of PyTorch, later: one image at a time, threads would wait for each other
    Image.MAX_IMAGE_PIXELS = MAX_SIDE**2
    resources = Resources(ImageStore(data_dir, fetch), ModelStore(Path(checkpoints)))
    with gr.Blocks(title=texts.TITLE, analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)) as page:
        gr.HTML(texts.HEADER, apply_default_css=False)
        with gr.Row(elem_id="play", equal_height=False):
            with (
                gr.Column(scale=1, min_width=0, elem_id="stage"),
                gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs,
            ):
                for name in TABS:
                    part = tab_of(name)
                    with gr.Tab(part.title, id=name) as tab:
                        part.build(resources)
                    tab.select(None, js=scripts.calling("controls/panel.js", "open", name))
            panel(page, tabs, resources)
        add_endpoints(resources.images, resources.models)
    rooms.ROOMS[page] = resources.rooms
    page.queue(max_size=QUEUED)
    page._queue.sleep_when_free = POLL  # or a page that nobody visits takes a twelfth of a core
    _forget_values()
    _name_only_ours()
    bound_messages()

    desk = DESKS[page]

    def prepare() -> None:
        first, *rest = views()
        warm_up(resources, [first])
        wait_for_quiet(desk)  # for the first visitor to whom the rest would be a load
        warm_up(resources, rest)
        wait_for_quiet(desk)
        for module in LATER:
            import_module(module)
        while fetch and not page.is_running:
            time.sleep(0.1)
        resources.images.fetch_missing()

    threading.Thread(target=prepare, daemon=True).start()
    threading.Thread(target=give_back, daemon=True).start()
    return page


def _forget_values() -> None:
    """Lets Gradio keep no visitor's values, images of 6 MB among them: it does so for links that this page has not."""
    SessionState._update_value_in_config = lambda *_: None  # type: ignore[method-assign]


def _name_only_ours() -> None:
    """Lets Gradio write no name into the page but the page's own."""
    route_utils.get_root_url = lambda *given, **named: hosts.without_name(_root_url(*given, **named))


def give_back(seconds: float = 5) -> None:
    """Returns what was freed to the system from time to time, for ever; glibc by itself keeps a gigabyte."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    trim, tune = (getattr(library, name, None) for name in ("malloc_trim", "mallopt"))
    if tune is not None:
        tune(M_ARENA_MAX, ARENAS)
    while trim is not None:
        time.sleep(seconds)
        trim(0)


def wait_for_quiet(desk: Desk) -> None:
    """Returns once all who ask rest, after UNVISITED where nobody comes, and after PATIENCE where some always go on."""
    began = time.monotonic()
    while not desk.quiet(QUIET) and time.monotonic() - began < (PATIENCE if desk.visited else UNVISITED):
        time.sleep(0.1)


def views() -> list[dict[str, Any]]:
    """A request for every data set and comparison, by the transformer that is chosen at first; the opening view first.

    Other transformers are loaded when somebody chooses them, in a fifth of a second: they would take 60 MB for good.
    """
    return [{"dataset": dataset, "model": None, "compare": c} for dataset in DATASETS for c in COMPARISONS]


def warm_up(resources: Resources, requests: Iterable[object]) -> None:
    """Reads once what answers take, and runs it once, so that no visitor waits for it."""
    for request in requests:
        answer(resources.images, resources.models, request)  # raises nothing; the page says what is wrong when asked


def launch_options() -> dict[str, Any]:
    """Keyword arguments for launch(): no outside requests, no traces to visitors, nothing long is let in or kept."""
    return {
        "theme": gr.themes.Base(
            primary_hue=gr.themes.colors.stone,
            secondary_hue=gr.themes.colors.stone,
            neutral_hue=gr.themes.colors.stone,
            font=SANS,
            font_mono=MONO,
            radius_size=gr.themes.sizes.radius_sm,
        ),
        "css_paths": assets.style_paths(),
        "app_kwargs": {
            "routes": [scripts.route(), frontend.route(), *live_routes(), rooms.room_route()],
            "middleware": [guard.middleware(), compression.middleware(), students.middleware(), head.middleware()],
        },
        "ssr_mode": False,
        "strict_cors": True,
        "show_error": False,
        "enable_monitoring": False,
        "run_history": False,
        "state_session_capacity": SESSIONS,
        "footer_links": ["api"],
    }
