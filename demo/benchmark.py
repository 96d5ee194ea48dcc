"""How fast the page is: `python -m demo.benchmark --json`. Starts `app.py` and drags a slider in headless Chromium.

A drag moves the rotation slider once a frame for some seconds. Counted are the frames that show something new while the
hand moves; the lag of an image is the time from the slider's event until it is drawn.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.measuring.latency import distance
from demo.measuring.server import PATIENCE, MeasuringError, end_process, serve
from demo.measuring.weight import COUNT_ALL, ENTRIES, weight

if TYPE_CHECKING:
    from playwright.sync_api import Page

# An image, or the reason why there is none.
NOTICE = "document.querySelector('#notice')?.textContent"  # "" while nothing is wrong
SETTLED = f"() => document.querySelector('#view')?.dataset.ready === 'true' || {NOTICE}"
START = """([drag, seconds]) => {
    window.dragged = null;
    setTimeout(async () => {
        try {
            window.dragged = await eval(drag)({ seconds });
        } catch (error) {
            window.dragged = { error: String(error) };
        }
    }, 500);
}"""
SETTLING = 3.0  # seconds around a drag: before it, and until the last answer has been drawn
FAR = 0.1  # seconds of a round trip to a visitor far away
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--window-size=1440,900"),
    *("--no-first-run", "--disable-component-update"),
)
DRAG = (Path(__file__).resolve().parent / "measuring" / "drag.js").read_text(encoding="utf-8")


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
    """Everything measured, in one cold start of the app. Raises MeasuringError."""
    if not 0 < seconds <= 60:
        raise MeasuringError(f"--seconds is {seconds:g}; give a number above 0, at most 60.")
    plain = [gradio_alone()]
    with Chromium() as browser, serve() as app:
        with browser.page() as page:
            page.add_init_script(COUNT_ALL)
            page.goto(app.address)
            wait_for_image(page)
            cold_start = time.perf_counter() - app.started
            page.wait_for_timeout(2000)  # what comes after the image
            downloaded = weight(page.evaluate(ENTRIES))
        near, grown = _visit(browser, f"{app.address}?dataset={dataset}&sample=3", seconds)
        with distance(app.port, FAR) as port:
            far, _ = _visit(browser, f"http://127.0.0.1:{port}/?dataset={dataset}&sample=3", seconds)
    plain.append(gradio_alone())
    return {
        "updates_per_s": near["updates_per_s"],
        "lag_p50_ms": near["lag_p50_ms"],
        "lag_p95_ms": near["lag_p95_ms"],
        "frames_per_s": near["frames_per_s"],
        "last_value_won": near["last_value_won"] and far["last_value_won"],
        "updates_per_s_100ms": far["updates_per_s"],
        "lag_p50_ms_100ms": far["lag_p50_ms"],
        "cold_start_s": round(cold_start, 2),
        "cold_start_ratio": round(cold_start / statistics.mean(plain), 2),  # to `import gradio`, before and after
        **downloaded,
        "dom_nodes_grown": grown,
        "dataset": dataset,
        "load_average": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def gradio_alone() -> float:
    """Seconds of a process that imports Gradio, as one usually does, and nothing else."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import gradio"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def _visit(browser: Chromium, address: str, seconds: float) -> tuple[dict[str, Any], int]:
    """A drag on the page at `address`, and by how many nodes the document grew."""
    with browser.page() as page:
        page.goto(address)
        wait_for_image(page)
        page.wait_for_timeout(1000)
        nodes = page.evaluate("() => document.querySelectorAll('*').length")
    drag(browser.page, seconds)  # the browser compiles what it runs often only while it runs it often
    seen = drag(browser.page, seconds)
    with browser.page() as page:
        return seen, page.evaluate("() => document.querySelectorAll('*').length") - nodes


def wait_for_image(page: Page) -> None:
    """Waits until something is drawn. Raises MeasuringError with the page's own words where it says what is wrong."""
    from playwright.sync_api import TimeoutError as TooLate  # needed for tests and measuring only, as in Chromium

    try:
        page.wait_for_function(SETTLED, timeout=60_000)
    except TooLate as error:
        raise MeasuringError("The page drew nothing for a minute; open it and look.") from error
    _refuse_notice(page)


def drag(open_page: Callable[[], AbstractContextManager[Page]], seconds: float) -> dict[str, Any]:
    """Drags the slider from end to end and measures. Raises MeasuringError where images did not come.

    Nothing is connected to the browser meanwhile: a debugger that is told of every request takes a quarter of the
    updates away.
    """
    with open_page() as page:
        page.evaluate(START, [DRAG, seconds])
    time.sleep(seconds + SETTLING)
    with open_page() as page:
        seen = page.wait_for_function("() => window.dragged").json_value()
        _refuse_notice(page)
    if "error" in seen:
        raise MeasuringError(f"The slider could not be dragged: {seen['error']}")
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


def _refuse_notice(page: Page) -> None:
    said = page.evaluate(f"() => {NOTICE}")
    if said:
        raise MeasuringError(f"The page shows no images to measure; it says: {said}")


class Chromium:
    """A headless Chromium of our own with one page, to which one may connect and from which one may let go."""

    def __enter__(self) -> Chromium:
        try:
            from playwright.sync_api import sync_playwright
        except ImportError as error:
            raise MeasuringError("Playwright is missing: pip install -r requirements-dev.txt.") from error
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if path is None:
            raise MeasuringError("There is no Chromium on this machine: apt-get install chromium.")
        with ExitStack() as undo:
            self._playwright = undo.enter_context(sync_playwright())
            profile = undo.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            arguments = [*FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"]
            process = subprocess.Popen([path, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            undo.callback(end_process, process)
            self._port = _listening(process, Path(profile) / "DevToolsActivePort")
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._undo.close()

    @contextmanager
    def page(self) -> Iterator[Page]:
        """Its page, while the block is connected to it."""
        browser = self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{self._port}")
        try:
            yield browser.contexts[0].pages[0]
        finally:
            browser.close()  # lets go of it


def _listening(process: subprocess.Popen, file: Path) -> int:
    """The port that Chromium writes, first of two lines, once it listens there."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        if file.is_file() and len(lines := file.read_text().splitlines()) == 2:
            return int(lines[0])
        time.sleep(0.05)
    raise MeasuringError("Chromium does not start here; run it by hand to see why.")


if __name__ == "__main__":
    main()
