"""The file's rows into the job's own table, by COPY; what is wrong with the others into RejectedRow.

imports.engine calls stage(), which goes on where an earlier attempt stopped. Staging is committed in segments of
a fraction of a second: that is how often progress moves, a request to stop is seen, and how little a killed
worker loses."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from psycopg import Copy
from psycopg.types.json import Jsonb

from imports.faults import Fault, FileFault, storable
from imports.models import ImportJob, Phase
from imports.reader import Lines, Records
from imports.rows import Layout, read_header
from imports.statements import Tables

# The first is short and each twice as long as the one before, so that an attempt soon has something to show for
# itself: a worker that is killed again and again still gets on.
FIRST_SEGMENT_SECONDS = 0.05
SEGMENT_SECONDS = 0.4
# The clock is looked at once in so many rows.
BATCH_ROWS = 1_000
# Rejected rows wait in memory until their segment ends, so their number and size end it too.
SEGMENT_REJECTED = 5_000
SEGMENT_REJECTED_CHARACTERS = 8 * 1024**2

STAGED_TYPES = ["int8", "int8", "text", "text", "text", "text", "bool"]
READ_BYTES = 1024**2
COPY_REJECTIONS = (
    'COPY imports_rejectedrow (job_id, row, line, "column", code, message, value, cells) FROM STDIN'
)
# Of the hundred: staging brings the first 40, classifying 10, applying the rest. See imports.plan and imports.chunks.
STAGED_AT = 40


# In the order of the COPY into RejectedRow.
Rejection = tuple[UUID, int, int, str | None, str, str, str, Jsonb]


@dataclass
class Segment:
    """What one segment read, before it is committed."""

    rows_read: int
    lines_read: int = 0
    ended: bool = False
    rejected_rows: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    rejected_characters: int = 0

    @property
    def is_full(self) -> bool:
        return (
            self.rejected_characters >= SEGMENT_REJECTED_CHARACTERS
            or len(self.rejections) >= SEGMENT_REJECTED
        )


def is_staged(job: ImportJob, tables: Tables) -> bool:
    """Did an earlier attempt stage the whole file, and is it all still there?"""
    return job.phase == Phase.CLASSIFYING and tables.count("stage") == job.rows_staged


def stage(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
    """Read the rest of the job's file. `check` raises when the job is to stop; it is asked after each segment."""
    prepare(job, tables)
    with open_stored(job) as file:
        lines = Lines(iter(lambda: file.read(READ_BYTES), b""))
        layout, records = open_records(job, lines)
        ended, seconds = False, min(FIRST_SEGMENT_SECONDS, SEGMENT_SECONDS)
        while not ended:
            with transaction.atomic():
                segment = copy_segment(job, tables, layout, lines, records, seconds)
                commit_segment(job, segment, lines)
            ended, seconds = segment.ended, min(2 * seconds, SEGMENT_SECONDS)
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


@contextmanager
def copy_into(statement: str) -> Iterator[Copy]:
    """COPY whose errors are Django's, as everywhere else; a cursor's own are the driver's."""
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy


def copy_segment(
    job: ImportJob, tables: Tables, layout: Layout, lines: Lines, records: Records, seconds: float
) -> Segment:
    segment = Segment(rows_read=job.rows_read)
    deadline = time.monotonic() + seconds
    with without_garbage_collection(), copy_into(tables.bind("copy")) as copy:
        copy.set_types(STAGED_TYPES)
        while not segment.ended and not segment.is_full and time.monotonic() < deadline:
            copy_batch(job, segment, copy, layout, lines, records)
    segment.lines_read = records.lines_done
    return segment


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """A segment makes millions of objects and no cycle; looking for cycles took a twentieth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def copy_batch(
    job: ImportJob, segment: Segment, copy: Copy, layout: Layout, lines: Lines, records: Records
) -> None:
    row, write_row, clean = segment.rows_read, copy.write_row, layout.clean
    for line, cells, fault in islice(records, BATCH_ROWS):
        row += 1
        try:
            if fault is not None:
                raise fault
            if lines.suspicious:
                layout.check_readable(cells)
            values = clean(cells)
        except Fault as found:
            segment.rejected_rows += 1
            # An attempt before a crash of the server may have kept it already.
            if row > job.total_rows:
                reject(job, segment, row, line, cells, layout, found)
        else:
            write_row((row, line, *values))
    segment.ended = row < segment.rows_read + BATCH_ROWS
    segment.rows_read = row


def reject(
    job: ImportJob, segment: Segment, row: int, line: int, cells: list[str], layout: Layout, found: Fault
) -> None:
    """Keep everything that is wrong with the row, and the row."""
    # A row of the right width has a blank cell behind it by now; see Layout.clean().
    width = len(layout.header) if found.column is not None else len(cells)
    kept = [storable(cell) for cell in cells[:width]]
    for fault in [found] if found.column is None else layout.faults(cells):
        segment.rejections.append(
            (job.pk, row, line, fault.column, fault.code, fault.message, fault.value, Jsonb(kept))
        )
    segment.rejected_characters += sum(map(len, kept))


def commit_segment(job: ImportJob, segment: Segment, lines: Lines) -> None:
    keep_rejections(segment.rejections)
    staged = segment.rows_read - job.rows_read - segment.rejected_rows
    job.checkpoint(
        rows_read=segment.rows_read,
        lines_read=segment.lines_read,
        rows_staged=job.rows_staged + staged,
        total_rows=max(job.total_rows, segment.rows_read),
        error_count=job.error_count + len({row for _, row, *_ in segment.rejections}),
        progress=max(job.progress, int(STAGED_AT * lines.bytes_read / max(job.file_bytes, 1))),
    )


def keep_rejections(rejections: list[Rejection]) -> None:
    if not rejections:
        return
    with copy_into(COPY_REJECTIONS) as copy:
        for rejection in rejections:
            copy.write_row(rejection)
