"""The import's SQL, one statement a file in sql/, bound to the tables of one job.

imports.staging, imports.plan and imports.chunks run them. The two tables of a job exist while it runs and no longer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import Copy, sql

FOLDER = Path(__file__).parent / "sql"

Parameters = Mapping[str, str | int | UUID | list[float]]


class Tables:
    """A job's own tables: `stage` has its rows, `plan` what they change, in parts such as `plan_0001`; `again` has some
    pages of the plan, made anew."""

    def __init__(self, job_id: UUID) -> None:
        self.job_id = job_id

    def name(self, table: str) -> sql.Identifier:
        kind, *part = table.split("_")
        return sql.Identifier("_".join(["imports", kind, self.job_id.hex, *part]))

    def bind(self, statement: str, *, plan: str = "plan", **parts: sql.Composable) -> str:
        names = {"stage": self.name("stage"), "plan": self.name(plan), "again": self.name("again")}
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

    def drop(self, *tables: str) -> None:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"DROP TABLE IF EXISTS {self.name(table).as_string()} CASCADE")


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
