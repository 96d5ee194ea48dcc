"""Several processes of the page behind nginx: `python -m demo.cluster`. deploy/README.md says when and how.

The page's answers need no state, but a training run lives in one process: nginx sends a visitor to the same one again.
A process that ends is started anew; its visitors are served by another meanwhile.
"""

from __future__ import annotations

import argparse
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from demo.measuring.server import ROOT, MeasuringError, answers, end_process, free_port, start_page, wait_for_page

TEMPLATE = ROOT / "deploy" / "nginx.conf.template"
KEPT = 32  # idle connections from nginx to each process
MOST = 64  # processes
PAUSE = 1.0  # seconds from one look at the processes to the next
PATIENCE = 10  # seconds for nginx to start


class ClusterError(RuntimeError):
    """A sentence on why the page cannot be served by several processes."""


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Serves the page by several processes behind nginx.")
    parser.add_argument("--processes", type=int, default=2, help="of app.py, started here (default: 2)")
    parser.add_argument("--host", default="127.0.0.1", help="where nginx listens; 0.0.0.0: for other computers, too")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--before", nargs="+", metavar="HOST:PORT", help="start none: pages that run already, there")
    return parser


def main() -> None:
    options = parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # what has been started must be ended
    try:
        run(options)
    except (ClusterError, MeasuringError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    except KeyboardInterrupt:
        pass


def run(options: argparse.Namespace) -> None:
    """Serves until the program is ended."""
    if not 1 <= options.port <= 65535:
        raise ClusterError(f"--port is {options.port}; give a number from 1 to 65535.")
    if options.before:
        addresses = [found for given in options.before for found in resolve(given)]
        with proxy(addresses, options.host, options.port) as nginx:
            say(f"Before {', '.join(addresses)}: http://{options.host}:{options.port}/")
            while nginx.poll() is None:
                time.sleep(PAUSE)
            raise ClusterError("nginx has ended.")
    with Cluster(options.processes, options.host, options.port) as cluster:
        say(f"{options.processes} processes: {cluster.address}")
        while True:
            time.sleep(PAUSE)
            cluster.tend()


def say(sentence: str) -> None:
    print(sentence, flush=True)


def resolve(given: str) -> list[str]:
    """Every address behind a name, 10.0.0.2:7860, in their order: the replicas of a service have one name."""
    host, _, port = given.rpartition(":")
    try:
        if not host or not 1 <= int(port) <= 65535:
            raise ValueError
        _, _, found = socket.gethostbyname_ex(host)
    except (OSError, ValueError) as error:
        raise ClusterError(f"{given[:80]!r} is no address of a page; give one like 10.0.0.2:7860.") from error
    return [f"{address}:{int(port)}" for address in sorted(found)]


class Cluster:
    """Processes of the page, and nginx before them; all ended when the block ends.

    pages[i] answers visitors with i + 1 in their cookie.
    """

    def __init__(self, processes: int, host: str, port: int):
        if not 1 <= processes <= MOST:
            raise ClusterError(f"--processes is {processes}; give a whole number from 1 to {MOST}.")
        self.address = f"http://{host}:{port}/"
        self._host, self._port = host, port
        self.ports = [free_port() for _ in range(processes)]
        self.pages: list[subprocess.Popen] = []

    def __enter__(self) -> Cluster:
        with ExitStack() as started:
            started.callback(self._end)
            self.pages += [start_page(port, log=None) for port in self.ports]
            for process, port in zip(self.pages, self.ports, strict=True):
                wait_for_page(process, port)
            addresses = [f"127.0.0.1:{port}" for port in self.ports]
            self._nginx = started.enter_context(proxy(addresses, self._host, self._port))
            self._started = started.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._started.close()

    def tend(self) -> None:
        """Starts anew what has ended. Raises ClusterError where that is nginx."""
        if self._nginx.poll() is not None:
            raise ClusterError("nginx has ended.")
        for i, process in enumerate(self.pages):
            if process.poll() is not None:
                say(f"Process {i + 1} has ended ({process.returncode}) and is started anew.")
                self.pages[i] = start_page(self.ports[i], log=None)

    def _end(self) -> None:
        for process in self.pages:
            process.terminate()  # all at once: each takes its time
        for process in self.pages:
            end_process(process)


@contextmanager
def proxy(addresses: Sequence[str], host: str, port: int) -> Iterator[subprocess.Popen]:
    """nginx at host:port before pages at addresses, once it listens; ended when the block ends."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise ClusterError("nginx is not installed; on Debian and Ubuntu: apt-get install nginx.")
    here = "127.0.0.1" if host == "0.0.0.0" else host
    if answers(port, here):
        raise ClusterError(f"Port {port} is taken; give another: --port {port + 1}.")
    with tempfile.TemporaryDirectory(prefix="stn-nginx-") as folder:
        Path(folder).chmod(0o711)  # started by root, nginx works as another user
        file = Path(folder) / "nginx.conf"
        file.write_text(configuration(addresses, f"{host}:{port}"), encoding="utf-8")
        # Without -e it begins with a warning that it may not write the system's log.
        process = subprocess.Popen([program, "-p", folder, "-c", file, "-e", "stderr"])
        try:
            deadline = time.monotonic() + PATIENCE
            while not answers(port, here):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise ClusterError("nginx does not start; it says why above.")
                time.sleep(0.02)
            yield process
        finally:
            end_process(process)


def configuration(addresses: Sequence[str], listen: str) -> str:
    """nginx's configuration before pages at these addresses, host:port, which have the numbers 1, 2, ... in cookies."""
    processes = []
    for number, own in enumerate(addresses, 1):
        # Never taken for dead: a question that nobody answers goes on to another at once, and takes the visitor along.
        others = [f"server {other} backup max_fails=0;" for other in addresses if other != own]
        servers = [f"server {own} max_fails=0;", *others, *keeping()]
        processes.append(f"upstream process{number} {{ {' '.join(servers)} }}")
    words = {
        "LISTEN": [listen],
        "NEWCOMERS": [*(f"server {address} max_fails=1 fail_timeout=5s;" for address in addresses), *keeping()],
        "PROCESSES": processes,
        "BY_COOKIE": [f"{number} process{number};" for number, _ in enumerate(addresses, 1)],
        # The last of those that were asked.
        "ANSWERED": [f'"~(^| ){re.escape(address)}$" {number};' for number, address in enumerate(addresses, 1)],
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    return re.sub(r"( *)@([A-Z_]+)@", lambda m: m[1] + f"\n{m[1]}".join(words[m[2]]), text)


def keeping() -> list[str]:
    """Connections are kept for shorter than the page keeps them (5 s), so that none is used as it closes."""
    return [f"keepalive {KEPT};", "keepalive_timeout 2s;"]


if __name__ == "__main__":
    main()
