"""What a command's process does when it is told to end, and where nobody hears it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn


class Terminated(KeyboardInterrupt):
    """SIGTERM: told to end as by Ctrl-C, but not by somebody at the keyboard."""


@contextlib.contextmanager
def told_to_end() -> Iterator[None]:
    """Within the block Ctrl-C and SIGTERM raise a KeyboardInterrupt, so that files are closed and words are said."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # see stn._program
        signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.getsignal(signal.SIGTERM)
    # Of a group only the first has something to save, and the others may be waiting in a message without an end.
    if before is signal.SIG_DFL and os.environ.get("RANK", "0") == "0":
        signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated


def open_streams() -> None:
    """Gives what was closed by the caller (`>&-`) somewhere to go, or the next file that is opened would get it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def drop_output() -> None:
    """What standard output did not take goes nowhere, or Python would try again, and complain, while it exits."""
    with contextlib.suppress(OSError, ValueError):  # ValueError: a test's has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
