"""From a change to its receiver: what arrives, what is written of it, what follows from a failure."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from django.utils.timezone import now
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from catalog import products
from catalog.models import Product
from hooks import webhooks
from hooks.http.client import Deadlines
from hooks.models import Attempt, Delivery, Event, Health, Webhook
from hooks.secrets import encryption
from tests.factories import make_product, make_webhook
from tests.hooks.sending import HASTY, Stopped, Time, send_all, statuses
from tests.receiver import Received, Receiver

pytestmark = pytest.mark.django_db(transaction=True)


def secret_of(webhook: Webhook) -> str:
    return encryption.default_encryptor().decrypt(webhook.secret)


def test_a_change_arrives_in_its_very_words(receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"))
    make_product()
    send_all()
    event = Event.objects.get()
    [request] = receiver.received
    assert request.body.decode() == event.body
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == event.message_id
    assert request.headers["x-event-type"] == "product.created"
    assert request.headers["x-event-sequence"] == str(event.pk)
    assert request.headers["x-delivery-attempt"] == "1"


def test_a_delivery_that_got_through_is_its_own_record(receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"))
    make_product()
    send_all()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.tries) == ("delivered", 1, 1)
    assert (delivery.status_code, delivery.error_code, delivery.response_body) == (200, "", "ok")
    assert delivery.accepted_at == delivery.completed_at is not None
    assert not Attempt.objects.exists()


def test_every_delivery_is_verified_by_the_library(receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/ok"))
    product = make_product(name='"Müg" \\ \U0001f600')
    products.change(product.pk, name="Cup")
    products.remove(product.pk)
    send_all()
    told = [
        Verifier(secret_of(webhook)).verify(request.body, request.headers) for request in receiver.received
    ]
    assert sorted(message["event_type"] for message in told) == [
        "product.created", "product.deleted", "product.updated",
    ]  # fmt: skip


def test_while_a_secret_is_replaced_both_verify(receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/ok"))
    old = make_webhook().secret
    Webhook.objects.filter(pk=webhook.pk).update(
        previous_secret=old, previous_secret_until=now() + timedelta(hours=1), event_types=["product.created"]
    )
    Webhook.objects.exclude(pk=webhook.pk).delete()
    make_product()
    send_all()
    [request] = receiver.received
    for encrypted in (webhook.secret, old):
        assert Verifier(encryption.default_encryptor().decrypt(encrypted)).verify(
            request.body, request.headers
        )


def test_an_old_secret_signs_no_longer_than_it_is_good(receiver: Receiver) -> None:
    past = now() - timedelta(seconds=1)
    make_webhook(
        receiver.url("/ok"), previous_secret=make_webhook(is_enabled=False).secret, previous_secret_until=past
    )
    make_product()
    send_all()
    assert receiver.received[0].headers["webhook-signature"].count("v1,") == 1


def test_its_own_headers_are_sent(receiver: Receiver) -> None:
    headers = encryption.default_encryptor().encrypt(json.dumps({"Authorization": "Bearer abc"}))
    make_webhook(receiver.url("/ok"), headers=headers)
    make_product()
    send_all()
    assert receiver.received[0].headers["authorization"] == "Bearer abc"


def test_each_webhook_gets_what_it_wants(receiver: Receiver) -> None:
    make_webhook(receiver.url("/created"), ["product.created"])
    make_webhook(receiver.url("/all"), ["*"])
    make_webhook(receiver.url("/off"), ["*"], is_enabled=False)
    receiver.script("/created", "ok")
    receiver.script("/all", "ok")
    make_product().delete()
    send_all()
    assert sorted(request.path for request in receiver.received) == ["/all", "/all", "/created"]


def test_a_webhook_is_told_nothing_that_was_before_it(receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"))
    make_product()
    make_webhook(receiver.url("/later"))
    send_all()
    assert [request.path for request in receiver.received] == ["/ok"]


def test_a_failure_is_written_and_tried_again_in_five_seconds(receiver: Receiver) -> None:
    make_webhook(receiver.url("/hook"))
    receiver.script("/hook", "status/500", "ok")
    make_product()
    clock = Time()
    send_all(clock)
    delivery = Delivery.objects.get()
    attempt = Attempt.objects.get()
    assert (delivery.status, delivery.attempts, delivery.error_code) == ("pending", 1, "status.5xx")
    assert (attempt.number, attempt.status_code, attempt.response_body) == (1, 500, "said so")
    wait = delivery.next_attempt_at - attempt.started_at
    assert timedelta(seconds=4) <= wait <= timedelta(seconds=6.5)
    assert delivery.completed_at is None


def test_a_retry_carries_the_same_id_and_body(receiver: Receiver) -> None:
    make_webhook(receiver.url("/hook"))
    receiver.script("/hook", "status/500", "close", "ok")
    make_product()
    clock = Time()
    for _ in range(3):
        send_all(clock)
        clock.advance(minutes=10)
    assert {(request.headers["webhook-id"], request.body) for request in receiver.received} == {
        (Event.objects.get().message_id, Event.objects.get().body.encode())
    }
    assert [request.headers["x-delivery-attempt"] for request in receiver.received] == ["1", "2", "3"]
    log = Attempt.objects.order_by("number").values_list("number", "error_code")
    assert list(log) == [(1, "status.5xx"), (2, "connection.lost"), (3, "")]
    assert statuses() == ["delivered"]


def test_nothing_is_tried_before_it_is_due(receiver: Receiver) -> None:
    make_webhook(receiver.url("/status/500"))
    make_product()
    clock = Time()
    send_all(clock)
    clock.advance(seconds=3)
    send_all(clock)
    assert len(receiver.received) == 1


def test_after_ten_attempts_a_delivery_is_given_up(receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/status/500"))
    make_product()
    clock = Time()
    for _ in range(11):
        # As if others got through meanwhile: it is the delivery that is looked at, not the breaker.
        Health.objects.filter(webhook=webhook).update(consecutive_failures=0, failing_since=None)
        send_all(clock)
        clock.advance(hours=30)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("failed", 10)
    assert delivery.completed_at and not delivery.accepted_at
    assert len(receiver.received) == Attempt.objects.count() == 10


def test_ten_failures_in_a_row_leave_the_others_untried(receiver: Receiver) -> None:
    make_webhook(receiver.url("/status/500"), max_in_flight=1)
    Product.objects.bulk_create(Product(sku=f"P{number}", name="P") for number in range(50))
    send_all()
    assert len(receiver.received) == 10
    assert Delivery.objects.filter(attempts=0, status="pending").count() == 40
    health = Health.objects.get()
    assert (health.state, health.consecutive_failures, health.owner) == ("open", 10, None)


def test_a_single_probe_finds_out_whether_the_receiver_is_back(receiver: Receiver) -> None:
    make_webhook(receiver.url("/hook"), max_in_flight=1)
    receiver.script("/hook", *["status/500"] * 11, "ok")
    Product.objects.bulk_create(Product(sku=f"P{number}", name="P") for number in range(50))
    clock = Time()
    send_all(clock)
    clock.advance(seconds=31)
    send_all(clock)
    assert len(receiver.received) == 11
    clock.advance(seconds=61)
    send_all(clock)
    assert statuses() == ["delivered"] * 50
    assert Health.objects.get().state == "healthy"


def test_gone_switches_the_webhook_off_with_the_reason(receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/status/410"))
    make_product(), make_product()
    send_all()
    webhook.refresh_from_db()
    assert not webhook.is_enabled
    assert "410" in webhook.disabled_reason
    assert webhook.disabled_at
    # What it missed is kept to be recovered.
    assert webhook.recorded_until and webhook.recorded_until > now() + timedelta(days=29)
    make_product()
    assert Event.objects.count() == 3


def test_retry_after_holds_back_the_others_too(receiver: Receiver) -> None:
    make_webhook(receiver.url("/status/429?retry-after=120"), max_in_flight=1)
    make_product(), make_product()
    clock = Time()
    send_all(clock)
    clock.advance(seconds=110)
    send_all(clock)
    assert len(receiver.received) == 1
    clock.advance(seconds=15)
    send_all(clock)
    assert len(receiver.received) == 2


def test_a_slow_receiver_is_none_of_the_others_business(receiver: Receiver) -> None:
    make_webhook(receiver.url("/hang")), make_webhook(receiver.url("/ok"))
    Product.objects.bulk_create(Product(sku=f"P{number}", name="P") for number in range(200))
    send_all(deadlines=HASTY)
    healthy = [request for request in receiver.received if request.path == "/ok"]
    assert len(healthy) == 200
    assert Delivery.objects.filter(status="delivered").count() == 200
    assert Health.objects.filter(state="open").count() == 1


def test_many_that_hang_leave_room_for_one_that_answers(receiver: Receiver) -> None:
    """With as many due as would take all connections until their deadlines."""
    for _ in range(15):
        make_webhook(receiver.url("/hang"))
    make_webhook(receiver.url("/ok"))
    Product.objects.bulk_create(Product(sku=f"P{number}", name="P") for number in range(2))
    send_all(deadlines=Deadlines(connect=2, head=2, body=2, total=2), connections=20)
    arrived = [request.at for request in receiver.received if request.path == "/ok"]
    assert len(arrived) == 2
    assert arrived[1] - receiver.received[0].at < 1.5


def test_no_more_are_under_way_at_once_than_the_webhook_takes(receiver: Receiver) -> None:
    make_webhook(receiver.url("/delay/0.05"), max_in_flight=2)
    Product.objects.bulk_create(Product(sku=f"P{number}", name="P") for number in range(20))
    send_all()
    assert len({request.connection for request in receiver.received}) <= 2
    assert statuses() == ["delivered"] * 20


def test_no_more_are_sent_a_second_than_the_webhook_takes(receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"), rate_per_second=50)
    Product.objects.bulk_create(Product(sku=f"P{number}", name="P") for number in range(55))
    send_all()
    took = receiver.received[-1].at - receiver.received[0].at
    assert 0.9 <= took <= 1.6


def test_everything_of_a_large_change_arrives_once(receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"))
    Product.objects.bulk_create(Product(sku=f"P{number}", name="P") for number in range(3000))
    send_all()
    ids = [request.headers["webhook-id"] for request in receiver.received]
    assert len(ids) == len(set(ids)) == 3000
    assert statuses() == ["delivered"] * 3000


def test_a_change_that_is_undone_is_never_sent(receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        make_product()
        raise ZeroDivisionError
    send_all()
    assert (receiver.received, Event.objects.count(), Delivery.objects.count()) == ([], 0, 0)


# --- To the microsecond, by a clock that stands still ---


def test_retry_after_says_when(receiver: Receiver) -> None:
    make_webhook(receiver.url("/status/503?retry-after=7200"))
    make_product()
    clock = Stopped()
    send_all(clock)
    assert Delivery.objects.get().next_attempt_at == clock() + timedelta(hours=2)
    assert Health.objects.get().paused_until == clock() + timedelta(hours=2)


def test_retry_after_counts_for_a_day_at_most(receiver: Receiver) -> None:
    make_webhook(receiver.url("/status/429?retry-after=604800"))
    make_product()
    clock = Stopped()
    send_all(clock)
    assert Delivery.objects.get().next_attempt_at == clock() + timedelta(days=1)
    clock.advance(days=1)
    send_all(clock)
    assert len(receiver.received) == 2


def test_the_breaker_lets_its_probes_through_at_their_times(receiver: Receiver) -> None:
    make_webhook(receiver.url("/status/500"), max_in_flight=1)
    Product.objects.bulk_create(Product(sku=f"P{number}", name="P") for number in range(50))
    clock = Stopped()
    send_all(clock)
    for sent, seconds in enumerate((30, 60, 120, 240, 480, 900, 900), start=10):
        assert Health.objects.get().next_probe_at == clock() + timedelta(seconds=seconds)
        clock.advance(seconds=seconds - 0.001)
        send_all(clock)
        assert len(receiver.received) == sent
        clock.advance(seconds=0.001)
        send_all(clock)
        assert len(receiver.received) == sent + 1
    assert Health.objects.get().probes == 7


def test_after_the_breaker_it_starts_slowly(receiver: Receiver) -> None:
    """One, then two at once, then four and eight, each wave once the one before was answered."""
    receiver.script("/hook", *["status/500"] * 10, "delay/0.3")
    make_webhook(receiver.url("/hook"), max_in_flight=16)
    Product.objects.bulk_create(Product(sku=f"P{number}", name="P") for number in range(20))
    Webhook.objects.update(max_in_flight=1)
    clock = Stopped()
    send_all(clock)
    Webhook.objects.update(max_in_flight=16)
    clock.advance(seconds=30)
    send_all(clock)
    came = [request.at for request in receiver.received[10:]]
    waves = [1, 2, 4, 8, 5]
    firsts = [came[sum(waves[:number])] for number in range(len(waves))]
    assert all(later - earlier > 0.25 for earlier, later in pairwise(firsts))
    assert statuses() == ["delivered"] * 20


def test_five_days_without_a_success_switch_it_off(receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/status/500"), max_in_flight=1)
    Product.objects.bulk_create(Product(sku=f"P{number}", name="P") for number in range(50))
    clock = Stopped()
    send_all(clock)
    clock.advance(days=5, seconds=-1)
    send_all(clock)
    webhook.refresh_from_db()
    assert (webhook.is_enabled, Health.objects.get().state) == (True, "open")
    clock.advance(minutes=15)
    send_all(clock)
    webhook.refresh_from_db()
    assert (webhook.is_enabled, Health.objects.get().state) == (False, "disabled")
    assert webhook.disabled_reason == (
        "No delivery succeeded for 5 days (12 attempts). Last error: The endpoint returned 500 Internal Server Error."
    )
    clock.advance(days=1)
    send_all(clock)
    assert len(receiver.received) == 12


def test_deliveries_are_verified_before_during_and_after_the_overlap(receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/ok"))
    old = secret_of(webhook)
    verified = []
    for overlap in (None, timedelta(hours=1), timedelta()):
        if overlap is not None:
            webhook, new = webhooks.rotate_secret(webhook.pk, overlap)
        make_product()
        send_all()
        request = receiver.received[-1]
        secrets = [old] if overlap is None else [old, new]
        verified.append([is_verified(secret, request) for secret in secrets])
    # The second rotation was without any overlap.
    assert verified == [[True], [True, True], [False, True]]


def is_verified(secret: str, request: Received) -> bool:
    try:
        return bool(Verifier(secret).verify(request.body, request.headers))
    except WebhookVerificationError:
        return False
