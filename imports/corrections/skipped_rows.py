"""The skipped rows of an import that can be corrected one by one, or why they cannot."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import attrgetter

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast, Length

from imports.errors import RowError
from imports.models import ImportJob, RejectedRow, Status, UndoStatus
from imports.progress.summary import not_listed
from lib import limits
from lib.errors import Conflict, Explanation


class NotCorrectable(Conflict):
    code = "job.not_correctable"
    codes = {
        code: Explanation(
            "The skipped rows of the import cannot be corrected one by one: it is not completed or was undone, it has none "
            f"or more than {limits.CORRECTED_ROWS_MAX:,}, their text was not kept, or they have been corrected already.",
            "Download the skipped rows, correct them there, and upload the file with `corrects`.",
        )
    }


@dataclass(frozen=True)
class SkippedRow:
    line: int
    # As many as the header has.
    cells: Sequence[str]
    # What the row has beyond them.
    extra: Sequence[str]
    errors: Sequence[RowError]


def why_not(job: ImportJob, corrected: Collection[int]) -> str:
    """Why no row can be corrected one by one, but for those that were `corrected`; empty if some can."""
    try:
        check_any_left(check_correctable(job), corrected)
    except NotCorrectable as error:
        return error.detail
    return ""


def check_correctable(job: ImportJob) -> set[int]:
    """The lines of rows whose text was kept. Raises NotCorrectable for an import whose rows cannot be corrected one by one,
    whatever became of them since."""
    if job.status != Status.COMPLETED:
        raise NotCorrectable("Only the skipped rows of a completed import can be corrected here.")
    if job.undo_status != UndoStatus.NOT_REQUESTED:
        was = "was" if job.undone_at else "is being"
        raise NotCorrectable(f"The import {was} undone. Import the whole file again.")
    if not job.error_count:
        raise NotCorrectable("The import has skipped no rows.")
    if job.error_count > limits.CORRECTED_ROWS_MAX:
        most = f"{limits.CORRECTED_ROWS_MAX:,}"
        raise NotCorrectable(f"More than {most} rows were skipped, which is too many to correct them here.")
    if job.unlisted_count:
        raise NotCorrectable(not_listed(job))
    return check_kept(job)


def check_kept(job: ImportJob) -> set[int]:
    sizes = dict(kept(job).values_list("line", Length(Cast("cells", TextField()))))
    if not job.file_columns:
        raise NotCorrectable("The import is from before its columns were kept. Correct the rows in the file.")
    if not sizes:
        raise NotCorrectable("The text of the skipped rows was not kept. Correct them in the file.")
    if sum(sizes.values()) > limits.CORRECTED_ROWS_CHARACTERS:
        most = limits.CORRECTED_ROWS_CHARACTERS // 1024**2
        raise NotCorrectable(
            f"The skipped rows have more than {most} MB of text, which is too much for a page."
        )
    return set(sizes)


def check_any_left(lines: Collection[int], corrected: Collection[int]) -> None:
    if not set(lines) - set(corrected):
        raise NotCorrectable("All skipped rows that can be corrected here have been corrected already.")


def kept(job: ImportJob) -> QuerySet[RejectedRow]:
    """The first error of each row whose text was kept: none of a row too long, or with a quote that is never closed."""
    return job.rejected.filter(cells__isnull=False).exclude(cells=[])


def skipped_rows(job: ImportJob) -> list[SkippedRow]:
    """Every row whose text was kept, in the order of the file."""
    found = job.rejected.filter(line__in=kept(job).values("line")).order_by("line", "id")
    width = len(job.file_header)
    return [skipped_row(list(group), width) for _, group in groupby(found, key=attrgetter("line"))]


def skipped_row(errors: Sequence[RejectedRow], width: int) -> SkippedRow:
    cells: list[str] = next(error.cells for error in errors if error.cells)
    return SkippedRow(
        errors[0].line,
        [*cells[:width], *[""] * (width - len(cells))],
        cells[width:],
        [RowError(error.code, error.message, error.column, error.value) for error in errors],
    )


def uncorrected_rows(job: ImportJob) -> list[SkippedRow]:
    """The rows that can be corrected now. Raises NotCorrectable if there are none."""
    corrected = corrected_lines(corrections(job))
    check_any_left(check_correctable(job), corrected)
    return [row for row in skipped_rows(job) if row.line not in corrected]


def lines_not_kept(job: ImportJob) -> list[int]:
    """The lines of rows whose text was not kept."""
    lines = job.rejected.exclude(line__in=kept(job).values("line"))
    return list(lines.order_by("line").values_list("line", flat=True).distinct())


def corrections(job: ImportJob) -> QuerySet[ImportJob]:
    """The imports of its corrected rows, the first one first, without those that came to nothing."""
    ended = [Status.FAILED, Status.CANCELLED]
    made = job.corrections.filter(corrected_lines__len__gt=0, undone_at=None).exclude(status__in=ended)
    return made.order_by("created_at", "id")


def corrected_lines(made: Iterable[ImportJob]) -> set[int]:
    """The lines of the rows that these imports have corrected."""
    return set(chain.from_iterable(one.corrected_lines for one in made))
