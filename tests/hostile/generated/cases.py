"""What a hostile request is, and how it is sent."""

import json
import random
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from tests.hostile import wire

JSON = "Content-Type: application/json"
CSV = "Content-Type: text/csv"
# How long what is sent is: few lengths, so that many share a twin.
SIZES = (16, 256, 4_096, 16_384, 65_536)


@dataclass(frozen=True)
class Shop:
    """What there is on the server that is asked."""

    product: int
    webhook: int
    # It has ended.
    job: str


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: tuple[str, ...] = ()
    body: bytes = b""
    # Of the body, so many bytes are sent before the client stops sending.
    cut: int | None = None
    # In the middle of the body.
    pause: float = 0
    is_authorized: bool = True
    host: str = "127.0.0.1"

    def head(self, authorization: str) -> bytes:
        lines = [*self.headers, "Connection: close"]
        if self.is_authorized:
            lines.append(authorization)
        if self.method not in ("GET", "DELETE") and not self.says_its_length:
            lines.append(f"Content-Length: {len(self.body)}")
        return wire.head(self.method, self.path, *lines, host=self.host)

    @property
    def says_its_length(self) -> bool:
        return any(line.startswith(("Content-Length:", "Transfer-Encoding:")) for line in self.headers)


@dataclass(frozen=True)
class Case:
    request: Request
    twin: Request
    # Status and code; of an invalid request, the code of its first fault. 0 is no answer at all.
    expected: frozenset[tuple[int, str]]


Family = Callable[[random.Random, Shop], Case]
FINE = (200, "")


def case(request: Request, twin: Request, *expected: tuple[int, str]) -> Case:
    return Case(request, twin, frozenset(expected))


def refused(request: Request, twin: Request, *codes: str, status: int = 422) -> Case:
    return case(request, twin, *((status, code) for code in codes))


def text(chance: random.Random, letters: str, size: int) -> str:
    return "".join(chance.choices(letters, k=size))


def json_request(method: str, path: str, value: object, size: int = 0) -> Request:
    """Filled up with spaces to that size."""
    return Request(method, path, (JSON,), json.dumps(value).encode().ljust(size))


def send(address: str, authorization: str, request: Request) -> wire.Answer | None:
    sent = request.body if request.cut is None else request.body[: request.cut]
    half = len(sent) // 2 if request.pause else 0
    with wire.connected(address) as client:
        # A server that refuses may close before all is sent.
        with suppress(ConnectionError):
            client.sendall(request.head(authorization) + sent[:half])
            time.sleep(request.pause)
            client.sendall(sent[half:])
            if request.cut is not None:
                client.shutdown(socket.SHUT_WR)
        try:
            return wire.answer_of(client)
        except (ConnectionError, TimeoutError):
            return None


def told(answer: wire.Answer | None) -> tuple[int, str]:
    """Status and code, as Case.expected has them."""
    if answer is None:
        return 0, ""
    if answer.status < 400 or not answer.body:
        return answer.status, ""
    if answer.headers.get("content-type") != "application/problem+json":
        return answer.status, "no problem"
    if answer.code == "request.invalid":
        return answer.status, str(json.loads(answer.body)["errors"][0]["code"])
    return answer.status, answer.code


def with_headers(request: Request, *lines: str) -> Request:
    return replace(request, headers=(*request.headers, *lines))
