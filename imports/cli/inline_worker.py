"""A file imported by a process in the foreground, for the command importproducts: stored, and its job seen to its end.

The job stands in the queue like every other. Its lock decides when it is its turn, and whichever worker takes it, the
one of this process or another, is looked at from here in the same way. imports.cli.interrupts is what people press."""

import asyncio
import logging
import os
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self

from django.db import InterfaceError, OperationalError, connection
from django.utils.timezone import now
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException

from imports import jobs
from imports.cli.interrupts import Left, Signals
from imports.models import ImportJob
from imports.options import Options
from imports.progress.summary import JobSummary, job_summary
from imports.upload.handler import PIECE_BYTES, accept_body

STDIN = "-"
LOOK_SECONDS = 0.2
STOP_SECONDS = 0.05
RESTART_SECONDS = 1.0
# How long the database may stay away, as it does while it is started again.
PATIENCE_SECONDS = 60.0
# The upkeep with the imports: it is what takes the place in the queue from a worker that was killed.
QUEUES = ["imports", "maintenance"]
# Entries that are just ending end; an import that is not ours goes back to the queue.
GRACE_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Unreadable(Exception):
    """The file cannot be opened or read."""


def store(
    file: str, options: Options, show: Callable[[int, int | None], None], signals: Signals
) -> ImportJob:
    """The file as an upload. Raises Interrupted when the signals ask for it, and then nothing is stored."""
    with opened(file, signals) as stream:
        return accept_body(name_of(file), pieces(stream, show, signals), options)


def name_of(file: str) -> str:
    return "stdin" if file == STDIN else Path(file).name


@contextmanager
def opened(file: str, signals: Signals) -> Iterator[BinaryIO]:
    if file == STDIN:
        yield sys.stdin.buffer
        return
    # To open a pipe takes until somebody writes to it.
    with signals.waiting(), readable():
        stream = Path(file).open("rb")  # noqa: SIM115 - closed below, outside of what may be interrupted
    with stream:
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
    with signals.waiting(), readable():
        return stream.read(PIECE_BYTES)


@contextmanager
def readable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None


def follow(job: ImportJob, show: Callable[[JobSummary | None], None], signals: Signals) -> None:
    """Until the job has ended or waits to be confirmed. Raises Left when the signals ask for it.

    What is shown is None as long as the database does not answer."""
    with QueueWorker() as worker:
        seen = time.monotonic()
        while not job.is_idle:
            if signals.asks_to_leave:
                raise Left
            worker.keep_running()
            time.sleep(LOOK_SECONDS)
            try:
                look(job, signals)
                seen = time.monotonic()
                if not job.is_idle:
                    show(job_summary(job, now()))
            except (OperationalError, InterfaceError):
                connection.close()
                if time.monotonic() - seen > PATIENCE_SECONDS:
                    raise
                show(None)


def look(job: ImportJob, signals: Signals) -> None:
    job.refresh_from_db()
    if signals.asks_to_cancel and not job.cancel_requested:
        # It may have ended in this moment.
        with suppress(jobs.JobEnded):
            jobs.cancel(job.pk)
        job.refresh_from_db()


class QueueWorker:
    """What `manage.py procrastinate worker` runs, in a thread and for the queues of imports alone."""

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
                logger.info("The worker lost the database: %s", error)

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
