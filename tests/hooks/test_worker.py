"""A real worker: woken by whatever changes a product, killed, and started again."""

import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from catalog.models import Product
from hooks.delivery.worker import UNWRITTEN_MAX
from hooks.models import IN_FLIGHT_DEFAULT, Attempt, Delivery, Event, Health, Webhook
from tests.database import empty_database
from tests.factories import make_product, make_webhook
from tests.hooks.sending import statuses
from tests.imports.workers import HASTY, Worker, until, working
from tests.receiver import Receiver

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def worker() -> Iterator[Worker]:
    with working(**HASTY) as started:
        yield started
    empty_database()


def delivered() -> int:
    return Delivery.objects.filter(status="delivered").count()


def make_woken(receiver: Receiver) -> Webhook:
    """A webhook whose first event has arrived: the worker is up."""
    webhook = make_webhook(receiver.url("/ok"))
    make_product()
    receiver.wait_for(1, seconds=30)
    return webhook


def test_a_change_by_the_api_arrives_at_once(receiver: Receiver, worker: Worker, client: Client) -> None:
    make_woken(receiver)
    waits = []
    for number in range(5):
        body = {"sku": f"A-{number}", "name": "A"}
        client.post("/api/products/", body, content_type="application/json")
        answered = time.time()
        waits.append(receiver.wait_for(number + 2)[-1].at - answered)
    assert sorted(waits)[2] < 0.2
    until(lambda: delivered() == 6, "all of it is written")


def test_a_change_by_sql_arrives_at_once(receiver: Receiver, worker: Worker) -> None:
    make_woken(receiver)
    began = time.time()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET name = 'by hand'")
    assert receiver.wait_for(2)[1].at - began < 0.9


def test_another_url_is_used_from_the_next_event_on(
    receiver: Receiver, worker: Worker, client: Client
) -> None:
    webhook = make_woken(receiver)
    until(lambda: delivered() == 1, "the first is written")
    body = {"url": receiver.url("/status/200")}
    client.patch(f"/api/webhooks/{webhook.pk}/", body, content_type="application/json")
    make_product()
    assert receiver.wait_for(2)[1].path == "/status/200"


def test_another_url_does_not_wait_for_an_old_one_that_hangs(
    receiver: Receiver, worker: Worker, client: Client
) -> None:
    webhook = make_webhook(receiver.url("/hang"))
    make_product()
    receiver.wait_for(1, seconds=30)
    began = time.time()
    body = {"url": receiver.url("/ok")}
    client.patch(f"/api/webhooks/{webhook.pk}/", body, content_type="application/json")
    until(lambda: delivered() == 1, "it is delivered", seconds=10)
    assert time.time() - began < 5
    assert [request.path for request in receiver.received] == ["/hang", "/ok"]


def test_a_worker_that_was_paused_changes_nothing_when_it_goes_on(receiver: Receiver, worker: Worker) -> None:
    """Another has taken over meanwhile, and its result stays."""
    receiver.script("/hook", "delay/0.2", "status/500")
    make_webhook(receiver.url("/hook"))
    make_product()
    receiver.wait_for(1, seconds=30)
    worker.send(signal.SIGSTOP)
    with working(**HASTY):
        until(lambda: Attempt.objects.count() == 1, "the other has tried", seconds=30)
    worker.send(signal.SIGCONT)
    time.sleep(1)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.status_code) == ("pending", 1, 500)
    assert Attempt.objects.get().status_code == 500
    # A success would have ended the count.
    assert Health.objects.get().consecutive_failures == 1


def test_a_worker_that_is_stopped_finishes_what_is_under_way(receiver: Receiver, worker: Worker) -> None:
    make_webhook(receiver.url("/delay/1"))
    make_product()
    receiver.wait_for(1, seconds=30)
    assert worker.stop() == 0
    assert statuses() == ["delivered"]
    assert len(receiver.received) == 1


def test_a_killed_worker_loses_nothing(receiver: Receiver, worker: Worker) -> None:
    """Kills at whatever moment: every event arrives, with one id and one body, and few of them twice."""
    make_webhook(receiver.url("/ok"), rate_per_second=400)
    Product.objects.bulk_create(Product(sku=f"P{number}", name="P") for number in range(3000))
    kills = 3
    for number in range(1, kills + 1):
        receiver.wait_for(number * 700, seconds=60)
        worker.kill()
        worker.start()
    until(lambda: delivered() == 3000, "everything is delivered", seconds=120)
    came = Counter(request.headers["webhook-id"] for request in receiver.received)
    assert set(came) == {event.message_id for event in Event.objects.all()}
    assert len({(request.headers["webhook-id"], request.body) for request in receiver.received}) == 3000
    assert came.total() - 3000 <= kills * (UNWRITTEN_MAX + IN_FLIGHT_DEFAULT)
