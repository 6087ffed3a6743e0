"""Slow reads, such as a search over all products: few at once in a process, each with a time limit.

A read without a free slot is rejected soon, so that the connections of the process stay available for short reads, writes
and health checks. Exports, imports, the admin and writes have long statements for good reason, and are not limited here."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from lib.errors import Explanation, Overloaded
from lib.limits import SLOW_READ_SECONDS, SLOW_READ_WAIT_SECONDS


class TooManyReads(Overloaded):
    code = "reads.too_many"
    codes = {
        code: Explanation(
            "Too many searches are running on this server.", "Retry after the delay in `Retry-After`."
        )
    }
    detail = "Too many searches are running. Try again in a moment."


class ReadTooSlow(Overloaded):
    code = "query.too_slow"
    codes = {
        code: Explanation(
            "The query took longer than its time limit and was stopped.",
            "Use a longer search text, more filters or no ordering.",
        )
    }
    detail = f"The query was stopped after {SLOW_READ_SECONDS} seconds. Use a longer search text, more filters or no ordering."


def places() -> int:
    """A quarter of a process's connections."""
    pool = settings.DATABASES["default"]["OPTIONS"]["pool"]
    return max(1, int(pool["max_size"]) // 4)


PLACES = BoundedSemaphore(places())


@contextmanager
def slow_read() -> Iterator[None]:
    """Open a transaction with a time limit for its statements. Raises TooManyReads or ReadTooSlow."""
    take_place()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{SLOW_READ_SECONDS}s'")
            yield
    except OperationalError as failure:
        if isinstance(failure.__cause__, QueryCanceled):
            raise ReadTooSlow from failure
        raise
    finally:
        PLACES.release()


def take_place() -> None:
    if PLACES.acquire(blocking=False):
        return
    if not connection.in_atomic_block:
        # Back to the pool: a waiting read must not hold a connection that others need.
        connection.close()
    if not PLACES.acquire(timeout=SLOW_READ_WAIT_SECONDS):
        raise TooManyReads
