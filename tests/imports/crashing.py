"""Imports that are hurt, and the same without: the tables that a crash of the server leaves, and what should come out."""

from pathlib import Path

from django.db import connection

from bench import sample
from catalog.models import Product
from imports.models import ImportJob
from imports.queries import Tables
from tests.factories import make_import
from tests.imports.workers import Outcome, outcome

ROWS = 100_000


def empty_tables(job: ImportJob) -> None:
    """What a crash of the server leaves of unlogged tables."""
    job.refresh_from_db()
    tables = Tables(job)
    with connection.cursor() as cursor:
        for table in ("stage", "plan", "slices"):
            if tables.exists(table):
                cursor.execute(f"TRUNCATE {tables.name(table).as_string()}")


def make_content(folder: Path, rows: int = ROWS) -> bytes:
    sample.write(folder / "sample.csv", rows)
    return (folder / "sample.csv").read_bytes()


def make_undisturbed(content: bytes) -> Outcome:
    """What the file's import leaves behind; afterwards the catalog is as empty as before."""
    undisturbed = outcome(make_import(content).pk)
    Product.objects.all().delete()
    return undisturbed
