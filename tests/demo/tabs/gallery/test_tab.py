"""The gallery's markup."""

import re

from demo.core.state import COMPARISONS
from demo.tabs.gallery.distortions import DISTORTIONS, MOVED
from demo.tabs.gallery.tab import gallery_html
from demo.tabs.gallery.wanted import KINDS, read_request
from stn.data import DATASETS


def test_the_page_offers_what_requests_may_say_and_nothing_else():
    page = gallery_html()
    assert "<!--" not in page
    groups = {"kind": KINDS, **{f"of-{name}": roles for name, roles in COMPARISONS.items()}}
    for group, valid in groups.items():
        offered = re.findall(rf'name="gallery-{group}" value="(\w+)"( checked)?', page)
        assert [name for name, _ in offered] == list(valid)
        assert [name for name, on in offered if on] == [next(iter(valid))]
    options = re.findall(r'<option value="(\w+)"( selected)?', page)
    assert sorted(name for name, _ in options) == sorted([*DISTORTIONS, *DATASETS])
    found = read_request({"dataset": "mnist"})
    assert [name for name, on in options if on] == ["mnist", found.distortion]
    assert (found.kind, found.of) == ("batch", "upright")
    assert set(MOVED) == set(DISTORTIONS)
