"""The file's rows into the job's own table, by COPY; what is wrong with the others into RejectedRow.

imports.engine calls stage(), which goes on where an earlier attempt stopped. Staging is committed in segments of
a fraction of a second: that is how often progress moves, a request to stop is seen, and how little a killed
worker loses."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import transaction
from psycopg import sql

from imports.ahead import Ahead
from imports.canonical import Canonical
from imports.formats import open_lines, open_sheet
from imports.models import NOTHING_READ, ImportJob, Phase
from imports.reader import Record, Records
from imports.rows import Layout, read_header
from imports.segments import Reading, Rejection, Segment, copy_segment
from imports.settle import check_errors
from imports.statements import Tables, copy_into

# The first is short and each twice as long as the one before, so that an attempt soon has something to show for
# itself: a worker that is killed again and again still gets on.
FIRST_SEGMENT_SECONDS = 0.05
SEGMENT_SECONDS = 0.4
COPY_REJECTIONS = (
    'COPY imports_rejectedrow (job_id, row, line, "column", code, message, value, cells) FROM STDIN'
)
# Of the hundred: staging brings the first 40, classifying 20, applying the rest. See imports.plan and imports.chunks.
STAGED_AT = 40


def is_staged(job: ImportJob, tables: Tables) -> bool:
    """Did an earlier attempt stage the whole file, and is it all still there?"""
    is_read = job.phase == Phase.CLASSIFYING and job.rows_read == job.total_rows
    return is_read and tables.count("stage") == job.lines_staged


def stage(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
    """Read the rest of the job's file. `check` raises when the job is to stop; it is asked after each segment."""
    with open_reading(job) as reading:
        prepare(job, tables, reading.canonical)
        reading.records.skip_to(job.lines_read)
        ended, seconds = False, min(FIRST_SEGMENT_SECONDS, SEGMENT_SECONDS)
        while not ended:
            with transaction.atomic():
                segment = stage_segment(reading, tables, seconds)
            ended, seconds = segment.ended, min(2 * seconds, SEGMENT_SECONDS)
            check_errors(job)
            check()
    job.checkpoint(phase=Phase.CLASSIFYING)


@contextmanager
def open_reading(job: ImportJob) -> Iterator[Reading]:
    """The file with its header read, which every attempt reads anew."""
    if job.file_format == "xlsx":
        with open_sheet(job) as sheet:
            layout = layout_of(job, sheet.records)
            yield Reading(job, layout, sheet, sheet, canonical(job, layout), None)
    else:
        with open_lines(job) as lines:
            ahead = Ahead(lines.texts())
            records = Records(ahead, job.file_delimiter)
            layout = layout_of(job, records.records)
            line_end = "\r\n" if ahead.text[: ahead.place].endswith("\r\n") else "\n"
            yield Reading(job, layout, lines, records, canonical(job, layout, line_end), ahead)


def layout_of(job: ImportJob, records: Iterator[Record]) -> Layout:
    _, header, _ = next(records, (1, [], None))
    options = job.chosen
    layout = read_header(header, options.mapping, blank=options.blank, decimal=options.decimal)
    layout.marks.update(job.decimal_marks)
    return layout


def canonical(job: ImportJob, layout: Layout, line_end: str = "\n") -> Canonical:
    return Canonical(layout, job.file_delimiter, job.chosen, line_end)


def prepare(job: ImportJob, tables: Tables, canonical: Canonical) -> None:
    """Make the table, or find that it has every line an earlier attempt staged; else start again."""
    if tables.count("stage") != job.lines_staged:
        job.be_mine()
        tables.discard("stage", "plan")
        with transaction.atomic():
            job.checkpoint(phase=Phase.STAGING, stage_number=job.stage_number + 1, **NOTHING_READ)
            tables.execute("stage", others=canonical.others)


def stage_segment(reading: Reading, tables: Tables, seconds: float) -> Segment:
    tables.execute("number_lines", {"next": reading.records.lines_done + 1})
    statement = tables.bind(
        "copy", columns=reading.canonical.staged, delimiter=sql.Literal(reading.canonical.delimiter)
    )
    with without_garbage_collection(), copy_into(statement) as copy:
        segment = copy_segment(reading, copy, seconds)
    commit_segment(reading, segment)
    return segment


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """A segment makes millions of objects and no cycle; looking for cycles took a twentieth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def commit_segment(reading: Reading, segment: Segment) -> None:
    job, source = reading.job, reading.source
    keep_rejections(segment.rejections)
    if segment.unlisted:
        job.unlisted.create(lines=segment.unlisted)
    job.checkpoint(
        rows_read=segment.rows_read,
        lines_read=segment.lines_read,
        lines_staged=job.lines_staged + segment.lines_staged,
        decimal_marks="".join(sorted(reading.layout.marks)),
        total_rows=max(job.total_rows, segment.rows_read),
        error_count=job.error_count + segment.listed_rows + len(segment.unlisted),
        listed_count=job.listed_count + segment.listed_rows,
        progress=max(job.progress, int(STAGED_AT * source.bytes_read / max(job.file_bytes, 1))),
    )


def keep_rejections(rejections: list[Rejection]) -> None:
    if not rejections:
        return
    with copy_into(COPY_REJECTIONS) as copy:
        for rejection in rejections:
            copy.write_row(rejection)
