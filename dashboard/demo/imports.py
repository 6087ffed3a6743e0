"""Imports the files of the demo by real jobs in a real worker, and then moves each back to its time.

The job, its changes of products and its journal are moved by the same amount, so that the import can still be undone."""

import time
from datetime import datetime, timedelta
from random import Random

from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Product
from dashboard.demo.supplier_files import Outcome, to_bytes
from dashboard.demo.timeline import FileUpload
from imports import jobs
from imports.journal import undo
from imports.models import ChangedProducts, CreatedProducts, ImportJob, Status, StoredFile
from imports.options import Options
from imports.upload.handler import accept_body

POLL_SECONDS = 0.03
TIMEOUT_SECONDS = 120.0
UNDONE_AFTER = timedelta(minutes=40)
TIMES = ("created_at", "started_at", "completed_at", "expires_at", "confirmed_at")
UNDO_TIMES = ("undo_requested_at", "undone_at")


STATUSES = {
    Outcome.COMPLETED: Status.COMPLETED,
    Outcome.CONFIRMED: Status.COMPLETED,
    Outcome.UNDONE: Status.COMPLETED,
    Outcome.READY: Status.READY,
    Outcome.DISCARDED: Status.CANCELLED,
    Outcome.FAILED: Status.FAILED,
}


class Stuck(Exception):
    """An import of the demo did not end as expected."""


def import_file(upload: FileUpload, rng: Random) -> ImportJob:
    """Upload the file, wait for a running worker, then confirm, discard or undo the import."""
    began, file = server_time(), upload.file
    options = Options.model_validate(file.options)
    job = accept_body(file.name, [to_bytes(file, rng)], options)
    wait(job)
    if file.outcome is Outcome.CONFIRMED:
        jobs.confirm(job.pk)
        wait(job)
    elif file.outcome is Outcome.DISCARDED:
        jobs.cancel(job.pk)
    elif file.outcome is Outcome.UNDONE:
        undo.request(job.pk)
        wait(job)
    job.refresh_from_db()
    if job.status != STATUSES[file.outcome]:
        raise Stuck(f"{job.filename} is {job.status}. {job.failure_message}")
    move_back(job, upload.at, began)
    return job


def server_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def wait(job: ImportJob) -> None:
    """Wait until the import or its undo, and the queue entry, have ended: otherwise the worker polls for the next one after a
    second."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    job.refresh_from_db()
    while not job.is_settled or is_queued(job):
        if time.monotonic() > deadline:
            raise Stuck(f"{job.filename} was not imported within {TIMEOUT_SECONDS:.0f} seconds.")
        time.sleep(POLL_SECONDS)
        job.refresh_from_db()


def is_queued(job: ImportJob) -> bool:
    entries = ProcrastinateJob.objects.filter(queue_name="imports", args__job_id=str(job.pk))
    return entries.filter(status__in=["todo", "doing"]).exists()


# --- Moving back in time ---


def move_back(job: ImportJob, at: datetime, began: datetime) -> None:
    by = job.created_at - at
    moved = {name: getattr(job, name) - by for name in TIMES if getattr(job, name)}
    moved |= {name: getattr(job, name) - by + UNDONE_AFTER for name in UNDO_TIMES if getattr(job, name)}
    ImportJob.objects.filter(pk=job.pk).update(**moved)
    StoredFile.objects.filter(name=job.stored_as).update(created_at=at)
    move_products(job, began, moved.get("undone_at") or moved.get("completed_at") or at)


def move_products(job: ImportJob, began: datetime, to: datetime) -> None:
    """Products that changed since the import began were changed by it."""
    changed = Product.objects.filter(updated_at__gte=began)
    changed.filter(created_at__gte=began).update(created_at=to)
    changed.update(updated_at=to)
    for journal in (CreatedProducts, ChangedProducts):
        journal.objects.filter(job=job).update(written_at=to)
