"""The ledger of deliveries: its sums are what COUNT says after every kind of write, and folding changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.utils.timezone import now

from hooks import tasks
from hooks.models import Attempt, Delivery, DeliveryCount, Event, Webhook
from tests.factories import make_delivery, make_webhook


def sql(statement: str) -> Callable[[], None]:
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return run


def totals() -> tuple[int, int]:
    sums = DeliveryCount.objects.aggregate(
        accepted=Sum("accepted", default=0), failed=Sum("failed", default=0)
    )
    return sums["accepted"], sums["failed"]


def counted() -> tuple[int, int]:
    accepted = Delivery.objects.filter(accepted_at__isnull=False)
    return accepted.count(), Delivery.objects.filter(status="failed", accepted_at=None).count()


COPY = """
INSERT INTO hooks_delivery (webhook_id, event_id, status, accepted_at)
SELECT webhook_id, event_id + 1000, status, accepted_at FROM hooks_delivery
"""
# Each of them on a delivery that is pending, one that was delivered and one that was given up.
WRITES: dict[str, Callable[[], object]] = {
    "insert": lambda: make_delivery(status="delivered", accepted_at=now()),
    "insert of many": sql(COPY),
    "given up": lambda: Delivery.objects.filter(status="pending").update(status="failed"),
    "all given up": lambda: Delivery.objects.update(status="failed"),
    "accepted": lambda: Delivery.objects.update(status="delivered", accepted_at=now()),
    "sent again": lambda: Delivery.objects.all().resend(),
    "raw update": sql("UPDATE hooks_delivery SET status = 'failed' WHERE status = 'pending'"),
    "update of something else": lambda: Delivery.objects.update(tries=1),
    "delete": lambda: Delivery.objects.filter(status="failed").delete(),
    "raw delete": sql("DELETE FROM hooks_delivery"),
    "TRUNCATE": sql("TRUNCATE hooks_delivery, hooks_attempt"),
    "webhook deleted": lambda: Webhook.objects.all().delete(),
}


def make_three() -> None:
    make_delivery()
    make_delivery(status="delivered", accepted_at=now())
    make_delivery(status="failed")


@pytest.mark.django_db
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_sums_are_what_count_says_after(write: Callable[[], object]) -> None:
    make_three()
    assert totals() == (1, 1)
    write()
    assert totals() == counted()


@pytest.mark.django_db
def test_a_write_undone_counts_for_nothing() -> None:
    make_three()
    with pytest.raises(DatabaseError), transaction.atomic():
        Delivery.objects.update(status="failed")
        sql("SELECT 1/0")()
    assert totals() == (1, 1)


@pytest.mark.django_db
def test_a_write_that_changes_no_count_writes_no_line() -> None:
    make_three()
    before = DeliveryCount.objects.count()
    make_delivery()
    Delivery.objects.update(tries=3)
    Delivery.objects.filter(status="pending").delete()
    assert DeliveryCount.objects.count() == before


@pytest.mark.django_db
def test_lines_are_folded_by_the_hour() -> None:
    make_three()
    make_three()
    DeliveryCount.objects.filter(accepted=1).update(hour=now() - timedelta(hours=5))
    tasks.fold_delivery_count(timestamp=0)
    lines = DeliveryCount.objects.order_by("hour").values_list("accepted", "failed")
    assert list(lines) == [(2, 0), (0, 2)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", [DeliveryCount.objects.fold, make_three], ids=["fold", "write"])
def test_fold_beside_another_counts_nothing_twice(other: Callable[[], object]) -> None:
    make_three()
    make_three()

    def run() -> None:
        other()
        connection.close()

    with transaction.atomic():
        DeliveryCount.objects.fold()
        thread = Thread(target=run)
        thread.start()
        thread.join(timeout=0.3)
    thread.join()
    assert totals() == counted()


# --- Pruning ---


def make_old() -> Delivery:
    month_ago = now() - timedelta(days=31)
    old = make_delivery(make_webhook(), occurred_at=month_ago, status="delivered", accepted_at=now())
    Attempt.objects.create(delivery=old, number=2, started_at=now(), duration_ms=1)
    return old


@pytest.mark.django_db
def test_what_is_old_is_removed_and_stays_counted() -> None:
    new = make_delivery(make_old().webhook, status="failed")
    tasks.prune(timestamp=0)
    assert list(Delivery.objects.all()) == [new]
    assert list(Event.objects.all()) == [new.event]
    assert not Attempt.objects.exists()
    assert totals() == (1, 1)
    pruned = DeliveryCount.objects.filter(pruned=True).aggregate(
        accepted=Sum("accepted"), failed=Sum("failed")
    )
    assert (pruned["accepted"] + counted()[0], pruned["failed"] + counted()[1]) == totals()


@pytest.mark.django_db
def test_everything_is_removed_when_all_of_it_is_old() -> None:
    make_old()
    tasks.prune(timestamp=0)
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_what_a_deleted_webhook_left_is_removed_and_stays_counted() -> None:
    make_three()
    Webhook.objects.all().delete()
    kept = make_delivery()
    tasks.prune(timestamp=0)
    assert list(Delivery.objects.all()) == [kept]
    assert totals() == (1, 1)


@pytest.mark.django_db
def test_pruning_goes_on_over_many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hooks.retention.CHUNK", 2)
    webhook = make_webhook()
    for _ in range(5):
        make_delivery(webhook, occurred_at=now() - timedelta(days=31))
    kept = make_delivery(webhook)
    tasks.prune(timestamp=0)
    assert list(Delivery.objects.all()) == [kept]
    assert list(Event.objects.all()) == [kept.event]


@pytest.mark.django_db
def test_a_replaced_secret_is_forgotten_once_it_signs_no_longer() -> None:
    over, signing = (
        make_webhook(previous_secret="encrypted", previous_secret_until=now() + timedelta(seconds=seconds))
        for seconds in (-1, 60)
    )
    tasks.prune(timestamp=0)
    over.refresh_from_db()
    signing.refresh_from_db()
    assert (over.previous_secret, over.previous_secret_until) == ("", None)
    assert (signing.previous_secret, over.secret != "") == ("encrypted", True)
