"""Pages of imports: the list with the upload form, one import, and its actions."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe
from pydantic import ValidationError

from catalog.formats import FORMATS
from catalog.search_text import aliases, contains
from dashboard.forms import column_matching, import_options, other_readings
from dashboard.forms.profile_use import profile_names
from dashboard.metrics import corrected_rows, import_detail, rejected_rows
from dashboard.metrics.explanations import explained
from dashboard.metrics.health import health
from dashboard.views.shortcuts import Pager, choice, done, page_number
from imports import jobs, removal
from imports.change_schemas import ChangeQuery
from imports.errors import FileError
from imports.journal import undo
from imports.journal.changes import Filters
from imports.models import ImportJob, Status
from imports.progress.summary import job_summary, not_listed

PAGE_SIZE = 25
FILENAME_SEARCHED = 255
TEMPLATES = [
    (FORMATS["xlsx"].label, "/api/imports/template.xlsx"),
    (FORMATS["csv"].label, "/api/imports/template.csv"),
    (FORMATS["csv-eu"].label, "/api/imports/template.csv?format=csv-eu"),
]


@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    page, status = page_number(request), choice(request, "status", Status.values)
    typed = request.GET.get("q", "").replace("\0", "").strip()[:FILENAME_SEARCHED]
    imported = named(ImportJob.objects.order_by("-created_at", "-id"), typed).filter(
        **({"status": status} if status else {})
    )
    listed = {
        "pager": Pager(page, PAGE_SIZE, imported.count()),
        "jobs": imported[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        "status": status,
        "q": typed,
        "statuses": Status,
    }
    upload = {
        "basic": import_options.basic(),
        "advanced": import_options.advanced(),
        "largest": settings.UPLOAD_MAX_BYTES,
        "templates": TEMPLATES,
        "profile_names": profile_names(),
    }
    return render(request, "dashboard/imports.html", {**listed, **upload})


def named(found: QuerySet[ImportJob], typed: str) -> QuerySet[ImportJob]:
    """Those with every word in the name of their file."""
    found = found.alias(**aliases("filename"))
    for word in dict.fromkeys(typed.split()):
        found = found.filter(contains("filename", word))
    return found


@require_safe
def one(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job, page = jobs.get(job_id), page_number(request)
    changes = import_detail.changes_of(job, filters_of(request), page)
    rejections, can_run_again = rejected_rows.by_code(job), import_detail.can_run_again(job)
    examples = {group.code: group.examples[0].value for group in rejections}
    offered = other_readings.offers(job, examples) if can_run_again else []
    context = {
        "job": job,
        "progress": job_summary(job, now()),
        "advice": health(now()).advice if import_detail.is_queued(job) else "",
        "steps": import_detail.steps(job),
        "counters": import_detail.counters(job),
        "affected": import_detail.affected(job),
        "settings": import_options.settings(job),
        "columns": column_matching.of_job(job),
        "differs_from_profile": import_detail.differs_from_profile(job),
        "changes": changes,
        "pager": Pager(page, import_detail.PAGE_SIZE, changes.count if changes else 0),
        "rejections": rejections,
        "offers": offered,
        "may_have_sheets": can_run_again and other_readings.may_have_sheets(job),
        "warnings": other_readings.warnings_besides(job, offered),
        "not_listed": not_listed(job),
        "skipped": corrected_rows.skipped(job),
        "remedy": explained(job.failure_code).remedy,
        "undo_remedy": explained(job.undo_failure_code).remedy,
        "can_be_retried": import_detail.can_be_retried(job),
        "can_run_again": can_run_again,
        "can_be_undone": import_detail.can_be_undone(job),
    }
    return render(request, "dashboard/import.html", context)


def filters_of(request: HttpRequest) -> Filters:
    try:
        query = ChangeQuery.model_validate(
            {name: str(value) for name, value in request.GET.items() if value and name != "page"}
        )
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise Http404(f"Unknown {name} {request.GET[name][:40]!r}.") from None
    return Filters(query.kind, query.flag, query.sku, query.order)


@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return done(request, lambda: jobs.cancel(job_id), "", "console:import", job_id, errors=(jobs.JobEnded,))


@require_POST
def confirm(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return done(request, lambda: jobs.confirm(job_id), "", "console:import", job_id, errors=(jobs.NotReady,))


@require_POST
def retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    try:
        again = jobs.retry(job_id)
    except (jobs.NotRetryable, FileError) as error:
        messages.error(request, error.detail)
        return redirect("console:import", job_id)
    return redirect("console:import", again.pk)


@require_POST
def undo_import(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return done(
        request,
        lambda: undo.request(job_id),
        "",
        "console:import",
        job_id,
        errors=(undo.NotUndoable,),
    )


@require_POST
def delete(request: HttpRequest, job_id: UUID) -> HttpResponse:
    message, errors = "Import deleted. Its products were kept.", (removal.JobNotEnded,)
    return done(request, lambda: removal.remove(job_id), message, "console:imports", errors=errors)
