"""Whether the page answers: `python -m demo.measuring.health [PORT]` ends with 0, or with 1 and a line on why."""

from __future__ import annotations

import http.client
import json
import os
import sys
import urllib.request

PATIENCE = 8  # seconds
ASKED = b'{"dataset": "mnist"}'


def main() -> None:
    port = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("GRADIO_SERVER_PORT", "7860")
    if reason := trouble(f"http://127.0.0.1:{port}"):
        print(reason, file=sys.stderr)
        raise SystemExit(1)


def trouble(page: str) -> str | None:
    """Why the page's networks do not answer what its first visitor asks, None where they do."""
    headers = {"Content-Type": "application/json"}
    try:
        request = urllib.request.Request(f"{page}/stn-live", ASKED, headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            view = json.loads(answer.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"{page} does not answer: {error}"
    if isinstance(view, dict) and "output" in view:
        return None
    return f"{page} answers and shows no image: {str(view)[:200]}"


if __name__ == "__main__":
    main()
