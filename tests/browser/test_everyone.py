"""For everyone: axe-core finds nothing serious on any tab, in light and dark, on a wide and on a narrow screen."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from demo.view_state import TABS

ONES_OWN = {  # what a tab has once it stands
    "play": "#view[data-ready=true] canvas#input",
    "look": "#look-output-canvas",
    "robustness": ".js-plotly-plot .main-svg",
    "train": "#train-cells",
    "gallery": "#gallery canvas",
    "lesson": "#lesson canvas",
}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
@pytest.mark.parametrize("tab", TABS)
def test_axe_finds_nothing_serious(visit, tab, scheme, width):
    there = f"() => document.querySelector({ONES_OWN[tab]!r})?.getClientRects().length > 0"
    page = visit(f"?tab={tab}", width=width, color_scheme=scheme, ready=there)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    serious = [violation for violation in found if violation["impact"] in ("serious", "critical")]
    assert [(v["id"], [node["target"] for node in v["nodes"]]) for v in serious] == []
