"""Stage the file's rows into the job's own table by COPY, and the errors of invalid rows into RejectedRow.

Staging resumes where an earlier attempt stopped. Each batch commits after a fraction of a second: that is how often
progress is reported and a stop request is seen, and how little a killed worker loses."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, transaction
from psycopg import sql
from psycopg.types.json import Jsonb

from imports.files.stored_file import open_stored, source_of
from imports.models import STAGED_AT, STAGING_RESET, ImportJob, Phase
from imports.options import FIELDS
from imports.pipeline import rejected_rows
from imports.queries import Tables, copy_into
from imports.reading.batches import Batch, Rejection
from imports.reading.sandbox import Reader, reader_of

# The first batch is short and each is twice as long as the one before, so that even a worker that is killed again and
# again makes progress.
FIRST_BATCH_SECONDS = 0.05
BATCH_SECONDS = 0.4
COPY_REJECTIONS = (
    'COPY imports_rejectedrow (job_id, row, line, "column", code, message, value, cells) FROM STDIN'
)
STAGED_AS = {"price": "price_text"}


def is_staged(job: ImportJob, tables: Tables) -> bool:
    """Whether an earlier attempt staged the whole file, and all of it is still there."""
    is_read = job.phase == Phase.CLASSIFYING and job.rows_read == job.total_rows
    return is_read and not job.staging_is_stale and tables.count("stage") == job.lines_staged


def stage(job: ImportJob, tables: Tables, check: Callable[[], None]) -> None:
    """Read the rest of the job's file. `check` raises if the job must stop; it is called after each batch, and once a
    second while the reader sends nothing."""
    with (
        open_stored(job) as file,
        reader_of(
            file, source_of(job), "stage", decimal_marks=job.decimal_marks, carried=job.carried
        ) as reader,
    ):
        look_up = partial(in_own_session, check)
        staging = Staging(job, tables, reader, look_up, **reader.receive(look_up))
        prepare(job, tables, staging.columns)
        reader.send(lines=job.lines_read, rows=job.rows_read, known=job.total_rows)
        ended, seconds = False, min(FIRST_BATCH_SECONDS, BATCH_SECONDS)
        while not ended:
            with transaction.atomic():
                ended = staging.stage_batch(seconds)
            seconds = min(2 * seconds, BATCH_SECONDS)
            rejected_rows.check_count(job)
            check()
    job.checkpoint(phase=Phase.CLASSIFYING)


def in_own_session(check: Callable[[], None]) -> None:
    """Run `check` in another session, because this thread's is busy with COPY."""

    def check_and_disconnect() -> None:
        try:
            check()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(check_and_disconnect).result()


def prepare(job: ImportJob, tables: Tables, columns: list[str]) -> None:
    """Create the table, unless it still has every line that an earlier attempt staged, as they were read."""
    if job.staging_is_stale or tables.count("stage") != job.lines_staged:
        job.assert_owner()
        tables.discard()
        with transaction.atomic():
            job.checkpoint(phase=Phase.STAGING, stage_number=job.stage_number + 1, **STAGING_RESET)
            tables.execute("stage", others=definitions(columns))


def definitions(columns: list[str]) -> sql.Composable:
    """Definitions of the unrecognized columns, for CREATE TABLE."""
    others = (column for column in columns if column not in FIELDS)
    return sql.SQL("").join(sql.SQL("{} text,").format(sql.Identifier(column)) for column in others)


def names(columns: list[str]) -> sql.Composable:
    """The columns that COPY fills, in the order of the file."""
    return sql.SQL(", ").join(sql.Identifier(STAGED_AS.get(column, column)) for column in columns)


@dataclass
class Staging:
    """Moves what the reader sends into the table."""

    job: ImportJob
    tables: Tables
    reader: Reader
    meanwhile: Callable[[], None]
    columns: list[str]
    delimiter: str

    def stage_batch(self, seconds: float) -> bool:
        """Read for `seconds` and store what was read. Returns whether the file has ended."""
        self.reader.send(seconds=seconds, room=self.job.room_for_rejected)
        message = self.receive()
        while "line" in message:
            message = self.copy(message["line"])
        rejections: list[Rejection] = []
        while "rejections" in message:
            rejections += message["rejections"]
            message = self.receive()
        unlisted: list[int] = []
        while "unlisted" in message:
            unlisted += message["unlisted"]
            message = self.receive()
        batch = Batch(**message["batch"], rejections=rejections, unlisted=unlisted)
        commit_batch(self.job, batch)
        return bool(message["batch"]["ended"])

    def copy(self, line: int) -> Any:
        """Copy lines, numbered from `line`. Returns the message that follows them."""
        self.tables.execute("number_lines", {"next": line})
        with copy_into(self.statement) as copy:
            while not isinstance(message := self.receive(), dict):
                copy.write(message)
        return message

    def receive(self) -> Any:
        return self.reader.receive(self.meanwhile)

    @property
    def statement(self) -> str:
        return self.tables.bind("copy", columns=names(self.columns), delimiter=sql.Literal(self.delimiter))


def commit_batch(job: ImportJob, batch: Batch) -> None:
    keep_rejections(job, batch.rejections)
    if batch.unlisted:
        job.unlisted.create(lines=batch.unlisted)
    job.checkpoint(
        rows_read=batch.rows_read,
        lines_read=batch.lines_read,
        lines_staged=job.lines_staged + batch.lines_staged,
        decimal_marks=batch.decimal_marks,
        carried=batch.carried,
        total_rows=max(job.total_rows, batch.rows_read),
        error_count=job.error_count + batch.listed_rows + len(batch.unlisted),
        listed_count=job.listed_count + batch.listed_rows,
        progress=max(job.progress, int(STAGED_AT * batch.bytes_read / max(job.file_bytes, 1))),
    )


def keep_rejections(job: ImportJob, rejections: list[Rejection]) -> None:
    if not rejections:
        return
    with copy_into(COPY_REJECTIONS) as copy:
        for *about, cells in rejections:
            copy.write_row((job.pk, *about, None if cells is None else Jsonb(cells)))
