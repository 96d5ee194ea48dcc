"""How fast the page is: `python -m demo.benchmark --json`. Starts `app.py` and drags a slider in headless Chromium.

A drag moves the rotation slider once a frame for some seconds. Counted are the answers drawn while the hand moves; the
lag of one is the time from the slider's event to its picture.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
READY = "() => document.querySelector('#view')?.dataset.ready === 'true'"
DRAG = (Path(__file__).resolve().parent / "js" / "drag.js").read_text(encoding="utf-8")


class BenchmarkError(RuntimeError):
    """A sentence on why nothing could be measured."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the page in headless Chromium.")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--dataset", choices=("mnist", "cifar10"), default="mnist")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a drag")
    options = parser.parse_args()
    try:
        result = benchmark(options.dataset, options.seconds)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    print(json.dumps(result) if options.json else "\n".join(f"{k}: {v}" for k, v in result.items()))


def benchmark(dataset: str = "mnist", seconds: float = 3.0) -> dict[str, Any]:
    """Everything measured, in one cold start of the app."""
    with _chromium() as browser, _app() as (address, started):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        page.wait_for_function(READY, timeout=60_000)
        cold_start = time.perf_counter() - started
        page.goto(f"{address}?dataset={dataset}&sample=3")
        page.wait_for_function(READY, timeout=60_000)
        page.wait_for_timeout(1000)
        nodes = page.evaluate("() => document.querySelectorAll('*').length")
        near = _drag(page, seconds)
        session = page.context.new_cdp_session(page)
        session.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 100, "downloadThroughput": -1, "uploadThroughput": -1},
        )
        _drag(page, 1.0)  # the pace takes a moment to notice
        far = _drag(page, seconds)
        grown = page.evaluate("() => document.querySelectorAll('*').length") - nodes
    return {
        "updates_per_s": near["updates_per_s"],
        "lag_p50_ms": near["lag_p50_ms"],
        "lag_p95_ms": near["lag_p95_ms"],
        "frames_per_s": near["frames_per_s"],
        "last_value_won": near["last_value_won"] and far["last_value_won"],
        "updates_per_s_100ms": far["updates_per_s"],
        "lag_p50_ms_100ms": far["lag_p50_ms"],
        "cold_start_s": round(cold_start, 2),
        "dom_nodes_grown": grown,
        "dataset": dataset,
        "load_average": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def _drag(page: Any, seconds: float) -> dict[str, Any]:
    seen = page.evaluate(DRAG, {"seconds": seconds})
    lags = sorted(seen["lags"])
    if len(lags) < 2:
        raise BenchmarkError("Nothing was drawn during the drag; open the page and read what it says.")
    return {
        "updates_per_s": round(seen["updates"] / seen["duration"], 1),
        "frames_per_s": round(seen["frames"] / seen["duration"], 1),
        "lag_p50_ms": round(statistics.median(lags), 1),
        "lag_p95_ms": round(lags[int(0.95 * (len(lags) - 1))], 1),
        "last_value_won": seen["last"] == seen["wanted"],
    }


@contextmanager
def _chromium():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise BenchmarkError("Playwright is missing: pip install -r requirements-dev.txt.") from error
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise BenchmarkError("There is no Chromium on this machine: apt-get install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _app():
    """`python app.py` on a free port; yields its address once it answers, and when it was started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            if process.poll() is not None:
                raise BenchmarkError("app.py ended by itself; run `python app.py` to see why.")
            if time.perf_counter() - started > 120:
                raise BenchmarkError("app.py did not answer within two minutes; run `python app.py` to see why.")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                break
            except OSError:
                time.sleep(0.02)
        yield f"http://127.0.0.1:{port}/", started
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    main()
