"""Queue tasks of imports: run one, undo one, requeue orphaned ones, delete what is no longer needed."""

from uuid import UUID

from django.db import InterfaceError, OperationalError
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import JobAborted

from imports import maintenance
from imports.pipeline import runner, undo_runner
from lib.forkserver import ServerGone

# The lock allows one import or undo at a time across all workers, in the order of the requests. A worker that shuts down
# requeues what it runs.
RETRY = RetryStrategy(
    max_attempts=None, wait=1, retry_exceptions={JobAborted, OperationalError, InterfaceError, ServerGone}
)


@app.task(queue="imports", lock="imports", retry=RETRY, pass_context=True)
def run_import(context: JobContext, *, job_id: str) -> None:
    try:
        runner.run(UUID(job_id), should_stop=context.should_abort)
    except runner.Requeued as stopped:
        raise JobAborted from stopped


@app.task(queue="imports", lock="imports", retry=RETRY, pass_context=True)
def undo_import(context: JobContext, *, job_id: str) -> None:
    try:
        undo_runner.run(UUID(job_id), should_stop=context.should_abort)
    except runner.Requeued as stopped:
        raise JobAborted from stopped


@app.periodic(cron="* * * * * */10")
@app.task(queue="maintenance", queueing_lock="imports.recover")
def recover(timestamp: int) -> None:
    for job_id in maintenance.orphaned_jobs():
        run_import.defer(job_id=str(job_id))
    for job_id in maintenance.orphaned_undos():
        undo_import.defer(job_id=str(job_id))


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
