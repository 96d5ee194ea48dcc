"""The links to the paper, the tutorial and this source."""

import pytest

from demo.ui.constants import constants
from demo.ui.sources import PAPER, PLACE, TUTORIAL, source_address, space_page, with_sources


def test_paper_and_tutorial_are_linked_wherever_a_tab_wants_it(monkeypatch):
    monkeypatch.delenv("SPACE_ID", raising=False)
    html = with_sources(f"<p>{PLACE}</p>{PLACE}")
    assert PLACE not in html and html.count(f'href="{PAPER}"') == html.count(f'href="{TUTORIAL}"') == 2
    assert "README.md" in html and html.count("<a ") == 4


def test_on_a_space_its_files_are_linked(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "some-one/stn.playground")
    assert constants()["SPACE_PAGE"] == space_page() == "https://huggingface.co/spaces/some-one/stn.playground"
    assert source_address() == "https://huggingface.co/spaces/some-one/stn.playground/tree/main"
    assert f'href="{source_address()}"' in with_sources(PLACE) and "README" not in with_sources(PLACE)


@pytest.mark.parametrize("strange", ["", "no-owner", 'a/b"><script>', "a/b/c", "a/b\n"])
def test_a_strange_name_is_no_address(monkeypatch, strange):
    monkeypatch.setenv("SPACE_ID", strange)
    assert source_address() is space_page() is None and "<script" not in with_sources(PLACE)
