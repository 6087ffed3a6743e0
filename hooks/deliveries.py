"""Reads and resends deliveries: a page of a webhook's deliveries, one with its attempts, redelivery and recovery."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Min
from django.utils.timezone import now

from hooks.models import Attempt, Batch, Delivery, DeliveryQuerySet, DeliveryStatus, Event
from hooks.outbox import notify
from hooks.outbox_sql import DELIVERIES_DUE, EVENTS_WRITTEN
from hooks.webhooks import get, get_enabled
from lib.errors import Explanation, Invalid, NotFound
from lib.slow_reads import slow_read

PAGE_SIZE = 50
PAGE_SIZE_MAX = 500
FEW = 1_000


class DeliveryNotFound(NotFound):
    code = "delivery.not_found"
    codes = {
        code: Explanation(
            "No delivery has this ID. Old deliveries are deleted.", "List the deliveries of the webhook."
        )
    }

    def __init__(self, delivery_id: int) -> None:
        super().__init__(f"Delivery {delivery_id} was not found. Old deliveries are deleted.")


class RangeError(Invalid):
    code = "until.too_small"
    codes = {code: Explanation("`until` is not later than `since`.", "Send a later `until`, or omit it.")}
    pointer = "/until"
    detail = "`until` must be later than `since`."


@dataclass(frozen=True)
class Query:
    page_size: int = PAGE_SIZE
    # Only events before this id; None starts with the newest.
    cursor: int | None = None
    status: DeliveryStatus | None = None
    event_type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def page(webhook_id: int, query: Query) -> tuple[Sequence[Delivery], int | None]:
    """Return a page of the webhook's deliveries, newest events first, and the cursor of the next page."""
    found = filtered(get(webhook_id).deliveries.all(), query)
    with bounded(query):
        if query.status == DeliveryStatus.PENDING:
            found = pending(found)
        # Selected before the join; otherwise the planner may walk over all events to find those of a page.
        chosen = found.order_by("-event_id").values("pk")[: query.page_size + 1]
        results = list(Delivery.objects.filter(pk__in=chosen).select_related("event").order_by("-event_id"))
    more = len(results) > query.page_size
    return results[: query.page_size], results[query.page_size - 1].event_id if more else None


def filtered(found: DeliveryQuerySet, query: Query) -> DeliveryQuerySet:
    filters = {
        "event_id__lt": query.cursor,
        "status": query.status,
        "event__event_type": query.event_type,
        "event__occurred_at__gte": query.since,
        "event__occurred_at__lt": query.until,
    }
    return found.filter(**{name: value for name, value in filters.items() if value is not None})


def bounded(query: Query) -> AbstractContextManager[None]:
    """Limit a filtered read, which may scan all deliveries."""
    filters = (query.status, query.event_type, query.since, query.until)
    return nullcontext() if all(value is None for value in filters) else slow_read()


def pending(found: DeliveryQuerySet) -> DeliveryQuerySet:
    """Narrow the query by the index of pending deliveries if they are few: among ten million finished ones it would take
    seconds. If they are many, they are among the newest."""
    few = list(found.order_by("next_attempt_at", "pk").values_list("pk", flat=True)[: FEW + 1])
    return found if len(few) > FEW else found.filter(pk__in=few)


def one(delivery_id: int) -> Delivery:
    try:
        return Delivery.objects.select_related("event", "webhook").get(pk=delivery_id)
    except Delivery.DoesNotExist:
        raise DeliveryNotFound(delivery_id) from None


def redeliver(delivery_id: int) -> Delivery:
    """Make the delivery due at once, whatever its status, with a new schedule of attempts."""
    with transaction.atomic():
        delivery = one(delivery_id)
        get_enabled(delivery.webhook_id)
        same = Delivery.objects.select_for_update().filter(pk=delivery_id)
        # The delivery's row will be overwritten by the next attempt.
        Attempt.objects.bulk_create(
            [attempt for row in same for attempt in row.all_attempts if attempt.pk is None]
        )
        same.resend()
        notify(f"{DELIVERIES_DUE} - {delivery.webhook_id}")
    return one(delivery_id)


def recover(webhook_id: int, since: datetime, until: datetime | None = None) -> tuple[datetime, datetime]:
    """Resend the events of that time that failed or were never sent. It runs in the background, step by step."""
    until = until or now()
    if since >= until:
        raise RangeError
    with transaction.atomic():
        webhook = get_enabled(webhook_id)
        events = Event.objects.filter(occurred_at__gte=since, occurred_at__lt=until)
        ids = events.aggregate(first=Min("pk"), last=Max("pk"))
        if ids["first"]:
            Batch.objects.create(
                webhook=webhook, next_id=ids["first"], last_id=ids["last"], since=since, until=until
            )
            notify(EVENTS_WRITTEN)
    return since, until
