"""The gallery tab: many images at once. What it shows is decided in gallery.py, how in the scripts beside it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from demo.core.models import Resources
from demo.core.state import KEYS
from demo.tabs.gallery.gallery import DISTORTIONS, KINDS, NETWORKS, SEEDS, Gallery
from demo.ui import assets
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
    return (
        assets.html("gallery")
        .replace("<!-- kinds -->", _radios("gallery-kind", KINDS))
        .replace("<!-- networks -->", _radios("gallery-of", NETWORKS))
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
