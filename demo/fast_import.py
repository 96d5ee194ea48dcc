"""Imports Gradio in less than half the time, and builds a page with it without what nobody uses."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from unittest import mock

WRITES_STUBS = "gradio.component_meta"
LATER = "pandas"  # a tenth of what is imported; Gradio takes nothing from it before the API is called


class Later(ModuleType):
    """Stands for a module that is imported when something of it is first asked for."""

    def __getattr__(self, name: str) -> object:
        return getattr(importlib.import_module(self.__name__), name)


def import_gradio() -> None:
    """Imports gradio without its writing of type stubs and without pandas, where they have not been imported yet.

    Gradio 6 compares a stub for editors with every component whenever it is imported, which takes longer than all
    the rest of it. It leaves out classes that have no source file, so while it is imported none has one for it.
    """
    getfile = inspect.getfile

    def found(thing):
        if sys._getframe(1).f_globals.get("__name__") == WRITES_STUBS:
            raise OSError("no stub wanted")
        return getfile(thing)

    stand_in = sys.modules.setdefault(LATER, Later(LATER))
    with mock.patch.object(inspect, "getfile", found):
        importlib.import_module("gradio")
    if isinstance(stand_in, Later):  # Gradio's modules keep it; whoever else imports that gets the module itself
        del sys.modules[LATER]


@contextmanager
def without_apps() -> Iterator[None]:
    """While a page is built in the block, Gradio makes no web application of it.

    It makes one at the end of the page and one with its queue, with all their routes, and launch() makes another, which
    is the one that serves.
    """
    from gradio.routes import App

    with mock.patch.object(App, "create_app", lambda *_, **__: None):
        yield
