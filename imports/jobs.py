"""Jobs as people ask for them: one, a page of them, a job's errors, and stopping one.

imports.api calls these; the running of a job is imports.engine."""

import csv
from collections.abc import Iterator
from itertools import groupby
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.timezone import now

from imports.models import ImportJob, Phase, RejectedRow, Status, notify
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
    with transaction.atomic():
        waiting = ImportJob.objects.filter(pk=job_id, status=Status.PENDING)
        if not waiting.update(
            status=Status.CANCELLED, phase=Phase.DONE, cancel_requested=True, completed_at=now()
        ):
            running = ImportJob.objects.filter(pk=job_id, status=Status.PROCESSING)
            if not running.update(cancel_requested=True):
                raise JobEnded(get(job_id))
        notify(job_id)
    return get(job_id)


def write_errors(job: ImportJob) -> Iterator[str]:
    """errors.csv: the rejected rows with their columns as uploaded, and what is wrong with each."""
    writer = csv.writer(Echo(), delimiter=job.file_delimiter)
    yield "\N{ZERO WIDTH NO-BREAK SPACE}" + writer.writerow([*job.file_header, *NOTES])
    for _, faults in groupby(rejected(job), key=lambda fault: fault.row):
        yield writer.writerow(with_notes(job, list(faults)))


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


def with_notes(job: ImportJob, faults: list[RejectedRow]) -> list[str]:
    columns = " ".join(fault.column for fault in faults if fault.column)
    codes = " ".join(fault.code for fault in faults)
    messages = " ".join(fault.message for fault in faults)
    return [*cells_as_uploaded(job, faults[0]), str(faults[0].line), columns, codes, messages]


def cells_as_uploaded(job: ImportJob, fault: RejectedRow) -> list[str]:
    width = len(job.file_header)
    if isinstance(fault.cells, list):
        return [*fault.cells, *[""] * width][:width]
    cells = [""] * width
    for field, place in zip(CLEANERS, read_header(job.file_header).positions, strict=True):
        if place != -1 and fault.cells.get(field) is not None:
            cells[place] = str(fault.cells[field])
    return cells
