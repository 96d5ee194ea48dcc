"""Opens the playground: `python app.py`. Builds the page and launches it; nothing else."""

import gc
import os

from demo.fast_import import import_gradio

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def main() -> None:
    # Nothing that imports make is ever thrown away, and looking for it takes half a second.
    gc.disable()
    # One after the other: in two threads, which take turns at the interpreter, both take half as long again.
    import_gradio()
    from demo.page import build, launch_options

    page = build()
    gc.freeze()
    gc.enable()
    page.launch(**launch_options())


if __name__ == "__main__":
    main()
