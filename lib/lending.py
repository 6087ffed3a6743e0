"""Database connections are lent by a pool that is smaller than the number of threads, so none is kept while a thread waits
for a client."""

from django.db import connection


def give_back_connection() -> None:
    """Return this thread's connection to the pool, unless a transaction is open on it; the next query takes another one."""
    if connection.connection is not None and not connection.in_atomic_block:
        connection.close()
