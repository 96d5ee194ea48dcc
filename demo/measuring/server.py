"""Starts `python app.py` as a child process, for what measures the page from outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds until a page that does not answer is given up


class MeasuringError(RuntimeError):
    """A sentence on why nothing could be measured."""


@dataclass(frozen=True)
class Serving:
    """A page of our own: where it answers, when it was started (perf_counter), and its process."""

    address: str  # ends in a slash
    started: float
    process: int
    port: int

    def memory(self) -> int | None:
        """Bytes of the process in memory, None where the system does not say (it does on Linux)."""
        try:
            pages = int(Path(f"/proc/{self.process}/statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            return None
        return pages * os.sysconf("SC_PAGE_SIZE")

    def worked(self) -> float | None:
        """Seconds that the process has had a core, None where the system does not say."""
        try:
            fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime, stime
        except (OSError, IndexError, ValueError):
            return None


@contextmanager
def serve(engine: str = "") -> Iterator[Serving]:
    """The page on a free port of this computer only, once it answers; ended when the block ends.

    engine: what answers there, as $STN_ENGINE says it, "" for the page's choice.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ours = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    if engine:
        ours["STN_ENGINE"] = engine
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, **ours},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(port):
            if process.poll() is not None:
                raise MeasuringError("app.py ended by itself; run `python app.py` to see why.")
            if time.perf_counter() - started > PATIENCE:
                raise MeasuringError(f"app.py did not answer within {PATIENCE} s; run `python app.py` to see why.")
            time.sleep(0.02)
        yield Serving(f"http://127.0.0.1:{port}/", started, process.pid, port)
    finally:
        end_process(process)


def end_process(process: subprocess.Popen) -> None:
    """Ends a child process, by force where it does not go within ten seconds."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
    except OSError:
        return False
    return True
