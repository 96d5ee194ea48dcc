"""The page in a frame, as on a Space: who hears of its state, what a reload shows, which link is copied.

The Space's page is one of our own: every request for it is answered here, and none leaves this computer.
"""

from urllib.parse import parse_qs, urlparse

import pytest

from demo.ui import scripts
from tests.browser.conftest import OPEN
from tests.browser.looking import settled, slider

SPACE = "https://huggingface.co/spaces/some-one/playground"
# A page that does what a Space's does: hands its own query to the frame, once, and takes a query from a message.
PARENT = """<!doctype html><body style="margin: 0"><script>
    window.heard = [];
    addEventListener("message", ({ data }) => {
        if (typeof data?.queryString !== "string") return;
        window.heard.push(data);
        history.replaceState(null, "", `${location.pathname}?${data.queryString}${data.hash}`);
    });
    const frame = document.createElement("iframe");
    const own = location.search ? `${location.search}&` : "?";
    frame.src = `ADDRESS${own}__theme=light&__sign=secret`;
    frame.style = "border: 0; width: 100vw; height: 100vh";
    frame.allow = "clipboard-write";
    document.body.append(frame);
</script>"""


@pytest.fixture
def framed(windows, address):
    """Opens a parent page with a query, the page in its frame; `space` says what the page knows of a Space."""
    opened = []

    def open_page(parent: str, query: str = "", space: str | None = SPACE):
        constants = scripts.modules()[scripts.GENERATED].decode()
        assert constants.count("SPACE_PAGE = null;") == 1
        known = f'SPACE_PAGE = "{space}";' if space else "SPACE_PAGE = null;"
        page = windows(1440, 900, permissions=["local-network-access"])  # from a public page, as Chromium sees it
        opened.append(page)
        page.errors, page.said = [], []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda message: page.said.append(message.text))
        page.route(
            f"**/{scripts.GENERATED}",
            lambda route: route.fulfill(
                content_type="text/javascript", body=constants.replace("SPACE_PAGE = null;", known)
            ),
        )
        page.route(
            f"{parent}*",
            lambda route: route.fulfill(content_type="text/html", body=PARENT.replace("ADDRESS", address)),
        )
        page.goto(parent + query)
        return page, frame_of(page)

    yield open_page
    assert [error for page in opened for error in page.errors] == []


def frame_of(page):
    """The page in the frame, once it is open."""
    frame = page.query_selector("iframe").content_frame()
    frame.wait_for_function(OPEN, timeout=60_000)
    return frame


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlparse(address).query).items()}


def test_on_a_space_the_parents_address_holds_the_view_and_a_reload_shows_it_again(framed):
    page, frame = framed(SPACE, "?dataset=mnist&sample=4&rotation=30")
    assert settled(frame, sample=4, rotation=30)
    slider(frame, "clutter").focus()
    page.keyboard.press("ArrowRight")
    drawn = settled(frame, clutter=1)
    page.wait_for_function("() => location.search.includes('clutter=1')")
    assert set(page.evaluate("() => heard.at(-1)")) == {"queryString", "hash"}
    query = query_of(page.url)
    assert (query["sample"], query["rotation"], query["clutter"]) == ("4", "30", "1")
    assert not [name for name in query if name.startswith("__")], "what the Space adds for one visitor"
    page.reload()
    frame = frame_of(page)
    assert settled(frame, clutter=1) == drawn
    frame.locator("#tabs").get_by_role("tab", name="Gallery").click()
    page.wait_for_function("() => location.search.includes('tab=gallery')")
    page.go_back()
    page.wait_for_function("() => !location.search.includes('tab=gallery')")


def test_on_a_space_the_copied_link_is_the_spaces_page(framed):
    _, frame = framed(SPACE, "?dataset=mnist&sample=4&rotation=30")
    frame.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }")
    frame.locator("#copy-link").click()
    frame.wait_for_function("() => document.querySelector('#tool-said').innerText === 'Link copied.'")
    copied = frame.evaluate("() => window.copied")
    assert copied.startswith(f"{SPACE}?") and "secret" not in copied
    assert (query_of(copied)["sample"], query_of(copied)["rotation"]) == ("4", "30")


@pytest.mark.parametrize("space", [SPACE, None])
def test_no_other_parent_hears_of_the_view(framed, address, space):
    """The page's own origin may frame it, too."""
    page, frame = framed(f"{address}parent", "?dataset=mnist&sample=4", space)
    settled(frame, sample=4)
    slider(frame, "clutter").focus()
    page.keyboard.press("ArrowRight")
    frame.wait_for_function("() => location.search.includes('clutter=1')")
    page.wait_for_timeout(200)
    assert page.evaluate("() => heard") == [] and "clutter" not in page.url
    refused = [said for said in page.said if "postMessage" in said and "https://huggingface.co" in said]
    assert bool(refused) == (space is not None), "sent, and to that origin alone"


def test_a_page_that_is_in_no_frame_tells_nobody(visit, address):
    page = visit("?dataset=mnist&sample=4")
    page.evaluate("() => addEventListener('message', ({ data }) => { if (data?.queryString) window.heard = data; })")
    slider(page, "clutter").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => location.search.includes('clutter=1')")
    assert page.evaluate("() => window.heard") is None
    assert page.evaluate("() => stnPage.link()").startswith(address), "no Space is known"
