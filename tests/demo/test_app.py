import gc
import os
import urllib.request

import pytest

from demo.core.images import ImageStore
from demo.core.models import ModelStore, Resources
from demo.measuring.server import serve
from demo.ui import texts


@pytest.mark.slow
def test_python_app_py_opens_the_page():
    with serve() as app, urllib.request.urlopen(app.address, timeout=60) as answer:
        assert texts.TITLE in answer.read().decode()
        if os.path.exists("/proc/self/statm"):  # only Linux says how large a process is
            assert app.memory() > 10e6


def test_rubbish_is_collected_once_the_page_is_built(monkeypatch):
    import app
    import demo.page

    class Page:
        def launch(self, **options):
            seen.append((gc.isenabled(), options))

    seen = []
    monkeypatch.setattr(demo.page, "build", Page)
    try:
        app.main()
    finally:
        gc.unfreeze()
        gc.enable()
    assert [enabled for enabled, _ in seen] == [True]


def test_warming_up_raises_nothing_where_there_is_nothing_to_warm(tmp_path):
    from demo.page import warm_up

    warm_up(Resources(ImageStore(tmp_path), ModelStore(tmp_path)))
