"""A receiver of webhooks on loopback that behaves as its paths say: `/ok`, `/status/503?retry-after=7`, `/hang` ...

    with Receiver() as receiver:
        receiver.script("/hook", "status/500", "ok")    # the first answer, and the one from then on
        ... receiver.url("/hook") ...
        receiver.wait_for(2)[1].headers["webhook-id"]

The part behind ? becomes headers of the answer. BEHAVIOURS has them all. As a process of its own, for measuring:
`python -m tests.receiver [--port 9000]` prints its port; `GET /-/received` lists what came as lines of time, path and
webhook-id, `DELETE /-/received` forgets it. It is plain asyncio, so that it is not what is measured."""

import argparse
import asyncio
import gzip
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import responses
from itertools import count
from typing import Self
from urllib.parse import parse_qsl

LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
WEBHOOK_ID = re.compile(rb"\r\nwebhook-id: *([^\r]*)", re.IGNORECASE)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
RECEIVED_PATH = "/-/received"
# Between the bytes of what drips.
DRIP_SECONDS = 0.05


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    head: bytes
    body: bytes
    # Of time.time().
    at: float
    # The number of its connection.
    connection: int

    @cached_property
    def method(self) -> str:
        return self.head.partition(b" ")[0].decode()

    @cached_property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].decode()

    @cached_property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def line(self) -> str:
        found = WEBHOOK_ID.search(self.head)
        return f"{self.at:.6f} {self.path} {found[1].decode() if found else '-'}\n"


class Receiver:
    """In a thread of its own. Behaviours that hang or drip end with it."""

    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.tls = tls
        self.port = port
        self.received: list[Received] = []
        self.connections = count(1)
        self.scripts: dict[str, list[str]] = {}
        self.open: set[Connection] = set()
        self.loop = asyncio.new_event_loop()
        self.started = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        assert self.started.wait(5), "The receiver did not start."
        return self

    def __exit__(self, *raised: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def url(self, path: str) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{path}"

    def script(self, path: str, *behaviours: str) -> None:
        """What the path does with one request after the other; the last stays."""
        self.scripts[path] = list(behaviours)

    def wait_for(self, number: int, seconds: float = 5) -> list[Received]:
        """What was received, once it is so many."""
        deadline = time.monotonic() + seconds
        while len(self.received) < number and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.received) >= number, f"{len(self.received)} of {number} requests came."
        return list(self.received)

    def run(self) -> None:
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(
            self.loop.create_server(
                lambda: Connection(self), "127.0.0.1", self.port, ssl=self.tls, backlog=1024
            )
        )
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        self.loop.run_forever()
        self.loop.run_until_complete(self.close(server))
        self.loop.close()

    async def close(self, server: asyncio.Server) -> None:
        # asyncio loses a connection that is accepted and not made when the server closes.
        await asyncio.sleep(0.01)
        server.close()
        # More than once: some are shaking hands.
        for _ in range(10):
            for connection in list(self.open):
                connection.transport.abort()
            await asyncio.sleep(0.01)

    def behaviour_of(self, path: str) -> str:
        script = self.scripts.get(path)
        if not script:
            return path[1:]
        return script.pop(0) if len(script) > 1 else script[0]


class Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.number = next(receiver.connections)
        self.buffer = b""
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.receiver.open.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.receiver.open.discard(self)
        if self.task:
            self.task.cancel()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.buffer[:1] == b"\x16":
            # TLS, where none is spoken; answered as servers do.
            self.transport.write(response(400))
            self.transport.close()
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        size = int(length[1]) if length else 0
        if not end or len(rest) < size:
            return
        self.buffer = rest[size:]
        self.answer(Received(head, rest[:size], time.time(), self.number))

    def answer(self, request: Received) -> None:
        if request.path == RECEIVED_PATH:
            self.tell(forget=request.method == "DELETE")
            return
        self.receiver.received.append(request)
        behaviour = self.receiver.behaviour_of(request.path)
        if behaviour == "ok":
            self.transport.write(OK)
        else:
            self.task = asyncio.get_running_loop().create_task(behave(behaviour, self, request))

    def tell(self, forget: bool) -> None:
        lines = "".join(request.line() for request in self.receiver.received)
        self.transport.write(response(200, lines.encode()))
        if forget:
            self.receiver.received.clear()

    async def drip(self, data: bytes) -> None:
        for byte in data:
            self.transport.write(bytes([byte]))
            await asyncio.sleep(DRIP_SECONDS)

    async def pour(self, block: bytes, times: int | None = None) -> None:
        """Write it again and again, as fast as the other side reads."""
        for number in count():
            if number == times:
                return
            self.transport.write(block)
            while self.transport.get_write_buffer_size() > 256 * 1024:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0)


def response(status: int, body: bytes = b"", *headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {responses.get(status, 'Unknown')}",
        f"Content-Length: {len(body)}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


async def behave(behaviour: str, connection: Connection, request: Received) -> None:
    name, _, query = behaviour.partition("?")
    name, _, argument = name.partition("/")
    headers = [f"{key}: {value}" for key, value in parse_qsl(query)]
    await BEHAVIOURS[name](connection, Order(argument, headers, request))


@dataclass(frozen=True)
class Order:
    """What a behaviour is told: the rest of its path, the headers asked for, the request."""

    argument: str
    headers: list[str]
    request: Received


async def status(connection: Connection, order: Order) -> None:
    """The status of that number."""
    number = int(order.argument)
    # These have no body.
    body = b"" if number in (101, 204, 304) else b"said so"
    connection.transport.write(response(number, body, *order.headers))


async def delay(connection: Connection, order: Order) -> None:
    """200 after so many seconds."""
    await asyncio.sleep(float(order.argument))
    connection.transport.write(OK)


async def hang(connection: Connection, order: Order) -> None:
    """No answer at all."""


async def close(connection: Connection, order: Order) -> None:
    """The connection closed in place of an answer."""
    connection.transport.close()


async def reset(connection: Connection, order: Order) -> None:
    """The same, the hard way."""
    sock = connection.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.transport.abort()


async def echo(connection: Connection, order: Order) -> None:
    """All that was sent, as the body and as a header."""
    sent = order.request.head + b"\r\n\r\n" + order.request.body
    token = order.request.headers.get("authorization", "")
    connection.transport.write(response(400, sent, f"X-Echo: {token}"))


async def large(connection: Connection, order: Order) -> None:
    """A body of so many bytes."""
    size = int(order.argument)
    connection.transport.write(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
    await connection.pour(b"x" * 1024, size // 1024)


async def body(connection: Connection, order: Order) -> None:
    """These bytes, in hexadecimal digits."""
    connection.transport.write(response(200, bytes.fromhex(order.argument), *order.headers))


async def endless(connection: Connection, order: Order) -> None:
    """Chunks without end."""
    connection.transport.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    await connection.pour(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


async def bomb(connection: Connection, order: Order) -> None:
    """16 MiB of zeros that travel as 16 kB."""
    packed = gzip.compress(bytes(16 * 1024**2))
    connection.transport.write(response(200, packed, "Content-Encoding: gzip"))


async def drip_head(connection: Connection, order: Order) -> None:
    """A status line that takes seconds."""
    await connection.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Drip: drop\r\n" * 1000)


async def drip_body(connection: Connection, order: Order) -> None:
    """A body that does."""
    connection.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    await connection.drip(b"x" * 1000)


async def hints(connection: Connection, order: Order) -> None:
    """103 Early Hints, and nothing after them."""
    await connection.pour(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 100)


async def interim(connection: Connection, order: Order) -> None:
    """103 Early Hints so many times, and then 200."""
    connection.transport.write(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * int(order.argument) + OK
    )


async def long_header(connection: Connection, order: Order) -> None:
    """200 with a header of so many bytes."""
    connection.transport.write(response(200, b"ok", f"X-Long: {'x' * int(order.argument)}"))


async def headers(connection: Connection, order: Order) -> None:
    """200 with so many headers."""
    connection.transport.write(response(200, b"ok", *(f"X-{n}: yes" for n in range(int(order.argument)))))


async def big_head(connection: Connection, order: Order) -> None:
    """One header of 50 MB."""
    connection.transport.write(b"HTTP/1.1 200 OK\r\nX-Large: ")
    await connection.pour(b"x" * 65536, 800)


async def many_headers(connection: Connection, order: Order) -> None:
    """A million headers."""
    connection.transport.write(b"HTTP/1.1 200 OK\r\n")
    await connection.pour(b"X-Many: yes\r\n" * 1000, 1000)


async def garbage(connection: Connection, order: Order) -> None:
    """No HTTP."""
    connection.transport.write(b"\x00\xff\x16\x03 what is this\r\n\r\n")


async def two_lengths(connection: Connection, order: Order) -> None:
    """Two Content-Length that differ."""
    connection.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok")


async def no_length(connection: Connection, order: Order) -> None:
    """A body that ends with the connection, as HTTP/1.0 has it."""
    connection.transport.write(b"HTTP/1.1 200 OK\r\n\r\nok")
    connection.transport.close()


async def cut(connection: Connection, order: Order) -> None:
    """A body that ends before its length."""
    connection.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf an answer")
    connection.transport.close()


async def bad_chunks(connection: Connection, order: Order) -> None:
    """Chunks that are none."""
    connection.transport.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    await asyncio.sleep(DRIP_SECONDS)
    connection.transport.write(b"zzz\r\nzzz\r\n")


BEHAVIOURS: dict[str, Callable[[Connection, Order], Awaitable[None]]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        *(status, delay, hang, close, reset, echo, large, body, endless, bomb, drip_head, drip_body, hints),
        *(
            interim,
            long_header,
            headers,
            big_head,
            many_headers,
            garbage,
            two_lengths,
            no_length,
            cut,
            bad_chunks,
        ),
    )
}


@contextmanager
def deaf_port() -> Iterator[int]:
    """A port that takes no connection and refuses none: its queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for filler in waiting:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        try:
            yield listener.getsockname()[1]
        finally:
            for filler in waiting:
                filler.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    with Receiver(port=parser.parse_args().port) as receiver:
        print(receiver.port, flush=True)  # noqa: T201 - whoever started it reads this line
        receiver.thread.join()


if __name__ == "__main__":
    main()
