"""What a first visit downloads, as the browser itself counts it: bytes as they travel, with the answers' heads."""

from __future__ import annotations

from typing import Any

COUNT_ALL = "performance.setResourceTimingBufferSize(5000)"  # before the page: a browser forgets all but the first 250
ENTRIES = """() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
    .map(({ name, transferSize }) => [name, transferSize])"""
OWN = ("/stn-assets/", "/stn-live")  # in the addresses of what is ours; so is the page itself, which comes first


def weight(entries: list[tuple[str, int]]) -> dict[str, Any]:
    """Of (address, bytes) each, the page first: how much came in how many requests. What had no bytes was there."""
    came = [(name, size) for name, size in entries if size > 0]
    own = [size for i, (name, size) in enumerate(came) if i == 0 or any(part in name for part in OWN)]
    return {
        "first_visit_kb": round(sum(size for _, size in came) / 1000),
        "first_visit_requests": len(came),
        "first_visit_own_kb": round(sum(own) / 1000),
        "first_visit_own_requests": len(own),
    }
