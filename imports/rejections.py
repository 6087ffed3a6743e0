"""Rows that were refused after staging, as they stand in the file: their number and their cells.

imports.settle and imports.chunks refuse rows of which they know the line alone; imports.engine has the rest looked up
before anybody reads of them."""

from array import array
from collections.abc import Iterable, Iterator, Sequence

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from imports.faults import storable
from imports.models import ImportJob
from imports.reader import Record
from imports.statements import copy_into
from imports.stored import open_rows


def complete(job: ImportJob) -> None:
    """Read the file once more, if there is anything to look up."""
    lines = array("q", job.rejected.filter(row=0).order_by("line").values_list("line", flat=True).distinct())
    if lines:
        # Opened before the connection is busy with COPY.
        with transaction.atomic(), open_rows(job) as records:
            keep(job, look_up(records, lines))


def look_up(records: Iterable[Record], lines: Sequence[int]) -> Iterator[tuple[int, int, list[str]]]:
    """The records that start at these lines, which are in order."""
    wanted = iter(lines)
    next_line = next(wanted, None)
    for row, (line, cells, _) in enumerate(records, 1):
        if line == next_line:
            yield line, row, cells
            next_line = next(wanted, None)


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
