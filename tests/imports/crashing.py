"""What a crash of the database server leaves behind, made without one."""

from django.db import connection

from imports.models import ImportJob
from imports.queries import Tables


def empty_tables(job: ImportJob) -> None:
    """What a crash of the server leaves of unlogged tables."""
    job.refresh_from_db()
    tables = Tables(job)
    with connection.cursor() as cursor:
        for table in ("stage", "plan", "slices"):
            if tables.exists(table):
                cursor.execute(f"TRUNCATE {tables.name(table).as_string()}")
