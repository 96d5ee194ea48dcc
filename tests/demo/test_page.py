"""The page's tabs: one folder each, one name each in page.py."""

import ctypes
import sys
import time
from types import SimpleNamespace

import pytest

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


def test_few_sessions_are_kept_and_few_calls_wait(tmp_path):
    assert page.launch_options()["state_session_capacity"] == page.SESSIONS <= 500
    assert page.build(tmp_path, tmp_path)._queue.max_size == page.QUEUED <= 50


def test_gradio_looks_into_an_empty_queue_now_and_then(tmp_path, monkeypatch):
    app = page.build(tmp_path, tmp_path)
    looks = []
    monkeypatch.setattr(type(app._queue), "__len__", lambda queue: looks.append(queue) or 0)
    app.launch(**page.launch_options(), prevent_thread_lock=True, quiet=True)
    try:
        del looks[:]
        time.sleep(0.5)
        own = [queue for queue in looks if queue is app._queue]  # other tests' pages may still be there
        assert 1 <= len(own) <= 0.5 / page.POLL + 1
    finally:
        app.close()


@pytest.mark.parametrize(("visited", "waits"), [(False, page.UNVISITED), (True, page.PATIENCE)])
def test_who_goes_on_asking_is_waited_for_longer_than_nobody(monkeypatch, visited, waits):
    now = [0.0]
    monkeypatch.setattr(page.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(page.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    page.wait_for_quiet(SimpleNamespace(visited=visited, quiet=lambda seconds: False))
    assert now[0] == pytest.approx(waits, abs=0.2)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's")
def test_freed_memory_is_given_back_again_and_again(monkeypatch):
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 4:
            raise KeyboardInterrupt

    class Library:
        def __init__(self, name):
            assert name is None

        malloc_trim = staticmethod(lambda pad: slept.append("trimmed"))
        mallopt = staticmethod(lambda what, value: slept.append((what, value)))

    monkeypatch.setattr(page.time, "sleep", sleep)
    monkeypatch.setattr(ctypes, "CDLL", Library)
    with pytest.raises(KeyboardInterrupt):
        page.give_back(7)
    assert slept == [(-8, page.ARENAS), 7, "trimmed", 7]
