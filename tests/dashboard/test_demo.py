"""`manage.py demo`, as a process on the test database: what it leaves is a month that hangs together."""

import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.db.models import Count, F, Max, Min, Q, Sum
from django.test import Client
from django.utils.timezone import now
from pytest_django import DjangoDbBlocker

from catalog.models import Product, ProductCount
from dashboard.demo.supplier_files import to_bytes
from dashboard.demo.timeline import month
from dashboard.metrics.alerts import recent_alerts
from dashboard.metrics.health import health
from dashboard.metrics.stats import stats
from hooks.models import Attempt, Delivery, Event, Webhook
from imports.models import ImportJob
from tests import live, programs
from tests.database import empty_database
from tests.factories import make_undone

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

PRODUCTS = 300


def demo() -> subprocess.CompletedProcess[str]:
    command = ["manage.py", "demo", "--products", str(PRODUCTS)]
    return programs.run(command, {**os.environ, "DATABASE_URL": live.database_url()}, timeout=120)


@pytest.fixture(scope="module", autouse=True)
def filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        ended = demo()
        assert ended.returncode == 0, ended.stderr
        yield
        empty_database()
        connection.close()


def test_catalog_is_of_all_trades() -> None:
    trades = Product.objects.values_list("sku", flat=True)
    assert {sku[:2] for sku in trades} == {"HW", "KI", "OF", "GA", "LI"}
    assert PRODUCTS <= len(trades) <= PRODUCTS * 1.2


def test_imports_ended_in_every_way() -> None:
    ended = dict(ImportJob.objects.values_list("status").annotate(Count("id")))
    assert ended.keys() == {"completed", "cancelled", "failed", "ready"}
    assert ended["ready"] == ended["cancelled"] == 1
    assert ImportJob.objects.filter(status="completed", error_count__gt=20).exists()
    assert ImportJob.objects.exclude(undone_at=None).count() == 1


def test_everything_happened_within_the_month() -> None:
    for model, moment in ((ImportJob, "created_at"), (Event, "occurred_at"), (Delivery, "created_at")):
        times = model._default_manager.aggregate(first=Min(moment), last=Max(moment))
        assert times["first"] > now() - timedelta(days=30)
        assert times["last"] < now()
    assert ImportJob.objects.filter(completed_at__lt=F("started_at")).count() == 0


def test_dry_run_can_still_be_confirmed(client: Client) -> None:
    job = ImportJob.objects.get(status="ready")
    assert job.expires_at
    assert job.expires_at > now() + timedelta(hours=20)
    assert {change["kind"] for change in changes(client, job)} == {"created", "updated", "superseded"}


def changes(client: Client, job: ImportJob) -> list[dict[str, object]]:
    page = client.get(f"/api/jobs/{job.pk}/changes?page_size=500").json()
    return list(page["results"])


def test_last_import_can_still_be_undone() -> None:
    job = ImportJob.objects.filter(status="completed").latest("created_at")
    assert make_undone(job).reverted_count == job.updated_count > 0


def test_figures_are_those_of_the_tables() -> None:
    told = stats()
    assert told.total_products == Product.objects.count()
    assert told.active_products == Product.objects.filter(is_active=True).count()
    assert told.total_events_sent == Delivery.objects.exclude(accepted_at=None).count()
    assert told.failed_events == Delivery.objects.filter(status="failed").count() > 0
    assert ProductCount.objects.aggregate(total=Sum("total"))["total"] == told.total_products


def test_deliveries_are_counted_in_the_hours_they_happened_in(client: Client) -> None:
    points = client.get("/api/dashboard/timeseries?metric=deliveries&bucket=day").json()["points"]
    assert sum(point["values"]["delivered"] for point in points) == stats().total_events_sent
    assert sum(point["values"]["delivered"] > 0 for point in points) > 20


def test_latencies_are_told_of_every_day(client: Client) -> None:
    points = client.get("/api/dashboard/timeseries?metric=latency&bucket=day").json()["points"]
    assert sum(point["values"]["p50"] is not None for point in points) > 20


def test_receivers_have_names_that_belong_to_nobody() -> None:
    hosts = [urlsplit(url).hostname or "" for url in Webhook.objects.values_list("url", flat=True)]
    assert [host.rpartition(".")[2] for host in hosts] == ["example"] * 4


def test_one_webhook_fails_and_one_is_switched_off() -> None:
    assert list(Webhook.objects.order_by("pk").values_list("description", "is_enabled")) == [
        ("Web shop", True),
        ("Search index", True),
        ("Warehouse", True),
        ("Marketplace feed", False),
    ]
    titles = [alert.title for alert in recent_alerts(now()) if alert.webhook_id]
    assert titles == ["Warehouse is failing", "Marketplace feed was disabled"]


def test_nothing_is_due_or_late() -> None:
    assert health(now()).deliveries_due == 0
    assert health(now()).oldest_delivery is None


def test_attempts_are_those_their_deliveries_count() -> None:
    more_than_one = Delivery.objects.filter(Q(attempts__gt=1) | ~Q(error_code=""))
    assert more_than_one.aggregate(sum=Sum("attempts"))["sum"] == Attempt.objects.count() > 0


def test_events_are_what_receivers_would_be_sent() -> None:
    event = Event.objects.filter(event_type="product.updated").latest("pk")
    assert event.object_id
    product = Product.objects.get(pk=event.object_id)
    assert f'"sku":"{product.sku}"' in event.body
    assert f'"timestamp":"{event.occurred_at:%Y-%m-%dT%H:%M:%SZ}"' in event.body


def test_it_refuses_a_database_that_is_not_empty() -> None:
    ended = demo()
    assert ended.returncode == 1
    assert "this one has products and imports and webhooks" in ended.stderr
    assert ImportJob.objects.filter(filename="catalog-office.csv").count() == 1


def test_it_is_the_same_every_time() -> None:
    moment, files = now(), []
    for _ in range(2):
        rng = Random(7)  # noqa: S311 - the same numbers both times
        files.append([to_bytes(upload.file, rng) for upload in month(moment, 100, rng)])
    assert files[0] == files[1]
