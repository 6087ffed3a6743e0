"""Jobs as people ask for them: one, a page of them, a job's errors, and stopping one.

imports.api calls these; the running of a job is imports.engine."""

import csv
from collections.abc import Iterator
from itertools import groupby
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils.timezone import now

from imports.models import ImportJob, Phase, RejectedRow, Status, notify
from imports.progress import RowError, failure, row_error
from imports.rows import CLEANERS, read_header

# Columns that a later upload takes for notes, because of the underscore.
NOTES = ["_line", "_column", "_code", "_message"]
BATCH_ROWS = 2_000


class JobUnknown(Exception):
    code = "job.unknown"

    def __init__(self, job_id: UUID) -> None:
        self.detail = f"There is no job with the id {job_id}."
        super().__init__(self.detail)


class JobEnded(Exception):
    code = "job.ended"

    def __init__(self, job: ImportJob) -> None:
        self.detail = f"The job is {job.status} already; only a pending or processing one can be cancelled."
        super().__init__(self.detail)


def get(job_id: UUID) -> ImportJob:
    try:
        return ImportJob.objects.get(pk=job_id)
    except ImportJob.DoesNotExist:
        raise JobUnknown(job_id) from None


def cancel(job_id: UUID) -> ImportJob:
    """Stop the job: at once if nobody has begun it, else after what its worker is just committing."""
    requested = {"cancel_requested": True, "version": F("version") + 1}
    with transaction.atomic():
        waiting = ImportJob.objects.filter(pk=job_id, status=Status.PENDING)
        if not waiting.update(status=Status.CANCELLED, phase=Phase.DONE, completed_at=now(), **requested):
            running = ImportJob.objects.filter(pk=job_id, status=Status.PROCESSING)
            if not running.update(**requested):
                raise JobEnded(get(job_id))
        notify(job_id)
    return get(job_id)


def errors(job: ImportJob, page: int, page_size: int) -> tuple[int, list[RowError]]:
    """How many errors the job has, and those of the page: why it failed, if it did, then the faults of its rows."""
    of_the_file = [failure(job)] if job.status == Status.FAILED else []
    start, before = (page - 1) * page_size, len(of_the_file)
    rows = job.rejected.order_by("row", "id")[max(start - before, 0) : start + page_size - before]
    return job.rejected.count() + before, of_the_file[start:] + [row_error(row) for row in rows]


def write_errors(job: ImportJob) -> Iterator[str]:
    """errors.csv: the rejected rows with their columns as uploaded, and what is wrong with each.

    Notes that came with the upload, because it was an errors.csv itself, give way to those of today."""
    writer = csv.writer(Echo(), delimiter=job.file_delimiter)
    columns = [place for place, name in enumerate(job.file_header) if name not in NOTES]
    header = [job.file_header[place] for place in columns]
    yield "\N{ZERO WIDTH NO-BREAK SPACE}" + writer.writerow([*header, *NOTES])
    for _, faults in groupby(rejected(job), key=lambda fault: fault.row):
        row = list(faults)
        cells = cells_as_uploaded(job, row[0])
        yield writer.writerow([*(cells[place] for place in columns), *notes(row)])


class Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def rejected(job: ImportJob) -> Iterator[RejectedRow]:
    """All of them in file order, by short queries: the reader at the other end may be slow."""
    after = Q()
    while batch := list(job.rejected.filter(after).order_by("row", "id")[:BATCH_ROWS]):
        if not connection.in_atomic_block:
            connection.close()
        yield from batch
        after = Q(row__gt=batch[-1].row) | Q(row=batch[-1].row, pk__gt=batch[-1].pk)


def notes(faults: list[RejectedRow]) -> list[str]:
    columns = " ".join(fault.column for fault in faults if fault.column)
    codes = " ".join(fault.code for fault in faults)
    messages = " ".join(fault.message for fault in faults)
    return [str(faults[0].line), columns, codes, messages]


def cells_as_uploaded(job: ImportJob, fault: RejectedRow) -> list[str]:
    """One for each column; cells too many are kept in the last."""
    width = len(job.file_header)
    if isinstance(fault.cells, list):
        cells = [*fault.cells, *[""] * width]
        overflow = fault.cells[width:]
        return [*cells[: width - 1], job.file_delimiter.join([cells[width - 1], *overflow])]
    cells = [""] * width
    for field, place in zip(CLEANERS, read_header(job.file_header).positions, strict=True):
        if place != -1 and fault.cells.get(field) is not None:
            cells[place] = str(fault.cells[field])
    return cells
