"""What the browser tests ask of the page again and again."""

import json


def settled(page, **wanted):
    """Waits until the newest drawn answer belongs to the wanted values, and returns all of its values."""
    page.wait_for_function(
        """(wanted) => {
            const drawn = JSON.parse(document.querySelector('#view')?.dataset.drawn ?? '{}');
            return Object.entries(wanted).every(([key, value]) => drawn[key] === value);
        }""",
        arg=wanted,
        timeout=15_000,
    )
    return json.loads(page.locator("#view").get_attribute("data-drawn"))


def seq(page) -> int:
    return int(page.locator("#view").get_attribute("data-seq"))


def pixels(page, canvas: str) -> str:
    """All pixels of a canvas, as text that can be compared."""
    return page.evaluate("(id) => document.getElementById(id).toDataURL()", canvas)


def colours(page, canvas: str) -> int:
    """How many different levels of red a canvas holds."""
    return page.evaluate(
        """(id) => {
            const c = document.getElementById(id);
            const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            return new Set(data.filter((_, i) => i % 4 === 0)).size;
        }""",
        canvas,
    )


def slider(page, elem_id: str):
    return page.locator(f"#{elem_id} input[type=range]")


def stroke(page, *points):
    """One stroke on the pad through points in [0, 1]."""
    box = page.locator("#pad").bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*at[0])
    page.mouse.down()
    for x, y in at[1:]:
        page.mouse.move(x, y, steps=4)
    page.mouse.up()


def film(page, colour: str = "#000000", size: tuple[int, int] = (10, 10), asks: bool = False):
    """A camera of one colour, as `window.filmed`; with `asks`, only when the page calls `window.allow()`."""
    page.evaluate(
        """([colour, [width, height], asks]) => {
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [width, height];
            const context = canvas.getContext("2d");
            const paint = () => {
                context.fillStyle = colour;
                context.fillRect(0, 0, width, height);
                requestAnimationFrame(paint);
            };
            paint();
            window.filmed = canvas.captureStream(30);
            const allowed = new Promise((allow) => (window.allow = allow));
            if (!asks) window.allow();
            navigator.mediaDevices.getUserMedia = () => allowed.then(() => window.filmed);
        }""",
        [colour, size, asks],
    )


def moved_by_words(words, below) -> float:
    """How far what stands below theta's words moves, in pixels, when the shortest give way to the longest."""
    words.evaluate("words => words.textContent = 'Leaves the image as it is.'")
    top = below.bounding_box()["y"]
    longest = (
        "Shifts it 0.26 left and 0.21 down, turns it 43\u00b0 counter-clockwise, enlarges it 1.5\u00d7 and stretches "
        "it 1.5\u00d7 along the falling diagonal."
    )
    words.evaluate("(words, longest) => words.textContent = longest", longest)
    return below.bounding_box()["y"] - top


def memory(page) -> dict[str, int]:
    """What the page holds once its garbage is gone: DOM nodes, bytes of the JavaScript heap, bytes of its buffers.

    Nodes and heap hold also what an answer on its way needs, so the least of three readings counts.
    """
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    readings = []
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
        metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
        usage = session.send("Runtime.getHeapUsage")
        readings.append((metrics["Nodes"], metrics["JSHeapUsedSize"], usage.get("backingStorageSize", 0)))
    session.detach()
    return {
        key: int(min(values))
        for key, values in zip(("nodes", "heap", "buffers"), zip(*readings, strict=True), strict=True)
    }
