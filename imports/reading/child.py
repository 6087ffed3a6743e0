"""The sandboxed process that reads one untrusted file, within limits of memory and time.

It has no database, no secret and only one setting: it requests the bytes of the file and returns what is in them."""

import gc
import io
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from catalog.currencies import local_symbols
from imports.errors import FileError
from imports.formats.detection import detect_text, detect_zip
from imports.formats.encoding import EncodingDetector
from imports.formats.source import Source, open_rows
from imports.matching.header_words import header_words
from imports.options import Options, ProfileOptions
from imports.reading.batches import Rejection, read_batch
from imports.reading.opened_file import look_up, open_file_to_read
from imports.recipes.recipe import recipes
from lib.channel import Channel, Closed
from lib.limits import CPU_SECONDS_PER_MB, READ_MEMORY_BYTES

PIECE_BYTES = 256 * 1024
BATCH_CHARACTERS = 64 * 1024
BATCH_LINES = 10_000
PAGE_BYTES = resource.getpagesize()
# The memory pages of this process; only Linux reports them and enforces a limit.
PAGES = Path("/proc/self/statm")

# Of a batch, without its rejected rows.
BATCH_FIELDS = (
    "rows_read",
    "lines_read",
    "lines_staged",
    "ended",
    "listed_rows",
    "decimal_marks",
    "carried",
    "bytes_read",
)

Task = dict[str, Any]

# Once in the fork server, not in every process.
header_words()
recipes()
local_symbols()


def main(talks: socket.socket, asks: socket.socket) -> None:
    """Entry point of the fork server."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_memory()
    serve(Channel(talks), Channel(asks), limit_cpu)


def limit_memory() -> None:
    if PAGES.exists():
        most = int(PAGES.read_text().split()[0]) * PAGE_BYTES + READ_MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def limit_cpu(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def serve(channel: Channel, asks: Channel, limit_cpu: Callable[[int], None]) -> None:
    """Run the first task received. `limit_cpu` sets the CPU seconds allowed in total, by what was read so far."""
    # The requesting process is gone.
    with suppress(Closed):
        task = channel.receive()
        if not settings.configured:
            settings.configure(UPLOAD_MAX_UNPACKED_BYTES=task["max_unpacked"])
        file = io.BufferedReader(Asked(asks, task["bytes"], task["cpu_seconds"], limit_cpu), PIECE_BYTES)
        try:
            TASKS[task["task"]](channel, file, task)
        except FileError as error:
            channel.send({"error": [error.code, error.message, error.line]})


class Asked(io.RawIOBase):
    """The stored file, requested piece by piece; the next piece is requested while one is processed."""

    def __init__(
        self, channel: Channel, size: int, cpu_seconds: int, limit_cpu: Callable[[int], None]
    ) -> None:
        self.channel, self.size = channel, size
        self.cpu_seconds, self.limit_cpu = cpu_seconds, limit_cpu
        self.position = self.received = 0
        self.start, self.piece = 0, bytearray()
        # The start of the piece that was requested and has not arrived, or -1.
        self.coming_from = -1
        limit_cpu(cpu_seconds)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError("The position is before the start of the file.")
        self.position = start + offset
        return self.position

    def readinto(self, buffer: Any) -> int:
        if self.position >= self.size:
            return 0
        if not self.start <= self.position < self.start + len(self.piece):
            self._turn_to_piece()
        inside = self.position - self.start
        data = memoryview(self.piece)[inside : inside + len(buffer)]
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)

    def _turn_to_piece(self) -> None:
        goes_on = self.position == self.start + len(self.piece)
        if self.coming_from != self.position:
            if self.coming_from >= 0:
                self.channel.receive()
            self._ask(self.position)
        self.start, self.piece = self.position, self.channel.receive()
        self.received += len(self.piece)
        self.limit_cpu(self.cpu_seconds + CPU_SECONDS_PER_MB * self.received // 1024**2)
        end = self.start + len(self.piece)
        self.coming_from = -1
        if goes_on and end < self.size:
            self._ask(end)

    def _ask(self, start: int) -> None:
        self.channel.send([start, PIECE_BYTES])
        self.coming_from = start


# --- Staging ---


def stage(channel: Channel, file: IO[bytes], task: Task) -> None:
    """Read one batch for each request; lines for COPY are sent as they are read."""
    reading = open_file_to_read(file, source_of(task), task["decimal_marks"], task["carried"])
    channel.send({"columns": reading.copy_format.columns, "delimiter": reading.copy_format.delimiter})
    reading.resume_after(**channel.receive())
    ended = False
    while not ended:
        asked = channel.receive()
        reading.room = asked["room"]
        with without_garbage_collection():
            batch = read_batch(reading, Sent(channel), asked["seconds"])
        send_rejections(channel, batch.rejections)
        for start in range(0, len(batch.unlisted), BATCH_LINES):
            channel.send({"unlisted": batch.unlisted[start : start + BATCH_LINES]})
        channel.send({"batch": {name: getattr(batch, name) for name in BATCH_FIELDS}})
        ended = batch.ended


class Sent:
    """Sends lines to the parent process."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def go_to(self, line: int) -> None:
        self.channel.send({"line": line})

    def write(self, text: str) -> None:
        self.channel.send_bytes(text.encode())


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """A batch makes millions of objects and no cycles; the collector took 5% of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def send_rejections(channel: Channel, rejections: list[Rejection]) -> None:
    """Send rejections in messages of limited size."""
    batch: list[Rejection] = []
    size = 0
    for rejection in rejections:
        batch.append(rejection)
        size += sum(map(len, rejection[-1] or []))
        if size > BATCH_CHARACTERS:
            channel.send({"rejections": batch})
            batch, size = [], 0
    channel.send({"rejections": batch})


# --- Looking up ---


def find(channel: Channel, file: IO[bytes], task: Task) -> None:
    """Send the records that start at the given lines."""
    batch: list[object] = []
    size = 0
    for record in look_up(open_rows(file, source_of(task)), task["lines"]):
        batch.append(record)
        size += sum(map(len, record[2]))
        if size > BATCH_CHARACTERS:
            channel.send({"found": batch, "is_last": False})
            batch, size = [], 0
    channel.send({"found": batch, "is_last": True})


def source_of(task: Task) -> Source:
    return Source(**task["source"] | {"options": Options.model_validate(task["source"]["options"])})


# --- Detection ---


def detect_head(channel: Channel, file: IO[bytes], task: Task) -> None:
    detector = EncodingDetector.restored(task["detector"])
    options = ProfileOptions.model_validate(task["options"])
    channel.send({"info": asdict(detect_text(detector, task["packing"], options))})


def detect_stored(channel: Channel, file: IO[bytes], task: Task) -> None:
    options = ProfileOptions.model_validate(task["options"])
    channel.send({"info": asdict(detect_zip(file, task["bytes"], options))})


TASKS: dict[str, Callable[[Channel, IO[bytes], Task], None]] = {
    "stage": stage,
    "find": find,
    "detect_head": detect_head,
    "detect_stored": detect_stored,
}
