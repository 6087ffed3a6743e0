"""Imports: the list with its upload, one import, and what can be done with it."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe

from dashboard.forms import import_options
from dashboard.metrics import rejected_rows
from dashboard.metrics.health import health
from dashboard.views import import_detail
from dashboard.views.shortcuts import Pager, choice, done, page_number
from imports import jobs, removal
from imports.errors import FILE_CODES, FileError
from imports.journal import undo
from imports.journal.changes import KINDS
from imports.models import ImportJob, Status
from imports.progress.summary import not_listed

PAGE_SIZE = 25


@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    page, status = page_number(request), choice(request, "status", Status.values)
    found = ImportJob.objects.order_by("-created_at", "-id").filter(**({"status": status} if status else {}))
    listed = {
        "pager": Pager(page, PAGE_SIZE, found.count()),
        "jobs": found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        "status": status,
        "statuses": Status,
    }
    upload = {
        "foremost": import_options.foremost(),
        "others": import_options.others(),
        "largest": settings.UPLOAD_MAX_BYTES,
    }
    return render(request, "dashboard/imports.html", {**listed, **upload})


@require_safe
def one(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job, page, kind = jobs.get(job_id), page_number(request), choice(request, "kind", KINDS)
    changes = import_detail.changes_of(job, kind, page)
    about = {
        "job": job,
        "progress": import_detail.progress(job, now()),
        "advice": health(now()).advice if job.status == Status.PENDING else "",
        "steps": import_detail.steps(job),
        "counters": import_detail.counters(job),
        "touched": import_detail.touched(job),
        "changes": changes,
        "pager": Pager(page, import_detail.PAGE_SIZE, changes.count if changes else 0),
        "rejections": rejected_rows.by_code(job),
        "not_listed": not_listed(job),
        "remedy": FILE_CODES[job.failure_code].remedy if job.failure_code in FILE_CODES else "",
        "can_be_retried": import_detail.can_be_retried(job),
        "can_be_undone": import_detail.can_be_undone(job),
    }
    return render(request, "dashboard/import.html", about)


@require_POST
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    said = "The import is being cancelled. What it has written by then stays."
    return done(
        request, lambda: jobs.cancel(job_id), said, "console:import", job_id, refused=(jobs.JobEnded,)
    )


@require_POST
def confirm(request: HttpRequest, job_id: UUID) -> HttpResponse:
    said = "Confirmed. The changes are being written."
    return done(
        request, lambda: jobs.confirm(job_id), said, "console:import", job_id, refused=(jobs.NotReady,)
    )


@require_POST
def retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    try:
        again = jobs.retry(job_id)
    except (jobs.NotRetryable, FileError) as refusal:
        messages.error(request, refusal.detail)
        return redirect("console:import", job_id)
    messages.success(request, "This is the same file again, with the same options.")
    return redirect("console:import", again.pk)


@require_POST
def take_back(request: HttpRequest, job_id: UUID) -> HttpResponse:
    said, refused = "The import is undone.", (undo.NotUndoable,)
    return done(request, lambda: undo.undo(job_id), said, "console:import", job_id, refused=refused)


@require_POST
def delete(request: HttpRequest, job_id: UUID) -> HttpResponse:
    said, refused = "The import is deleted. Its products stay as they are.", (removal.JobNotEnded,)
    return done(request, lambda: removal.remove(job_id), said, "console:imports", refused=refused)
