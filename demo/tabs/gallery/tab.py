"""The gallery tab: many images at once. What it shows is decided in gallery.py, how in the scripts beside it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from demo.core.models import Resources
from demo.core.pairs import SIDES
from demo.core.state import COMPARISONS, KEYS
from demo.tabs.gallery.distortions import DISTORTIONS, SEEDS
from demo.tabs.gallery.gallery import Gallery
from demo.tabs.gallery.wanted import KINDS
from demo.ui import assets
from demo.ui.comparison import with_switch
from demo.ui.widget import Tab, live
from stn.data import DATASETS


def build(resources: Resources) -> None:
    """Builds the tab inside the current context."""
    gallery = Gallery(resources.images, resources.models)

    def show(request):
        return gallery.answer(request)

    live("gallery", "gallery", [show], html=gallery_html(), constants=SEEDS)


def gallery_html() -> str:
    """The tab's markup with everything that there is to choose from; the networks come with each answer."""
    datasets = {name: info.title for name, info in DATASETS.items()}
    sides = "".join(
        f'<div class="gallery-sides" data-compare="{name}">'
        f"{_radios(f'gallery-of-{name}', {role: SIDES[role] for role in roles})}</div>"
        for name, roles in COMPARISONS.items()
    )
    return (
        with_switch(assets.html("gallery"), "gallery")
        .replace("<!-- kinds -->", _radios("gallery-kind", KINDS))
        .replace("<!-- sides -->", sides)
        .replace("<!-- datasets -->", _options(datasets, KEYS["dataset"].default))
        .replace("<!-- distortions -->", _options(DISTORTIONS, next(iter(DISTORTIONS))))
    )


def _radios(group: str, titles: Mapping[str, str]) -> str:
    return "".join(
        f'<label><input type="radio" name="{group}" value="{name}"{"" if i else " checked"}>'
        f"<span>{escape(title)}</span></label>"
        for i, (name, title) in enumerate(titles.items())
    )


def _options(titles: Mapping[str, str], chosen: object) -> str:
    return "".join(
        f'<option value="{name}"{" selected" if name == chosen else ""}>{escape(title)}</option>'
        for name, title in titles.items()
    )


TAB = Tab("Gallery", build)
