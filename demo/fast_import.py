"""Imports Gradio in less than half the time, and builds a page with it without what nobody uses.

What is put in the place of something is put there by hand: `unittest.mock` alone would take 15 ms to import.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType

WRITES_STUBS = "gradio.component_meta"
LATER = "pandas"  # a tenth of what is imported; Gradio takes nothing from it before the API is called
COMMAND_LINES = {"gradio.cli": "deploy", "httpx._main": "main"}  # with all that colours a terminal -> what they give


class Later(ModuleType):
    """Stands for a module that is imported when something of it is first asked for."""

    def __getattr__(self, name: str) -> object:
        return getattr(importlib.import_module(self.__name__), name)


def import_gradio() -> None:
    """Imports gradio without its writing of type stubs, pandas and command lines, where they are not there yet.

    Gradio 6 compares a stub for editors with every component whenever it is imported, which takes longer than all
    the rest of it. It leaves out classes that have no source file, so while it is imported none has one for it.
    """
    getfile = inspect.getfile

    def found(thing):
        if sys._getframe(1).f_globals.get("__name__") == WRITES_STUBS:
            raise OSError("no stub wanted")
        return getfile(thing)

    wanted = {LATER: Later(LATER)} | {name: ModuleType(name) for name in COMMAND_LINES}
    stand_ins = {name: module for name, module in wanted.items() if name not in sys.modules}
    for name, command in COMMAND_LINES.items():
        setattr(wanted[name], command, _called_later(name, command))
    sys.modules.update(stand_ins)
    with _replaced(inspect, "getfile", found):
        importlib.import_module("gradio")
    for name in stand_ins:  # Gradio's modules keep pandas'; whoever else imports one gets the module itself
        del sys.modules[name]


def _called_later(module: str, name: str) -> Callable[..., object]:
    """A function that stands for one of a module which is imported when it is called."""
    return lambda *given, **named: getattr(importlib.import_module(module), name)(*given, **named)


@contextmanager
def without_apps() -> Iterator[None]:
    """While a page is built in the block, Gradio makes no web application of it.

    It makes one at the end of the page and one with its queue, with all their routes, and launch() makes another, which
    is the one that serves.
    """
    from gradio.routes import App

    with _replaced(App, "create_app", staticmethod(lambda *_, **__: None)):
        yield


@contextmanager
def _replaced(owner: object, name: str, stand_in: object) -> Iterator[None]:
    """While the block runs, `stand_in` is what `owner` has under a name of its own."""
    own = vars(owner)[name]
    setattr(owner, name, stand_in)
    try:
        yield
    finally:
        setattr(owner, name, own)
