"""What went wrong lately, each with the next step, for the overview: the latest first.

A trouble says by an id what it is about; the overview links there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection
from django.db.models import Q

from imports.errors import FILE_CODES
from imports.models import ImportJob, Status

LATELY = timedelta(days=7)
SHOWN = 5
# So many deliveries of a webhook are counted, and no more.
LOOKED_AT = 1_000
OF_WEBHOOKS = (Path(__file__).parent / "sql" / "troubled_webhooks.sql").read_text()


@dataclass(frozen=True)
class Trouble:
    at: datetime | None
    what: str
    why: str
    next_step: str
    job_id: UUID | None = None
    webhook_id: int | None = None


def troubles(now: datetime) -> list[Trouble]:
    found = [*troubles_of_imports(now - LATELY), *troubles_of_webhooks(now - LATELY)]
    return sorted(found, key=lambda trouble: trouble.at or now, reverse=True)


# --- Imports ---


def troubles_of_imports(since: datetime) -> list[Trouble]:
    ended_badly = Q(status=Status.FAILED) | Q(status=Status.COMPLETED, error_count__gt=0, undone_at=None)
    jobs = ImportJob.objects.filter(ended_badly, created_at__gte=since).order_by("-created_at", "-id")
    return [trouble_of_import(job) for job in jobs[:SHOWN]]


def trouble_of_import(job: ImportJob) -> Trouble:
    if job.status == Status.FAILED:
        known = FILE_CODES.get(job.failure_code)
        next_step = known.remedy if known else "Retry it."
        return Trouble(
            job.completed_at, f"{job.filename} failed", job.failure_message, next_step, job_id=job.pk
        )
    rows = "1 row" if job.error_count == 1 else f"{job.error_count:,} rows"
    next_step = "Download the rows, correct them and upload them."
    return Trouble(job.completed_at, f"{job.filename}: {rows} left out", "", next_step, job_id=job.pk)


# --- Webhooks ---


@dataclass(frozen=True)
class TroubledWebhook:
    id: int
    name: str
    disabled_at: datetime | None
    disabled_reason: str
    # Set while nothing but single probes is sent.
    failing_since: datetime | None
    failures: int
    given_up: int
    given_up_at: datetime | None


def troubles_of_webhooks(since: datetime) -> list[Trouble]:
    with connection.cursor() as cursor:
        cursor.execute(OF_WEBHOOKS, {"since": since, "looked_at": LOOKED_AT, "shown": SHOWN})
        return [trouble_of_webhook(TroubledWebhook(*row)) for row in cursor.fetchall()]


def trouble_of_webhook(webhook: TroubledWebhook) -> Trouble:
    if webhook.disabled_at is not None:
        what, why, at = f"{webhook.name} was switched off", webhook.disabled_reason, webhook.disabled_at
        next_step = "Mend the receiver, switch the webhook on, and recover what it missed."
        return Trouble(at, what, why, next_step, webhook_id=webhook.id)
    if webhook.failing_since is not None:
        what, why = f"{webhook.name} fails", f"{webhook.failures:,} attempts in a row got no good answer."
        next_step = "Look at its last answers; it is tried again by itself."
        return Trouble(webhook.failing_since, what, why, next_step, webhook_id=webhook.id)
    what = f"{webhook.name} was not reached"
    several = f"{webhook.given_up:,}{'' if webhook.given_up < LOOKED_AT else ' and more'}"
    why = "1 delivery was given up." if webhook.given_up == 1 else f"{several} deliveries were given up."
    next_step = "Once the receiver answers again, send them anew."
    return Trouble(webhook.given_up_at, what, why, next_step, webhook_id=webhook.id)
