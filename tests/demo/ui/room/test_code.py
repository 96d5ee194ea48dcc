"""The QR code: only of the room's own link, without its token, and as white as readers want it."""

import base64
import re
from urllib.parse import unquote

import pytest

from demo.ui.room.code import qr_code
from stn.errors import StnError


def test_the_code_is_an_svg_with_a_white_rim():
    uri = qr_code("https://example.org/page/?room=K3JX4", "K3JX4")
    assert uri.startswith("data:image/svg+xml")
    svg = unquote(uri.partition(",")[2]) if ";base64," not in uri else base64.b64decode(uri.partition(",")[2]).decode()
    side = int(re.search(r"viewBox='0 0 (\d+) \1'", svg)[1])
    assert (side - 8 - 17) % 4 == 0, "a QR code's side, and four modules on either side of it"
    assert "#fff" in svg and "#000" in svg
    assert qr_code("https://example.org/page/?room=K3JX7", "K3JX7") != uri


@pytest.mark.parametrize(
    "link",
    [
        None,
        7,
        "",
        "?room=K3JX4",
        "javascript:alert(1)//?room=K3JX4",
        "https://example.org/",
        "https://example.org/?room=OTHER",
        "https://example.org/?room=K3JX4&teacher=secret",
        "https://example.org/?room=K3JX4&teacher=",
        "https://[half/?room=K3JX4",
        "https://example.org/?room=K3JX4&x=" + "x" * 500,
    ],
)
def test_nothing_but_the_rooms_own_link_becomes_a_code(link):
    with pytest.raises(StnError, match="K3JX4"):
        qr_code(link, "K3JX4")
