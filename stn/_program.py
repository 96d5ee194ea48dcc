"""Ctrl-C while `python -m stn` is still importing: the end, without a traceback. `stn.cli.process` takes over later."""

import signal
import sys


def is_program() -> bool:
    """Whether this process was started as `python -m stn`, and not by a program that imports the package."""
    words = sys.orig_argv
    return sys.argv[:1] == ["-m"] and "-m" in words and words[words.index("-m") + 1 :][:1] == ["stn"]


if is_program() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
