"""What came of an import, as text for a terminal: its figures, the first changes of a dry run and the first errors.

The command importproducts prints it. Nothing of a file reaches the terminal that could steer it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from imports import jobs
from imports.journal.changes import Change, FieldChange, Value, changes
from imports.models import ImportJob, Status
from imports.progress.summary import JobError, failure, job_summary, not_listed

SHOWN = 10
CELL_WIDTH = 60
OUTCOMES = {
    Status.COMPLETED: "is imported.",
    Status.READY: "would change this; nothing is written yet.",
    Status.FAILED: "could not be imported.",
    Status.CANCELLED: "was cancelled; what was written by then stays.",
}


def results(job: ImportJob, now: datetime) -> Iterator[str]:
    if job.status == Status.CANCELLED and not has_written(job):
        yield f"{printable(job.filename)} was cancelled; nothing is written. Job {job.pk}"
        return
    yield f"{printable(job.filename)} {OUTCOMES[Status(job.status)]} Job {job.pk}"
    yield ""
    yield from aligned([[name, figure] for name, figure in figures(job, now)], right={1})
    yield from warnings(job)
    if job.status == Status.READY:
        yield from first_changes(job)
    yield from first_errors(job)


def has_written(job: ImportJob) -> bool:
    return bool(job.created_count or job.updated_count or job.deactivated_count)


def figures(job: ImportJob, now: datetime) -> Iterator[tuple[str, str]]:
    counts = counts_of(job)
    yield "rows", f"{job.total_rows:,}"
    for name in ("created", "updated", "unchanged", "superseded"):
        yield name, f"{counts[name]:,}"
    yield "bad", f"{counts['errors']:,}"
    yield "deactivated", f"{counts['deactivated']:,}"
    yield "seconds", f"{job.elapsed(now).total_seconds():,.1f}"
    yield "rows/s", f"{job_summary(job, now)['rows_per_second']:,}"


def counts_of(job: ImportJob) -> dict[str, int]:
    """What the import did, or what the dry run found that it would do."""
    if job.status == Status.READY:
        return job.preview or {}
    return {
        "created": job.created_count,
        "updated": job.updated_count,
        "unchanged": job.unchanged_count,
        "superseded": job.superseded_count,
        "errors": job.error_count,
        "deactivated": job.deactivated_count,
    }


def warnings(job: ImportJob) -> Iterator[str]:
    if job.warnings:
        yield ""
    for warning in job.warnings:
        yield f"Warning: {printable(warning['message'])} ({warning['code']})"


def first_changes(job: ImportJob) -> Iterator[str]:
    count, found = changes(job, None, page=1, page_size=SHOWN)
    if found:
        yield from ["", first_of(count, "changes", f"/api/jobs/{job.pk}/changes"), ""]
        heading = ["LINE", "CHANGE", "SKU", "FIELDS"]
        yield from aligned([heading, *map(cells_of_change, found)], right={0})


def cells_of_change(change: Change) -> list[str]:
    if change["superseded_by"] is not None:
        fields = f"by line {change['superseded_by']}"
    else:
        fields = ", ".join(map(shown, change["fields"]))
    # A product that the file lacks has no line in it.
    return [str(change["line"] or "-"), change["kind"], printable(change["sku"] or "-"), fields]


def shown(field: FieldChange) -> str:
    if field["before"] is None:
        return f"{field['field']} {value_of(field['after'])}"
    return f"{field['field']} {value_of(field['before'])} -> {value_of(field['after'])}"


def value_of(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return cut(printable(str(value))) or '""'


def first_errors(job: ImportJob) -> Iterator[str]:
    """Those of rows; why a job failed is told apart."""
    count, found = jobs.errors(job, page=1, page_size=SHOWN + 1)
    of_rows = [error for error in found if error["row"] is not None]
    count -= len(found) - len(of_rows)
    if of_rows:
        yield from ["", first_of(count, "errors", f"/api/jobs/{job.pk}/errors.csv"), ""]
        yield from filter(None, [not_listed(job)])
        heading = ["LINE", "COLUMN", "CODE", "MESSAGE", "VALUE"]
        yield from aligned([heading, *map(cells_of_error, of_rows[:SHOWN])], right={0})


def cells_of_error(error: JobError) -> list[str]:
    value = cut(printable(error["value"] or ""))
    return [str(error["line"]), error["column"] or "-", error["code"], printable(error["message"]), value]


def why_failed(job: ImportJob) -> str:
    error = failure(job)
    place = f"line {error['line']}: " if error["line"] else ""
    return f"{place}{printable(error['message'])} ({error['code']})"


def first_of(count: int, things: str, where: str) -> str:
    if count <= SHOWN:
        return f"{things.capitalize()}:"
    return f"The first {SHOWN} of {count:,} {things}; all of them are at {where}:"


def aligned(rows: Sequence[Sequence[str]], right: set[int]) -> Iterator[str]:
    """Columns as wide as their widest cell, those in `right` with their text at the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield ("  " + "  ".join(cells)).rstrip()


def cut(text: str) -> str:
    return text if len(text) <= CELL_WIDTH else f"{text[: CELL_WIDTH - 1]}…"


def printable(text: str) -> str:
    """What a terminal would take for a command is written as in a program: `\\n`, `\\x1b`."""
    return "".join(char if char.isprintable() else escaped(char) for char in text)


def escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
