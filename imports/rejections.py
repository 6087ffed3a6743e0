"""Rows that were refused after staging, as they stand in the file: their number and their cells.

imports.settle and imports.chunks refuse rows of which they know the line alone; imports.engine has the rest looked up
before anybody reads of them."""

from array import array
from collections.abc import Iterator, Sequence
from typing import IO

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from imports.faults import storable
from imports.formats import Source
from imports.models import ImportJob
from imports.sandbox import reader_of
from imports.statements import copy_into
from imports.stored import open_stored, source_of


def complete(job: ImportJob) -> None:
    """Read the file once more, if there is anything to look up."""
    lines = array("q", job.rejected.filter(row=0).order_by("line").values_list("line", flat=True).distinct())
    if lines:
        # Opened before the connection is busy with COPY.
        with transaction.atomic(), open_stored(job) as file:
            keep(job, look_up(file, source_of(job), lines))


def look_up(file: IO[bytes], source: Source, lines: Sequence[int]) -> Iterator[tuple[int, int, list[str]]]:
    """Line, number and cells of the records that start at these lines, which are in order."""
    with reader_of(file, source, "find", lines=list(lines)) as reader:
        is_last = False
        while not is_last:
            said = reader.hear()
            yield from said["found"]
            is_last = said["is_last"]


def keep(job: ImportJob, found: Iterator[tuple[int, int, list[str]]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE looked_up (line bigint, row bigint, cells jsonb) ON COMMIT DROP"
        )
        with copy_into("COPY looked_up (line, row, cells) FROM STDIN") as copy:
            for line, row, cells in found:
                copy.write_row((line, row, Jsonb(list(map(storable, cells)))))
        cursor.execute(
            "UPDATE imports_rejectedrow AS r SET row = found.row, cells = found.cells FROM looked_up AS found"
            " WHERE r.job_id = %s AND r.row = 0 AND r.line = found.line",
            [job.pk],
        )
        cursor.execute("DROP TABLE looked_up")
