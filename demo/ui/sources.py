"""Where what the page shows comes from: the paper, the tutorial, this source. The same wherever a tab names them."""

from __future__ import annotations

import os
import re
from html import escape

PAPER = "https://arxiv.org/abs/1506.02025"
TUTORIAL = "https://pytorch.org/tutorials/intermediate/spatial_transformer_tutorial.html"
SPACE = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
PLACE = "<!-- sources -->"  # where a tab's HTML wants them


def with_sources(html: str) -> str:
    """A tab's HTML with the links in their places."""
    return html.replace(PLACE, _sources())


def space_page() -> str | None:
    """Where others open this page: on a Space, which says its name. Elsewhere nobody knows."""
    space = os.environ.get("SPACE_ID", "")
    return f"https://huggingface.co/spaces/{space}" if SPACE.fullmatch(space) else None


def source_address() -> str | None:
    """Where this source can be read, if that is known."""
    page = space_page()
    return f"{page}/tree/main" if page else None


def _sources() -> str:
    source = source_address()
    here = _link(source, "this page") if source else "this page: the folder it was started from, see its README.md"
    return (
        f'<p class="sources">Paper: {_link(PAPER, "Jaderberg et al. 2015")}. '
        f"Tutorial: {_link(TUTORIAL, 'Spatial transformer networks in PyTorch')}. Source of {here}.</p>"
    )


def _link(address: str, text: str) -> str:
    """In a window of its own: in a frame, as on a Space, other sites refuse to open."""
    return f'<a href="{escape(address)}" target="_blank" rel="noopener">{escape(text)}</a>'
