"""Tag the database sessions of an import with its job, so that a later attempt can terminate them.

A worker that hangs inside COPY keeps its locks despite every timeout; only terminating its session frees them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection


@contextmanager
def tagged_session(job_id: UUID) -> Iterator[None]:
    tag(job_id)
    try:
        yield
    finally:
        # A session that is gone needs no reset.
        with suppress(OperationalError, InterfaceError):
            untag()


@contextmanager
def borrowed_session(job_id: UUID) -> Iterator[None]:
    """The same for a thread of the job; returns its session to the pool."""
    try:
        with tagged_session(job_id):
            yield
    finally:
        connection.close()


def tag(job_id: UUID) -> None:
    """Tag the session of this thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', %s, false)", [name_of(job_id)])


def untag() -> None:
    """Remove the tag: the session goes back to the pool, and must not be terminated for this job."""
    with connection.cursor() as cursor:
        cursor.execute("RESET application_name")


def terminate_stale(job_id: UUID) -> None:
    """Terminate the sessions that earlier attempts left behind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid()",
            [name_of(job_id)],
        )


def name_of(job_id: UUID) -> str:
    return f"import {job_id}"


def raise_work_mem() -> None:
    """Let this transaction sort more rows in memory."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
