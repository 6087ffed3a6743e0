"""The overview: everything it tells, by few queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from hooks.models import Health, Webhook
from imports.journal import undo
from imports.models import ImportJob
from tests.factories import make_csv, make_delivery, make_import, make_job, make_product, make_webhook

pytestmark = pytest.mark.django_db(transaction=True)

QUERIES_MAX = 10


def page(client: Client, address: str = "/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_empty_system_is_told_what_to_do(client: Client) -> None:
    shown = page(client)
    assert "Your catalog is empty. Import a file to get started." in shown
    assert "No workers are running." in shown
    assert "All clear. Failed imports, skipped rows and unreachable webhooks show up here." in shown


def test_figures_are_grouped_and_explained(client: Client) -> None:
    for _ in range(3):
        make_product()
    figure = '<dt><a href="/products/">Products</a></dt><dd class="figure">3</dd><dd class="meaning">in the catalog</dd>'
    assert figure in page(client)


def test_running_import_has_its_bar(client: Client) -> None:
    job = make_job(make_csv("A-1,Anvil,,1,true"))
    ImportJob.objects.update(
        status="processing",
        phase="applying",
        progress=42,
        total_rows=2000,
        created_count=1000,
        started_at=now(),
    )
    shown = page(client)
    assert f'data-job="{job.pk}"' in shown
    assert 'value="42"' in shown
    assert "1,000 of 2,000" in shown


def test_import_that_is_being_undone_has_its_bar(client: Client) -> None:
    job = undo.request(make_import(make_csv("A-1,Anvil,,1,true", "B-2,Bucket,,1,true")).pk)
    assert "Undo requested" in page(client)
    ImportJob.objects.filter(pk=job.pk).update(undo_status="processing", undo_progress=50, reverted_count=1)
    shown = page(client)
    assert f'data-job="{job.pk}" data-phase="undo processing"' in shown
    assert "1 of 2 done" in shown


def test_failed_undo_has_its_next_step(client: Client) -> None:
    undo.request(make_import(make_csv("A-1,Anvil,,1,true")).pk)
    ImportJob.objects.update(
        undo_status="failed", undo_failure_code="undo.crash_loop", undo_failure_message="It crashed."
    )
    shown = page(client)
    assert "products.csv was not completely undone" in shown
    assert "undo the import again" in shown


def test_failed_import_has_its_next_step(client: Client) -> None:
    make_import(make_csv("A-1,Anvil,,cheap,true"), on_error="reject")
    shown = page(client)
    assert "products.csv failed" in shown
    assert "or change the settings and run it again: skip rows with errors." in shown


def test_left_out_rows_have_their_next_step(client: Client) -> None:
    make_import(make_csv("A-1,Anvil,,cheap,true"))
    shown = page(client)
    assert "products.csv: 1 row skipped" in shown
    assert "Download and fix the rows." in shown


def test_old_failure_is_not_told(client: Client) -> None:
    make_import(make_csv("A-1,Anvil,,cheap,true"))
    ImportJob.objects.update(created_at=Now() - timedelta(days=8))
    assert "skipped</a>" not in page(client)


def test_webhook_that_was_switched_off_has_its_next_step(client: Client) -> None:
    webhook = make_webhook(description="The shop")
    Webhook.objects.update(is_enabled=False, disabled_at=now(), disabled_reason="It answered 410 Gone.")
    shown = page(client)
    assert "The shop was disabled" in shown
    assert "It answered 410 Gone." in shown
    assert "Fix the endpoint, enable the webhook, then resend missed events." in shown
    assert webhook.url not in shown


def test_webhook_that_a_person_switched_off_is_in_order(client: Client) -> None:
    make_delivery(make_webhook(description="The shop", is_enabled=False), status="failed", completed_at=now())
    assert "The shop" not in page(client)


def test_failing_webhook_is_counted_by_the_system_health(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    assert '<span class="badge is-ok">Healthy</span>' in page(client)
    Health.objects.create(webhook=make_webhook(), state="open")
    assert '<span class="badge is-warn">1 webhook failing</span>' in page(client)


def test_preview_without_changes_is_not_in_progress(client: Client) -> None:
    make_import(make_csv("A-1,Anvil,,1,true"))
    assert "No imports in progress" in page(client)
    make_import(make_csv("A-1,Anvil,,1,true"), dry_run=True)
    assert "No imports in progress" in page(client)
    make_import(make_csv("A-1,Anvil,,2,true"), dry_run=True)
    assert "1 change to review." in page(client)


def test_failing_webhook_is_told(client: Client) -> None:
    webhook = make_webhook(description="The shop")
    Health.objects.create(webhook=webhook, state="open", consecutive_failures=14, failing_since=now())
    assert "14 failed attempts in a row." in page(client)


@pytest.mark.parametrize(("count", "sentence"), [(1, "1 delivery failed."), (2, "2 deliveries failed.")])
def test_failed_deliveries_are_listed(client: Client, count: int, sentence: str) -> None:
    webhook = make_webhook()
    for _ in range(count):
        make_delivery(webhook, status="failed", completed_at=now())
    assert sentence in page(client)


@pytest.mark.parametrize("window", ["24h", "7d", "30d"])
def test_windows_have_their_charts(client: Client, window: str) -> None:
    make_import(make_csv("A-1,Anvil,,1,true"))
    shown = page(client, f"/?window={window}")
    assert shown.count('<figure class="card chart"') == 3
    assert "created 1</li>" in shown


def test_unknown_window_is_not_found(client: Client) -> None:
    assert client.get("/?window=1y").status_code == 404


def test_queries_do_not_grow_with_what_there_is(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        make_import(make_csv(f"A-{number},Anvil,,cheap,true"))
        make_delivery(status="failed", completed_at=now())
        make_job(make_csv())
    with django_assert_max_num_queries(QUERIES_MAX):
        page(client)


def test_page_is_small(client: Client) -> None:
    for number in range(12):
        make_import(make_csv(f"A-{number},Anvil,,cheap,true"))
        make_delivery(status="failed", completed_at=now())
    assert len(client.get("/?window=30d").content) < 60_000


def test_latest_trouble_comes_first(client: Client) -> None:
    make_import(make_csv("A-1,Anvil,,cheap,true"))
    webhook = make_webhook(description="The shop")
    Health.objects.create(webhook=webhook, state="open", failing_since=now() - timedelta(hours=1))
    shown = page(client)
    assert shown.index("1 row skipped") < shown.index("The shop is failing")
    Health.objects.update(failing_since=now() + timedelta(seconds=1))
    shown = page(client)
    assert shown.index("The shop is failing") < shown.index("1 row skipped")


def test_part_that_moves_comes_by_itself(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    job = make_import(make_csv("A-1,Anvil,,1,true"), dry_run=True)
    make_product()
    with django_assert_max_num_queries(4):
        part = page(client, "/running/")
    assert part.startswith('<div id="running"')
    assert f"/imports/{job.pk}/" in part
    assert '<dd class="figure">1</dd>' in part
    assert part.removesuffix("</div>").strip() in page(client)
