"""Opens the playground: `python app.py`. Builds the page and launches it; nothing else."""

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from demo.fast_import import import_gradio, without_apps

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def fetches(arguments: Sequence[str]) -> bool:
    """Whether the page may download data sets by itself: not where $STN_FETCH is 0, nor in continuous integration."""
    parser = argparse.ArgumentParser(description="Opens the playground and prints its address.")
    parser.add_argument("--no-fetch", action="store_true", help="download no data sets; so does STN_FETCH=0")
    switched_off = parser.parse_args(arguments).no_fetch
    return not switched_off and os.environ.get("STN_FETCH") != "0" and not os.environ.get("CI")


def main(arguments: Sequence[str] = ()) -> None:
    fetch = fetches(arguments)
    # Nothing that imports make is ever thrown away, and looking for it takes half a second.
    gc.disable()
    # One after the other: in two threads, which take turns at the interpreter, both take half as long again.
    import_gradio()
    from demo.page import build, launch_options

    with without_apps():
        page = build(fetch=fetch)
    gc.freeze()
    gc.enable()

    def end(*_: object) -> None:
        page.close(verbose=False)
        leave()

    signal.signal(signal.SIGTERM, end)  # as Ctrl-C, and quicker: nobody is at the keyboard to be told
    page.launch(**launch_options())


def leave(status: int = 0) -> NoReturn:
    """Ends the process at once: PyTorch aborts one that ends while a thread is in the middle of an update."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:  # before the page is there
        leave(130)
    leave()
