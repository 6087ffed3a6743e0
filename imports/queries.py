"""The import's SQL, one statement a file in sql/, bound to the tables of one job.

imports.pipeline.staging, imports.pipeline.plan and imports.pipeline.applying run them. The two tables of a job exist while it runs and no longer."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg import Copy, sql
from psycopg.errors import LockNotAvailable

from imports.models import ImportJob

FOLDER = Path(__file__).parent / "sql"
# How long a table that is no longer needed is waited for.
DISCARD_PATIENCE = "200ms"

logger = logging.getLogger(__name__)

Parameters = Mapping[str, str | int | UUID | list[float]]


class TablesEmptied(OperationalError):
    """A crash of the server emptied the job's tables while somebody worked with them. The import begins with them anew, as
    after any other loss of the database."""


class Tables:
    """A job's own tables: `stage` has its rows, `plan` what they change, in parts such as `plan_0001`; `replanned` has
    rows of the plan that were classified again."""

    def __init__(self, job: ImportJob) -> None:
        self.job = job

    def name(self, table: str) -> sql.Identifier:
        kind, *part = table.split("_")
        number = self.job.stage_number if kind == "stage" else self.job.plan_number
        return sql.Identifier("_".join(["imports", kind, self.job.pk.hex, str(number), *part]))

    def bind(self, statement: str, *, plan: str = "plan", **parts: sql.Composable) -> str:
        names = {"stage": self.name("stage"), "plan": self.name(plan), "replanned": self.name("replanned")}
        return sql.SQL(text(statement)).format(**names, **parts).as_string()

    def execute(
        self,
        statement: str,
        parameters: Parameters | None = None,
        *,
        plan: str = "plan",
        **parts: sql.Composable,
    ) -> int:
        """Run the statement of that name; the number of rows it wrote. `plan` names the table to take as one."""
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
        """The one row the statement answers."""
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

    def exists(self, table: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [self.name(table).as_string()])
            return bool(cursor.fetchone()[0])

    def count(self, table: str) -> int:
        """How many rows the table has; a crash of the server leaves it there and empty. -1: there is none."""
        if not self.exists(table):
            return -1
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {self.name(table).as_string()}")  # noqa: S608 - our own name
            return int(cursor.fetchone()[0])

    def discard(self, *tables: str) -> None:
        """Drop them, each by itself; see discard()."""
        for table in tables:
            discard(self.name(table))


def discard(table: sql.Identifier) -> bool:
    """Drop the table, unless somebody holds it: pg_dump holds every table until it has ended, and an import that waited
    for it would hold up all others. What stays behind is left to imports.maintenance."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{DISCARD_PATIENCE}'")
            cursor.execute(f"DROP TABLE IF EXISTS {table.as_string()} CASCADE")
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        logger.info("Table %s is in use, by a backup maybe; it is dropped later.", table.as_string())
        return False
    return True


def part_name(number: int) -> str:
    """The table of a part of the plan; by name they are in order."""
    return f"plan_{number:04}"


@contextmanager
def copy_into(statement: str) -> Iterator[Copy]:
    """COPY whose errors are Django's, as everywhere else; a cursor's own are the driver's."""
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy


@cache
def text(statement: str) -> str:
    return (FOLDER / f"{statement}.sql").read_text()
