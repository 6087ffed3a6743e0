"""Make an import of corrected rows: their file, and its job."""

import csv
import hashlib
import io
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from imports import jobs, tasks
from imports.corrections import catalog_check, row_check
from imports.corrections.reading import delimiter_of, fields_by_place, options_of, parser_of
from imports.corrections.skipped_rows import (
    NotCorrectable,
    SkippedRow,
    check_correctable,
    corrected_lines,
    corrections,
    skipped_rows,
)
from imports.errors import RowError
from imports.models import ImportJob
from lib.errors import Explanation, Invalid

FILENAME_MAX = 255
LINES_NAMED = 10
# What an earlier correction has added to a filename.
ADDED = re.compile(r" \([0-9,]+ corrected rows?\)$")


@dataclass(frozen=True)
class Typed:
    """The lines of the rows to import, and the text of their cells that were changed, by line and position."""

    lines: Sequence[int]
    changes: Mapping[int, Mapping[int, str]]
    is_preview: bool


class CorrectionInvalid(Invalid):
    codes = {
        "correction.empty": Explanation("No row was chosen to be imported.", "Choose at least one."),
        "correction.malformed": Explanation(
            "The form of corrected rows has something that it does not ask for.", "Reload the page."
        ),
    }


class RowsInvalid(Invalid):
    """Rows that are still invalid, by line."""

    code = "correction.invalid"
    codes = {
        code: Explanation("Corrected rows still have errors. Nothing was imported.", "Correct these rows.")
    }

    def __init__(self, errors: Mapping[int, Sequence[RowError]]) -> None:
        self.errors = errors
        rows = "1 row still has" if len(errors) == 1 else f"{len(errors):,} rows still have"
        super().__init__(f"{rows} errors. Nothing was imported.")


def correct(job_id: UUID, typed: Typed) -> ImportJob:
    """Create the import of the corrected rows; or return the one that was created of the same rows, if they are sent again.

    Raises NotCorrectable, RowsInvalid or CorrectionInvalid."""
    with transaction.atomic():
        # Locked, so that no row is corrected twice at a time.
        job = jobs.locked(job_id)
        check_correctable(job)
        skipped = {row.line: row for row in skipped_rows(job)}
        rows = corrected_rows(job, skipped, typed)
        content = written(job, rows)
        made = corrections(job).filter(file_sha256=hashlib.sha256(content).hexdigest()).first()
        if made is not None:
            return made
        check_uncorrected(job, rows)
        check_valid(job, skipped, rows)
        return queue(job, list(rows), content, is_preview=typed.is_preview)


def corrected_rows(job: ImportJob, skipped: Mapping[int, SkippedRow], typed: Typed) -> dict[int, list[str]]:
    """The cells of the rows to import by line, in the order of the file."""
    if not typed.lines:
        raise CorrectionInvalid("No row is left to import.", code="correction.empty")
    if not set(typed.lines) | set(typed.changes) <= set(skipped):
        raise CorrectionInvalid("The import has not skipped all of these rows.", code="correction.malformed")
    places = fields_by_place(job)
    return {line: changed(skipped[line], typed.changes.get(line, {}), places) for line in sorted(typed.lines)}


def changed(row: SkippedRow, changes: Mapping[int, str], places: Mapping[int, str]) -> list[str]:
    """The cells of the row with the changes. A text that differs in its line ends only is as it was: browsers change them."""
    if not set(changes) <= set(places):
        raise CorrectionInvalid("Only imported columns can be corrected.", code="correction.malformed")
    cells = list(row.cells)
    for place, text in changes.items():
        if plain(text) != plain(cells[place]):
            cells[place] = plain(text)
    return cells


def plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_uncorrected(job: ImportJob, rows: Mapping[int, object]) -> None:
    if corrected := sorted(corrected_lines(corrections(job)) & set(rows)):
        named = ", ".join(job.place_of(line).named for line in corrected[:LINES_NAMED])
        more = " and others" if len(corrected) > LINES_NAMED else ""
        raise NotCorrectable(f"Already corrected: {named}{more}. Nothing was imported.")


def check_valid(job: ImportJob, skipped: Mapping[int, SkippedRow], rows: Mapping[int, Sequence[str]]) -> None:
    parser, options = parser_of(job), options_of(job)
    found = {line: row_check.errors_of(skipped[line], cells, parser) for line, cells in rows.items()}
    valid = {line: cells for line, cells in rows.items() if not found[line]}
    errors = {line: errors for line, errors in found.items() if errors}
    errors |= catalog_check.errors_by_line(valid, parser, options)
    if errors:
        raise RowsInvalid(errors)


# --- The file and its job ---


def written(job: ImportJob, rows: Mapping[int, Sequence[str]]) -> bytes:
    """A CSV file of the rows, with the columns of the first one."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter_of(job)).writerows([job.file_header, *rows.values()])
    return text.getvalue().encode()


def queue(job: ImportJob, lines: list[int], content: bytes, *, is_preview: bool) -> ImportJob:
    options = options_of(job).model_copy(update={"dry_run": is_preview})
    new = ImportJob.objects.create(
        filename=filename_of(job, len(lines)),
        stored_as=default_storage.save(uuid.uuid4().hex, ContentFile(content)),
        file_bytes=len(content),
        file_sha256=hashlib.sha256(content).hexdigest(),
        file_delimiter=delimiter_of(job),
        file_header=job.file_header,
        file_columns=job.file_columns,
        options=options.model_dump(),
        profile_version_id=job.profile_version_id,
        corrects=job,
        corrected_lines=lines,
    )
    tasks.run_import.defer(job_id=str(new.pk))
    return new


def filename_of(job: ImportJob, rows: int) -> str:
    """products.xlsx as "products (3 corrected rows).csv"."""
    added = f" ({rows:,} corrected {'row' if rows == 1 else 'rows'}).csv"
    name = ADDED.sub("", PurePath(job.filename).stem)
    return name[: FILENAME_MAX - len(added)] + added
