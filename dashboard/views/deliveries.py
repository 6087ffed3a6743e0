"""The page of a delivery: its attempts, request and responses, and resending it."""

from collections.abc import Mapping
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe

from dashboard.metrics import webhook_metrics
from dashboard.views.shortcuts import done
from hooks import deliveries, webhooks
from hooks.models import Attempt, Delivery, DeliveryStatus
from hooks.request_preview import request_head
from hooks.secrets.redaction import REDACTED

# A page polls while the next attempt is this near.
SOON = timedelta(minutes=1)


@require_safe
def one(request: HttpRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    delivery = get(webhook_id, delivery_id)
    seen = f"{delivery.status}-{delivery.attempts}"
    if request.GET.get("seen") == seen:
        # Nothing has changed since the page was loaded.
        return HttpResponse(status=204)
    attempts, present = delivery.all_attempts, now()
    is_due = delivery.status == DeliveryStatus.PENDING and delivery.next_attempt_at < present + SOON
    own = webhooks.redacted_headers(delivery.webhook.headers)
    context = {
        "delivery": delivery,
        "webhook": delivery.webhook,
        "event": delivery.event,
        "attempts": attempts,
        "state": webhook_metrics.state(delivery.webhook, now=present),
        # None means now.
        "due_at": delivery.next_attempt_at if delivery.next_attempt_at > present else None,
        "head": head_of(delivery, attempts, own),
        # For accounts without permission to change webhooks.
        "masked_head": head_of(delivery, attempts, dict.fromkeys(own, REDACTED)),
        "seen": seen if is_due and delivery.webhook.is_enabled else "",
    }
    return render(request, "dashboard/delivery.html", context)


@require_POST
def redeliver(request: HttpRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    get(webhook_id, delivery_id)
    return done(
        request,
        lambda: deliveries.redeliver(delivery_id),
        "",
        "console:delivery",
        webhook_id,
        delivery_id,
        errors=(webhooks.WebhookDisabled,),
    )


def get(webhook_id: int, delivery_id: int) -> Delivery:
    delivery = deliveries.one(delivery_id)
    if delivery.webhook_id != webhook_id:
        raise deliveries.DeliveryNotFound(delivery_id)
    return delivery


def head_of(delivery: Delivery, attempts: list[Attempt], own: Mapping[str, str]) -> str:
    """The request headers of the last attempt, or of the first one to come."""
    number = attempts[-1].number if attempts else 1
    sent_at = attempts[-1].started_at if attempts else delivery.next_attempt_at
    return request_head(delivery.webhook.url, delivery.event, number, sent_at, own)
