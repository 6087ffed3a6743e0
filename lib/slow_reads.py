"""Reads that may take long, such as a search over all products: few at once in a process, and none without an end.

catalog, imports, hooks and dashboard read such inside `slow_read`. Whoever finds no place is refused soon, and so the
connections of the process are left for short reads, writes and health. Exports, imports, the admin and whatever writes
have statements that are long with good reason, and are not bounded here."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from lib.limits import SLOW_READ_SECONDS, SLOW_READ_WAIT_SECONDS


class TooManyReads(Exception):
    code = "reads.too_many"
    detail = "Too many searches are under way just now; try again in a moment."


class ReadTooSlow(Exception):
    code = "query.too_slow"
    detail = (
        f"This took longer than {SLOW_READ_SECONDS} seconds, so it was stopped. Narrow it by a longer search text or "
        "more filters, or leave the ordering out."
    )


def places() -> int:
    """A quarter of a process's connections."""
    pool = settings.DATABASES["default"]["OPTIONS"]["pool"]
    return max(1, int(pool["max_size"]) // 4)


PLACES = BoundedSemaphore(places())


@contextmanager
def slow_read() -> Iterator[None]:
    """A transaction with a place of its own, whose statements end in time. Raises TooManyReads or ReadTooSlow."""
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
        # Back to the pool: those who wait must not hold what the others need.
        connection.close()
    if not PLACES.acquire(timeout=SLOW_READ_WAIT_SECONDS):
        raise TooManyReads
