"""Opens the playground: `python app.py`. Builds the page and launches it; nothing else."""

import os

from demo.fast_import import import_gradio

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def main() -> None:
    # One after the other: in two threads, which take turns at the interpreter, both take half as long again.
    import_gradio()
    from demo.page import build, launch_options

    build().launch(**launch_options())


if __name__ == "__main__":
    main()
