"""The files of the demo imported: by real jobs that a real worker runs, each moved back to its time afterwards.

Moved are the job, what it did to products, and its journal by the same amount, so that the import can still be undone."""

import time
from datetime import datetime, timedelta
from random import Random

from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Product
from dashboard.demo.supplier_files import Fate, written
from dashboard.demo.timeline import Came
from imports import jobs
from imports.journal import undo
from imports.models import ChangedProducts, CreatedProducts, ImportJob, Status, StoredFile
from imports.options import Options
from imports.upload.handler import accept_body

LOOK_SECONDS = 0.03
# Without a worker that takes it, as after one was killed.
PATIENCE_SECONDS = 120.0
# When somebody noticed.
UNDONE_AFTER = timedelta(minutes=40)
TIMES = ("created_at", "started_at", "completed_at", "expires_at", "confirmed_at", "undone_at")


# How each ends.
STATUSES = {
    Fate.STAYS: Status.COMPLETED,
    Fate.CONFIRMED: Status.COMPLETED,
    Fate.UNDONE: Status.COMPLETED,
    Fate.WAITS: Status.READY,
    Fate.DISCARDED: Status.CANCELLED,
    Fate.FAILS: Status.FAILED,
}


class Stuck(Exception):
    """An import did not end as it was to."""


def import_file(came: Came, chance: Random) -> ImportJob:
    """As its sender would, and whoever then confirms, discards or undoes it. A worker must be at work."""
    began, file = server_time(), came.file
    options = Options.model_validate(file.options)
    job = accept_body(file.name, [written(file, chance)], options)
    wait(job)
    if file.fate is Fate.CONFIRMED:
        jobs.confirm(job.pk)
        wait(job)
    elif file.fate is Fate.DISCARDED:
        jobs.cancel(job.pk)
    elif file.fate is Fate.UNDONE:
        undo.undo(job.pk)
    job.refresh_from_db()
    if job.status != STATUSES[file.fate]:
        raise Stuck(f"{job.filename} is {job.status}. {job.failure_message}")
    move_back(job, came.at, began)
    return job


def server_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def wait(job: ImportJob) -> None:
    """Until it is settled, and out of the queue: the next one would be looked for only a second later."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    job.refresh_from_db()
    while not job.is_idle or is_queued(job):
        if time.monotonic() > deadline:
            raise Stuck(f"{job.filename} was not imported within {PATIENCE_SECONDS:.0f} seconds.")
        time.sleep(LOOK_SECONDS)
        job.refresh_from_db()


def is_queued(job: ImportJob) -> bool:
    entries = ProcrastinateJob.objects.filter(task_name="imports.tasks.run_import", args__job_id=str(job.pk))
    return entries.filter(status__in=["todo", "doing"]).exists()


# --- Back to its time ---


def move_back(job: ImportJob, at: datetime, began: datetime) -> None:
    by = job.created_at - at
    moved = {name: getattr(job, name) - by for name in TIMES if getattr(job, name)}
    if job.undone_at:
        moved["undone_at"] += UNDONE_AFTER
    ImportJob.objects.filter(pk=job.pk).update(**moved)
    StoredFile.objects.filter(name=job.stored_as).update(created_at=at)
    move_products(job, began, moved.get("undone_at") or moved.get("completed_at") or at)


def move_products(job: ImportJob, began: datetime, to: datetime) -> None:
    """Whatever has changed since the import began, it has changed."""
    touched = Product.objects.filter(updated_at__gte=began)
    touched.filter(created_at__gte=began).update(created_at=to)
    touched.update(updated_at=to)
    for journal in (CreatedProducts, ChangedProducts):
        journal.objects.filter(job=job).update(written_at=to)
