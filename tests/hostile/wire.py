"""A client that says exactly what it is told to, over a socket: what no well-behaved HTTP library would send."""

import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

PATIENCE_SECONDS = 20
BOUNDARY = "a-boundary"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """What kind of problem it tells of."""
        problem: dict[str, Any] = json.loads(self.body)
        return str(problem["type"]).removeprefix("urn:problem:")


@contextmanager
def connected(address: str, receive_bytes: int = 0) -> Iterator[socket.socket]:
    url = urlsplit(address)
    with socket.socket() as client:
        client.settimeout(PATIENCE_SECONDS)
        if receive_bytes:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        client.connect((url.hostname, url.port))
        yield client


def head(method: str, path: str, *lines: str, host: str = "127.0.0.1") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode()


def form_of(content: bytes) -> bytes:
    disposition = 'Content-Disposition: form-data; name="file"; filename="products.csv"'
    return f"--{BOUNDARY}\r\n{disposition}\r\n\r\n".encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def chunks_of(content: bytes, size: int = 1000) -> bytes:
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def answer_of(client: socket.socket) -> Answer | None:
    """The next answer, to the end of its body or of the connection; None if the connection ends without one."""
    with client.makefile("rb") as stream:
        return read_answer(stream)


def read_answer(stream: Any) -> Answer | None:
    while line := stream.readline():
        status = int(line.split()[1])
        headers = dict(read_headers(stream))
        if status >= 200:
            return Answer(status, headers, read_body(stream, headers))
    return None


def read_body(stream: Any, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") == "chunked":
        return b"".join(read_chunks(stream))
    length = headers.get("content-length")
    return bytes(stream.read(int(length) if length else -1))


def read_chunks(stream: Any) -> Iterator[bytes]:
    while size := int(stream.readline() or b"0", 16):
        yield stream.read(size)
        stream.readline()
    stream.readline()


def read_headers(stream: Any) -> Iterator[tuple[str, str]]:
    while (line := stream.readline().decode().strip()) != "":
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()


def reset(client: socket.socket) -> None:
    """End the connection as a vanished client does, so that the server is told of an error."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@contextmanager
def echo() -> Iterator[tuple[str, list[str]]]:
    """A server that keeps what it was asked, and its address."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(
                f"{self.requestline}\r\n{self.headers.as_string().replace(chr(10), chr(13) + chr(10))}"
            )
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
