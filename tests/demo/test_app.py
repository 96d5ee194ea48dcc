import gc
import os
import signal
import subprocess
import urllib.request

import httpx
import pytest

from demo.core.images import ImageStore
from demo.core.models import ModelStore, Resources
from demo.measuring.server import free_port, serve, start_page, wait_for_page
from demo.ui import texts


@pytest.mark.slow
def test_python_app_py_opens_the_page():
    with serve() as app, urllib.request.urlopen(app.address, timeout=60) as answer:
        assert texts.TITLE in answer.read().decode()
        if os.path.exists("/proc/self/statm"):  # only Linux says how large a process is
            assert app.memory() > 10e6


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_told_to_end_the_page_goes_quietly_while_a_network_trains():
    port = free_port()
    process = start_page(port, log=subprocess.PIPE)
    try:
        wait_for_page(process, port)
        config = httpx.get(f"http://127.0.0.1:{port}/config").json()
        (train,) = (part["id"] for part in config["components"] if "train" in part["props"].get("server_fns", []))
        asked = {"component_id": train, "fn_name": "train", "session_hash": "a", "data": {"action": "start"}}
        answer = httpx.post(f"http://127.0.0.1:{port}/gradio_api/component_server/", json=asked, timeout=60)
        assert "run" in answer.json()
        process.terminate()
        assert process.wait(20) == 0
        assert process.stderr.read() == b""
    finally:
        process.kill()


def test_rubbish_is_collected_once_the_page_is_built(monkeypatch):
    import app
    import demo.page

    class Page:
        def __init__(self, fetch):
            assert not fetch, "tests download nothing"

        def launch(self, **options):
            seen.append((gc.isenabled(), options))

    seen = []
    monkeypatch.setattr(demo.page, "build", Page)
    try:
        app.main()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        gc.unfreeze()
        gc.enable()
    assert [enabled for enabled, _ in seen] == [True]


@pytest.mark.parametrize(
    ("arguments", "environment", "wanted"),
    [
        ([], {}, True),
        (["--no-fetch"], {}, False),
        ([], {"STN_FETCH": "0"}, False),
        ([], {"STN_FETCH": "1"}, True),
        ([], {"CI": "true"}, False),
        ([], {"CI": "true", "STN_FETCH": "1"}, False),
    ],
)
def test_data_sets_are_fetched_unless_that_is_switched_off(monkeypatch, arguments, environment, wanted):
    import app

    for name in ("CI", "STN_FETCH"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert app.fetches(arguments) is wanted


def test_no_page_that_is_measured_fetches_data_sets(monkeypatch):
    started = []
    monkeypatch.setenv("STN_FETCH", "1")
    monkeypatch.setattr(subprocess, "Popen", lambda command, **options: started.append(options["env"]))
    start_page(1)
    assert started[0]["STN_FETCH"] == "0"


def test_warming_up_raises_nothing_where_there_is_nothing_to_warm(tmp_path):
    from demo.page import views, warm_up

    resources = Resources(ImageStore(tmp_path), ModelStore(tmp_path))
    warm_up(resources, views())
