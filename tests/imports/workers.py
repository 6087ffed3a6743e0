"""Workers as processes of their own, to be killed and paused, and how their imports look from outside.

Everything is seen over connections that only look: nothing is shared with the worker that is hurt."""

import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString
from urllib.parse import urlencode
from uuid import UUID

import psycopg
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from psycopg.rows import class_row

from tests.programs import Program

COMMAND = ("manage.py", "procrastinate", "worker")
# Dead after two seconds without a heartbeat instead of twenty: the same story, told faster.
HASTY = {"WORKER_STALLED_SECONDS": "2"}
LOOK_SECONDS = 0.01
FINAL = ("completed", "failed", "cancelled")


def database_url() -> str:
    """Of the database that Django has here, for another process and for looking."""
    to = connection.get_connection_params()
    place = {name: to[name] for name in ("host", "port") if to.get(name)}
    user = ":".join(filter(None, (to.get("user"), to.get("password"))))
    return f"postgresql://{user}@/{to['dbname']}?{urlencode(place)}"


def queue_is_empty() -> bool:
    return not ProcrastinateJob.objects.filter(task_name="imports.tasks.run_import").exists()


def until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"In {seconds:g} seconds it did not come to this: {what}."
        time.sleep(LOOK_SECONDS)


class Worker:
    """A worker's process, which somebody else has to start again when it ends."""

    def __init__(self, url: str, command: Sequence[str] = COMMAND, **variables: str) -> None:
        self.command = command
        self.environment = {**os.environ, "DATABASE_URL": url, **variables}
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - working() closes it
        self.starts = 0
        self.start()

    def start(self) -> None:
        self.starts += 1
        log = self.log.fileno()
        self.process = Program(self.command, self.environment, stdout=log, stderr=log)

    def keep_running(self) -> None:
        """What a supervisor does."""
        if self.process.poll() is not None:
            self.start()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 25) -> int:
        self.process.terminate()
        return self.process.wait(seconds)

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read()


@contextmanager
def working(url: str | None = None, command: Sequence[str] = COMMAND, **variables: str) -> Iterator[Worker]:
    worker = Worker(url or database_url(), command, **variables)
    try:
        yield worker
    finally:
        worker.kill()
        worker.log.close()


@dataclass
class Seen:
    """An import at one moment."""

    status: str
    phase: str
    attempt: int
    progress: int
    total: int
    errors: int
    successes: int

    @property
    def processed(self) -> int:
        return self.successes + self.errors

    def is_within(self, phase: str) -> bool:
        """In the phase, with something of it committed."""
        begun = {"staging": 0, "applying": 50}
        return self.phase == phase and self.progress > begun[phase]

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


LOOK: LiteralString = """
    SELECT status, phase, attempt, progress, total_rows AS total, error_count AS errors,
        created_count + updated_count + unchanged_count + superseded_count AS successes
    FROM imports_importjob WHERE id = %s
"""


class Watch:
    """Looks at an import a hundred times a second, and notes what nobody must ever see."""

    def __init__(self, url: str, job_id: UUID) -> None:
        self.url = url
        self.job_id = job_id
        self.looks = 0
        self.wrong: list[str] = []
        self.ended = threading.Event()
        self.last = Seen("pending", "queued", 0, 0, 0, 0, 0)
        self.thread = threading.Thread(target=self.keep_looking)

    def keep_looking(self) -> None:
        while not self.ended.wait(LOOK_SECONDS):
            # The server may be down for a while.
            try:
                with psycopg.connect(self.url, autocommit=True) as looking:
                    cursor = looking.cursor(row_factory=class_row(Seen))
                    while not self.ended.wait(LOOK_SECONDS):
                        self.compare(cursor.execute(LOOK, [self.job_id]).fetchone())
            except psycopg.OperationalError:
                continue

    def compare(self, seen: Seen | None) -> None:
        before = self.last
        assert seen
        holds = {
            "progress never falls": seen.progress >= before.progress,
            "what is processed never falls": seen.processed >= before.processed,
            "errors never fall": seen.errors >= before.errors,
            "the total never falls": seen.total >= before.total,
            "no more is processed than there is": seen.processed <= seen.total,
            "progress is 100 at the end and no sooner": (seen.progress == 100)
            == (seen.status == "completed"),
            "a final state is final": not before.is_final or seen == before,
        }
        self.wrong += [f"{rule}: {before} then {seen}" for rule, kept in holds.items() if not kept]
        self.looks += 1
        self.last = seen

    def until(self, condition: Callable[[Seen], object], what: str, seconds: float = 60) -> Seen:
        try:
            until(lambda: condition(self.last), what, seconds)
        except AssertionError as failure:
            raise AssertionError(f"{failure} Last seen, of {self.looks} times: {self.last}") from None
        return self.last

    def until_final(self, seconds: float = 120) -> Seen:
        """Until the import has ended and dropped its tables; a worker that is killed between the two leaves them."""
        ended = self.until(lambda seen: seen.is_final, "the import ends", seconds)
        until_no_tables()
        return ended


@contextmanager
def watching(job_id: UUID, url: str | None = None) -> Iterator[Watch]:
    watch = Watch(url or database_url(), job_id)
    watch.thread.start()
    try:
        yield watch
    finally:
        watch.ended.set()
        watch.thread.join()


@dataclass
class Kill:
    phase: str
    progress: int
    # From the kill to the next attempt at the import.
    seconds: float


def kill_points(count: int, chance: random.Random, highest: float = 50) -> list[float]:
    """At which progress to kill: at the very start, at random in each of equal stretches, and at the highest."""
    recheck_interval = highest / (count - 2)
    return [0, *(recheck_interval * (number + chance.random()) for number in range(count - 2)), highest]


def kill_at(worker: Worker, watch: Watch, points: Sequence[float], chance: random.Random) -> list[Kill]:
    """Kill the worker a moment after each of the points, wherever that is between two commits."""
    kills: list[Kill] = []
    for point in points:
        watch.until(
            lambda seen, at=point: seen.is_final or (seen.attempt > len(kills) and seen.progress >= at),  # type: ignore[misc] # a default binds early
            f"attempt {len(kills) + 1} is beyond {point:.0f} %",
        )
        time.sleep(chance.uniform(0, 0.15))
        if watch.last.is_final:
            break
        worker.kill()
        killed = time.monotonic()
        hit = watch.last
        worker.start()
        watch.until(lambda seen, of=hit: seen.attempt > of.attempt, "the import is taken up again")  # type: ignore[misc]
        kills.append(Kill(hit.phase, hit.progress, time.monotonic() - killed))
    return kills


@dataclass
class Outcome:
    """All that an import leaves behind, but ids and moments."""

    status: str
    failure: str
    total: int
    errors: int
    created: int
    updated: int
    unchanged: int
    superseded: int
    progress: int
    products: int
    counted: int
    catalog: str
    rejected: str
    tables: int


TABLES: LiteralString = "SELECT count(*) FROM pg_class WHERE relname ~ '^imports_(stage|plan|slices)_'"
OUTCOME: LiteralString = f"""
    SELECT status, failure_code AS failure, total_rows AS total, error_count AS errors, created_count AS created,
        updated_count AS updated, unchanged_count AS unchanged, superseded_count AS superseded, progress,
        (SELECT count(*) FROM catalog_product) AS products,
        (SELECT coalesce(sum(total), 0) FROM catalog_productcount) AS counted,
        (SELECT md5(string_agg(ROW(sku, name, description, price, is_active)::text, ';' ORDER BY sku COLLATE "C"))
            FROM catalog_product) AS catalog,
        (SELECT md5(string_agg(ROW(row, line, "column", code, message, value, cells)::text, ';'
                ORDER BY row, "column" COLLATE "C", code COLLATE "C"))
            FROM imports_rejectedrow AS r WHERE r.job_id = j.id) AS rejected,
        ({TABLES}) AS tables
    FROM imports_importjob AS j WHERE id = %s
"""  # noqa: S608 - of constants


def until_no_tables() -> None:
    """They are dropped in the moment after an import has ended."""
    with psycopg.connect(database_url(), autocommit=True) as looking:
        until(lambda: looking.execute(TABLES).fetchone() == (0,), "its tables are dropped", 30)


def outcome(job_id: UUID, url: str | None = None) -> Outcome:
    """What the job left behind."""
    with psycopg.connect(url or database_url(), autocommit=True) as looking:
        found = looking.cursor(row_factory=class_row(Outcome)).execute(OUTCOME, [job_id]).fetchone()
        assert found
        return found
