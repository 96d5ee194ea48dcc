import socket
import threading
import time

from demo.measuring.latency import distance


def test_what_travels_arrives_whole_in_order_and_late():
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def echo():
            connection, _ = listening.accept()
            with connection:
                while chunk := connection.recv(4096):
                    connection.sendall(chunk)

        threading.Thread(target=echo, daemon=True).start()
        with distance(listening.getsockname()[1], 0.2) as port, socket.create_connection(("127.0.0.1", port)) as near:
            start = time.monotonic()
            near.sendall(b"first,")
            time.sleep(0.02)
            near.sendall(b"second")
            near.shutdown(socket.SHUT_WR)
            with near.makefile("rb") as answer:
                assert answer.read() == b"first,second"  # until the far end hangs up
            assert 0.2 <= time.monotonic() - start < 5


def test_where_nobody_is_the_connection_is_closed():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with distance(port, 0.01) as near_port, socket.create_connection(("127.0.0.1", near_port), timeout=10) as near:
        assert near.recv(1) == b""
