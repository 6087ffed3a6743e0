"""The endpoints of /webhooks."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja import Body, Query, Router, Status

from hooks import deliveries, webhooks
from hooks.http.outcomes import Outcome
from hooks.models import Delivery, Webhook
from hooks.ping import send_test
from hooks.schemas.deliveries import (
    DeliveryDetail,
    DeliveryOut,
    DeliveryPage,
    DeliveryQuery,
    Recovery,
    RecoveryOut,
    TestEvent,
    TestQuery,
    TestResult,
)
from hooks.schemas.webhooks import (
    READ_ONLY,
    NewWebhook,
    Rotation,
    WebhookOut,
    WebhookPage,
    WebhookPatch,
    WebhookQuery,
    WebhookReplacement,
    WebhookWithSecret,
)
from lib.openapi import error_responses
from lib.pagination import links, url_of, with_parameters
from lib.places import holder_of
from lib.read_only import check_same_id

router = Router(tags=["Webhooks"])

Values = dict[str, object]


@router.get("/", response=WebhookPage, summary="List webhooks")
def list_webhooks(request: HttpRequest, query: Query[WebhookQuery]) -> Values:
    found = Webhook.objects.select_related("health").order_by("id")
    count, start = found.count(), (query.page - 1) * query.page_size
    return {
        "count": count,
        **links(url_of(request), query.page, query.page_size, count),
        "results": [webhook_out(request, webhook) for webhook in found[start : start + query.page_size]],
    }


@router.post(
    "/", response={201: WebhookWithSecret}, summary="Create a webhook", openapi_extra=error_responses(409)
)
def create_webhook(request: HttpRequest, webhook: NewWebhook) -> Status[WebhookWithSecret]:
    """The response has the secret that signs deliveries. It is not shown again."""
    values = webhook.model_dump()
    created, secret = webhooks.create(values.pop("secret") or "", **values)
    return Status(201, with_secret(webhook_out(request, created), secret))


@router.get("/{int:webhook_id}/", response=WebhookOut, summary="Get a webhook")
def get_webhook(request: HttpRequest, webhook_id: int) -> WebhookOut:
    return webhook_out(request, webhooks.get(webhook_id))


@router.put(
    "/{int:webhook_id}/", response=WebhookOut, summary="Replace a webhook", openapi_extra=error_responses(409)
)
def replace_webhook(request: HttpRequest, webhook_id: int, webhook: WebhookReplacement) -> WebhookOut:
    """Omitted fields get their defaults; use PATCH to keep them. The secret stays. The response of GET can be sent back:
    `id` must match the path; `health`, times and reasons are ignored."""
    check_same_id(webhook.id, webhook_id)
    return webhook_out(request, webhooks.change(webhook_id, **webhook.model_dump(exclude=READ_ONLY)))


@router.patch(
    "/{int:webhook_id}/", response=WebhookOut, summary="Update a webhook", openapi_extra=error_responses(409)
)
def change_webhook(request: HttpRequest, webhook_id: int, webhook: WebhookPatch) -> WebhookOut:
    """Changes the given fields only. Enabling a webhook that was disabled after failures resets its health; `recover`
    sends the events it missed. Read-only fields of GET are ignored, as with PUT."""
    check_same_id(webhook.id, webhook_id)
    changes = webhook.model_dump(exclude=READ_ONLY, exclude_unset=True)
    return webhook_out(request, webhooks.change(webhook_id, **changes))


@router.delete("/{int:webhook_id}/", response={204: None}, summary="Delete a webhook")
def delete_webhook(request: HttpRequest, webhook_id: int) -> Status[None]:
    webhooks.remove(webhook_id)
    return Status(204, None)


@router.post(
    "/{int:webhook_id}/test/",
    response=TestResult,
    summary="Send a test event",
    openapi_extra=error_responses(409, 429),
)
def test_webhook(
    request: HttpRequest, webhook_id: int, query: Query[TestQuery], test: Body[TestEvent | None] = None
) -> Outcome:
    """Sends one signed event with sample data at once and returns the endpoint's response. The status is 200 in any case;
    `success` says whether the endpoint accepted the event."""
    event_type = (test or query).event_type
    return send_test(webhooks.get(webhook_id), event_type, holder_of(request))


@router.post(
    "/{int:webhook_id}/rotate-secret/", response=WebhookWithSecret, summary="Rotate a webhook's secret"
)
def rotate_webhook_secret(
    request: HttpRequest, webhook_id: int, rotation: Body[Rotation | None] = None
) -> WebhookWithSecret:
    """The response has the new secret. It is not shown again. During the overlap deliveries are signed with both secrets, so
    the endpoint can switch at any time."""
    rotation = rotation or Rotation()
    overlap = timedelta(hours=rotation.overlap_hours)
    webhook, secret = webhooks.rotate_secret(webhook_id, overlap, rotation.secret or "")
    return with_secret(webhook_out(request, webhook), secret)


@router.post(
    "/{int:webhook_id}/recover/",
    response={202: RecoveryOut},
    summary="Resend missed events",
    openapi_extra=error_responses(409),
)
def recover_webhook(request: HttpRequest, webhook_id: int, recovery: Recovery) -> Status[RecoveryOut]:
    """Resends the events of that time that failed, or were never sent because the webhook was disabled after failures.
    Delivered events are not repeated."""
    since, until = deliveries.recover(webhook_id, recovery.since, recovery.until)
    return Status(202, RecoveryOut(since=since, until=until, message="Recovery started."))


@router.get("/{int:webhook_id}/deliveries/", response=DeliveryPage, summary="List a webhook's deliveries")
def list_deliveries(request: HttpRequest, webhook_id: int, query: Query[DeliveryQuery]) -> Values:
    """Newest first. Follow `next` for older ones; new deliveries do not shift the pages."""
    results, cursor = deliveries.page(webhook_id, deliveries.Query(**query.model_dump()))
    return {
        "next": with_parameters(url_of(request), cursor=cursor) if cursor else None,
        "results": results,
    }


@router.get("/deliveries/{int:delivery_id}/", response=DeliveryDetail, summary="Get a delivery")
def get_delivery(request: HttpRequest, delivery_id: int) -> Delivery:
    """With the payload, and every attempt with its response."""
    return deliveries.one(delivery_id)


@router.post(
    "/deliveries/{int:delivery_id}/redeliver/",
    response={202: DeliveryOut},
    summary="Resend a delivery",
    openapi_extra=error_responses(409),
)
def redeliver_event(request: HttpRequest, delivery_id: int) -> Status[Delivery]:
    """Resends the event now, whatever its status, under the same id and with a new schedule of attempts."""
    return Status(202, deliveries.redeliver(delivery_id))


# --- Responses ---


def webhook_out(request: HttpRequest, webhook: Webhook) -> WebhookOut:
    complete = WebhookOut.model_validate(webhook)
    return complete if may_change(request) else complete.redacted()


def may_change(request: HttpRequest) -> bool:
    # Set by Ninja to what authenticated the request: a key, an account, or True where the API is open.
    visitor = getattr(request, "auth", None)
    if isinstance(visitor, User):
        return visitor.has_perm("hooks.change_webhook")
    return visitor is True or getattr(visitor, "scope", "") == "write"


def with_secret(webhook: WebhookOut, secret: str) -> WebhookWithSecret:
    return WebhookWithSecret.model_construct(**dict(webhook), secret=secret)
