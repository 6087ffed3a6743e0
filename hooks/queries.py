"""The SQL of deliveries, one statement a file in sql/, and the dispatcher's own sessions that run it.

Asynchronous and apart from Django's connections: results are written while hundreds of requests are under way. A commit
here does not wait for the disk. What a crash of the server would lose is done again, and receivers know an event that
comes twice by its id; the events themselves were committed for good with the products."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, LiteralString

from django.db import connection
from psycopg import AsyncClientCursor, AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

FOLDER = Path(__file__).parent / "sql"
SESSIONS = 4

Session = AsyncConnection[DictRow]
Sessions = AsyncConnectionPool[Session]

# Every statement finds few rows by the one index that is made for it, in tables that have just grown by a million: what
# the planner knows of them is old, and it must not take its chances.
# LOCAL to the transaction of the statement, with which they travel: behind a pooler a session is everybody's, and what is
# left set in it would let commits of others go by the disk.
SETTINGS: LiteralString = """
    SET LOCAL synchronous_commit = off;
    SET LOCAL enable_seqscan = off;
    SET LOCAL enable_hashjoin = off;
    SET LOCAL enable_mergejoin = off;
    SET LOCAL enable_bitmapscan = off;
    SET LOCAL enable_sort = off;
    SET LOCAL jit = off;
"""


@cache
def text(statement: str) -> str:
    return (FOLDER / f"{statement}.sql").read_text()


async def fetch(
    sessions: Sessions, statement: str, parameters: Mapping[str, object] | None = None
) -> list[DictRow]:
    """The rows of the statement of that name, which is a transaction of its own."""
    async with sessions.connection() as session:
        return await execute(session, text(statement), parameters)


async def execute(
    session: Session, statement: str, parameters: Mapping[str, object] | None = None
) -> list[DictRow]:
    """Settings and statement in one message, which is one transaction: parameters are put in here, not by the server."""
    cursor = AsyncClientCursor[DictRow](session, row_factory=dict_row)
    await cursor.execute(f"{SETTINGS}{statement}".encode(), parameters)
    while cursor.nextset():
        pass
    return await cursor.fetchall()


@asynccontextmanager
async def open_sessions() -> AsyncIterator[Sessions]:
    pool = AsyncConnectionPool(
        kwargs=parameters(),
        connection_class=AsyncConnection[DictRow],
        min_size=1,
        max_size=SESSIONS,
        timeout=10,
        open=False,
    )
    async with pool:
        yield pool


@asynccontextmanager
async def listening(channel: LiteralString) -> AsyncIterator[Session]:
    async with await AsyncConnection[DictRow].connect(**parameters()) as session:
        await session.execute(f"LISTEN {channel}")
        yield session


def parameters() -> dict[str, Any]:
    """To the database that Django has, without what is Django's own."""
    ours = connection.get_connection_params()
    for name in ("cursor_factory", "context", "server_side_binding"):
        ours.pop(name, None)
    how = {"autocommit": True, "row_factory": dict_row, "prepare_threshold": None}
    return {**ours, **how, "application_name": "webhooks"}
