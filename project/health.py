"""What a platform asks: is the process up (/healthz), can it do its work (/readyz).

A web process is ready when the database answers, takes changes and has the migrations. A worker is told of, but only
`/readyz?worker=required` fails without one: reads and uploads go on while a worker is started again, and a balancer
must not take the web away for it.

One look at the database is under way at a time, in a thread of its own. So the answer comes within a second however
the database is, and however many ask."""

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
from project.api.problems import problem

WORKER_SEEN_WITHIN = "60 seconds"
UNAVAILABLE = ("database.unavailable", "The database does not answer.")
READ_ONLY = (
    "database.read_only",
    "The database takes no changes: it is a standby, or was made read-only. Reads are answered.",
)
UNMIGRATED = ("migrations.missing", "The database lacks migrations; run: python manage.py migrate")
WORKERLESS = (
    "worker.missing",
    f"No worker was seen in the last {WORKER_SEEN_WITHIN}; start one: python manage.py procrastinate worker",
)


@dataclass(frozen=True)
class State:
    """What is missing, as a code and a sentence, and whether a worker was seen."""

    missing: tuple[str, str] | None = None
    has_worker: bool = False


# Exempt, so that a POST is told that it is the wrong method, not that it lacks a token.
@csrf_exempt
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "up"})


@csrf_exempt
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    state = LOOK.result()
    missing = state.missing
    if missing is None and not state.has_worker and request.GET.get("worker") == "required":
        missing = WORKERLESS
    if missing:
        return problem(503, *missing)
    return JsonResponse({"status": "ready", "worker": "seen" if state.has_worker else "missing"})


class SharedLook:
    """Whoever asks while a look is under way waits for that one."""

    def __init__(self, look: Callable[[], State]) -> None:
        self.look = look
        self.lock = threading.Lock()
        self.under_way: Future[State] | None = None

    def result(self) -> State:
        try:
            return self.begun().result(READY_TIMEOUT_SECONDS)
        except TimeoutError:
            return State(UNAVAILABLE)

    def begun(self) -> "Future[State]":
        with self.lock:
            if self.under_way is None or self.under_way.done():
                self.under_way = Future()
                # A daemon, so that a look that hangs does not hold up the end of the process.
                threading.Thread(target=self.run, args=[self.under_way], name="readyz", daemon=True).start()
            return self.under_way

    def run(self, future: "Future[State]") -> None:
        try:
            future.set_result(self.look())
        finally:
            # After a fault of ours the next who asks gets a look of their own.
            future.cancel()
            connection.close()


def look() -> State:
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
    """Whether all are applied. Once they are, they stay so: it is not asked again in this process."""

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
LOOK = SharedLook(look)
