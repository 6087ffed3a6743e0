"""Bulk changes in the hands of real workers, which are killed, paused and asked to stop."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import bulk_changes, tasks
from catalog.bulk import chunks, runner
from catalog.models import BulkChange, Product, ProductCount
from hooks.models import Event
from tests.factories import make_bulk_request, make_product, make_webhook
from tests.imports.workers import HASTY, until, working

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# Four chunks.
PRODUCTS = 3 * chunks.CHUNK_PRODUCTS + 1
STOPS_WITHIN_SECONDS = 25
# Longer than a worker waits for its tasks before it asks them to stop.
ASKED_AFTER_SECONDS = 3.5


def make_products() -> None:
    Product.objects.bulk_create(Product(sku=f"MUG-{number:04}", name="Mug") for number in range(PRODUCTS))


@contextmanager
def third_chunk_locked() -> Iterator[None]:
    """A worker applies two chunks and waits in the third."""
    with transaction.atomic():
        Product.objects.select_for_update().get(sku=f"MUG-{2 * chunks.CHUNK_PRODUCTS:04}")
        yield


def until_third_chunk(change: BulkChange) -> None:
    until(lambda: bulk_changes.get(change.pk).applied_chunks == 2, "two chunks are applied", 120)


def until_final(change: BulkChange) -> BulkChange:
    until(lambda: bulk_changes.get(change.pk).is_final, "the bulk change ends", 120)
    return bulk_changes.get(change.pk)


def queued() -> list[str]:
    entries = ProcrastinateJob.objects.filter(task_name=tasks.run_bulk_change.name)
    return list(entries.values_list("status", flat=True))


def test_change_whose_worker_is_killed_ends_as_if_it_had_not_been() -> None:
    make_products()
    make_webhook()
    change = make_bulk_request("delete")
    with working(**HASTY) as worker:
        with third_chunk_locked():
            until_third_chunk(change)
            worker.kill()
        worker.start()
        ended = until_final(change)
    assert (ended.status, ended.attempt, ended.changed_count) == ("completed", 2, PRODUCTS)
    assert (Product.objects.count(), ProductCount.objects.totals()) == (0, (0, 0))
    assert Event.objects.filter(event_type="product.deleted").count() == PRODUCTS


def test_worker_that_is_asked_to_stop_hands_its_change_to_the_next() -> None:
    make_products()
    change = make_bulk_request("deactivate")
    with working(**HASTY) as worker:
        with third_chunk_locked():
            until_third_chunk(change)
            worker.send(signal.SIGTERM)
            time.sleep(ASKED_AFTER_SECONDS)
        code = worker.process.wait(STOPS_WITHIN_SECONDS)
    handed_back = bulk_changes.get(change.pk)
    assert (code, handed_back.status, handed_back.applied_chunks, queued()) == (0, "running", 3, ["todo"])
    assert handed_back.attempts_without_progress == 0
    with working(**HASTY):
        ended = until_final(change)
    assert (ended.status, ended.attempt, ended.changed_count) == ("completed", 2, PRODUCTS)


def test_worker_that_pauses_within_a_chunk_loses_its_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    make_product(sku="MUG")
    monkeypatch.setattr(runner, "PAUSE_SECONDS", 0.2)

    def pause() -> None:
        try:
            with transaction.atomic():
                runner.limit_pauses()
                Product.objects.select_for_update().get()
                time.sleep(1)
                Product.objects.update(name="Never")
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool, pytest.raises((OperationalError, InterfaceError, DatabaseError)):
        pool.submit(pause).result()
    assert Product.objects.get().name != "Never"
