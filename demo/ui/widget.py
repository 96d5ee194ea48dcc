"""The parts of the page that move: HTML with a script of our own, which asks the server without Gradio's queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import gradio as gr

from demo.core.compare import hide_unexpected
from demo.core.models import Resources
from demo.ui import assets, scripts
from stn.errors import StnError


@dataclass(frozen=True)
class Tab:
    """A tab of the page: `TAB` in demo/tabs/NAME/tab.py, whose folder's name stands for it in links."""

    title: str
    build: Callable[[Resources], None]  # inside the current context


def live(name: str, elem_id: str, functions: list[Callable], html: str | None = None, constants: Any = None) -> gr.HTML:
    """Builds one inside the current context: the view of `name` over its HTML file, or over `html`.

    The view calls `functions` by their names, with one object each; so can anybody. `constants`, ready for JSON, are
    handed to its mount().
    """
    return gr.HTML(
        html_template=assets.html(name) if html is None else html,
        js_on_load=scripts.mounting(name, *([] if constants is None else [constants])),
        apply_default_css=False,
        elem_id=elem_id,
        server_functions=functions,
    )


def in_a_sentence(handler: Callable) -> Callable:
    """A handler of Gradio's or a function of the API that ends in one sentence, whatever it is given."""

    @wraps(handler)
    def careful(*given, **named):
        try:
            return hide_unexpected(lambda: handler(*given, **named))
        except StnError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return careful
