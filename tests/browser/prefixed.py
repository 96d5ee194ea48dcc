"""A proxy that serves a page under a path of its own, as in front of many a server."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOT_ON = {"connection", "transfer-encoding", "host", "content-length", "accept-encoding"}


@contextmanager
def under(prefix: str, port: int) -> Iterator[str]:
    """The address under which what `port` serves is seen at `prefix`/; everything outside is 404."""

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self):
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
            headers = {k: v for k, v in self.headers.items() if k.lower() not in NOT_ON}
            headers["X-Forwarded-Host"] = self.headers["Host"]
            target = f"http://127.0.0.1:{port}{self.path.removeprefix(prefix)}"
            request = urllib.request.Request(target, body, headers, method=self.command)
            try:
                answer = urllib.request.urlopen(request, timeout=60)
            except urllib.error.HTTPError as error:
                answer = error
            with answer:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    if name.lower() not in NOT_ON:
                        self.send_header(name, value)
                self.end_headers()
                while part := answer.read1(65536):
                    self.wfile.write(part)

        do_POST = do_HEAD = do_GET

        def log_message(self, *said):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{prefix}/"
    finally:
        server.shutdown()
        server.server_close()
