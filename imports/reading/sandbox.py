"""Read untrusted files in sandboxed processes (imports.reading.child), within limits of memory and time.

A file that crashes a parser then costs one upload or one import, not the web server or the worker. The process requests
the bytes of the file, so it needs no database."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from signal import SIGKILL, SIGXCPU
from types import TracebackType
from typing import IO, Any, Self

from django.conf import settings
from pydantic import TypeAdapter

from imports.errors import FileError
from imports.formats.encoding import EncodingDetector
from imports.formats.file_info import FileInfo
from imports.formats.source import Source
from imports.options import Options
from lib.channel import Channel, Closed
from lib.forking import OUT_OF_MEMORY
from lib.forkserver import Child, ForkServer
from lib.limits import (
    ARCHIVE_READ_MAX_BYTES,
    LOOK_CPU_SECONDS,
    LOOKS_AT_ONCE,
    READ_CPU_SECONDS,
    READ_MEMORY_BYTES,
    READ_STALL_SECONDS,
)

SERVER = ForkServer("imports.reading.child:main")
FILE_INFO = TypeAdapter(FileInfo)
# How often a caller that waits for a process checks its progress.
WAIT_SECONDS = 1.0
LOOKS = threading.BoundedSemaphore(LOOKS_AT_ONCE)

logger = logging.getLogger(__name__)


def nothing() -> None:
    """The default for `meanwhile`."""


class FileServer:
    """Sends a process the pieces of the stored file it requests. Runs in a thread, because the caller's thread is busy
    with the results."""

    def __init__(self, file: IO[bytes], asks: socket.socket) -> None:
        self.file, self.asks = file, asks
        self.served_at = time.monotonic()
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="file")
        self.served = self.thread.submit(self._serve, Channel(asks, send_seconds=READ_STALL_SECONDS))

    def _serve(self, channel: Channel) -> None:
        with suppress(Closed):
            try:
                while True:
                    start, size = channel.receive()
                    self.file.seek(start)
                    channel.send_bytes(self.file.read(min(size, ARCHIVE_READ_MAX_BYTES)))
                    self.served_at = time.monotonic()
            finally:
                self.asks.close()

    def close(self) -> None:
        # Wakes the thread if it waits for the next request.
        with suppress(OSError):
            self.asks.shutdown(socket.SHUT_RDWR)
        self.thread.shutdown()


class Reader:
    """A process that reads a file."""

    def __init__(self, child: Child, file: IO[bytes] | None) -> None:
        talks, asks = child.sockets
        self.child = child
        self.channel = Channel(talks, WAIT_SECONDS, READ_STALL_SECONDS)
        self.files = FileServer(file, asks) if file is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.child.kill()
        if self.files:
            self.files.close()

    def send(self, **content: object) -> None:
        with self._watched():
            self.channel.send(content)

    def receive(self, meanwhile: Callable[[], None] = nothing) -> Any:
        """The next message of the process: bytes or a dictionary. Raises FileError if the process reports one or ends early.

        `meanwhile` is called once a second while no message arrives, and may raise to stop waiting."""
        since = time.monotonic()
        while True:
            try:
                with self._watched():
                    said = self.channel.receive()
            except TimeoutError:
                self._check_progress(since)
                meanwhile()
                continue
            if isinstance(said, dict) and "error" in said:
                raise FileError(*said["error"])
            return said

    def _check_progress(self, since: float) -> None:
        last = max(since, self.files.served_at if self.files else 0)
        if time.monotonic() > last + READ_STALL_SECONDS:
            raise resource_limit(f"{READ_STALL_SECONDS} seconds without progress")

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except Closed:
            raise self._why() from None

    def _why(self) -> BaseException:
        """Why the process ended early. If reading the stored file failed, that error."""
        code = self.child.exit_code()
        if code == 0 and self.files and (error := self.files.served.exception(READ_STALL_SECONDS)):
            return error
        if code in (OUT_OF_MEMORY, -SIGKILL):
            return resource_limit(f"more than {READ_MEMORY_BYTES // 1024**2} MB of memory")
        if code == -SIGXCPU:
            return resource_limit("more CPU time than a file of its size is allowed")
        logger.error("The process that read a file exited with code %d.", code)
        return FileError(
            "file.reader_crashed",
            "The file could not be read because of an internal error, which was logged.",
        )


def resource_limit(what: str) -> FileError:
    return FileError(
        "file.resource_limit",
        f"Reading the file took {what}. Split it, or save it in a simpler format, such as CSV.",
    )


@contextmanager
def reader_of(file: IO[bytes], source: Source, task: str, **more: object) -> Iterator[Reader]:
    """Start a process that runs this task of imports.reading.child on a stored file."""
    about = asdict(source) | {"options": source.options.model_dump(mode="json")}
    with started(task, file, source.bytes, READ_CPU_SECONDS, source=about, **more) as reader:
        yield reader


@contextmanager
def started(
    task: str, file: IO[bytes] | None, size: int, cpu_seconds: int, **more: object
) -> Iterator[Reader]:
    with SERVER.fork() as child, Reader(child, file) as reader:
        limits = {"cpu_seconds": cpu_seconds, "max_unpacked": settings.UPLOAD_MAX_UNPACKED_BYTES}
        reader.send(task=task, bytes=size, **limits, **more)
        yield reader


# --- Detection ---


def detect_text(detector: EncodingDetector, packing: str, options: Options) -> FileInfo:
    """Detect what a text file is, by its beginning and what was seen of its encoding."""
    return file_info("detect_head", None, 0, options, packing=packing, detector=detector.state())


def detect_stored(file: IO[bytes], size: int, options: Options) -> FileInfo:
    """Detect what a stored zip is; it may be a workbook."""
    return file_info("detect_stored", file, size, options)


def file_info(task: str, file: IO[bytes] | None, size: int, options: Options, **more: object) -> FileInfo:
    values = options.model_dump(mode="json")
    with LOOKS, started(task, file, size, LOOK_CPU_SECONDS, options=values, **more) as reader:
        return FILE_INFO.validate_python(reader.receive()["info"])
