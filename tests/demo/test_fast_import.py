import subprocess
import sys
from importlib import import_module

import pytest

# Gradio opens a stub for every component that it thinks has a source file.
IMPORT = """
import inspect, sys
stubs = []
sys.addaudithook(lambda event, given: event == "open" and str(given[0]).endswith(".pyi") and stubs.append(given[0]))
getfile = inspect.getfile
from demo.fast_import import import_gradio
import_gradio()
import gradio
assert inspect.getfile is getfile
late = not {"pandas", "gradio.cli", "click", "rich", "unittest"} & set(sys.modules)
from gradio import caching
import pandas
from gradio.cli import deploy
print(deploy.__name__, len(stubs), gradio.Slider(0, 1, value=0.5).value, late, caching.pd.DataFrame is pandas.DataFrame)
"""


@pytest.mark.slow
def test_gradio_is_imported_whole_and_without_its_stubs_pandas_and_command_lines():
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, timeout=300)
    assert done.stdout == "deploy 0 0.5 True True\n", done.stderr


TRAIN = """
import sys, demo.page
from demo.tabs.train.data import draw_images
from demo.tabs.train.settings import Settings
from demo.tabs.train.trainer import Trainer
trainer = Trainer(Settings(lesson="turns"), draw_images(variants=3, held_out=2))
trainer.step()
trainer.snapshot()
print([name for name in ("torch._dynamo", "sympy", "onnx") if name in sys.modules])
"""


@pytest.mark.slow
def test_neither_the_page_nor_a_run_on_it_waits_for_pytorchs_compiler():
    """Seconds of imports and 100 MB of memory, which no visitor needs."""
    done = subprocess.run([sys.executable, "-c", TRAIN], capture_output=True, text=True, timeout=300)
    assert done.stdout == "[]\n", done.stdout + done.stderr


PAGE = """
import os, sys, threading
from unittest import mock
with mock.patch.object(threading.Thread, "start"):  # nothing else goes on
    import demo.page
    page = demo.page.build("/nowhere")
from demo.core.images import ImageStore
from demo.core.models import ModelStore, Resources
resources = Resources(ImageStore("/nowhere"), ModelStore())
first = demo.page.views()[0]
demo.page.warm_up(resources, [first])
answered = demo.page.answer(resources.images, resources.models, first)
print(answered["model"], [name for name in ("torch", "sympy", "onnx") if name in sys.modules])
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.slow
def test_the_page_is_built_and_its_first_view_answered_without_pytorch():
    """Seconds of imports, which no visitor needs at first."""
    done = subprocess.run([sys.executable, "-c", PAGE], capture_output=True, text=True, timeout=300)
    assert done.stdout == "mnist-play-affine []\n", done.stdout + done.stderr


def test_whatever_is_imported_later_can_be_imported_when_all_is_quiet():
    from demo.page import LATER

    assert all(import_module(name) for name in LATER)


APP = """
import os, sys
from unittest import mock
import app
from gradio.routes import App
made = []
create = App.create_app
App.create_app = staticmethod(lambda *given, **named: made.append(1) or create(*given, **named))
with mock.patch("gradio.Blocks.launch", lambda page, **_: print(len(made), page.app, page._queue.max_size)):
    app.main(["--no-fetch"])
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.slow
def test_no_application_is_made_of_the_page_before_the_one_that_serves():
    done = subprocess.run([sys.executable, "-c", APP], capture_output=True, text=True, timeout=300)
    assert done.stdout == "0 None 40\n", done.stderr
