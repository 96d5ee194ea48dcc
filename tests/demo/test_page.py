"""The page's tabs: one folder each, one name each in page.py."""

from demo import page
from demo.core import state
from demo.ui import assets
from demo.ui.widget import Tab


def test_every_folder_of_tabs_is_on_the_page_once_and_can_stand_in_a_link():
    folders = [file.parent.name for file in (assets.DEMO / "tabs").glob("*/__init__.py")]
    assert sorted(folders) == sorted(page.TABS) == sorted(state.TABS)
    assert page.TABS[0] == state.TABS[0] == state.ViewState().tab, "what is open without a link"
    assert state.KEYS["tab"].choices == state.TABS


def test_every_tab_has_a_title_of_its_own():
    tabs = [page.tab_of(name) for name in page.TABS]
    assert all(isinstance(tab, Tab) and callable(tab.build) for tab in tabs)
    assert len({tab.title for tab in tabs}) == len(tabs)
