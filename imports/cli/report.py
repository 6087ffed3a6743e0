"""The result of an import as tables: its counts, the first changes of a preview and the first errors."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import TextIO

from rich.table import Column, Table

from imports import job_errors
from imports.change_schemas import Change, FieldChange
from imports.cli.console import console_on, printable
from imports.journal.changes import Filters, Value, changes
from imports.models import ImportJob, Status
from imports.progress.summary import errors_of_the_file, not_listed
from imports.schemas import JobError
from imports.sheet_lines import Place

SHOWN = 10
CELL_WIDTH = 60
OUTCOMES = {
    Status.COMPLETED: "Imported {file}.",
    Status.READY: "Preview of {file}: nothing has been imported yet.",
    Status.FAILED: "The import of {file} failed.",
    Status.CANCELLED: "Cancelled {file}. Rows that were already imported were kept.",
}

# Shown if there are any.
FLAG_LABELS = {
    "new_at_zero": "new at 0.00",
    "large_price_change": "price changed by more than half",
    "goes_inactive": "set to inactive",
}


def write(out: TextIO, job: ImportJob, now: datetime) -> None:
    print_parts(out, results(job, now))


def print_parts(out: TextIO, parts: Iterable[str | Table]) -> None:
    console = console_on(out)
    with console.capture() as captured:
        for part in parts:
            console.print(printable(part) if isinstance(part, str) else part)
    # A table fills its last column with spaces.
    out.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def results(job: ImportJob, now: datetime) -> Iterator[str | Table]:
    if job.status == Status.CANCELLED and not has_written(job):
        yield f"Cancelled {job.filename}. Nothing was imported. Job {job.pk}"
        return
    yield f"{OUTCOMES[Status(job.status)].format(file=job.filename)} Job {job.pk}"
    yield ""
    yield table(["", ""], figures(job, now), right=1, has_heading=False)
    yield from warnings(job)
    if job.status == Status.READY:
        yield from first_changes(job)
    yield from first_errors(job)


def has_written(job: ImportJob) -> bool:
    return bool(job.created_count or job.updated_count or job.deactivated_count)


def figures(job: ImportJob, now: datetime) -> Iterator[tuple[str, str]]:
    counts = job.counts
    yield "rows", f"{job.total_rows:,}"
    for name in ("created", "updated", "unchanged"):
        yield name, f"{counts[name]:,}"
    yield "duplicates", f"{counts['superseded']:,}"
    yield "invalid", f"{counts['errors']:,}"
    yield "deactivated", f"{counts['deactivated']:,}"
    for flag, label in FLAG_LABELS.items():
        if counts[flag]:
            yield label, f"{counts[flag]:,}"
    yield "time", f"{job.elapsed(now).total_seconds():,.1f} s"
    yield "speed", f"{job.rows_per_second(now):,} rows/s"


def warnings(job: ImportJob) -> Iterator[str]:
    if job.warnings:
        yield ""
    for (code, message), group in groupby(job.warnings, key=itemgetter("code", "message")):
        columns = ", ".join(warning["column"] for warning in group if warning["column"])
        yield f"Warning: {message}{f' Columns: {columns}.' if columns else ''} ({code})"


def first_changes(job: ImportJob) -> Iterator[str | Table]:
    count, found = changes(job, Filters(), page=1, page_size=SHOWN)
    if found:
        yield from ["", first_of(count, "changes", f"/api/jobs/{job.pk}/changes"), ""]
        yield table(["LINE", "CHANGE", "SKU", "FIELDS"], map(cells_of_change, found))


def cells_of_change(change: Change) -> list[str]:
    if change.superseded_by is not None:
        fields = f"by {Place(change.superseded_by, change.superseded_by_sheet).named}"
    else:
        fields = ", ".join(map(change_text, change.fields))
    # A product missing from the file has no line.
    line = str(Place(change.line, change.sheet)) if change.line else "-"
    return [line, change.kind, change.sku or "-", fields]


def change_text(field: FieldChange) -> str:
    if field.before is None:
        return f"{field.field} {value_of(field.after)}"
    return f"{field.field} {value_of(field.before)} -> {value_of(field.after)}"


def value_of(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return cut(str(value)) or '""'


def first_errors(job: ImportJob) -> Iterator[str | Table]:
    """The first errors of rows. Why a job failed is printed separately."""
    count, found = job_errors.errors(job, page=1, page_size=SHOWN + 1)
    of_the_file = len(errors_of_the_file(job))
    count, of_rows = count - of_the_file, found[of_the_file:]
    if of_rows:
        yield from ["", first_of(count, "errors", f"/api/jobs/{job.pk}/errors.csv"), ""]
        yield from filter(None, [not_listed(job)])
        yield table(["LINE", "COLUMN", "CODE", "MESSAGE", "VALUE"], map(cells_of_error, of_rows[:SHOWN]))


def cells_of_error(error: JobError) -> list[str]:
    value = cut(error.value or "")
    line = str(Place(error.line, error.sheet)) if error.line else "-"
    return [line, error.column or "-", error.code, error.message, value]


def cut(text: str) -> str:
    return text if len(text) <= CELL_WIDTH else f"{text[: CELL_WIDTH - 1]}…"


def first_of(count: int, things: str, where: str) -> str:
    if count <= SHOWN:
        return f"{things.capitalize()}:"
    return f"The first {SHOWN} of {count:,} {things} (all: {where}):"


def table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: int | None = 0, has_heading: bool = True
) -> Table:
    columns = [Column(heading, overflow="fold") for heading in headings]
    if right is not None:
        columns[right].justify = "right"
    made = Table(*columns, box=None, padding=(0, 0, 0, 2), show_header=has_heading)
    for row in rows:
        made.add_row(*map(printable, row))
    return made


def why_failed(job: ImportJob) -> str:
    place = f"{printable(job.place_of(job.failure_line).named)}: " if job.failure_line else ""
    return f"{place}{printable(job.failure_message)} ({job.failure_code})"
