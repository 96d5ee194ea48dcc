"""What the page's speed is compared with."""

import subprocess
import sys

from demo import benchmark


def test_a_plain_import_is_a_process_of_its_own_that_is_timed_to_its_end(monkeypatch):
    now, ran = [10.0], []

    def run(command, **options):
        ran.append(command)
        assert options["check"]
        now[0] += 3.5
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("demo.benchmark.subprocess.run", run)
    monkeypatch.setattr("demo.benchmark.time.perf_counter", lambda: now[0])
    assert benchmark.gradio_alone() == 3.5
    assert ran == [[sys.executable, "-c", "import gradio"]]
