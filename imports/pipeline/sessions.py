"""The database sessions an import works in, marked so that whoever takes the job over can end them.

A worker that hangs inside COPY keeps its locks against every timeout; only ending its session frees them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection


@contextmanager
def tagged_session(job_id: UUID) -> Iterator[None]:
    mark(job_id)
    try:
        yield
    finally:
        # A session that is gone needs no unmarking.
        with suppress(OperationalError, InterfaceError):
            unmark()


@contextmanager
def borrowed_session(job_id: UUID) -> Iterator[None]:
    """The same for a thread of the job, whose session goes back to where it came from."""
    try:
        with tagged_session(job_id):
            yield
    finally:
        connection.close()


def mark(job_id: UUID) -> None:
    """From now on the session of this thread is the job's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', %s, false)", [name_of(job_id)])


def unmark() -> None:
    """The session goes back to a pool, and must not be ended for a job it has nothing to do with any more."""
    with connection.cursor() as cursor:
        cursor.execute("RESET application_name")


def terminate_stale(job_id: UUID) -> None:
    """End the sessions an earlier attempt at the job left behind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid()",
            [name_of(job_id)],
        )


def name_of(job_id: UUID) -> str:
    return f"import {job_id}"
