"""The file's rows into the job's own table, by COPY; what is wrong with the others into RejectedRow.

imports.engine calls stage(), which goes on where an earlier attempt stopped. Staging is committed in segments of
a fraction of a second: that is how often progress moves, a request to stop is seen, and how little a killed
worker loses."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from psycopg import Copy

from imports.faults import Fault, FileFault, storable
from imports.models import ImportJob, Phase, RejectedRow
from imports.reader import Lines, Record, Records
from imports.rows import Layout, read_header
from imports.statements import Tables

SEGMENT_SECONDS = 0.4
# The clock is looked at once in so many rows.
BATCH_ROWS = 1_000
# Rejected rows wait in memory until their segment ends, so their number and size end it too.
SEGMENT_REJECTED = 5_000
SEGMENT_REJECTED_CHARACTERS = 8 * 1024**2

READ_BYTES = 1024**2
# Of the hundred: staging brings the first 40, classifying 10, applying the rest. See imports.merge.
STAGED_AT = 40


@dataclass
class Segment:
    """What one segment read, before it is committed."""

    job: ImportJob
    rows_read: int
    lines_read: int = 0
    staged: int = 0
    has_blanks: bool = False
    ended: bool = False
    rejected: list[RejectedRow] = field(default_factory=list)
    rejected_rows: int = 0
    rejected_characters: int = 0

    @property
    def is_full(self) -> bool:
        return (
            self.rejected_characters >= SEGMENT_REJECTED_CHARACTERS or len(self.rejected) >= SEGMENT_REJECTED
        )

    def reject(self, line: int, cells: list[str], layout: Layout, fault: Fault) -> None:
        """Keep what is wrong with the row just read, unless an attempt before a crash has kept it already."""
        if self.rows_read <= self.job.total_rows:
            return
        kept = [storable(cell) for cell in cells[: len(layout.header)]]
        for found in [fault] if fault.column is None else layout.faults(cells):
            self.rejected.append(
                RejectedRow(
                    job=self.job,
                    row=self.rows_read,
                    line=line,
                    cells=kept,
                    column=found.column,
                    code=found.code,
                    message=found.message,
                    value=found.value,
                )
            )
        self.rejected_rows += 1
        self.rejected_characters += sum(map(len, kept))


def is_staged(job: ImportJob, tables: Tables) -> bool:
    """Did an earlier attempt stage the whole file, and is it all still there?"""
    return job.phase == Phase.CLASSIFYING and tables.count("stage") == job.rows_staged


def stage(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
    """Read the rest of the job's file. `check` raises when the job is to stop; it is asked after each segment."""
    prepare(job, tables)
    with open_stored(job) as file:
        lines = Lines(iter(lambda: file.read(READ_BYTES), b""))
        layout, records = open_records(job, lines)
        ended = False
        while not ended:
            with transaction.atomic():
                segment = copy_segment(job, tables, layout, lines, records)
                commit_segment(job, segment, lines)
            ended = segment.ended
            check()
    if lines.bytes_read != job.file_bytes:
        raise FileFault("file.missing", "The stored file is not whole any more. Upload it again.")
    job.checkpoint(phase=Phase.CLASSIFYING)


def prepare(job: ImportJob, tables: Tables) -> None:
    """Make the table, or find that it has every row an earlier attempt staged; else start again."""
    with transaction.atomic():
        if tables.count("stage") != job.rows_staged:
            tables.drop("stage", "plan")
            tables.execute("stage")
            job.checkpoint(phase=Phase.STAGING, rows_read=0, lines_read=0, rows_staged=0)


def open_stored(job: ImportJob) -> "File[bytes]":
    try:
        return default_storage.open(job.stored_as, "rb")
    except FileNotFoundError as error:
        raise FileFault("file.missing", "The stored file is gone. Upload it again.") from error


def open_records(job: ImportJob, lines: Lines) -> tuple[Layout, Records]:
    """The header, which every attempt reads anew, and the records that are still to be read."""
    records = Records(lines, job.file_delimiter)
    _, header, _ = next(iter(records), (1, [], None))
    records.skip_to(job.lines_read)
    return read_header(header), records


def copy_segment(job: ImportJob, tables: Tables, layout: Layout, lines: Lines, records: Records) -> Segment:
    segment = Segment(job=job, rows_read=job.rows_read)
    deadline = time.monotonic() + SEGMENT_SECONDS
    with connection.cursor() as cursor, cursor.copy(tables.bind("copy")) as copy:
        while not segment.ended and not segment.is_full and time.monotonic() < deadline:
            batch = list(islice(records, BATCH_ROWS))
            copy_batch(segment, copy, layout, batch, suspicious=lines.suspicious)
            segment.ended = len(batch) < BATCH_ROWS
    segment.lines_read = records.lines_done
    return segment


def copy_batch(
    segment: Segment, copy: Copy, layout: Layout, batch: list[Record], *, suspicious: bool
) -> None:
    for line, cells, fault in batch:
        segment.rows_read += 1
        try:
            if fault is not None:
                raise fault
            if suspicious:
                layout.check_readable(cells)
            values = layout.clean(cells)
        except Fault as fault:
            segment.reject(line, cells, layout, fault)
        else:
            copy.write_row((segment.rows_read, line, *values))
            segment.has_blanks = segment.has_blanks or None in values
            segment.staged += 1


def commit_segment(job: ImportJob, segment: Segment, lines: Lines) -> None:
    RejectedRow.objects.bulk_create(segment.rejected)
    done = lines.bytes_read / job.file_bytes if job.file_bytes else 1
    job.checkpoint(
        rows_read=segment.rows_read,
        lines_read=segment.lines_read,
        rows_staged=job.rows_staged + segment.staged,
        has_blanks=job.has_blanks or segment.has_blanks,
        total_rows=max(job.total_rows, segment.rows_read),
        error_count=job.error_count + segment.rejected_rows,
        progress=max(job.progress, int(STAGED_AT * done)),
    )
