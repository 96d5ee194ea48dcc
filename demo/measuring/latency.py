"""A network that takes its time, to measure on one computer what a visitor far away sees."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress

CHUNK = 65536


@contextmanager
def distance(port: int, round_trip: float) -> Iterator[int]:
    """Another port of this computer that leads to `port`; everything takes half of `round_trip` seconds each way."""
    opened: Future = Future()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(OSError, asyncio.CancelledError):  # nobody there; the end of the block
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            with closing(far_writer):
                there, back = _carry(reader, far_writer, round_trip / 2), _carry(far_reader, writer, round_trip / 2)
                await asyncio.gather(there, back)

    async def stay() -> None:
        left = asyncio.Event()
        try:
            gate = await asyncio.start_server(meet, "127.0.0.1", 0)
        except OSError as error:
            return opened.set_exception(error)
        opened.set_result((asyncio.get_running_loop(), left, gate.sockets[0].getsockname()[1]))
        await left.wait()
        gate.close()

    thread = threading.Thread(target=lambda: asyncio.run(stay()), daemon=True)  # which ends what still travels
    thread.start()
    loop, left, near_port = opened.result()
    try:
        yield near_port
    finally:
        loop.call_soon_threadsafe(left.set)
        thread.join()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Every chunk `delay` seconds after it came, in order, and the end of the connection likewise."""
    loop = asyncio.get_running_loop()
    on_its_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def read() -> None:
        chunk = b"-"
        while chunk:
            try:
                chunk = await reader.read(CHUNK)
            except ConnectionError:
                chunk = b""
            on_its_way.put_nowait((loop.time() + delay, chunk))

    async def write() -> None:
        with suppress(ConnectionError):
            while True:
                due, chunk = await on_its_way.get()
                await asyncio.sleep(due - loop.time())
                if not chunk:
                    return writer.write_eof()
                writer.write(chunk)

    await asyncio.gather(read(), write())
