"""/webhooks: what a request asks of hooks.webhooks, hooks.deliveries and hooks.ping, and what is answered.

project.api.api mounts the router and says which status a refusal has."""

import json
from datetime import timedelta

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja import Body, Query, Router, Status

from hooks import deliveries, webhooks
from hooks.http.outcomes import Outcome
from hooks.models import Attempt, Delivery, Health, Webhook
from hooks.pages import with_parameters
from hooks.ping import send_test
from hooks.schemas import (
    READ_ONLY,
    DeliveryDetail,
    DeliveryOut,
    DeliveryPage,
    DeliveryQuery,
    NewWebhook,
    Recovery,
    RecoveryOut,
    Rotation,
    Trial,
    TrialOut,
    TrialQuery,
    WebhookOut,
    WebhookPage,
    WebhookPatch,
    WebhookQuery,
    WebhookReplacement,
    WebhookWithSecret,
)
from hooks.secrets.redaction import REDACTED, redact_url
from lib.openapi import error_responses
from lib.places import holder_of
from lib.read_only import check_same_id

router = Router(tags=["webhooks"])

Facts = dict[str, object]


@router.get("/", response=WebhookPage)
def list_webhooks(request: HttpRequest, query: Query[WebhookQuery]) -> Facts:
    found = Webhook.objects.select_related("health").order_by("id")
    count, start = found.count(), (query.page - 1) * query.page_size
    last_page = max(1, -(-count // query.page_size))
    previous = min(query.page - 1, last_page)
    url = url_of(request)
    return {
        "count": count,
        "next": with_parameters(url, page=query.page + 1) if query.page < last_page else None,
        "previous": with_parameters(url, page=previous) if previous else None,
        "results": [webhook_facts(request, webhook) for webhook in found[start : start + query.page_size]],
    }


@router.post("/", response={201: WebhookWithSecret}, openapi_extra=error_responses(409))
def create_webhook(request: HttpRequest, webhook: NewWebhook) -> Status[Facts]:
    """The answer has the secret that deliveries are signed with; it is not shown again."""
    values = webhook.model_dump()
    created, secret = webhooks.create(values.pop("secret") or "", **values)
    return Status(201, webhook_facts(request, created) | {"secret": secret})


@router.get("/{int:webhook_id}/", response=WebhookOut)
def get_webhook(request: HttpRequest, webhook_id: int) -> Facts:
    return webhook_facts(request, webhooks.get(webhook_id))


@router.put("/{int:webhook_id}/", response=WebhookOut, openapi_extra=error_responses(409))
def replace_webhook(request: HttpRequest, webhook_id: int, webhook: WebhookReplacement) -> Facts:
    """Fields left out get their defaults; PATCH leaves them alone. The secret stays. What GET gave can be sent back:
    `id` must be that of the path; `health`, times and reasons are passed over."""
    check_same_id(webhook.id, webhook_id)
    return webhook_facts(request, webhooks.change(webhook_id, **webhook.model_dump(exclude=READ_ONLY)))


@router.patch("/{int:webhook_id}/", response=WebhookOut, openapi_extra=error_responses(409))
def change_webhook(request: HttpRequest, webhook_id: int, webhook: WebhookPatch) -> Facts:
    """Only the fields sent change. Switching on one that was switched off for its failures gives it a fresh start;
    `recover` sends what it missed. What GET gave besides can be sent back, as with PUT."""
    check_same_id(webhook.id, webhook_id)
    changes = webhook.model_dump(exclude=READ_ONLY, exclude_unset=True)
    return webhook_facts(request, webhooks.change(webhook_id, **changes))


@router.delete("/{int:webhook_id}/", response={204: None})
def delete_webhook(request: HttpRequest, webhook_id: int) -> Status[None]:
    webhooks.remove(webhook_id)
    return Status(204, None)


@router.post("/{int:webhook_id}/test/", response=TrialOut, openapi_extra=error_responses(409, 429))
def test_webhook(
    request: HttpRequest, webhook_id: int, query: Query[TrialQuery], trial: Body[Trial | None] = None
) -> Facts:
    """Sends one event with sample data now, signed and checked like every other, and tells what the receiver did. 200
    whatever that was; `success` says whether it took the event."""
    wanted = trial or query
    return trial_facts(send_test(webhooks.get(webhook_id), wanted.event_type, holder_of(request)))


@router.post("/{int:webhook_id}/rotate-secret/", response=WebhookWithSecret)
def rotate_webhook_secret(
    request: HttpRequest, webhook_id: int, rotation: Body[Rotation | None] = None
) -> Facts:
    """A new secret; the answer has it, and it is not shown again. While the two overlap, deliveries carry a signature
    by each, so receivers can change over at any moment."""
    wanted = rotation or Rotation()
    overlap = timedelta(hours=wanted.overlap_hours)
    webhook, secret = webhooks.rotate_secret(webhook_id, overlap, wanted.secret or "")
    return webhook_facts(request, webhook) | {"secret": secret}


@router.post("/{int:webhook_id}/recover/", response={202: RecoveryOut}, openapi_extra=error_responses(409))
def recover_webhook(request: HttpRequest, webhook_id: int, recovery: Recovery) -> Status[Facts]:
    """Sends again what happened in that time and was given up, or never sent because the webhook was switched off for
    its failures. What it has received it does not get again."""
    since, until = deliveries.recover(webhook_id, recovery.since, recovery.until)
    return Status(202, {"since": since, "until": until, "message": "Recovery started."})


@router.get("/{int:webhook_id}/deliveries/", response=DeliveryPage)
def list_deliveries(request: HttpRequest, webhook_id: int, query: Query[DeliveryQuery]) -> Facts:
    """Newest first. `next` leads on; deliveries that come meanwhile shift nothing."""
    results, cursor = deliveries.page(webhook_id, deliveries.Query(**query.model_dump()))
    return {
        "next": with_parameters(url_of(request), cursor=cursor) if cursor else None,
        "results": [delivery_facts(delivery) for delivery in results],
    }


@router.get("/deliveries/{int:delivery_id}/", response=DeliveryDetail)
def get_delivery(request: HttpRequest, delivery_id: int) -> Facts:
    """With what was sent, every attempt, and what was answered."""
    return delivery_detail(deliveries.one(delivery_id))


@router.post(
    "/deliveries/{int:delivery_id}/redeliver/",
    response={202: DeliveryOut},
    openapi_extra=error_responses(409),
)
def redeliver_event(request: HttpRequest, delivery_id: int) -> Status[Facts]:
    """Sends it again now, whatever became of it, under the same id and with all attempts before it."""
    return Status(202, delivery_facts(deliveries.redeliver(delivery_id)))


# --- What answers say ---


def url_of(request: HttpRequest) -> str:
    """The address asked for, in the spelling that the documentation has: with a slash at the end of the path."""
    return request.build_absolute_uri(f"{request.path.rstrip('/')}/?{request.META.get('QUERY_STRING', '')}")


def webhook_facts(request: HttpRequest, webhook: Webhook) -> Facts:
    names = (
        *("id", "url", "event_types", "is_enabled", "description", "max_in_flight", "rate_per_second"),
        *("disabled_at", "disabled_reason", "created_at", "updated_at"),
    )
    facts = {name: getattr(webhook, name) for name in names}
    headers = webhooks.redacted_headers(webhook)
    if not may_change(request):
        # A token of the receiver's may stand in a query, and in a header whose name does not say so.
        facts["url"], headers = redact_url(webhook.url), dict.fromkeys(headers, REDACTED)
    return facts | {"headers": headers, "health": health_facts(webhook)}


def may_change(request: HttpRequest) -> bool:
    # Set by Ninja to what let the request in: a key, an account, or True where the API is open.
    visitor = getattr(request, "auth", None)
    if isinstance(visitor, User):
        return visitor.has_perm("hooks.change_webhook")
    return visitor is True or getattr(visitor, "scope", "") == "write"


def health_facts(webhook: Webhook) -> Facts:
    # One that was never sent anything has none.
    health = getattr(webhook, "health", None) or Health(state="healthy", consecutive_failures=0)
    names = ("consecutive_failures", "failing_since", "last_success_at", "next_probe_at")
    state = health.state if webhook.is_enabled else "disabled"
    return {"state": state, **{name: getattr(health, name) for name in names}}


def trial_facts(outcome: Outcome) -> Facts:
    return {
        "success": outcome.succeeded,
        "status_code": outcome.status_code,
        "response_time_ms": outcome.duration_ms,
        "error": outcome.error or None,
        "error_code": outcome.error_code or None,
        "response_body": None if outcome.status_code is None else outcome.response_body,
    }


def delivery_facts(delivery: Delivery) -> Facts:
    event = delivery.event
    return {
        "id": delivery.pk,
        "webhook_id": delivery.webhook_id,
        "event_id": event.message_id,
        "event_type": event.event_type,
        "object_id": event.object_id,
        "status": delivery.status,
        "attempt_count": delivery.attempts,
        "next_attempt_at": delivery.next_attempt_at if delivery.status == "pending" else None,
        "status_code": delivery.status_code,
        "error_code": delivery.error_code or None,
        "response_time_ms": delivery.duration_ms,
        "occurred_at": event.occurred_at,
        "completed_at": delivery.completed_at,
    }


def delivery_detail(delivery: Delivery) -> Facts:
    body = delivery.event.body
    return delivery_facts(delivery) | {
        "payload": json.loads(body),
        "body": body,
        "attempts": [attempt_facts(attempt) for attempt in deliveries.attempts(delivery)],
    }


def attempt_facts(attempt: Attempt) -> Facts:
    return {
        "number": attempt.number,
        "started_at": attempt.started_at,
        "response_time_ms": attempt.duration_ms,
        "status_code": attempt.status_code,
        "error_code": attempt.error_code or None,
        "error": attempt.error or None,
        "response_headers": attempt.response_headers,
        "response_body": attempt.response_body,
        "truncated": attempt.truncated,
        "is_manual": attempt.is_manual,
    }
