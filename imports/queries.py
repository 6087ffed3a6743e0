"""The SQL of imports, one statement a file in sql/, bound to the tables of one job. These tables exist while it runs."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg import Copy, sql
from psycopg.errors import LockNotAvailable

from imports.models import FLAGS, ImportJob
from lib.sql import read

FOLDER = Path(__file__).parent / "sql"
# How long to wait for the lock on a table that is no longer needed.
DISCARD_PATIENCE = "200ms"

logger = logging.getLogger(__name__)

Parameters = Mapping[str, str | int | UUID | list[int] | list[float] | list[str] | None]


class TablesEmptied(OperationalError):
    """A server crash emptied the job's tables while they were in use. The import starts over with them, as after any other
    loss of the database."""


class Tables:
    """A job's own tables: `stage` has its rows, `plan` what they change, in parts such as `plan_0001`; `slices` counts the
    rows of the plan, and `replanned` has those that were classified again."""

    def __init__(self, job: ImportJob) -> None:
        self.job = job

    def name(self, table: str) -> sql.Identifier:
        """The name of a table, or of an index on one. PostgreSQL makes up the same index name in two sessions at a time
        if the names of their tables are long."""
        kind, *part = table.split("_")
        number = self.job.stage_number if kind == "stage" else self.job.plan_number
        return sql.Identifier("_".join(["imports", kind, self.job.pk.hex, str(number), *part]))

    def bind(self, statement: str, *, plan: str = "plan", **parts: sql.Composable) -> str:
        names = {name: self.name(name) for name in ("stage", "slices", "replanned")}
        flags = {flag: part(flag) for flag in FLAGS}
        return sql.SQL(text(statement)).format(plan=self.name(plan), **names, **flags, **parts).as_string()

    def execute(
        self,
        statement: str,
        parameters: Parameters | None = None,
        *,
        plan: str = "plan",
        **parts: sql.Composable,
    ) -> int:
        """Run the named statement. Returns the number of rows it wrote. `plan` is the table to use as the plan."""
        with connection.cursor() as cursor:
            cursor.execute(self.bind(statement, plan=plan, **parts), parameters)
            return int(cursor.rowcount)

    def fetch(
        self,
        statement: str,
        parameters: Parameters | None = None,
        *,
        plan: str = "plan",
        **parts: sql.Composable,
    ) -> tuple[Any, ...]:
        """The single row that the statement returns."""
        return self.fetch_all(statement, parameters, plan=plan, **parts)[0]

    def fetch_all(
        self,
        statement: str,
        parameters: Parameters | None = None,
        *,
        plan: str = "plan",
        **parts: sql.Composable,
    ) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(self.bind(statement, plan=plan, **parts), parameters)
            return [tuple(row) for row in cursor.fetchall()]

    def count_listed(self, statement: str, parameters: Parameters, **parts: sql.Composable) -> int:
        """The number of rows that the statement returns."""
        listed = sql.SQL(self.bind(statement, plan="plan", **parts))
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("SELECT count(*) FROM ({}) AS listed").format(listed).as_string(), parameters
            )
            return int(cursor.fetchone()[0])

    def exists(self, table: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [self.name(table).as_string()])
            return bool(cursor.fetchone()[0])

    def count(self, table: str) -> int:
        """The number of rows in the table; -1 if it does not exist. A server crash leaves it empty."""
        if not self.exists(table):
            return -1
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(self.name(table)).as_string())
            return int(cursor.fetchone()[0])

    def discard(self, *tables: str) -> None:
        """Drop each of the tables, or all of them; see discard()."""
        for table in tables or ("stage", "plan", "slices"):
            discard(self.name(table))


def discard(table: sql.Identifier) -> bool:
    """Drop the table unless it is locked: pg_dump locks every table until it ends, and an import that waited for it would
    block all others. Maintenance drops what is left."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{DISCARD_PATIENCE}'")
            cursor.execute(f"DROP TABLE IF EXISTS {table.as_string()} CASCADE")
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        logger.info("Table %s is in use, possibly by a backup; it will be dropped later.", table.as_string())
        return False
    return True


def part(name: str) -> sql.SQL:
    """The named part of a statement, such as the condition for one of the FLAGS."""
    return sql.SQL(text(name).strip())


def part_name(number: int) -> str:
    """The table of a part of the plan. Sorting the names puts the parts in order."""
    return f"plan_{number:04}"


@contextmanager
def copy_into(statement: str) -> Iterator[Copy]:
    """COPY that raises Django's database errors instead of the driver's."""
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy


def text(statement: str) -> str:
    return read(FOLDER, statement)
