"""The page's JavaScript modules, and the way to a visitor's browser: served beside the page, kept there for good.

Their address holds a digest of all of them, so a browser never asks twice and never sees old beside new. It is relative
to the page: behind a proxy that serves the page under a path of its own, the modules are under that path, too.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from demo.ui.compression import for_good
from demo.ui.constants import constants_module

DEMO = Path(__file__).resolve().parent.parent
FOLDERS = ("ui/static", "ui/room", "controls", "tabs")  # of demo/; every .js in them is a module of the page
GENERATED = "ui/static/constants.js"
FIRST = ("controls", "tabs/play", "ui/static")  # folders of what every visitor needs at once
LOST = "The page's scripts did not come. Reload the page."


@cache
def modules() -> dict[str, bytes]:
    """All modules as they are when first asked for: path under demo/, with slashes -> text in UTF-8."""
    files = [file for folder in FOLDERS for file in (DEMO / folder).rglob("*.js")]
    texts = {file.relative_to(DEMO).as_posix(): file.read_bytes() for file in files}
    return dict(sorted({**texts, GENERATED: constants_module().encode()}.items()))


@cache
def version() -> str:
    """A digest of all modules, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, text in modules().items():
        digest.update(f"{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()[:16]


def address(module: str) -> str:
    """Where a module is served, relative to the page."""
    assert module in modules(), module
    return f"stn-assets/{version()}/{module}"


def route() -> Route:
    """Serves the modules and nothing else of the disk; for launch(app_kwargs={"routes": [...]})."""
    return Route("/stn-assets/{version}/{module:path}", _serve)


async def _serve(request: Request) -> Response:
    text = modules().get(request.path_params["module"])
    if text is None:
        return PlainTextResponse("There is no such module.", 404)
    # A page that was opened before the server was exchanged asks under the old digest. What is there now mostly fits,
    # but must not be kept under that name.
    if request.path_params["version"] == version():
        return for_good(request, text, "text/javascript")
    return Response(text, media_type="text/javascript", headers={"Cache-Control": "no-store"})


def view_of(widget: str) -> str:
    """The module whose mount() brings a widget to life."""
    return "controls/picks/view.js" if widget == "picks" else f"tabs/{widget}/view.js"


def mounting(widget: str, *more: Any) -> str:
    """JavaScript for gr.HTML's js_on_load: hands the HTML to the widget's view. `more` is for mount(), too."""
    given = ", ".join(["element", "server", *map(json.dumps, more)])
    lost = f"element.prepend({json.dumps(LOST)}); throw error;"
    return f"{_imported(view_of(widget))}.then(({{ mount }}) => mount({given})).catch((error) => {{ {lost} }});"


def calling(module: str, function: str, *first: Any) -> str:
    """JavaScript for `js=` of an event: calls a module's function, with `first` before what Gradio hands over."""
    given = ", ".join([*map(json.dumps, first), "...values"])
    return f"(...values) => {_imported(module)}.then((module) => module.{function}({given}))"


def _imported(module: str) -> str:
    # stnLoaded: see head.py.
    return f"(window.stnLoaded?.(), import(new URL({json.dumps(address(module))}, document.baseURI)))"


def preloads() -> str:
    """HTML for the head: the browser gets the first tab's modules at once instead of one import after the other."""
    first = [name for name in modules() if name.startswith(tuple(f"{folder}/" for folder in FIRST))]
    return "".join(f'<link rel="modulepreload" href="{address(name)}">' for name in first)
