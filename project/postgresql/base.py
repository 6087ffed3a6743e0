"""Django's PostgreSQL backend, with a pool that recovers from a restart of the server.

The pool finds a dead connection only when it is used, and then waits 1, 2, 4 seconds for one after the other. So a process
with many dead connections would not respond for a minute. Here all of them are replaced as soon as the first is found."""

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
                # The pool's own timeout is short.
                return super().get_new_connection(conn_params)
            except PoolTimeout:
                if monotonic() > deadline:
                    raise
                self.pool.check()
