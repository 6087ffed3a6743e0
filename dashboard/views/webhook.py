"""The page of a webhook: status, metrics, deliveries, test events, resending missed events, and rotating the secret.

Errors and test responses appear on the same page, next to the form."""

from datetime import UTC, datetime, timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe

from dashboard.forms.webhook_form import OVERLAP_DEFAULT, RotationForm
from dashboard.metrics import webhook_metrics
from dashboard.views.shortcuts import choice
from dashboard.views.webhooks import FORM_INVALID, show_secret
from hooks import deliveries, switch, webhooks
from hooks.models import DeliveryStatus, Webhook
from hooks.outbox import TEST, EventType
from hooks.ping import send_test
from hooks.secrets.encryption import DecryptionError
from lib.places import PlacesTaken, holder_of

PAGE_SIZE = 25
ID_MAX = 2**63 - 1
TEST_EVENTS = (TEST, *(event_type.value for event_type in EventType if event_type.startswith("product.")))
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class RecoveryForm(forms.Form):
    since = forms.DateTimeField(
        error_messages={"required": "Choose a date and time.", "invalid": "Choose a date and time."}
    )

    def clean_since(self) -> datetime:
        since: datetime = self.cleaned_data["since"]
        if not EARLIEST <= since < now():
            raise ValidationError(f"Choose a time in the past, from {EARLIEST.year} on.")
        # PostgreSQL doesn't accept every offset that Python does.
        return since.astimezone(UTC)


@require_safe
def one(request: HttpRequest, webhook_id: int) -> HttpResponse:
    return show(request, webhook_id)


@require_POST
def test(request: HttpRequest, webhook_id: int) -> HttpResponse:
    event_type = request.POST.get("event_type", TEST)
    if event_type not in TEST_EVENTS:
        raise Http404(f"Unknown test event {event_type[:40]!r}.")
    try:
        outcome = send_test(webhooks.get(webhook_id), event_type, holder_of(request))
    except (DecryptionError, PlacesTaken) as error:
        return show(request, webhook_id, test_error=error.detail)
    return show(request, webhook_id, test=outcome)


@require_POST
def recover(request: HttpRequest, webhook_id: int) -> HttpResponse:
    form = RecoveryForm(request.POST)
    if not form.is_valid():
        return show(request, webhook_id, status=FORM_INVALID, recovery=form)
    try:
        deliveries.recover(webhook_id, form.cleaned_data["since"])
    except webhooks.WebhookDisabled as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, "Resending missed events …")
    return redirect("console:webhook", webhook_id)


@require_POST
def rotate_secret(request: HttpRequest, webhook_id: int) -> HttpResponse:
    form = RotationForm(request.POST)
    if not form.is_valid():
        return show(request, webhook_id, status=FORM_INVALID, rotation=form)
    overlap = timedelta(hours=form.cleaned_data["overlap_hours"])
    webhook, secret = webhooks.rotate_secret(webhook_id, overlap)
    return show_secret(request, webhook, secret, "is_rotated")


def show(request: HttpRequest, webhook_id: int, *, status: int = 200, **more: object) -> HttpResponse:
    webhook, present, chosen = (
        webhooks.get(webhook_id),
        now(),
        choice(request, "status", DeliveryStatus.values),
    )
    query = deliveries.Query(PAGE_SIZE, cursor(request), DeliveryStatus(chosen) if chosen else None)
    newest, older = deliveries.page(webhook_id, query)
    recent = webhook_metrics.recent_deliveries([webhook_id], present)[webhook_id]
    # Of no interest while nothing is overdue.
    held_because = switch.held_because() if recent.overdue_since(present) else ""
    context = {
        "webhook": webhook,
        "now": present,
        "state": webhook_metrics.state(webhook, recent, now=present, is_held=bool(held_because)),
        "health": webhook.current_health,
        "headers": webhooks.redacted_headers(webhook.headers),
        "recent": recent,
        "held_because": held_because,
        "metrics": webhook_metrics.metrics(webhook_id, present),
        "deliveries": newest,
        "older": older,
        "is_first_page": query.cursor is None,
        "status": chosen,
        "statuses": DeliveryStatus,
        "test_events": TEST_EVENTS,
        "missed_since": missed_since(webhook),
        "overlap_hours": OVERLAP_DEFAULT,
        "overlaps": webhook.previous_secret_until is not None and webhook.previous_secret_until > present,
    }
    return render(request, "dashboard/webhook.html", context | more, status=status)


def cursor(request: HttpRequest) -> int | None:
    text = request.GET.get("before")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 19 or int(text) > ID_MAX:
        raise Http404(f"Page {text[:20]!r} doesn't exist.")
    return int(text)


def missed_since(webhook: Webhook) -> datetime:
    """The earliest time since which it may have missed events."""
    health = webhook.current_health
    return health.failing_since or health.last_success_at or webhook.created_at
