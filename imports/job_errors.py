"""List the errors of a job, and write its rejected rows as errors.csv."""

import csv
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from django.db import connection
from django.db.models import Q

from catalog.formulas import guarded_as_written
from imports.formats.csv_reader import DELIMITERS
from imports.models import ImportJob, RejectedRow
from imports.progress.summary import error_of, errors_of_the_file, not_listed
from imports.schemas import JobError
from lib import limits
from lib.errors import Explanation, Gone

# An upload ignores columns whose names start with an underscore.
NOTES = ["_line", "_column", "_code", "_message"]
BATCH_ROWS = 500


class ErrorsRemoved(Gone):
    code = "job.errors_removed"
    codes = {
        code: Explanation(
            "The rejected rows of the job were deleted, `IMPORT_KEEP_FILES_DAYS` after its end.",
            "Upload the file again to list its errors.",
        )
    }

    def __init__(self, job: ImportJob) -> None:
        super().__init__(not_listed(job))


def errors(job: ImportJob, page: int, page_size: int) -> tuple[int, list[JobError]]:
    """The number of errors listed, and those of the page: why the job failed, if it did, then the errors of its rows."""
    check_errors_kept(job)
    of_the_file = errors_of_the_file(job)
    start, before = (page - 1) * page_size, len(of_the_file)
    rows = job.rejected.order_by("line", "id")[max(start - before, 0) : start + page_size - before]
    return job.rejected.count() + before, of_the_file[start:] + list(map(error_of, rows))


def check_errors_kept(job: ImportJob) -> None:
    if job.error_count and not job.listed_count:
        raise ErrorsRemoved(job)


def write_errors(job: ImportJob) -> Iterator[str]:
    """Write errors.csv: the rejected rows as uploaded, each after notes on its errors.

    The notes come first, so that a row with too few or too many cells keeps its shape until it is corrected. Notes from an
    uploaded errors.csv are replaced. If not all rows are listed, the first note says so. Formulas are guarded against
    spreadsheets, and the next upload removes the guard."""
    check_errors_kept(job)
    return error_lines(job)


def error_lines(job: ImportJob) -> Iterator[str]:
    # Any other delimiter would need a first line such as sep=^.
    delimiter = job.file_delimiter if job.file_delimiter in DELIMITERS else ","
    writer = csv.writer(Echo(), delimiter=delimiter)
    old = {place for place, name in enumerate(job.file_header) if name in NOTES}
    header = safe(without(old, job.file_header), delimiter)
    yield "\N{ZERO WIDTH NO-BREAK SPACE}" + writer.writerow([*NOTES, *header])
    about_all = not_listed(job)
    for _, group in groupby(rejected(job), key=attrgetter("line")):
        row = list(group)
        cells = [*notes(row, about_all), *without(old, row[0].cells or [])]
        yield writer.writerow(safe(cells, delimiter))
        about_all = ""


def without(places: set[int], cells: list[str]) -> list[str]:
    return [cell for place, cell in enumerate(cells) if place not in places]


def safe(cells: list[str], delimiter: str) -> list[str]:
    return [guarded_as_written(cell, delimiter) for cell in cells]


class Echo:
    """A file that returns what is written to it."""

    def write(self, line: str) -> str:
        return line


def rejected(job: ImportJob) -> Iterator[RejectedRow]:
    """All rejected rows in file order, by short queries, because the client may be slow."""
    after = Q()
    while batch := list(job.rejected.filter(after).order_by("line", "id")[:BATCH_ROWS]):
        if not connection.in_atomic_block:
            connection.close()
        yield from batch
        after = Q(line__gt=batch[-1].line) | Q(line=batch[-1].line, pk__gt=batch[-1].pk)


def notes(errors: list[RejectedRow], about_all: str) -> list[str]:
    columns = " ".join(error.column for error in errors if error.column)
    codes = " ".join(error.code for error in errors)
    messages = " ".join(
        filter(None, [about_all, *(error.message for error in errors), missing_cells_note(errors[0])])
    )
    return [str(errors[0].place), columns, codes, messages]


def missing_cells_note(error: RejectedRow) -> str:
    """Why the row is not shown, if it is not."""
    if error.cells is not None:
        return ""
    if error.needs_backfill:
        return "The row is not shown because the stored file could not be read again."
    return f"The row is not shown because it is longer than {limits.LISTED_ROW_CHARACTERS:,} characters."
