"""Tasks of the catalog: run a bulk change, requeue orphaned ones, delete old journals, fold the count of products."""

from uuid import UUID

from django.db import InterfaceError, OperationalError
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import JobAborted

from catalog.bulk import maintenance, runner
from catalog.models import ProductCount

# A worker that shuts down requeues its bulk change.
RETRY = RetryStrategy(
    max_attempts=None, wait=1, retry_exceptions={JobAborted, OperationalError, InterfaceError}
)


# The lock makes bulk changes run one at a time, in the order in which they were requested.
@app.task(queue="products", lock="catalog.bulk_changes", retry=RETRY, pass_context=True)
def run_bulk_change(context: JobContext, *, change_id: str) -> None:
    try:
        runner.run(UUID(change_id), should_stop=context.should_abort)
    except runner.Requeued as stopped:
        raise JobAborted from stopped


@app.periodic(cron="* * * * * */10")
@app.task(queue="maintenance", queueing_lock="catalog.recover_bulk_changes")
def recover_bulk_changes(timestamp: int) -> None:
    for change_id in maintenance.orphaned_changes():
        run_bulk_change.defer(change_id=str(change_id))


@app.periodic(cron="23 * * * *")
@app.task(queue="maintenance", queueing_lock="catalog.prune_bulk_changes")
def prune_bulk_changes(timestamp: int) -> None:
    maintenance.prune_journals()
    maintenance.prune_changes()


@app.periodic(cron="* * * * *")
@app.task(queue="maintenance", queueing_lock="catalog.fold_product_count")
def fold_product_count(timestamp: int) -> None:
    ProductCount.objects.fold()
