"""How fast the page is: `python -m demo.benchmark --json`. Starts `app.py` and drags a slider in headless Chromium.

A drag moves the rotation slider once a frame for some seconds. Counted are the answers drawn while the hand moves; the
lag of one is the time from the slider's event to its picture.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo.serve import MeasuringError, serve

# A picture, or the reason why there is none.
NOTICE = "document.querySelector('#notice')?.textContent"  # "" while nothing is wrong
SETTLED = f"() => document.querySelector('#view')?.dataset.ready === 'true' || {NOTICE}"
DRAG = (Path(__file__).resolve().parent / "js" / "drag.js").read_text(encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the page in headless Chromium.")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--dataset", choices=("mnist", "cifar10"), default="mnist")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a drag")
    options = parser.parse_args()
    try:
        result = benchmark(options.dataset, options.seconds)
    except MeasuringError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    print(json.dumps(result) if options.json else "\n".join(f"{k}: {v}" for k, v in result.items()))


def benchmark(dataset: str = "mnist", seconds: float = 3.0) -> dict[str, Any]:
    """Everything measured, in one cold start of the app."""
    with _chromium() as browser, serve() as app:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(app.address)
        wait_for_picture(page)
        cold_start = time.perf_counter() - app.started
        page.goto(f"{app.address}?dataset={dataset}&sample=3")
        wait_for_picture(page)
        page.wait_for_timeout(1000)
        nodes = page.evaluate("() => document.querySelectorAll('*').length")
        near = drag(page, seconds)
        session = page.context.new_cdp_session(page)
        session.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 100, "downloadThroughput": -1, "uploadThroughput": -1},
        )
        drag(page, 1.0)  # the pace takes a moment to notice
        far = drag(page, seconds)
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


def wait_for_picture(page: Any) -> None:
    """Waits until something is drawn. Raises MeasuringError with the page's own words where it says what is wrong."""
    page.wait_for_function(SETTLED, timeout=60_000)
    _refuse_notice(page)


def drag(page: Any, seconds: float) -> dict[str, Any]:
    """Drags the slider from end to end and measures. Raises MeasuringError where pictures did not come."""
    seen = page.evaluate(DRAG, {"seconds": seconds})
    _refuse_notice(page)
    lags = sorted(seen["lags"])
    if len(lags) < 2:
        raise MeasuringError("Nothing was drawn during the drag; open the page and look.")
    return {
        "updates_per_s": round(seen["updates"] / seen["duration"], 1),
        "frames_per_s": round(seen["frames"] / seen["duration"], 1),
        "lag_p50_ms": round(statistics.median(lags), 1),
        "lag_p95_ms": round(lags[int(0.95 * (len(lags) - 1))], 1),
        "last_value_won": seen["last"] == seen["wanted"],
    }


def _refuse_notice(page: Any) -> None:
    said = page.evaluate(f"() => {NOTICE}")
    if said:
        raise MeasuringError(f"The page shows no pictures to measure; it says: {said}")


@contextmanager
def _chromium():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise MeasuringError("Playwright is missing: pip install -r requirements-dev.txt.") from error
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise MeasuringError("There is no Chromium on this machine: apt-get install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    main()
