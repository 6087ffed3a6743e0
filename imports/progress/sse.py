"""Live progress: server-sent events from PostgreSQL's NOTIFY.

One thread per process LISTENs and reads each updated job once, however many streams watch it. A stream starts with the
current state, has ids to resume after, sends heartbeats, survives a restart of the database, and ends with the final
state or a preview that is ready. That of an import that is being undone ends with the undo."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from queue import Empty, Queue
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils.timezone import now
from psycopg_pool import PoolTimeout

from imports.models import CHANNEL, ImportJob
from imports.progress.summary import as_json, job_summary, job_with_errors
from imports.schemas import JobSummary
from lib.errors import Explanation, Overloaded
from lib.limits import STREAMS_AT_ONCE
from lib.places import Places, connect

# Updates of a job within this time are sent as one.
TICK_SECONDS = 0.25
# Every so many ticks all watched jobs are read: a notification may have been lost with a connection.
RESYNC_TICKS = 20
RETRY_SECONDS = 1.0
WAKE_UP_SECONDS = 0.001
HEARTBEAT_SECONDS = 15.0
# After this time a browser reconnects.
RETRY_MILLISECONDS = 2_000
STREAMS = Places(
    "streams",
    STREAMS_AT_ONCE,
    "streams.too_many_of_yours",
    Explanation(
        "Too many open event streams for this account.", "Close one, or poll /jobs/{job_id} instead."
    ),
)

logger = logging.getLogger(__name__)


class TooManyStreams(Overloaded):
    code = "streams.too_many"
    codes = {
        code: Explanation("Too many event streams are open on this server.", "Poll `/jobs/{job_id}` instead.")
    }
    detail = "Too many open event streams. Poll /jobs/{job_id} instead."


@dataclass(frozen=True)
class Event:
    version: int
    is_last: bool
    text: str


def event_of(job: ImportJob) -> Event:
    if not job.is_settled:
        return event(job, "progress", job_summary(job, now()))
    return event(job, "final" if job.is_final else "ready", job_with_errors(job, now()))


def event(job: ImportJob, name: str, summary: JobSummary) -> Event:
    text = f"id: {job.version}\nevent: {name}\ndata: {as_json(summary)}\n\n"
    return Event(job.version, job.is_settled, text)


class Mailbox:
    """Holds the latest event for one stream; a newer event replaces one that was not fetched."""

    def __init__(self) -> None:
        self.latest: Queue[Event] = Queue(maxsize=1)
        # Both the listener and the thread that opens the stream put events.
        self.lock = threading.Lock()
        self.version = -1

    def put(self, event: Event) -> None:
        with self.lock:
            if event.version <= self.version:
                return
            self.version = event.version
            with suppress(Empty):
                self.latest.get_nowait()
            self.latest.put_nowait(event)

    def get(self) -> Event | None:
        try:
            return self.latest.get(timeout=HEARTBEAT_SECONDS)
        except Empty:
            return None


class Listener:
    """The one connection per process that LISTENs, and the streams it feeds. Runs while there are any."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.mailboxes: dict[UUID, set[Mailbox]] = defaultdict(set)
        self.thread: threading.Thread | None = None

    def subscribe(self, job_id: UUID) -> Mailbox:
        with self.lock:
            if sum(map(len, self.mailboxes.values())) >= settings.STREAMS_MAX:
                raise TooManyStreams
            mailbox = Mailbox()
            self.mailboxes[job_id].add(mailbox)
            if self.thread is None:
                self.thread = threading.Thread(target=self.run, name="progress", daemon=True)
                self.thread.start()
            return mailbox

    def unsubscribe(self, job_id: UUID, mailbox: Mailbox) -> None:
        with self.lock:
            self.mailboxes[job_id].discard(mailbox)
            if not self.mailboxes[job_id]:
                del self.mailboxes[job_id]

    def run(self) -> None:
        while self.is_needed():
            try:
                self.listen()
            except (psycopg.Error, DatabaseError, InterfaceError, PoolTimeout) as error:
                logger.warning("Progress streams lost the database connection; retrying: %s", error)
                time.sleep(RETRY_SECONDS)
            finally:
                connection.close()

    def is_needed(self) -> bool:
        """Whether there are streams. If not, this thread ends; the next stream starts a new one."""
        with self.lock:
            mine = self.thread is threading.current_thread()
            if mine and not self.mailboxes:
                self.thread = None
            return mine and self.thread is not None

    def listen(self) -> None:
        with connect() as listening:
            listening.execute(f"LISTEN {CHANNEL}")
            ticks = 0
            while self.is_needed():
                notified = {UUID(notice.payload) for notice in listening.notifies(timeout=TICK_SECONDS)}
                watched = self.watched()
                self.publish(watched if ticks % RESYNC_TICKS == 0 else notified & watched)
                ticks += 1

    def watched(self) -> set[UUID]:
        with self.lock:
            return set(self.mailboxes)

    def publish(self, job_ids: set[UUID]) -> None:
        if not job_ids:
            return
        for event, watching in self.events_for(job_ids):
            for mailbox in watching:
                mailbox.put(event)
                # Waking two hundred streams at once would delay every other request of the process.
                time.sleep(WAKE_UP_SECONDS)

    def events_for(self, job_ids: set[UUID]) -> list[tuple[Event, list[Mailbox]]]:
        events = {job.pk: event_of(job) for job in ImportJob.objects.filter(pk__in=job_ids)}
        connection.close()
        with self.lock:
            return [(event, list(self.mailboxes.get(job_id, ()))) for job_id, event in events.items()]


listener = Listener()


class JobStream:
    """The events of one job for one client: an iterator that must be closed, as Django does with a response."""

    def __init__(self, job_id: UUID, last_seen: int | None, holder: str | None = None) -> None:
        self.job_id = job_id
        self.last_seen = last_seen
        with ExitStack() as stack:
            stack.enter_context(STREAMS.held(holder))
            self.mailbox = listener.subscribe(job_id)
            stack.callback(listener.unsubscribe, job_id, self.mailbox)
            self.at_the_end = stack.pop_all()

    def __iter__(self) -> Iterator[str]:
        # With the first event: common clients make an event of a block that has no data, and of a blank line alone.
        head = f"retry: {RETRY_MILLISECONDS}\n"
        while True:
            event = self.mailbox.get()
            if event is None:
                yield ": still here\n"
            elif event.version != self.last_seen:
                yield head + event.text
                head, self.last_seen = "", event.version
            if event is not None and event.is_last:
                return

    def close(self) -> None:
        self.at_the_end.close()


def watch(job: ImportJob, last_seen: int | None, holder: str | None = None) -> JobStream | None:
    """A stream that begins with the present state. None: the reader has seen the final state already."""
    if job.is_settled and job.version == last_seen:
        return None
    stream = JobStream(job.pk, last_seen, holder)
    with ExitStack() as undo:
        undo.callback(stream.close)
        job.refresh_from_db()
        stream.mailbox.put(event_of(job))
        undo.pop_all()
    if not connection.in_atomic_block:
        connection.close()
    return stream
