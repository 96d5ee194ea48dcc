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
COOKIE = "stn_process"  # of whoever comes through deploy/nginx.conf.template: the number of the process, from 1
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
    port = free_port()
    started = time.perf_counter()
    process = start_page(port, engine)
    try:
        wait_for_page(process, port)
        yield Serving(f"http://127.0.0.1:{port}/", started, process.pid, port)
    finally:
        end_process(process)


def free_port() -> int:
    """A port of this computer that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_page(port: int, engine: str = "", log: int | None = subprocess.DEVNULL) -> subprocess.Popen:
    """A process of app.py at a port of this computer only. `log`: where standard error goes, None for ours."""
    ours = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    ours["STN_FETCH"] = "0"  # nothing that is measured, or is one of several, downloads data sets
    if engine:
        ours["STN_ENGINE"] = engine
    return subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, **ours},
        stdout=subprocess.DEVNULL,
        stderr=log,
    )


def wait_for_page(process: subprocess.Popen, port: int) -> None:
    """Returns when the page answers. Raises MeasuringError where it ends instead, or takes too long."""
    started = time.perf_counter()
    while not answers(port):
        if process.poll() is not None:
            raise MeasuringError("app.py ended by itself; run `python app.py` to see why.")
        if time.perf_counter() - started > PATIENCE:
            raise MeasuringError(f"app.py did not answer within {PATIENCE} s; run `python app.py` to see why.")
        time.sleep(0.02)


def end_process(process: subprocess.Popen) -> None:
    """Ends a child process, by force where it does not go within ten seconds."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection((host, port), timeout=0.2).close()
    except OSError:
        return False
    return True
