"""Bulk changes in the hands of real workers, which are killed, paused and asked to stop."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import bulk_changes, tasks
from catalog.bulk import runner
from catalog.models import BulkChange, Product, ProductCount
from hooks.models import Event
from tests.factories import make_bulk_request, make_product, make_webhook
from tests.imports.workers import HASTY, until, working

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PRODUCTS = 40_000
STOPS_WITHIN_SECONDS = 25


def make_products() -> None:
    Product.objects.bulk_create(
        (Product(sku=f"MUG-{number:05}", name="Mug") for number in range(PRODUCTS)), batch_size=10_000
    )


def until_within(change: BulkChange) -> None:
    until(lambda: bulk_changes.get(change.pk).applied_chunks >= 2, "two chunks are applied")


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
        until_within(change)
        worker.kill()
        hit = bulk_changes.get(change.pk)
        worker.start()
        ended = until_final(change)
    assert 2 <= hit.applied_chunks < hit.chunk_count
    assert (ended.status, ended.attempt, ended.changed_count) == ("completed", 2, PRODUCTS)
    assert (Product.objects.count(), ProductCount.objects.totals()) == (0, (0, 0))
    assert Event.objects.filter(event_type="product.deleted").count() == PRODUCTS


def test_worker_that_is_asked_to_stop_hands_its_change_to_the_next() -> None:
    make_products()
    change = make_bulk_request("deactivate")
    with working(**HASTY) as worker:
        until_within(change)
        code = worker.stop(STOPS_WITHIN_SECONDS)
    handed_back = bulk_changes.get(change.pk)
    assert (code, handed_back.status, queued()) == (0, "running", ["todo"])
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
