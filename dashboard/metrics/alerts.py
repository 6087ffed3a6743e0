"""Recent problems with imports, bulk changes and webhooks for the overview, each with a suggested action, latest first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection
from django.db.models import Q

from catalog.bulk.failures import FAILURES
from catalog.models import BulkChange
from dashboard.metrics.explanations import explained
from imports.models import ImportJob, Status, UndoStatus
from lib import sql

RECENT = timedelta(days=7)
# Alerts about imports, about bulk changes, and about webhooks.
LIMIT = 5
# Deliveries of one webhook that are counted at most.
SAMPLE_SIZE = 1_000
UNHEALTHY_WEBHOOKS = sql.read(Path(__file__).parent / "sql", "unhealthy_webhooks")


@dataclass(frozen=True)
class Alert:
    at: datetime | None
    title: str
    detail: str
    action: str
    # What the alert is about; the overview links there.
    job_id: UUID | None = None
    webhook_id: int | None = None
    bulk_change_id: UUID | None = None


def recent_alerts(now: datetime) -> list[Alert]:
    since = now - RECENT
    alerts = [*import_alerts(since), *bulk_change_alerts(since), *webhook_alerts(since)]
    return sorted(alerts, key=lambda alert: alert.at or now, reverse=True)


# --- Imports ---


def import_alerts(since: datetime) -> list[Alert]:
    has_problem = (
        Q(status=Status.FAILED)
        | Q(status=Status.COMPLETED, error_count__gt=0, undone_at=None)
        | Q(undo_status=UndoStatus.FAILED)
    )
    jobs = ImportJob.objects.filter(has_problem, created_at__gte=since).order_by("-created_at", "-id")
    return [import_alert(job) for job in jobs[:LIMIT]]


def import_alert(job: ImportJob) -> Alert:
    if job.undo_status == UndoStatus.FAILED:
        action = explained(job.undo_failure_code).remedy
        title = f"{job.filename} was not completely undone"
        return Alert(job.undo_requested_at, title, job.undo_failure_message, action, job_id=job.pk)
    if job.status == Status.FAILED:
        action = explained(job.failure_code).remedy or "Retry."
        return Alert(job.completed_at, f"{job.filename} failed", job.failure_message, action, job_id=job.pk)
    title = f"{job.filename}: {counted(job.error_count, 'row', 'rows')} skipped"
    return Alert(job.completed_at, title, "", "Download and fix the rows.", job_id=job.pk)


# --- Bulk changes ---


def bulk_change_alerts(since: datetime) -> list[Alert]:
    failed = BulkChange.objects.exclude(failure_code="").filter(created_at__gte=since)
    return [bulk_change_alert(change) for change in failed.order_by("-created_at", "-id")[:LIMIT]]


def bulk_change_alert(change: BulkChange) -> Alert:
    what = f"{change.action.capitalize()} {counted(change.confirmed_count, 'product', 'products')}"
    title = f"Undo of {what.lower()} failed" if change.is_undo else f"{what} failed"
    known = FAILURES.get(change.failure_code)
    return Alert(
        change.undo_ended_at or change.ended_at,
        title,
        change.failure_message,
        known.remedy if known else "",
        bulk_change_id=change.pk,
    )


# --- Webhooks ---


@dataclass(frozen=True)
class UnhealthyWebhook:
    id: int
    name: str
    disabled_at: datetime | None
    disabled_reason: str
    # Set while the circuit breaker is open.
    failing_since: datetime | None
    failures: int
    failed_deliveries: int
    failed_at: datetime | None


def webhook_alerts(since: datetime) -> list[Alert]:
    with connection.cursor() as cursor:
        cursor.execute(UNHEALTHY_WEBHOOKS, {"since": since, "sample_size": SAMPLE_SIZE, "limit": LIMIT})
        return [webhook_alert(UnhealthyWebhook(*row)) for row in cursor.fetchall()]


def webhook_alert(webhook: UnhealthyWebhook) -> Alert:
    if webhook.disabled_at is not None:
        action = "Fix the endpoint, enable the webhook, then resend missed events."
        title, detail = f"{webhook.name} was disabled", webhook.disabled_reason
        return Alert(webhook.disabled_at, title, detail, action, webhook_id=webhook.id)
    if webhook.failing_since is not None:
        detail = f"{counted(webhook.failures, 'failed attempt', 'failed attempts')} in a row."
        action = "Check recent responses. Deliveries are retried automatically."
        title = f"{webhook.name} is failing"
        return Alert(webhook.failing_since, title, detail, action, webhook_id=webhook.id)
    number = f"{webhook.failed_deliveries:,}{'' if webhook.failed_deliveries < SAMPLE_SIZE else '+'}"
    detail = "1 delivery failed." if webhook.failed_deliveries == 1 else f"{number} deliveries failed."
    title, action = f"Couldn't reach {webhook.name}", "Resend once the endpoint is back."
    return Alert(webhook.failed_at, title, detail, action, webhook_id=webhook.id)


def counted(count: int, singular: str, plural: str) -> str:
    return f"{count:,} {singular if count == 1 else plural}"
