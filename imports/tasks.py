"""The imports' entries in the queue: running one, finding lost ones, pruning what is no longer needed.

Shallow on purpose: imports.engine imports, imports.upkeep looks after the rest."""

from uuid import UUID

from django.db import InterfaceError, OperationalError
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import JobAborted

from imports import engine, upkeep
from lib.forkserver import ServerGone

# One import at a time, over all workers: the lock. A worker that shuts down puts its import back.
AGAIN = RetryStrategy(
    max_attempts=None, wait=1, retry_exceptions={JobAborted, OperationalError, InterfaceError, ServerGone}
)


@app.task(queue="imports", lock="imports", retry=AGAIN, pass_context=True)
def run_import(context: JobContext, *, job_id: str) -> None:
    try:
        engine.run(UUID(job_id), should_stop=context.should_abort)
    except engine.HandedBack as stopped:
        raise JobAborted from stopped


@app.periodic(cron="* * * * * */10")
@app.task(queue="maintenance", queueing_lock="imports.recover")
def recover(timestamp: int) -> None:
    for job_id in upkeep.lost_jobs():
        run_import.defer(job_id=str(job_id))


@app.periodic(cron="17 * * * *")
@app.task(queue="maintenance", queueing_lock="imports.prune")
def prune(timestamp: int) -> None:
    upkeep.prune_files()
    upkeep.prune_journals()
    upkeep.prune_rejections()
    upkeep.prune_jobs()
    upkeep.drop_leftover_tables()


@app.periodic(cron="* * * * *")
@app.task(queue="maintenance", queueing_lock="imports.expire")
def expire(timestamp: int) -> None:
    upkeep.expire_dry_runs()
