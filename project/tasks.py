"""Maintenance of the queue: orphaned jobs are rescued, finished ones are removed.

Procrastinate detects a worker without a heartbeat but leaves its jobs to the application. That this task is periodic also
keeps the worker's LISTEN alive over a restart of the database."""

import logging

from django.conf import settings
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from project.models import SignInCounter

# Imports, their undos and bulk changes count their attempts themselves and may need many.
ATTEMPTS = 5
COUNTS_ITSELF = {"imports.tasks.run_import", "imports.tasks.undo_import", "catalog.tasks.run_bulk_change"}
KEEP_HOURS = 24 * 7

logger = logging.getLogger(__name__)


@app.periodic(cron="* * * * * */5")
@app.task(queue="maintenance", queueing_lock="project.rescue", pass_context=True)
async def rescue(context: JobContext, timestamp: int) -> None:
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=settings.WORKER_STALLED_SECONDS):
        try:
            if has_failed(job):
                await manager.finish_job(job, status=Status.FAILED, delete_job=False)
            else:
                logger.warning("Requeued job %s (%s), whose worker is gone.", job.id, job.task_name)
                await requeue(manager, job)
        except ConnectorException:
            # A job with the same queueing lock is queued already.
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)


async def requeue(manager: JobManager, job: Job) -> None:
    """Queue a long job as a new entry: a worker that was only paused then ends its own entry, not its successor's.

    The new entry is first in its queue. A crash between the two statements leaves an extra entry, which finds that its
    job has ended."""
    if job.task_name in COUNTS_ITSELF:
        await manager.defer_job_async(job.evolve(priority=job.priority + 1, scheduled_at=None))
        await manager.finish_job(job, status=Status.FAILED, delete_job=True)
    else:
        await manager.retry_job(job)


def has_failed(job: Job) -> bool:
    return job.attempts >= ATTEMPTS and job.task_name not in COUNTS_ITSELF


@app.periodic(cron="43 * * * *")
@app.task(queue="maintenance", queueing_lock="project.prune", pass_context=True)
async def prune(context: JobContext, timestamp: int) -> None:
    await context.app.job_manager.delete_old_jobs(
        nb_hours=KEEP_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="47 * * * *")
@app.task(queue="maintenance", queueing_lock="project.forget_sign_ins")
def forget_sign_ins(timestamp: int) -> None:
    SignInCounter.objects.forgotten().delete()
