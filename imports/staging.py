"""The file's rows into the job's own table, by COPY; what is wrong with the others into RejectedRow.

imports.engine calls stage(), which goes on where an earlier attempt stopped. Staging is committed in segments of
a fraction of a second: that is how often progress moves, a request to stop is seen, and how little a killed
worker loses."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import transaction
from psycopg import sql
from psycopg.types.json import Jsonb

from imports.models import NOTHING_READ, ImportJob, Phase
from imports.options import FIELDS
from imports.reading import Reading, open_reading
from imports.segments import Rejection, Segment, read_segment
from imports.settle import check_errors
from imports.statements import Tables, copy_into
from imports.stored import open_stored, source_of

# The first is short and each twice as long as the one before, so that an attempt soon has something to show for
# itself: a worker that is killed again and again still gets on.
FIRST_SEGMENT_SECONDS = 0.05
SEGMENT_SECONDS = 0.4
COPY_REJECTIONS = (
    'COPY imports_rejectedrow (job_id, row, line, "column", code, message, value, cells) FROM STDIN'
)
STAGED_AS = {"price": "price_text"}
# Of the hundred: staging brings the first 40, classifying 20, applying the rest. See imports.plan and imports.chunks.
STAGED_AT = 40


def is_staged(job: ImportJob, tables: Tables) -> bool:
    """Did an earlier attempt stage the whole file, and is it all still there?"""
    is_read = job.phase == Phase.CLASSIFYING and job.rows_read == job.total_rows
    return is_read and tables.count("stage") == job.lines_staged


def stage(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
    """Read the rest of the job's file. `check` raises when the job is to stop; it is asked after each segment."""
    with open_stored(job) as file:
        reading = open_reading(file, source_of(job), job.decimal_marks)
        prepare(job, tables, reading.canonical.columns)
        reading.go_on_behind(job.lines_read, job.rows_read, known=job.total_rows)
        ended, seconds = False, min(FIRST_SEGMENT_SECONDS, SEGMENT_SECONDS)
        while not ended:
            with transaction.atomic():
                segment = stage_segment(job, tables, reading, seconds)
            ended, seconds = segment.ended, min(2 * seconds, SEGMENT_SECONDS)
            check_errors(job)
            check()
    job.checkpoint(phase=Phase.CLASSIFYING)


def prepare(job: ImportJob, tables: Tables, columns: list[str]) -> None:
    """Make the table, or find that it has every line an earlier attempt staged; else start again."""
    with transaction.atomic():
        if tables.count("stage") != job.lines_staged:
            tables.drop("stage", "plan")
            tables.execute("stage", others=definitions(columns))
            job.checkpoint(phase=Phase.STAGING, **NOTHING_READ)


def definitions(columns: list[str]) -> sql.Composable:
    """Of the columns that the table has beside ours, as CREATE TABLE takes them."""
    others = (column for column in columns if column not in FIELDS)
    return sql.SQL("").join(sql.SQL("{} text,").format(sql.Identifier(column)) for column in others)


def stage_segment(job: ImportJob, tables: Tables, reading: Reading, seconds: float) -> Segment:
    tables.execute("number_lines", {"next": reading.records.lines_done + 1})
    statement = tables.bind(
        "copy",
        columns=names(reading.canonical.columns),
        delimiter=sql.Literal(reading.canonical.delimiter),
    )
    with without_garbage_collection(), copy_into(statement) as copy:
        segment = read_segment(reading, copy.write, seconds)
    commit_segment(job, reading, segment)
    return segment


def names(columns: list[str]) -> sql.Composable:
    """Of the columns that COPY fills, in the order of the file."""
    return sql.SQL(", ").join(sql.Identifier(STAGED_AS.get(column, column)) for column in columns)


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """A segment makes millions of objects and no cycle; looking for cycles took a twentieth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def commit_segment(job: ImportJob, reading: Reading, segment: Segment) -> None:
    keep_rejections(job, segment.rejections)
    job.checkpoint(
        rows_read=segment.rows_read,
        lines_read=segment.lines_read,
        lines_staged=job.lines_staged + segment.lines_staged,
        decimal_marks="".join(sorted(reading.layout.marks)),
        total_rows=max(job.total_rows, segment.rows_read),
        error_count=job.error_count + len({row for row, *_ in segment.rejections}),
        progress=max(job.progress, int(STAGED_AT * reading.source.bytes_read / max(job.file_bytes, 1))),
    )


def keep_rejections(job: ImportJob, rejections: list[Rejection]) -> None:
    if not rejections:
        return
    with copy_into(COPY_REJECTIONS) as copy:
        for *about, cells in rejections:
            copy.write_row((job.pk, *about, Jsonb(cells)))
