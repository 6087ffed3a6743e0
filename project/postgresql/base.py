"""Django's PostgreSQL, with a pool that gets over a restart of the server by itself.

The pool tells that a connection is dead when somebody takes it, and then makes them wait: 1, 2, 4 seconds for one after the
other. So a process with many dead connections would answer nobody for a minute. Here all of them are replaced as soon as
the first has been found."""

from time import monotonic
from typing import Any

from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

from project.settings import DB_WAIT_SECONDS


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        deadline = monotonic() + DB_WAIT_SECONDS
        while True:
            try:
                # Within the pool's own timeout, which is short.
                return super().get_new_connection(conn_params)
            except PoolTimeout:
                if monotonic() > deadline:
                    raise
                self.pool.check()
