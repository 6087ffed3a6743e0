"""Whether work gets done, and what is said when it does not."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils.timezone import now

from dashboard.metrics.health import health
from hooks.models import Health
from imports.journal import undo
from imports.models import ImportJob
from tests.factories import make_csv, make_delivery, make_import, make_job, make_webhook

pytestmark = pytest.mark.django_db(transaction=True)


def make_worker(seen: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [seen])


def test_worker_that_was_seen_lately_is_alive() -> None:
    make_worker(now())
    make_worker(now() - timedelta(minutes=2))
    found = health(now())
    assert (found.workers, found.advice) == (1, "")


def test_without_a_worker_one_is_to_be_started() -> None:
    assert "No workers are running." in health(now()).advice


def test_import_that_waits_beside_an_idle_worker_is_told() -> None:
    make_worker(now())
    make_job(make_csv())
    found = health(now() + timedelta(seconds=90))
    assert (found.imports_queued, found.import_wait) == (1, 90)
    assert "An import is stuck in the queue." in found.advice


def test_import_that_waits_behind_another_is_in_order() -> None:
    make_worker(now())
    running = make_job(make_csv())
    ImportJob.objects.filter(pk=running.pk).update(status="processing", started_at=now())
    make_job(make_csv())
    assert health(now() + timedelta(seconds=90)).advice == ""


def test_undo_that_waits_beside_an_idle_worker_is_told() -> None:
    make_worker(now())
    job = undo.request(make_import(make_csv("A1,Mug,,1,")).pk)
    assert job.undo_requested_at
    found = health(job.undo_requested_at + timedelta(seconds=90))
    assert (found.imports_queued, found.import_wait) == (1, 90)
    assert "An import is stuck in the queue." in found.advice


def test_import_that_waits_behind_an_undo_is_in_order() -> None:
    make_worker(now())
    undo.request(make_import(make_csv("A1,Mug,,1,")).pk)
    ImportJob.objects.update(undo_status="processing")
    make_job(make_csv())
    assert health(now() + timedelta(seconds=90)).advice == ""


def test_late_delivery_is_told() -> None:
    make_worker(now())
    make_delivery(next_attempt_at=now() - timedelta(seconds=50))
    found = health(now())
    assert (found.deliveries_due, found.delivery_wait) == (1, 50)
    assert "Deliveries are falling behind." in found.advice


def test_delivery_that_is_not_due_is_not_late() -> None:
    make_delivery(next_attempt_at=now() + timedelta(hours=1))
    assert (health(now()).deliveries_due, health(now()).oldest_delivery) == (0, None)


def test_receiver_that_fails_makes_nothing_late() -> None:
    webhook = make_webhook()
    Health.objects.create(webhook=webhook, state="open")
    make_delivery(webhook, next_attempt_at=now() - timedelta(hours=1))
    assert health(now()).oldest_delivery is None


def test_webhook_that_is_switched_off_has_nothing_due() -> None:
    make_delivery(make_webhook(is_enabled=False), next_attempt_at=now() - timedelta(hours=1))
    assert health(now()).deliveries_due == 0


def test_receiver_that_asked_for_a_pause_makes_nothing_late() -> None:
    webhook = make_webhook()
    Health.objects.create(webhook=webhook, paused_until=now() + timedelta(hours=2))
    make_delivery(webhook, next_attempt_at=now() - timedelta(hours=1))
    assert health(now()).oldest_delivery is None
