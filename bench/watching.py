"""Many who watch one job at once, from one process: a raw connection each, so that the watchers cost next to nothing.

bench.streams measures with it, tests/test_flow.py holds every watcher to a final state."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Seen(NamedTuple):
    """What one watcher saw."""

    status: int
    # The name and the content of the last event; empty when there was none.
    name: str
    job: dict[str, Any]
    events: int
    # By the clock that all processes share (time.monotonic): when the first event was there, and the end.
    begun: float
    ended: float


def watch(url: str, keys: Sequence[str], watchers: int) -> list[Seen]:
    """Open the stream so many times and read each to its end. The keys take turns, as each may watch only so often."""
    return asyncio.run(_watch(url, keys, watchers))


async def _watch(url: str, keys: Sequence[str], watchers: int) -> list[Seen]:
    return await asyncio.gather(
        *(watch_once(url, {"Authorization": f"Bearer {key}"}) for key in islice(cycle(keys), watchers))
    )


async def watch_once(url: str, headers: Mapping[str, str]) -> Seen:
    parts = urlsplit(url)
    # Of HTTP/1.0, so that the answer ends with its connection and is in no chunks.
    lines = [f"GET {parts.path} HTTP/1.0", f"Host: {parts.netloc}", *map(": ".join, headers.items()), "", ""]
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write("\r\n".join(lines).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    name, data, events, begun = "", "{}", 0, 0.0
    async for line in reader:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name, events = value, events + 1
            begun = begun or time.monotonic()
        elif field == "data":
            data = value
    writer.close()
    await writer.wait_closed()
    return Seen(int(head.split()[1]), name, json.loads(data), events, begun, time.monotonic())
