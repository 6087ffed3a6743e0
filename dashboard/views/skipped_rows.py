"""The page on which the skipped rows of an import are corrected in a table, to import just these."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from dashboard.forms.corrected_rows import Sent, columns_of, read, rows_of
from imports import jobs
from imports.corrections.correct import CorrectionInvalid, RowsInvalid, correct
from imports.corrections.reading import decimal_of
from imports.corrections.skipped_rows import (
    NotCorrectable,
    SkippedRow,
    lines_not_kept,
    skipped_rows,
    uncorrected_rows,
)
from imports.errors import FileError, RowError
from imports.models import ImportJob

REFUSED = 422
# Django takes 1,000 fields; a few are not about rows.
FIELDS_WITHOUT_SCRIPT = 990
# What a form has beside its changes.
FORM_BYTES = 64 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
def table(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The table. Sent, it leads to the import of its rows, or is shown again with what is still wrong."""
    job = jobs.get(job_id)
    try:
        if request.method == "POST":
            return sent(request, job)
        return page(request, job, uncorrected_rows(job))
    except NotCorrectable as error:
        messages.error(request, error.detail)
        return redirect("console:import", job_id)


def sent(request: HttpRequest, job: ImportJob) -> HttpResponse:
    form = read(request.POST)
    try:
        correction = correct(job.pk, form.typed)
    except RowsInvalid as error:
        return shown_again(request, job, form, error.detail, error.errors)
    except (CorrectionInvalid, FileError) as error:
        return shown_again(request, job, form, error.detail, {})
    return redirect("console:import", correction.pk)


def shown_again(
    request: HttpRequest,
    job: ImportJob,
    form: Sent,
    refusal: str,
    errors: Mapping[int, Sequence[RowError]],
) -> HttpResponse:
    skipped = [row for row in skipped_rows(job) if row.line in form.shown]
    return page(request, job, skipped, form, refusal, errors)


def page(
    request: HttpRequest,
    job: ImportJob,
    skipped: Sequence[SkippedRow],
    form: Sent | None = None,
    refusal: str = "",
    errors: Mapping[int, Sequence[RowError]] | None = None,
) -> HttpResponse:
    rows, columns = list(rows_of(job, skipped, form, errors)), columns_of(job)
    context = {
        "job": job,
        "columns": columns,
        "rows": rows,
        "chosen": sum(not row.is_dropped for row in rows),
        "lines": " ".join(str(row.line) for row in rows),
        "not_kept": [job.place_of(line).named for line in lines_not_kept(job)],
        # Without a script every cell is sent.
        "needs_script": len(rows) * (len(columns) + 1) > FIELDS_WITHOUT_SCRIPT,
        "decimal": decimal_of(job),
        "refusal": refusal,
        "largest": settings.DATA_UPLOAD_MAX_MEMORY_SIZE - FORM_BYTES,
    }
    return render(request, "dashboard/import_rows.html", context, status=REFUSED if refusal else 200)
