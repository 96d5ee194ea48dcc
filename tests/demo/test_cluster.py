"""nginx before several processes: pages of a few lines where it is about nginx, app.py where it is about visitors."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from demo.cluster import Cluster, ClusterError, configuration, proxy, resolve
from demo.core.desk import ADDRESS
from demo.core.rooms import ADDRESS as ROOMS
from demo.guard import MAX_IMAGE_BODY
from demo.loadtest import loadtest
from demo.measuring.health import trouble
from demo.measuring.server import COOKIE, ROOT, free_port, wait_for_page
from demo.measuring.visitor import User, find_view, rush

needs_nginx = pytest.mark.skipif(
    not (shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")), reason="needs nginx (apt-get install nginx)"
)


class Small(ThreadingHTTPServer):
    """A page that says its name and how much it was sent."""

    daemon_threads = True

    def __init__(self, name: str, port: int):
        self.name, self.open = name, threading.Event()
        self.connections: list = []
        super().__init__(("127.0.0.1", port), SmallAnswers)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def die(self) -> None:
        """As a process that is killed: what is open is closed, and nobody listens any more."""
        self.shutdown()
        self.server_close()
        for connection in self.connections:
            with suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)


class SmallAnswers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Small

    def setup(self):
        super().setup()
        self.server.connections.append(self.connection)

    def do_GET(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/gradio_api/heartbeat/x":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"data: ALIVE\n\n")
            self.server.open.wait(20)
            return
        text = f"{self.server.name} {len(sent)} {self.headers['Host']} {self.headers['X-Forwarded-Proto']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET

    def log_message(self, *said):
        pass


@pytest.fixture
def pages() -> Iterator[list[Small]]:
    started = [Small("one", free_port()), Small("two", free_port())]
    yield started
    for page in started:
        page.open.set()
        page.die()


@pytest.fixture
def front(pages) -> Iterator[int]:
    """The port of nginx before both."""
    port = free_port()
    with proxy([f"127.0.0.1:{page.server_port}" for page in pages], "127.0.0.1", port):
        yield port


@contextmanager
def answer(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> Iterator:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    try:
        yield connection.getresponse()
    finally:
        connection.close()


def ask(port: int, process: int | None = None, method: str = "POST", path: str = f"/{ADDRESS}", size: int = 3):
    """The words of the answer, and the cookie that came with it; `process`: what the visitor's cookie says."""
    cookie = {} if process is None else {"Cookie": f"{COOKIE}={process}"}
    with answer(port, method, path, b"x" * size if method == "POST" else None, **cookie) as got:
        return got.read().decode().split(), got.getheader("Set-Cookie")


def until(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.2)


@needs_nginx
def test_visitors_come_to_the_processes_in_turn_and_each_stays(front):
    came = [ask(front, method="GET", path="/") for _ in range(4)]
    assert sorted(words[0] for words, _ in came) == ["one", "one", "two", "two"]
    for words, cookie in came:
        number = {"one": 1, "two": 2}[words[0]]
        assert cookie == f"{COOKIE}={number}; Path=/; HttpOnly; SameSite=Lax"
        for _ in range(3):
            assert ask(front, number) == ([words[0], "3", f"127.0.0.1:{front}", "http"], None)


@needs_nginx
def test_a_class_is_in_one_process_whoever_comes_and_nobody_moves_there(front):
    for process in (None, 1, 2):
        words, cookie = ask(front, process, path=f"/{ROOMS}")
        assert words[0] == "one" and cookie is None


@needs_nginx
def test_who_keeps_no_cookies_stays_by_the_address(front):
    assert len({ask(front)[0][0] for _ in range(6)}) == 1
    assert len({ask(front, method="GET", path="/config")[0][0] for _ in range(6)}) == 1


@needs_nginx
@pytest.mark.parametrize("cookie", ["0", "3", "1;", "process1", "127.0.0.1:80", ""])
def test_a_cookie_that_is_none_of_ours_is_exchanged(front, cookie):
    with answer(front, "GET", "/", Cookie=f"{COOKIE}={cookie}") as got:
        named = got.read().decode().split()[0]
        assert got.status == 200
        if cookie != "1;":
            assert got.getheader("Set-Cookie").startswith(f"{COOKIE}={ {'one': 1, 'two': 2}[named] };")


@needs_nginx
def test_another_takes_over_and_keeps_whom_it_has(pages, front):
    assert ask(front, 1)[0][0] == "one"
    port = pages[0].server_port
    pages[0].die()
    words, cookie = ask(front, 1, size=60_000)
    assert words[:2] == ["two", "60000"], "the same question goes to the other, whole"
    assert cookie.startswith(f"{COOKIE}=2;")
    assert ask(front, 2) == (["two", "3", f"127.0.0.1:{front}", "http"], None)
    assert {ask(front, method="GET", path="/")[0][0] for _ in range(4)} == {"two"}
    pages[0] = Small("one", port)
    assert ask(front, 2)[0][0] == "two", "a run that began here meanwhile is here"
    assert ask(front, 1)[0][0] == "one"
    until(lambda: ask(front, method="GET", path="/")[0][0] == "one", "nobody new comes to a process that is back")


@needs_nginx
def test_where_nobody_answers_it_is_said_in_a_sentence(pages, front):
    for page in pages:
        page.die()
    with answer(front, "GET", "/", Cookie=f"{COOKIE}=1") as got:
        assert got.status == 503 and got.getheader("Set-Cookie") is None
        assert got.read() == b"The page is being started. Reload in half a minute.\n"


@needs_nginx
def test_events_pass_while_their_stream_is_open(pages, front):
    with answer(front, "GET", "/gradio_api/heartbeat/x") as got:
        assert got.readline() == b"data: ALIVE\n"
        assert not any(page.open.is_set() for page in pages)


@needs_nginx
def test_a_proxy_before_it_tells_of_tls(front):
    with answer(front, "GET", "/", Host="school.example", X_Forwarded_Proto="https") as got:
        assert got.read().decode().split()[2:] == ["school.example", "https"]


@needs_nginx
def test_a_port_that_is_taken_is_one_sentence(pages):
    taken = pages[0].server_port
    with pytest.raises(ClusterError, match=f"Port {taken} is taken"), proxy(["127.0.0.1:9"], "127.0.0.1", taken):
        pass


def test_without_nginx_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(ClusterError, match="apt-get install nginx"), proxy(["127.0.0.1:9"], "127.0.0.1", free_port()):
        pass


@pytest.mark.parametrize("options", [["--processes", "0"], ["--port", "0"], ["--before", "nowhere"]])
def test_nonsense_is_one_sentence(options):
    done = subprocess.run([sys.executable, "-m", "demo.cluster", *options], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and options[0].lstrip("-") in done.stderr.replace("nowhere", "before")


def test_a_name_stands_for_all_its_addresses(monkeypatch):
    assert resolve("127.0.0.1:7861") == ["127.0.0.1:7861"]
    monkeypatch.setattr("socket.gethostbyname_ex", lambda name: (name, [], ["10.0.0.3", "10.0.0.2"]))
    assert resolve("app:7860") == ["10.0.0.2:7860", "10.0.0.3:7860"]
    monkeypatch.undo()
    for wrong in ("app", "app:", ":7860", "127.0.0.1:x", "127.0.0.1:0", "127.0.0.1:99999", "no-such-host.invalid:80"):
        with pytest.raises(ClusterError, match=r"no address of a page; give one like"):
            resolve(wrong)


def test_what_is_too_long_is_left_to_the_page_to_say():
    [most] = re.findall(r"client_max_body_size (\d+)m;", configuration(["10.0.0.2:7860"], "0.0.0.0:80"))
    assert int(most) * 2**20 > MAX_IMAGE_BODY


def test_every_word_of_the_template_is_filled_in():
    text = configuration(["10.0.0.2:7860", "10.0.0.3:7860", "10.0.0.4:7860"], "0.0.0.0:80")
    assert set(re.findall(r"@\S+", text)) == {"@down;", "@down"}
    assert text.count("backup") == 6 and f"$cookie_{COOKIE}" in text and f"/{ADDRESS} " in text


@needs_nginx
@pytest.mark.slow
def test_one_process_of_two_is_killed_while_visitors_drag():
    with Cluster(2, "127.0.0.1", free_port()) as cluster:
        for port in cluster.ports:
            until(lambda port=port: trouble(f"http://127.0.0.1:{port}") is None, "its networks do not answer")
        before = loadtest(users=4, seconds=2, url=cluster.address)
        assert trouble(cluster.address.rstrip("/")) is None
        assert before["errors"] == 0 and before["users_of_process"] == {"1": 2, "2": 2}

        target = find_view(cluster.address)
        crowd = [User(target, number, "mnist") for number in range(4)]
        for user in crowd:
            user.open()
            user.ask()
        first, second = ([user for user in crowd if user.process == number] for number in "12")
        assert len(first) == len(second) == 2 and not any(user.errors for user in crowd)

        threading.Timer(2, cluster.pages[0].kill).start()
        rush(crowd, 6)
        assert [user.errors for user in second] == [0, 0], "visitors of the other notice nothing"
        assert all(user.errors <= 1 for user in first), "at most what was being answered is lost"
        for user in first:  # they reload the page
            user.errors, user.lags = 0, []
            user.open()
        rush(crowd, 2)
        assert [user.process for user in crowd] == ["2"] * 4
        assert [user.errors for user in crowd] == [0] * 4 and all(user.lags for user in crowd)

        cluster.tend()
        wait_for_page(cluster.pages[0], cluster.ports[0])
        rush(crowd, 1)
        assert {user.process for user in crowd} == {"2"}, "what has begun there since, stays there"
        until(lambda: trouble(f"http://127.0.0.1:{cluster.ports[0]}") is None, "its networks do not answer")

        def newcomer() -> str:
            late = User(target, 9, "mnist")
            late.open()
            late.ask()
            assert late.errors == 0
            return late.process

        until(lambda: newcomer() == "1", "nobody new comes to the process that is back")
