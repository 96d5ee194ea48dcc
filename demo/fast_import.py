"""Imports Gradio in less than half the time."""

from __future__ import annotations

import importlib
import inspect
import sys
from unittest import mock

WRITES_STUBS = "gradio.component_meta"


def import_gradio() -> None:
    """Imports gradio without its writing of type stubs, where it has not been imported yet.

    Gradio 6 compares a stub for editors with every component whenever it is imported, which takes longer than all
    the rest of it. It leaves out classes that have no source file, so while it is imported none has one for it.
    """
    getfile = inspect.getfile

    def found(thing):
        if sys._getframe(1).f_globals.get("__name__") == WRITES_STUBS:
            raise OSError("no stub wanted")
        return getfile(thing)

    with mock.patch.object(inspect, "getfile", found):
        importlib.import_module("gradio")
