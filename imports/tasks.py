"""The imports' entries in the queue: running one, finding lost ones, pruning what is no longer needed.

Shallow on purpose: imports.pipeline.runner imports, imports.maintenance looks after the rest."""

from uuid import UUID

from django.db import InterfaceError, OperationalError
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import JobAborted

from imports import maintenance
from imports.pipeline import runner
from lib.forkserver import ServerGone

# One import at a time, over all workers: the lock. A worker that shuts down puts its import back.
AGAIN = RetryStrategy(
    max_attempts=None, wait=1, retry_exceptions={JobAborted, OperationalError, InterfaceError, ServerGone}
)


@app.task(queue="imports", lock="imports", retry=AGAIN, pass_context=True)
def run_import(context: JobContext, *, job_id: str) -> None:
    try:
        runner.run(UUID(job_id), should_stop=context.should_abort)
    except runner.Requeued as stopped:
        raise JobAborted from stopped


@app.periodic(cron="* * * * * */10")
@app.task(queue="maintenance", queueing_lock="imports.recover")
def recover(timestamp: int) -> None:
    for job_id in maintenance.orphaned_jobs():
        run_import.defer(job_id=str(job_id))


@app.periodic(cron="17 * * * *")
@app.task(queue="maintenance", queueing_lock="imports.prune")
def prune(timestamp: int) -> None:
    maintenance.prune_files()
    maintenance.prune_journals()
    maintenance.prune_rejections()
    maintenance.prune_jobs()
    maintenance.drop_leftover_tables()


@app.periodic(cron="* * * * *")
@app.task(queue="maintenance", queueing_lock="imports.expire")
def expire(timestamp: int) -> None:
    maintenance.expire_dry_runs()
