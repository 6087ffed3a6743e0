"""Leases: one dispatcher at a time delivers for a webhook, and late results are discarded."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import OperationalError

from hooks.delivery import leases
from hooks.delivery.dispatcher import Dispatcher, utc_now
from hooks.delivery.fanout import fan_out
from hooks.delivery.results import LeaseLost
from hooks.delivery.worker import DeliveryWorker
from hooks.http.client import Sender
from hooks.models import Delivery, Health, Webhook
from hooks.queries import Sessions, open_sessions
from hooks.webhooks import change
from tests.factories import make_product, make_webhook
from tests.hooks.sending import run_until_idle, send_all, statuses
from tests.imports.workers import database_url
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

OURS, THEIRS = uuid.uuid4(), uuid.uuid4()


def running(story: Callable[[Sessions, Sender], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with open_sessions() as sessions, Sender(settings.WEBHOOK_ALLOWED_NETWORKS) as sender:
            return await story(sessions, sender)

    return asyncio.run(run())


def sql(statement: str) -> None:
    with psycopg.connect(database_url(), autocommit=True) as session:
        session.execute(statement.encode())


async def take(sessions: Sessions, owner: uuid.UUID) -> list[leases.LeasedWebhook]:
    await fan_out(sessions)
    return await leases.acquire(sessions, owner, utc_now(), room=10)


def test_a_lease_has_one_owner() -> None:
    make_webhook()
    make_product()

    async def story(sessions: Sessions, sender: Sender) -> tuple[int, int]:
        return len(await take(sessions, OURS)), len(await take(sessions, THEIRS))

    assert running(story) == (1, 0)


def test_an_expired_lease_can_be_acquired_by_another() -> None:
    webhook = make_webhook()
    make_product()

    async def story(sessions: Sessions, sender: Sender) -> tuple[int, set[int]]:
        await take(sessions, OURS)
        sql("UPDATE hooks_health SET lease_until = now() - interval '1 second'")
        return len(await take(sessions, THEIRS)), await leases.renew(sessions, OURS, [webhook.pk])

    assert running(story) == (1, set())


def test_a_lease_of_ones_own_that_ran_out_is_not_sent_for_twice(receiver: Receiver) -> None:
    """What a worker finds that was paused while no other was there."""
    make_webhook(receiver.url("/delay/0.3"))
    make_product()

    async def story(sessions: Sessions, sender: Sender) -> None:
        dispatcher = Dispatcher(sessions, sender)
        await dispatcher.run_once()
        while not receiver.received:
            await asyncio.sleep(0.01)
        [worker] = dispatcher.workers.values()
        sql("UPDATE hooks_health SET lease_until = now() - interval '1 second'")
        await dispatcher.acquire_leases()
        assert list(dispatcher.workers.values()) == [worker]
        await run_until_idle(dispatcher)

    running(story)
    assert len(receiver.received) == 1
    assert statuses() == ["delivered"]


def test_the_lease_of_a_disabled_webhook_is_not_renewed() -> None:
    webhook = make_webhook()
    make_product()

    async def story(sessions: Sessions, sender: Sender) -> set[int]:
        await take(sessions, OURS)
        sql("UPDATE hooks_webhook SET is_enabled = false")
        return await leases.renew(sessions, OURS, [webhook.pk])

    assert running(story) == set()


def test_a_result_that_came_too_late_changes_nothing(receiver: Receiver) -> None:
    """What a worker does that was paused while another took over."""
    receiver.script("/hook", "delay/0.5", "status/500")
    make_webhook(receiver.url("/hook"))
    make_product()

    async def story(sessions: Sessions, sender: Sender) -> None:
        [webhook] = await take(sessions, OURS)
        late = asyncio.create_task(DeliveryWorker(webhook, OURS, sessions, sender, utc_now).run())
        while not receiver.received:
            await asyncio.sleep(0.01)
        sql("UPDATE hooks_health SET lease_until = now() - interval '1 second'")
        await run_until_idle(Dispatcher(sessions, sender))
        with pytest.raises(LeaseLost):
            await late

    running(story)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.status_code) == ("pending", 1, 500)
    assert len({request.headers["webhook-id"] for request in receiver.received}) == 1


def test_a_result_does_not_overwrite_that_of_another_owner(receiver: Receiver) -> None:
    """With the lease, but about an attempt that was counted already."""
    make_webhook(receiver.url("/delay/0.3"))
    make_product()

    async def story(sessions: Sessions, sender: Sender) -> None:
        [webhook] = await take(sessions, OURS)
        worker = asyncio.create_task(DeliveryWorker(webhook, OURS, sessions, sender, utc_now).run())
        while not receiver.received:
            await asyncio.sleep(0.01)
        sql("UPDATE hooks_delivery SET attempts = 5, status = 'failed'")
        await asyncio.sleep(0.6)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)

    running(story)
    assert (Delivery.objects.get().attempts, statuses()) == (5, ["failed"])


def test_a_result_of_the_receiver_before_says_nothing_of_the_one_now(receiver: Receiver) -> None:
    """The webhook is given another URL while an attempt at the old one is under way."""
    receiver.script("/old", "delay/0.4", "status/500")
    webhook = make_webhook(receiver.url("/old"))
    make_product()

    async def story(sessions: Sessions, sender: Sender) -> None:
        [leased] = await take(sessions, OURS)
        late = asyncio.create_task(DeliveryWorker(leased, OURS, sessions, sender, utc_now).run())
        while not receiver.received:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(in_session_of_its_own, lambda: change(webhook.pk, url=receiver.url("/ok")))
        await run_until_idle(Dispatcher(sessions, sender))
        with pytest.raises(LeaseLost):
            await late

    running(story)
    delivery, health = Delivery.objects.get(), Health.objects.get()
    assert (delivery.status, delivery.attempts) == ("delivered", 1)
    assert (health.state, health.consecutive_failures, health.owner) == ("healthy", 0, None)
    assert [request.path for request in receiver.received] == ["/old", "/ok"]


def in_session_of_its_own(act: Callable[[], object]) -> None:
    act()
    connection.close()


def test_what_was_under_way_when_a_worker_died_is_sent_again(receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"))
    make_product()

    async def story(sessions: Sessions, sender: Sender) -> None:
        await take(sessions, OURS)

    running(story)
    send_all()
    assert not receiver.received
    Health.objects.update(lease_until=utc_now())
    send_all()
    assert statuses() == ["delivered"]


def test_leases_are_released_at_the_end(receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"))
    make_product()
    send_all()
    assert Health.objects.get().owner is None


def test_a_worker_that_lost_its_session_continues_at_once(receiver: Receiver) -> None:
    webhook = make_webhook(receiver.url("/delay/0.2"))
    make_product()

    async def story(sessions: Sessions, sender: Sender) -> None:
        dispatcher = Dispatcher(sessions, sender)
        await dispatcher.run_once()
        [worker] = dispatcher.workers.values()
        worker.sessions = Gone()  # type: ignore[assignment] # it raises as one does
        while dispatcher.workers:
            await asyncio.sleep(0.01)
        assert dispatcher.interrupted == {webhook.pk}
        dispatcher.poll_at = 0.0
        await run_until_idle(dispatcher)

    running(story)
    assert statuses() == ["delivered"]


class Gone:
    def connection(self) -> None:
        raise OperationalError("terminating connection due to administrator command")


def test_leases_left_by_the_previous_dispatcher_are_released_at_once(receiver: Receiver) -> None:
    """The database was restarted: no session was left to release the leases."""
    make_webhook(receiver.url("/ok"))
    make_product()

    async def story(sessions: Sessions, sender: Sender) -> None:
        await take(sessions, OURS)
        running = asyncio.create_task(Dispatcher(sessions, sender, owner=OURS).run())
        async with asyncio.timeout(5):
            while not receiver.received:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    running(story)
    assert statuses() == ["delivered"]


def test_one_whose_secret_cannot_be_read_is_none_of_the_others_business(receiver: Receiver) -> None:
    make_webhook(receiver.url("/ok"))
    broken = make_webhook(receiver.url("/broken"))
    Webhook.objects.filter(pk=broken.pk).update(secret="encrypted with a lost key")
    make_product()
    send_all()
    assert [request.path for request in receiver.received] == ["/ok"]
    assert statuses() == ["delivered", "pending"]
