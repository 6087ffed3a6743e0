"""GET /api/dashboard/timeseries: figures by the hour and the day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from dashboard.metrics.timeseries import METRICS, SAMPLE_OF_BUCKET
from hooks.models import Delivery, DeliveryCount
from imports.models import ImportJob
from tests.factories import make_csv, make_delivery, make_import, make_webhook

pytestmark = pytest.mark.django_db(transaction=True)

DAY = datetime(2026, 3, 1, tzinfo=UTC)
OF_DAY = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}


def ask(client: Client, **query: str) -> Any:
    return client.get("/api/dashboard/timeseries", {**OF_DAY, **query})


def values(client: Client, metric: str, **query: str) -> dict[str, list[int]]:
    """Of each bucket in which anything happened."""
    points = ask(client, metric=metric, **query).json()["points"]
    return {point["at"]: list(point["values"].values()) for point in points if any(point["values"].values())}


def make_past_import(at: datetime, *lines: str, **options: object) -> None:
    job = make_import(make_csv(*lines), **options)
    ImportJob.objects.filter(pk=job.pk).update(created_at=at)


def make_past_delivery(at: datetime, milliseconds: int) -> None:
    """One that was accepted."""
    webhook = Delivery.objects.first()
    accepted = {"status": "delivered", "accepted_at": at + timedelta(milliseconds=milliseconds)}
    make_delivery(webhook.webhook if webhook else make_webhook(), occurred_at=at, created_at=at, **accepted)


def test_answer_has_every_bucket(client: Client) -> None:
    answer = ask(client, metric="rows", bucket="hour").json()
    assert {name: answer[name] for name in ("metric", "unit", "bucket", "from", "to", "series")} == {
        "metric": "rows",
        "unit": "rows",
        "bucket": "hour",
        **OF_DAY,
        "series": ["created", "updated", "unchanged", "rejected"],
    }
    assert len(answer["points"]) == 24
    assert answer["points"][23]["at"] == "2026-03-01T23:00:00Z"


@pytest.mark.parametrize(("bucket", "count"), [("hour", 24), ("day", 30)])
@pytest.mark.parametrize("metric", METRICS)
def test_without_a_time_the_last_one_is_told(client: Client, metric: str, bucket: str, count: int) -> None:
    answer = client.get("/api/dashboard/timeseries", {"metric": metric, "bucket": bucket}).json()
    assert len(answer["points"]) == count


def test_both_ends_are_widened_to_whole_buckets(client: Client) -> None:
    narrow = {"from": "2026-03-01T10:20:00Z", "to": "2026-03-01T11:00:01Z"}
    assert [point["at"] for point in ask(client, metric="rows", **narrow).json()["points"]] == [
        "2026-03-01T10:00:00Z",
        "2026-03-01T11:00:00Z",
    ]


def test_imports_are_counted_by_their_end(client: Client) -> None:
    make_past_import(DAY, "A-1,Anvil,,1,true")
    make_past_import(DAY + timedelta(minutes=59), "A-1,Anvil,,cheap,true", on_error="reject")
    make_past_import(DAY + timedelta(hours=5), "A-1,Anvil,,1,true", dry_run=True)
    make_past_import(DAY + timedelta(days=1), "A-1,Anvil,,1,true")
    assert values(client, "imports") == {
        "2026-03-01T00:00:00Z": [1, 1, 0, 0],
        "2026-03-01T05:00:00Z": [0, 0, 0, 1],
    }


def test_rows_are_counted_by_what_became_of_them(client: Client) -> None:
    make_past_import(DAY, "A-1,Anvil,,1,true", "B-2,Bucket,,cheap,true")
    make_past_import(DAY, "A-1,Anvil,,2,true", "a-1,Anvil,,3,true", "C-3,Cup,,1,true")
    assert values(client, "rows", bucket="day") == {"2026-03-01T00:00:00Z": [2, 1, 1, 1]}


def test_deliveries_are_counted_by_their_end(client: Client) -> None:
    DeliveryCount.objects.create(hour=DAY, accepted=5, failed=1)
    DeliveryCount.objects.create(hour=DAY, accepted=2, failed=0)
    DeliveryCount.objects.create(hour=DAY - timedelta(hours=1), accepted=9, failed=9)
    assert values(client, "deliveries") == {"2026-03-01T00:00:00Z": [7, 1]}


def test_more_sent_again_than_given_up_is_none_given_up(client: Client) -> None:
    DeliveryCount.objects.create(hour=DAY, accepted=3, failed=-3)
    assert values(client, "deliveries") == {"2026-03-01T00:00:00Z": [3, 0]}


def test_what_was_pruned_stays_counted(client: Client) -> None:
    DeliveryCount.objects.create(hour=DAY, accepted=4, failed=0)
    DeliveryCount.objects.create(hour=DAY + timedelta(hours=3), accepted=-4, failed=0)
    DeliveryCount.objects.create(hour=DAY + timedelta(hours=3), accepted=4, failed=0, pruned=True)
    assert values(client, "deliveries") == {"2026-03-01T00:00:00Z": [4, 0]}


def test_failures_are_those_of_imports_and_of_deliveries(client: Client) -> None:
    make_past_import(DAY, "A-1,Anvil,,cheap,true", on_error="reject")
    DeliveryCount.objects.create(hour=DAY, accepted=5, failed=2)
    assert values(client, "failures") == {"2026-03-01T00:00:00Z": [1, 2]}


def test_latency_is_from_the_change_to_its_acceptance(client: Client) -> None:
    for milliseconds in (100, 200, 300):
        make_past_delivery(DAY + timedelta(hours=2), milliseconds)
    make_past_delivery(DAY + timedelta(hours=4), 50)
    assert values(client, "latency") == {"2026-03-01T02:00:00Z": [200, 290], "2026-03-01T04:00:00Z": [50, 50]}


def test_latency_of_an_hour_without_deliveries_is_null(client: Client) -> None:
    assert ask(client, metric="latency").json()["points"][0]["values"] == {"p50": None, "p95": None}


def test_quiet_hour_beside_a_busy_one_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.metrics.timeseries.SAMPLE", 0)
    for number in range(5 * SAMPLE_OF_BUCKET):
        make_past_delivery(DAY + timedelta(seconds=number), 100)
    make_past_delivery(DAY + timedelta(hours=1), 70)
    assert values(client, "latency") == {"2026-03-01T00:00:00Z": [100, 100], "2026-03-01T01:00:00Z": [70, 70]}


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ({"metric": "luck"}, "/query/metric", "metric.invalid"),
        ({"bucket": "year"}, "/query/bucket", "bucket.invalid"),
        ({"from": "2026-03-02T00:00:00Z"}, "/query/from", "from.too_large"),
        ({"from": "2026-01-01T00:00:00Z"}, "/query/from", "from.too_small"),
        ({"from": "2999-01-01T00:00:00Z", "to": "2999-02-01T00:00:00Z"}, "/query/from", "from.too_large"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "/query/from", "from.invalid"),
        ({"to": "soon"}, "/query/to", "to.invalid"),
    ],
)
def test_invalid_query_is_refused(client: Client, query: dict[str, str], pointer: str, code: str) -> None:
    response = ask(client, **{"metric": "rows", **query})
    assert response.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in response.json()["errors"]] == [(pointer, code)]
