"""Removes old events, deliveries and attempts, expired secrets, and the deliveries of deleted webhooks.

It works in small commits along an index, so that other sessions do not wait. The counts of deliveries are kept
(hooks.counters)."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils.timezone import now

from hooks.counters import PRUNING
from hooks.models import Attempt, Delivery, Event, Webhook

CHUNK = 5_000

# The next webhook with deliveries: one step in the index, where DISTINCT would read the whole table.
NEXT_WEBHOOK = "SELECT webhook_id FROM hooks_delivery WHERE webhook_id > %s ORDER BY webhook_id LIMIT 1"


def prune() -> None:
    last_id = last_old_event()
    webhook = 0
    while webhook := next_webhook(webhook):
        is_there = Webhook.objects.filter(pk=webhook).exists()
        prune_deliveries(webhook, last_id if is_there else None)
    prune_events(last_id)
    remove_expired_secrets()


def last_old_event() -> int:
    """Return the id before the first event to keep. Ids are in the order of time, unless the clock was set back."""
    since = now() - timedelta(days=settings.WEBHOOK_KEEP_DAYS)
    first_kept = (
        Event.objects.filter(occurred_at__gte=since).order_by("pk").values_list("pk", flat=True).first()
    )
    if first_kept is None:
        return Event.objects.aggregate(last=Max("pk", default=0))["last"] or 0
    return first_kept - 1


def next_webhook(after: int) -> int:
    """Return 0 if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_WEBHOOK, [after])
        row = cursor.fetchone()
    return row[0] if row else 0


def prune_deliveries(webhook: int, last_event: int | None) -> None:
    """Remove the deliveries of events up to this one; all of them with None."""
    old = Delivery.objects.filter(webhook_id=webhook).order_by("event_id")
    if last_event is not None:
        old = old.filter(event_id__lte=last_event)
    while ids := list(old.values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config(%s, 'on', true)", [PRUNING])
            Attempt.objects.filter(delivery_id__in=ids)._raw_delete("default")
            Delivery.objects.filter(pk__in=ids)._raw_delete("default")


def prune_events(last_id: int) -> None:
    old = Event.objects.filter(pk__lte=last_id).order_by("pk")
    while ids := list(old.values_list("pk", flat=True)[:CHUNK]):
        Event.objects.filter(pk__in=ids)._raw_delete("default")


def remove_expired_secrets() -> None:
    """Remove previous secrets whose overlap has ended."""
    Webhook.objects.filter(previous_secret_until__lt=now()).update(
        previous_secret="", previous_secret_until=None
    )
