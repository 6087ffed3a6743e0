"""Keep rejected rows: the first ones of a job with their errors and cells, the others by line only.

Rows rejected after staging are known by their line only; backfill() reads the file again for their numbers and cells."""

from array import array
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import IO

from django.db import connection, transaction
from psycopg import sql
from psycopg.types.json import Jsonb

from imports.errors import FileError, sanitized_cells
from imports.files.stored_file import open_stored, source_of
from imports.formats.source import Source
from imports.models import ImportJob
from imports.queries import Parameters, Tables, copy_into
from imports.reading.sandbox import reader_of


def reject(
    job: ImportJob,
    tables: Tables,
    statement: str,
    parameters: Parameters | None = None,
) -> int:
    """Keep and count the rows that the statement rejects; it becomes a part of keep_rejected.sql.

    Call it in the transaction that excludes the rows."""
    room = job.room_for_rejected
    [rejected] = tables.fetch(
        "keep_rejected",
        {**(parameters or {}), "job": job.pk, "room": room},
        rejected=sql.SQL(tables.bind(statement)),
    )
    if rejected:
        job.checkpoint(
            error_count=job.error_count + rejected, listed_count=job.listed_count + min(rejected, room)
        )
    return int(rejected)


def backfill(job: ImportJob) -> None:
    """Read the file again for the numbers and cells of rows that lack them, if there are any."""
    lines = array(
        "q",
        job.rejected.filter(needs_backfill=True).order_by("line").values_list("line", flat=True).distinct(),
    )
    if lines:
        # Opened before the connection is busy with COPY.
        with transaction.atomic(), open_stored(job) as file:
            keep(job, look_up(file, source_of(job), lines))


def look_up(file: IO[bytes], source: Source, lines: Sequence[int]) -> Iterator[tuple[int, int, list[str]]]:
    """Find line, number and cells of the records that start at these lines, which are in order."""
    with reader_of(file, source, "find", lines=list(lines)) as reader:
        is_last = False
        while not is_last:
            message = reader.receive()
            yield from message["found"]
            is_last = message["is_last"]


def as_json(cells: list[str] | None) -> Jsonb | None:
    return None if cells is None else Jsonb(cells)


def keep(job: ImportJob, found: Iterator[tuple[int, int, list[str]]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE looked_up (line bigint, row bigint, cells jsonb) ON COMMIT DROP"
        )
        with copy_into("COPY looked_up (line, row, cells) FROM STDIN") as copy:
            for line, row, cells in found:
                copy.write_row((line, row, as_json(sanitized_cells(cells))))
        cursor.execute(
            "UPDATE imports_rejectedrow AS r SET row = found.row, cells = found.cells, needs_backfill = false"
            " FROM looked_up AS found WHERE r.job_id = %s AND r.needs_backfill AND r.line = found.line",
            [job.pk],
        )
        cursor.execute("DROP TABLE looked_up")


def check_count(job: ImportJob, *, all_read: bool = False) -> None:
    """Raise FileError if the job has more errors than `max_errors`. A percentage counts once all rows are read."""
    limit = job.parsed_options.max_errors
    if isinstance(limit, int):
        has_too_many, most = job.error_count > limit, f"{limit:,}"
    else:
        share = Decimal(limit.removesuffix("%"))
        has_too_many, most = all_read and 100 * job.error_count > share * job.total_rows, f"{limit} of the"
    if has_too_many:
        raise FileError("job.too_many_errors", f"More than {most} rows are invalid, so nothing was imported.")
