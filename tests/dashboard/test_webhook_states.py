"""One definition of how a webhook is doing, wherever the console shows it: the list, its page and the overview."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from dashboard.metrics.health import health
from hooks import switch
from hooks.models import Health, Webhook
from tests.factories import make_delivery, make_webhook

pytestmark = pytest.mark.django_db(transaction=True)

LATE = timedelta(minutes=5)


def page(client: Client, address: str) -> str:
    return " ".join(client.get(address, headers={"Accept": "text/html"}).content.decode().split())


def badges(client: Client, webhook: Webhook) -> tuple[str, str]:
    """The status of the only webhook in the list, and on its page."""
    addresses = ("/webhooks/", f"/webhooks/{webhook.pk}/")
    [listed, shown] = (
        re.findall(r'<span class="badge [\w-]+">(\w+)</span>', page(client, one))[0] for one in addresses
    )
    return listed, shown


def system_badge(client: Client) -> str:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    badge: str
    [badge] = re.findall(r'System health</h2><span class="badge ([\w-]+">[^<]*)</span>', page(client, "/"))
    return badge


def make_late(webhook: Webhook) -> Webhook:
    make_delivery(webhook, next_attempt_at=now() - LATE)
    return webhook


def test_webhook_with_an_overdue_delivery_is_behind(client: Client) -> None:
    webhook = make_late(make_webhook())
    assert badges(client, webhook) == ("Behind", "Behind")
    assert "Check that workers are running" in page(client, f"/webhooks/{webhook.pk}/")
    assert system_badge(client) == 'is-bad">Needs attention'


def test_webhook_that_is_behind_for_its_own_limit_says_so(client: Client) -> None:
    webhook = make_late(make_webhook(rate_per_second=5))
    shown = page(client, f"/webhooks/{webhook.pk}/")
    assert "Deliveries are overdue. The oldest delivery was due <time" in shown
    assert "At most 5 per second are sent, which is the limit of this webhook." in shown


def test_webhook_whose_last_attempt_failed_says_too_that_it_is_behind(client: Client) -> None:
    webhook = make_late(make_webhook())
    Health.objects.create(webhook=webhook, consecutive_failures=1)
    assert badges(client, webhook) == ("Degraded", "Degraded")
    assert "Last attempt failed. The oldest delivery was due <time" in page(client, "/webhooks/")


def test_delivery_that_is_due_only_now_is_not_overdue(client: Client) -> None:
    webhook = make_webhook()
    make_delivery(webhook, next_attempt_at=now() - timedelta(seconds=2))
    make_delivery(webhook, next_attempt_at=now() + LATE)
    assert badges(client, webhook) == ("Healthy", "Healthy")
    assert system_badge(client) == 'is-ok">Healthy'


@pytest.mark.parametrize(
    ("state", "pause", "badge", "overview"),
    [
        ("open", timedelta(0), "Failing", 'is-warn">1 webhook failing'),
        ("healthy", timedelta(hours=1), "Paused", 'is-wait">1 webhook paused'),
    ],
)
def test_webhook_whose_deliveries_are_held_back_is_not_behind(
    client: Client, state: str, pause: timedelta, badge: str, overview: str
) -> None:
    webhook = make_late(make_webhook())
    Health.objects.create(webhook=webhook, state=state, consecutive_failures=10, paused_until=now() + pause)
    assert badges(client, webhook) == (badge, badge)
    assert (health(now()).oldest_delivery, system_badge(client)) == (None, overview)


def test_pause_with_nothing_to_send_is_in_order(client: Client) -> None:
    Health.objects.create(webhook=make_webhook(), paused_until=now() + LATE)
    assert system_badge(client) == 'is-ok">Healthy'


def test_webhook_is_not_behind_while_all_deliveries_are_paused(client: Client) -> None:
    webhook = make_late(make_webhook())
    switch.pause()
    assert badges(client, webhook) == ("Healthy", "Healthy")
    assert "Deliveries have been paused since" in page(client, f"/webhooks/{webhook.pk}/")


def test_disabled_webhook_is_not_behind(client: Client) -> None:
    webhook = make_late(make_webhook(is_enabled=False))
    assert badges(client, webhook) == ("Disabled", "Disabled")
