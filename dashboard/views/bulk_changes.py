"""Pages of bulk changes: the list, and one with its progress, its outcome and its undo."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe

from catalog import bulk_changes
from catalog.bulk.failures import FAILURES
from catalog.bulk_changes import BulkChangeNotUndoable
from catalog.models import Action, BulkChange, BulkStatus
from dashboard.metrics.health import health
from dashboard.views.shortcuts import Pager, done, page_number
from lib.pagination import with_parameters

PAGE_SIZE = 25
# A change of no more products ends within a second, so at first its page looks again sooner.
QUICK = 2_000
SOON = timedelta(seconds=10)
NO_WORKERS = "No workers are running, so this has to wait. Start one: `python manage.py procrastinate worker`"


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    page, changes = page_number(request), BulkChange.objects.order_by("-created_at", "-id")
    context = {
        "pager": Pager(page, PAGE_SIZE, changes.count()),
        "changes": changes[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
    }
    return render(request, "dashboard/bulk_changes.html", context)


@require_safe
def one(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """htmx asks for this page again while the change is not at its end."""
    change = bulk_changes.get(change_id)
    context = {
        "change": change,
        "is_quick": change.confirmed_count <= QUICK and now() - change.requested_at < SOON,
        "advice": advice_for(change),
        "remedy": FAILURES[change.failure_code].remedy if change.failure_code in FAILURES else "",
        "kept_days": settings.IMPORT_KEEP_FILES_DAYS,
        "back": with_parameters(resolve_url("console:products"), **change.filters),
    }
    return render(request, "dashboard/bulk_change.html", context)


def advice_for(change: BulkChange) -> str:
    """What to do if no worker is there to run it."""
    if change.status not in (BulkStatus.QUEUED, BulkStatus.UNDO_QUEUED):
        return ""
    return "" if health(now()).workers else NO_WORKERS


@require_POST
def undo(request: HttpRequest, change_id: UUID) -> HttpResponse:
    return queue_undo(request, change_id, (Action.ACTIVATE, Action.DEACTIVATE))


@require_POST
def restore(request: HttpRequest, change_id: UUID) -> HttpResponse:
    """Undo a deletion. It has an address of its own, because it needs another permission."""
    return queue_undo(request, change_id, (Action.DELETE,))


def queue_undo(request: HttpRequest, change_id: UUID, actions: Collection[Action]) -> HttpResponse:
    return done(
        request,
        lambda: bulk_changes.undo(change_id, actions, requested_by=request.user.get_username()),
        "",
        "console:bulk-change",
        change_id,
        errors=(BulkChangeNotUndoable,),
    )
