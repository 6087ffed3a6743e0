"""Deliveries looked at, sent again, recovered."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from catalog.models import Product
from hooks.models import Attempt, Batch, Delivery, Event, Webhook
from tests.factories import make_product, make_webhook
from tests.hooks.sending import Time, send_all, statuses
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


def get(client: Client, path: str) -> Any:
    answer = client.get(f"/api/webhooks/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def post(client: Client, path: str, body: object = None) -> Any:
    return client.post(f"/api/webhooks/{path}", body or {}, content_type="application/json")


def make_deliveries(url: str, count: int = 1, **fields: object) -> Webhook:
    """Tried once each."""
    webhook = make_webhook(url, **fields)  # type: ignore[arg-type] # fields of the model
    Product.objects.bulk_create(Product(sku=f"P{number}", name="P") for number in range(count))
    send_all()
    return webhook


def test_deliveries_are_listed_newest_first_in_pages(client: Client, receiver: Receiver) -> None:
    webhook = make_deliveries(receiver.url("/ok"), 5)
    found, url = [], f"{webhook.pk}/deliveries/?page_size=2"
    while url:
        page = get(client, url)
        found += [result["object_id"] for result in page["results"]]
        url = (page["next"] or "").partition("/api/webhooks/")[2]
    assert found == list(Product.objects.order_by("-id").values_list("id", flat=True))


def test_deliveries_are_filtered(client: Client, receiver: Receiver) -> None:
    webhook = make_deliveries(receiver.url("/ok"))
    middle = now()
    Product.objects.all().delete()
    make_webhook("http://127.0.0.1:1/", ["product.deleted"])
    send_all()
    counts = {
        query: len(get(client, f"{webhook.pk}/deliveries/?{query}")["results"])
        for query in (
            "status=delivered", "status=failed", "event_type=product.deleted", f"since={middle:%Y-%m-%dT%H:%M:%S.%fZ}",
            f"until={middle:%Y-%m-%dT%H:%M:%S.%fZ}",
        )
    }  # fmt: skip
    assert list(counts.values()) == [2, 0, 1, 1, 1]


def test_a_delivery_shows_what_was_sent_and_answered(client: Client, receiver: Receiver) -> None:
    make_deliveries(receiver.url("/ok"))
    delivery, event = Delivery.objects.get(), Event.objects.get()
    shown = get(client, f"deliveries/{delivery.pk}/")
    assert (shown["status"], shown["status_code"], shown["attempt_count"]) == ("delivered", 200, 1)
    assert shown["event_id"] == receiver.received[0].headers["webhook-id"]
    assert shown["body"] == event.body == receiver.received[0].body.decode()
    assert shown["payload"]["data"]["sku"] == "P0"
    [attempt] = shown["attempts"]
    assert (attempt["number"], attempt["status_code"], attempt["response_body"]) == (1, 200, "ok")


def test_every_attempt_is_shown(client: Client, receiver: Receiver) -> None:
    receiver.script("/hook", "status/500?x-why=tired", "ok")
    make_deliveries(receiver.url("/hook"))
    clock = Time()
    clock.advance(seconds=10)
    send_all(clock)
    shown = get(client, f"deliveries/{Delivery.objects.get().pk}/")
    first, second = shown["attempts"]
    assert (first["status_code"], first["error_code"], first["response_headers"]["x-why"]) == (
        500, "status.5xx", "tired",
    )  # fmt: skip
    assert (second["status_code"], second["error"], second["number"]) == (200, None, 2)


def test_a_pending_delivery_says_when_it_is_tried_next(client: Client, receiver: Receiver) -> None:
    webhook = make_deliveries(receiver.url("/status/500"))
    [result] = get(client, f"{webhook.pk}/deliveries/")["results"]
    assert (result["status"], result["error_code"]) == ("pending", "status.5xx")
    assert result["next_attempt_at"] is not None


def test_an_unknown_delivery_is_404(client: Client) -> None:
    for answer in (client.get("/api/webhooks/deliveries/7/"), post(client, "deliveries/7/redeliver/")):
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:delivery.not_found")


# --- Again ---


def test_a_delivery_is_sent_again_under_the_same_id(client: Client, receiver: Receiver) -> None:
    make_deliveries(receiver.url("/ok"))
    delivery = Delivery.objects.get()
    answer = post(client, f"deliveries/{delivery.pk}/redeliver/")
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    send_all()
    first, second = receiver.received
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert second.headers["x-delivery-attempt"] == "2"
    attempts = Attempt.objects.order_by("number").values_list("number", "is_manual", "status_code")
    assert list(attempts) == [(1, False, 200), (2, True, 200)]


def test_what_was_given_up_has_all_its_attempts_before_it_again(client: Client, receiver: Receiver) -> None:
    make_deliveries(receiver.url("/status/500"))
    delivery = Delivery.objects.get()
    Delivery.objects.update(status="failed", tries=10, attempts=10, completed_at=now())
    post(client, f"deliveries/{delivery.pk}/redeliver/")
    send_all()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.tries, delivery.attempts) == ("pending", 1, 11)


def test_a_delivery_that_waits_for_its_retry_is_sent_now(client: Client, receiver: Receiver) -> None:
    receiver.script("/hook", "status/500", "ok")
    make_deliveries(receiver.url("/hook"))
    post(client, f"deliveries/{Delivery.objects.get().pk}/redeliver/")
    send_all()
    assert statuses() == ["delivered"]


def test_what_was_accepted_stays_accepted_while_it_is_sent_again(client: Client, receiver: Receiver) -> None:
    receiver.script("/hook", "ok", "status/410")
    make_deliveries(receiver.url("/hook"))
    accepted_at = Delivery.objects.get().accepted_at
    post(client, f"deliveries/{Delivery.objects.get().pk}/redeliver/")
    send_all()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.accepted_at) == ("failed", accepted_at)


def test_nothing_is_sent_again_to_one_that_is_switched_off(client: Client, receiver: Receiver) -> None:
    webhook = make_deliveries(receiver.url("/ok"))
    Webhook.objects.update(is_enabled=False)
    again = post(client, f"deliveries/{Delivery.objects.get().pk}/redeliver/")
    recovery = post(client, f"{webhook.pk}/recover/", {"since": "2025-01-01T00:00:00Z"})
    for answer in (again, recovery):
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:webhook.disabled")
    assert statuses() == ["delivered"]
    assert not Batch.objects.exists()


# --- Recovered ---


def test_recovery_sends_what_was_given_up_and_what_never_was_sent(client: Client, receiver: Receiver) -> None:
    receiver.script("/hook", "ok", "status/410", "ok")
    webhook = make_deliveries(receiver.url("/hook"))
    Product.objects.update(name="given up")
    send_all()
    Product.objects.update(name="never sent")
    send_all()
    assert statuses() == ["delivered", "failed"]
    client.patch(f"/api/webhooks/{webhook.pk}/", {"is_enabled": True}, content_type="application/json")
    answer = post(
        client, f"{webhook.pk}/recover/", {"since": f"{now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}
    )
    assert (answer.status_code, answer.json()["message"]) == (202, "Recovery started.")
    send_all()
    assert statuses() == ["delivered"] * 3
    names = [
        name for request in receiver.received for name in (b"given up", b"never sent") if name in request.body
    ]
    assert sorted(names) == [b"given up", b"given up", b"never sent"]
    assert len(receiver.received) == 4
    assert not Batch.objects.exists()


def test_recovery_keeps_to_its_time_and_to_what_is_wanted(client: Client, receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/ok"), ["product.deleted"])
    make_webhook("http://127.0.0.1:1/", is_enabled=False, recorded_until=now() + timedelta(days=1))
    make_product().delete()
    middle = now()
    make_product().delete()
    Delivery.objects.all().delete()
    Batch.objects.all().delete()
    post(client, f"{webhook.pk}/recover/", {"since": "2025-01-01T00:00:00Z", "until": middle.isoformat()})
    send_all()
    assert [request.headers["x-event-type"] for request in receiver.received] == ["product.deleted"]


def test_recovery_of_nothing_is_nothing(client: Client) -> None:
    webhook = make_webhook()
    assert post(client, f"{webhook.pk}/recover/", {"since": "2025-01-01T00:00:00Z"}).status_code == 202
    assert not Batch.objects.exists()


def test_recovery_of_a_time_that_ends_before_it_begins_is_refused(client: Client) -> None:
    webhook = make_webhook()
    body = {"since": "2025-01-02T00:00:00Z", "until": "2025-01-01T00:00:00Z"}
    [fault] = post(client, f"{webhook.pk}/recover/", body).json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/until", "until.too_small")
