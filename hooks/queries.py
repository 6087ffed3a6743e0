"""The SQL of deliveries, one statement a file in sql/, and the dispatcher's own database sessions.

They are asynchronous and separate from Django's connections: results are written while hundreds of requests are in flight.
A commit here does not wait for the disk. What a server crash loses is sent again, and endpoints recognise a repeated event
by its id; the events themselves were committed durably with the products."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import LiteralString

from psycopg import AsyncClientCursor, AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from lib import connections, sql

FOLDER = Path(__file__).parent / "sql"
SESSIONS = 4
# As pg_stat_activity shows them.
APPLICATION = "webhooks"

Session = AsyncConnection[DictRow]
Sessions = AsyncConnectionPool[Session]

# Each statement finds few rows through the one index made for it, in tables that may just have grown by a million rows: the
# planner's statistics are stale, so every other plan is disabled.
# The settings are LOCAL to the transaction: behind a pooler other clients share the session, and a leftover setting would
# let their commits skip the disk.
SETTINGS: LiteralString = """
    SET LOCAL synchronous_commit = off;
    SET LOCAL enable_seqscan = off;
    SET LOCAL enable_hashjoin = off;
    SET LOCAL enable_mergejoin = off;
    SET LOCAL enable_bitmapscan = off;
    SET LOCAL enable_sort = off;
    SET LOCAL jit = off;
"""


def text(statement: str) -> str:
    return sql.read(FOLDER, statement)


async def fetch(
    sessions: Sessions, statement: str, parameters: Mapping[str, object] | None = None
) -> list[DictRow]:
    """Run the named statement in its own transaction and return its rows."""
    async with sessions.connection() as session:
        return await execute(session, text(statement), parameters)


async def execute(
    session: Session, statement: str, parameters: Mapping[str, object] | None = None
) -> list[DictRow]:
    """Send settings and statement in one message, which is one transaction. Parameters are therefore bound by the client."""
    cursor = AsyncClientCursor[DictRow](session, row_factory=dict_row)
    await cursor.execute(f"{SETTINGS}{statement}".encode(), parameters)
    while cursor.nextset():
        pass
    return await cursor.fetchall()


@asynccontextmanager
async def open_sessions() -> AsyncIterator[Sessions]:
    pool = AsyncConnectionPool(
        kwargs={**connections.parameters(APPLICATION), "row_factory": dict_row},
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
    async with await AsyncConnection[DictRow].connect(
        **connections.parameters(APPLICATION), row_factory=dict_row
    ) as session:
        await session.execute(f"LISTEN {channel}")
        yield session
