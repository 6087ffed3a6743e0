"""What a platform asks: is the process up (/healthz), can it do its work (/readyz).

Readiness needs the database, its migrations, and a worker that gave a sign of life lately; without one, uploads
would be accepted and then wait."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from project.problems import problem

WORKER_SEEN_WITHIN = "60 seconds"


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
    missing = what_is_missing()
    return problem(503, *missing) if missing else JsonResponse({"status": "ready"})


def what_is_missing() -> tuple[str, str] | None:
    """The code and the sentence of the first thing that is not there."""
    try:
        if has_unapplied_migrations():
            return "migrations.missing", "The database lacks migrations; run: python manage.py migrate"
        if not has_worker():
            return (
                "worker.missing",
                f"No worker was seen in the last {WORKER_SEEN_WITHIN}; start one: python manage.py procrastinate worker",
            )
    except DatabaseError:
        return "database.unavailable", "The database does not answer."
    return None


def has_unapplied_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def has_worker() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - %s::interval)",
            [WORKER_SEEN_WITHIN],
        )
        return bool(cursor.fetchone()[0])
