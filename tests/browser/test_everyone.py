"""For everyone: on any tab, in light and dark, wide and narrow, axe-core finds nothing serious, nothing has to be
scrolled sideways, and no other machine is asked for anything."""

from urllib.parse import urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe

from demo.core.state import TABS

ONES_OWN = {  # what a tab has once it stands
    "play": "#view[data-ready=true] canvas#input",
    "look": "#look-output-canvas",
    "robustness": "#live-chart .curve",
    "train": "#train-cells",
    "gallery": "#gallery[data-busy=false] canvas",
    "lesson": "#lesson canvas",
}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
@pytest.mark.parametrize("tab", TABS)
def test_a_tab_is_for_everyone(visit, address, tab, scheme, width):
    there = f"() => document.querySelector({ONES_OWN[tab]!r})?.getClientRects().length > 0"
    page = visit(f"?tab={tab}", width=width, color_scheme=scheme, ready=there)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    hosts = {urlparse(url).netloc for url in page.requests if urlparse(url).scheme not in ("data", "blob")}
    assert hosts == {urlparse(address).netloc}
    found = Axe().run(page).response["violations"]
    serious = [violation for violation in found if violation["impact"] in ("serious", "critical")]
    assert [(v["id"], [node["target"] for node in v["nodes"]]) for v in serious] == []
