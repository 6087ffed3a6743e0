"""Health checks for platforms: is the process up (/healthz), and can it do its work (/readyz).

A web process is ready if the database is available, writable and migrated. A missing worker is reported, but only fails
`/readyz?worker=required`: reads and uploads work without one, and a load balancer must not remove the web process.

Only one database check runs at a time, in its own thread. So the response takes less than a second, whatever the state of
the database and the number of requests."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from lib.limits import READY_TIMEOUT_SECONDS
from project.problems import problem

WORKER_SEEN_WITHIN = "60 seconds"
UNAVAILABLE = ("database.unavailable", "The database is unavailable.")
READ_ONLY = (
    "database.read_only",
    "The database is read-only or a standby. Only reads work.",
)
UNMIGRATED = ("migrations.missing", "The database has unapplied migrations. Run: python manage.py migrate")
WORKERLESS = (
    "worker.missing",
    f"No worker was seen in the last {WORKER_SEEN_WITHIN}. Start one: python manage.py procrastinate worker",
)


@dataclass(frozen=True)
class State:
    """The problem, as code and detail, and whether a worker was seen."""

    problem: tuple[str, str] | None = None
    has_worker: bool = False


# Exempt, so that a POST gets 405 and not a CSRF error.
@csrf_exempt
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "up"})


@csrf_exempt
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    state = CHECK.result()
    found = state.problem
    if found is None and not state.has_worker and request.GET.get("worker") == "required":
        found = WORKERLESS
    if found:
        return problem(503, *found)
    return JsonResponse({"status": "ready", "worker": "seen" if state.has_worker else "missing"})


class SharedCheck:
    """Runs one check at a time; requests that arrive meanwhile share its result."""

    def __init__(self, check: Callable[[], State]) -> None:
        self.check = check
        self.lock = threading.Lock()
        self.running: Future[State] | None = None

    def result(self) -> State:
        try:
            return self.start().result(READY_TIMEOUT_SECONDS)
        except TimeoutError:
            return State(UNAVAILABLE)

    def start(self) -> "Future[State]":
        with self.lock:
            if self.running is None or self.running.done():
                self.running = Future()
                # A daemon, so that a hanging check does not block the end of the process.
                threading.Thread(target=self.run, args=[self.running], name="readyz", daemon=True).start()
            return self.running

    def run(self, future: "Future[State]") -> None:
        try:
            future.set_result(self.check())
        finally:
            # After an error the next request starts a new check.
            future.cancel()
            connection.close()


def check() -> State:
    discard_dead_connections()
    try:
        if is_read_only():
            return State(READ_ONLY)
        if not MIGRATIONS.are_applied():
            return State(UNMIGRATED)
        return State(has_worker=has_worker())
    except DatabaseError:
        return State(UNAVAILABLE)


def discard_dead_connections() -> None:
    """After a restart of the database, each dead connection would delay the request that finds it, longer each time."""
    pool = getattr(connection, "pool", None)
    if pool and not pool.closed:
        pool.check()


def is_read_only() -> bool:
    return fetched("SELECT current_setting('transaction_read_only') = 'on'")


class Migrations:
    """Whether all migrations are applied. Once they are, this process does not ask again."""

    def __init__(self) -> None:
        self.seen = False

    def are_applied(self) -> bool:
        if not self.seen:
            executor = MigrationExecutor(connection)
            self.seen = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return self.seen


def has_worker() -> bool:
    return fetched(
        "SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - %s::interval)",
        WORKER_SEEN_WITHIN,
    )


def fetched(statement: str, *parameters: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return bool(cursor.fetchone()[0])


MIGRATIONS = Migrations()
CHECK = SharedCheck(check)
