"""Store a file and follow its job to the end, with a worker in this process.

The job is queued like any other; this process's worker or another one runs it, and is followed in the same way."""

import asyncio
import logging
import os
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self

from django.db import InterfaceError, OperationalError, connection
from django.utils.timezone import now
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException

from imports import jobs
from imports.cli.interrupts import Detached, Signals
from imports.formats.file_info import FileInfo
from imports.models import ImportJob
from imports.options import Options
from imports.progress.summary import job_summary
from imports.schemas import JobSummary
from imports.upload.handler import PIECE_BYTES, accept_body
from imports.upload.inspect import inspect

STDIN = "-"
POLL_SECONDS = 0.2
STOP_SECONDS = 0.05
RESTART_SECONDS = 1.0
# How long the database may be unavailable, as during a restart.
PATIENCE_SECONDS = 60.0
# With maintenance, which requeues the job of a killed worker.
QUEUES = ["imports", "maintenance"]
# Time for tasks to finish; then another job's import goes back to the queue.
GRACE_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Unreadable(Exception):
    """The file cannot be opened or read."""


def store(
    file: str, options: Options, show: Callable[[int, int | None], None], signals: Signals
) -> ImportJob:
    """Store the file as an upload. Raises Interrupted on a signal; then nothing is stored."""
    with opened(file, signals) as stream:
        return accept_body(name_of(file), pieces(stream, show, signals), options)


def look_into(file: str, options: Options, signals: Signals) -> FileInfo:
    """How the file would be read; only its beginning is taken of a text."""
    with opened(file, signals) as stream:
        return inspect(pieces(stream, lambda done, size: None, signals), options)


def name_of(file: str) -> str:
    return "stdin" if file == STDIN else Path(file).name


@contextmanager
def opened(file: str, signals: Signals) -> Iterator[BinaryIO]:
    if file == STDIN:
        yield sys.stdin.buffer
        return
    # Opening a pipe blocks until it has a writer.
    with ExitStack() as stack:
        with signals.waiting(), reraised_as_unreadable():
            stream = stack.enter_context(Path(file).open("rb"))
        yield stream


def pieces(stream: BinaryIO, show: Callable[[int, int | None], None], signals: Signals) -> Iterator[bytes]:
    size, done = size_of(stream), 0
    while piece := read(stream, signals):
        done += len(piece)
        show(done, size)
        yield piece


def size_of(stream: BinaryIO) -> int | None:
    """None for a pipe."""
    status = os.fstat(stream.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def read(stream: BinaryIO, signals: Signals) -> bytes:
    with signals.waiting(), reraised_as_unreadable():
        return stream.read(PIECE_BYTES)


@contextmanager
def reraised_as_unreadable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None


def follow(job: ImportJob, show: Callable[[JobSummary | None], None], signals: Signals) -> None:
    """Follow the job until it has ended or waits to be confirmed. Raises Detached on a signal.

    Shows None while the database is unavailable."""
    with QueueWorker() as worker:
        seen = time.monotonic()
        while not job.is_idle:
            if signals.asks_to_detach:
                raise Detached
            worker.keep_running()
            time.sleep(POLL_SECONDS)
            try:
                refresh(job, signals)
                seen = time.monotonic()
                if not job.is_idle:
                    show(job_summary(job, now()))
            except (OperationalError, InterfaceError):
                connection.close()
                if time.monotonic() - seen > PATIENCE_SECONDS:
                    raise
                show(None)


def refresh(job: ImportJob, signals: Signals) -> None:
    job.refresh_from_db()
    if signals.asks_to_cancel and not job.cancel_requested:
        # It may have ended just now.
        with suppress(jobs.JobEnded):
            jobs.cancel(job.pk)
        job.refresh_from_db()


class QueueWorker:
    """`manage.py procrastinate worker` in a thread, for the queues of imports only."""

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stopping.set()
        self.thread.join()

    def start(self) -> None:
        self.started = time.monotonic()
        self.thread = threading.Thread(target=self.run, name="worker")
        self.thread.start()

    def keep_running(self) -> None:
        if not self.thread.is_alive() and time.monotonic() - self.started > RESTART_SECONDS:
            self.start()

    def run(self) -> None:
        with app.replace_connector(DjangoConnector().get_worker_connector()):
            try:
                asyncio.run(self.work())
            except ConnectorException as error:
                logger.info("The worker lost the database connection: %s", error)

    async def work(self) -> None:
        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=QUEUES, install_signal_handlers=False, shutdown_graceful_timeout=GRACE_SECONDS
                )
            )
            while not (self.stopping.is_set() or working.done()):
                await asyncio.sleep(STOP_SECONDS)
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
