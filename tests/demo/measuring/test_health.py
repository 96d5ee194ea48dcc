import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from demo.core.desk import ADDRESS
from demo.measuring.health import main, trouble


@pytest.fixture
def page() -> Iterator[HTTPServer]:
    """Answers with what its `view` is."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fine = (
                self.path == f"/{ADDRESS}"
                and asked == {"dataset": "mnist"}
                and self.headers["Content-Type"] == "application/json"
            )
            self.send_response(200 if fine else 400)
            self.end_headers()
            self.wfile.write(self.server.view)

        def log_message(self, *said):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_page_with_an_image_is_well(page, monkeypatch):
    page.view = b'{"output": "..."}'
    assert trouble(f"http://127.0.0.1:{page.server_port}") is None
    monkeypatch.setattr("sys.argv", ["health", str(page.server_port)])
    main()
    monkeypatch.setattr("sys.argv", ["health"])
    monkeypatch.setenv("GRADIO_SERVER_PORT", str(page.server_port))
    main()


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        (b'{"error": "No networks."}', "No networks."),
        (b"{}", "no image"),
        (b"<html>", "not answer"),
        (b"[]", "no image"),
    ],
)
def test_a_page_without_one_is_not(page, monkeypatch, capsys, view, reason):
    page.view = view
    monkeypatch.setattr("sys.argv", ["health", str(page.server_port)])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == 1 and reason in said and said.count("\n") == 1


def test_nobody_there_is_one_line():
    assert "does not answer" in trouble("http://127.0.0.1:9")
