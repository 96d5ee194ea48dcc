import subprocess
import sys

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
print(len(stubs), gradio.Slider(0, 1, value=0.5).value)
"""


@pytest.mark.slow
def test_gradio_is_imported_whole_and_without_its_stubs():
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, timeout=300)
    assert done.stdout == "0 0.5\n", done.stderr


@pytest.mark.slow
def test_the_page_does_not_wait_for_pytorchs_compiler():
    """A second of its imports, which no visitor needs."""
    script = (
        "import sys, demo.page; print([name for name in ('torch._dynamo', 'sympy', 'onnx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.stdout == "[]\n", done.stdout + done.stderr
