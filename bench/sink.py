"""A receiver of webhooks in a process of its own, which answers at once and remembers what came."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import httpx

from bench import stack


class Arrival(NamedTuple):
    at: float
    path: str
    message_id: str


class Sink:
    """The receiver, seen from here."""

    def __init__(self, port: int) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)

    def url(self, path: str) -> str:
        return str(self.client.base_url.join(path))

    def arrivals(self) -> list[Arrival]:
        """What came since it was asked last."""
        lines = self.client.get("/-/received").text.splitlines()
        self.client.delete("/-/received")
        return [Arrival(float(at), path, name) for at, path, name in (line.split() for line in lines)]


@contextmanager
def sink() -> Iterator[Sink]:
    command = [sys.executable, "-m", "tests.receiver"]
    with subprocess.Popen(command, cwd=stack.ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout  # noqa: S101 - it has a pipe
        try:
            yield Sink(int(process.stdout.readline()))
        finally:
            process.kill()
