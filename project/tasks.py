"""Upkeep of the queue itself: jobs of a dead worker go back to work, finished ones are removed.

Procrastinate notices a worker that stopped beating but leaves its jobs to us. That this task is periodic also
keeps the worker's LISTEN alive over a restart of the database."""

import logging

from django.conf import settings
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from project.models import SignInCounter

# Imports count their own attempts and may need many; see imports.pipeline.runner.
ATTEMPTS = 5
COUNTS_ITSELF = {"imports.tasks.run_import"}
KEEP_HOURS = 24 * 7

logger = logging.getLogger(__name__)


@app.periodic(cron="* * * * * */5")
@app.task(queue="maintenance", queueing_lock="project.rescue", pass_context=True)
async def rescue(context: JobContext, timestamp: int) -> None:
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=settings.WORKER_STALLED_SECONDS):
        try:
            if is_given_up(job):
                await manager.finish_job(job, status=Status.FAILED, delete_job=False)
            else:
                logger.warning(
                    "Job %s of a worker that is gone goes back to the queue: %s", job.id, job.task_name
                )
                await queue_again(manager, job)
        except ConnectorException:
            # A twin with the same queueing lock waits already.
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)


async def queue_again(manager: JobManager, job: Job) -> None:
    """Long jobs under a new entry: a worker that was only paused ends its own, not that of the worker after it.

    First in their queue, where they were before. A crash between the two leaves one entry too many, whose import
    is found to have ended."""
    if job.task_name in COUNTS_ITSELF:
        await manager.defer_job_async(job.evolve(priority=job.priority + 1, scheduled_at=None))
        await manager.finish_job(job, status=Status.FAILED, delete_job=True)
    else:
        await manager.retry_job(job)


def is_given_up(job: Job) -> bool:
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
