"""One webhook: how it is doing, its deliveries, and what can be tried with it: a test event, a recovery, a new secret.

What these are refused, or a test was answered, is shown on the same page, where it was asked for."""

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
from hooks import deliveries, webhooks
from hooks.models import DeliveryStatus, Webhook
from hooks.outbox import TEST, EventType
from hooks.ping import send_test
from hooks.secrets.encryption import Unopenable
from lib.places import PlacesTaken, holder_of

PAGE_SIZE = 25
ID_MAX = 2**63 - 1
TRIALS = (TEST, *(event_type.value for event_type in EventType if event_type.startswith("product.")))
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class RecoveryForm(forms.Form):
    since = forms.DateTimeField(
        error_messages={"required": "Say from when on.", "invalid": "This is no date with a time."}
    )

    def clean_since(self) -> datetime:
        since: datetime = self.cleaned_data["since"]
        if not EARLIEST <= since < now():
            raise ValidationError("The time must lie in the past, and in this millennium.")
        # PostgreSQL does not know every offset that Python takes.
        return since.astimezone(UTC)


@require_safe
def one(request: HttpRequest, webhook_id: int) -> HttpResponse:
    return show(request, webhook_id)


@require_POST
def trial(request: HttpRequest, webhook_id: int) -> HttpResponse:
    event_type = request.POST.get("event_type", TEST)
    if event_type not in TRIALS:
        raise Http404(f"There is no test event {event_type[:40]!r}.")
    try:
        outcome = send_test(webhooks.get(webhook_id), event_type, holder_of(request))
    except (Unopenable, PlacesTaken) as refusal:
        return show(request, webhook_id, trial_refusal=refusal.detail)
    return show(request, webhook_id, trial=outcome)


@require_POST
def recover(request: HttpRequest, webhook_id: int) -> HttpResponse:
    form = RecoveryForm(request.POST)
    if not form.is_valid():
        return show(request, webhook_id, status=FORM_INVALID, recovery=form)
    try:
        deliveries.recover(webhook_id, form.cleaned_data["since"])
    except webhooks.WebhookDisabled as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, "What was given up or never sent since then is being sent.")
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
    found, older = deliveries.page(webhook_id, query)
    shown = {
        "webhook": webhook,
        "now": present,
        "state": webhook_metrics.state(webhook, present),
        "health": webhook_metrics.health_of(webhook),
        "headers": webhooks.shown_headers(webhook),
        "lately": webhook_metrics.lately([webhook_id], present, webhook_metrics.LOOKED_AT)[webhook_id],
        "figures": webhook_metrics.figures(webhook_id, present),
        "deliveries": found,
        "older": older,
        "is_first_page": query.cursor is None,
        "status": chosen,
        "statuses": DeliveryStatus,
        "trials": TRIALS,
        "missed_since": missed_since(webhook),
        "overlap_hours": OVERLAP_DEFAULT,
        "overlaps": webhook.previous_secret_until is not None and webhook.previous_secret_until > present,
    }
    return render(request, "dashboard/webhook.html", shown | more, status=status)


def cursor(request: HttpRequest) -> int | None:
    text = request.GET.get("before")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 19 or int(text) > ID_MAX:
        raise Http404(f"There is no page before {text[:20]!r}.")
    return int(text)


def missed_since(webhook: Webhook) -> datetime:
    """From when on it may have missed something, as far as is known."""
    health = webhook_metrics.health_of(webhook)
    return health.failing_since or health.last_success_at or webhook.created_at
