"""GET /api/dashboard/stats: what COUNT over the tables says, at every moment."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from dashboard.metrics.stats import stats
from dashboard.schemas import StatsOut
from hooks.models import Delivery, Webhook
from imports.models import ImportJob
from tests.factories import make_csv, make_delivery, make_job, make_product, make_webhook

STATS = "/api/dashboard/stats"


def counted() -> StatsOut:
    """The slow way."""
    return StatsOut(
        total_products=Product.objects.count(),
        active_products=Product.objects.filter(is_active=True).count(),
        recent_imports=ImportJob.objects.filter(created_at__gte=Now() - timedelta(days=7)).count(),
        configured_webhooks=Webhook.objects.count(),
        total_events_sent=Delivery.objects.filter(accepted_at__isnull=False).count(),
        failed_events=Delivery.objects.filter(status="failed", accepted_at=None).count(),
    )


@pytest.mark.django_db
def test_an_empty_system_has_six_zeros(client: Client) -> None:
    assert client.get(STATS).json() == {
        "total_products": 0,
        "active_products": 0,
        "recent_imports": 0,
        "configured_webhooks": 0,
        "total_events_sent": 0,
        "failed_events": 0,
    }


@pytest.mark.django_db(transaction=True)
def test_each_figure_counts_its_own(client: Client) -> None:
    webhook = make_webhook(event_types=["import.completed"])
    for number in range(6):
        make_product(is_active=number > 0)
        make_delivery(webhook, status="delivered", accepted_at=now())
    make_delivery(webhook, status="failed"), make_delivery(webhook)
    for days in (1, 6, 8):
        job = make_job(make_csv())
        ImportJob.objects.filter(pk=job.pk).update(created_at=now() - timedelta(days=days))
    assert client.get(STATS).json() == {
        "total_products": 6,
        "active_products": 5,
        "recent_imports": 2,
        "configured_webhooks": 1,
        "total_events_sent": 6,
        "failed_events": 1,
    }


@pytest.mark.django_db(transaction=True)
def test_figures_are_what_count_says_while_everything_moves() -> None:
    done = Event()

    def work() -> None:
        webhook = make_webhook(event_types=["import.completed"])
        while not done.is_set():
            product = make_product()
            delivery = make_delivery(webhook)
            Delivery.objects.filter(pk=delivery.pk).update(status="delivered", accepted_at=now())
            make_delivery(webhook, status="failed")
            Delivery.objects.filter(webhook=webhook, status="failed").resend()
            product.delete()
        connection.close()

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    looks = 0
    try:
        while looks < 100:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                assert stats() == counted()
            looks += 1
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert stats() == counted()
    assert stats().total_events_sent > 0


@pytest.mark.django_db
def test_one_statement_tells_it_all(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        stats()
