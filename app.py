"""Opens the playground: `python app.py`. Builds the page and launches it; nothing else."""

import importlib
import os
import threading

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def main() -> None:
    # torch and gradio take seconds to import and mostly wait for the disk: side by side they take the longer of both.
    threading.Thread(target=importlib.import_module, args=("torch",), daemon=True).start()
    importlib.import_module("gradio")
    from demo.page import build, launch_options

    build().launch(**launch_options())


if __name__ == "__main__":
    main()
