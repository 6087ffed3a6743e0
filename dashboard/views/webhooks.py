"""Webhooks: the list, and one webhook from its creation to its deletion.

A secret is shown in the one answer that makes it, and stands nowhere else: in no address, message or session."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.forms import webhook_form
from dashboard.forms.webhook_form import NewWebhookForm, WebhookForm
from dashboard.metrics import webhook_metrics
from dashboard.views import payload_examples
from dashboard.views.shortcuts import Pager, done, page_number
from hooks import switch, webhooks
from hooks.http.headers import HeaderRefused
from hooks.models import Webhook
from hooks.receivers import TooManyWebhooks
from hooks.secrets.encryption import Unopenable

PAGE_SIZE = 25
FORM_INVALID = 422

require_form = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    page, present = page_number(request), now()
    found = Webhook.objects.select_related("health").order_by("id")
    shown = list(found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
    lately = webhook_metrics.lately([webhook.pk for webhook in shown], present)
    listed = {
        "held_because": switch.held_because(),
        "pager": Pager(page, PAGE_SIZE, found.count()),
        "rows": [(webhook, webhook_metrics.state(webhook, present), lately[webhook.pk]) for webhook in shown],
    }
    return render(request, "dashboard/webhooks.html", listed)


# --- The one switch for all ---


@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    said = "Deliveries are paused. What happens is recorded, and sent once you resume."
    return done(request, switch.pause, said, "console:webhooks", refused=())


@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    return done(request, switch.resume, "Deliveries are sent again.", "console:webhooks", refused=())


# --- Create, change ---


@require_form
def create(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return show_form(request, webhook_form.new())
    form = NewWebhookForm(request.POST)
    if not form.is_valid():
        return show_form(request, form)
    try:
        webhook, secret = webhooks.create(**form.values())
    except TooManyWebhooks as refusal:
        form.add_error("url", refusal.detail)
        return show_form(request, form)
    except HeaderRefused as refusal:
        # *** stands for no value yet.
        form.add_error("headers", refusal.detail)
        return show_form(request, form)
    return show_secret(request, webhook, secret, "is_new")


@require_form
def edit(request: HttpRequest, webhook_id: int) -> HttpResponse:
    webhook = webhooks.get(webhook_id)
    if request.method != "POST":
        return show_form(request, webhook_form.of(webhook), webhook)
    form = WebhookForm(request.POST)
    if not form.is_valid() or not changed(form, webhook):
        return show_form(request, form, webhook)
    messages.success(request, "Saved. Deliveries go by it from now on.")
    return redirect("console:webhook", webhook_id)


def changed(form: WebhookForm, webhook: Webhook) -> bool:
    try:
        webhooks.change(webhook.pk, **form.values())
    except (HeaderRefused, Unopenable) as refusal:
        # A masked header is to stay as it is, and may not go along to another receiver, or no key opens it any more.
        form.add_error("headers", refusal.detail)
    return form.is_valid()


def show_form(request: HttpRequest, form: WebhookForm, webhook: Webhook | None = None) -> HttpResponse:
    shown = {
        "form": form,
        "webhook": webhook,
        "choices": webhook_form.event_choices(),
        "chosen": form["event_types"].value() or [],
        "examples": payload_examples.examples(),
    }
    status = FORM_INVALID if form.is_bound else 200
    return render(request, "dashboard/webhook_form.html", shown, status=status)


def show_secret(request: HttpRequest, webhook: Webhook, secret: str, occasion: str) -> HttpResponse:
    shown = {"webhook": webhook, "secret": secret, occasion: True}
    response = render(request, "dashboard/webhook_secret.html", shown)
    response.headers["Cache-Control"] = "no-store"
    return response


# --- Switch on and off, delete ---


@require_POST
def enable(request: HttpRequest, webhook_id: int) -> HttpResponse:
    said = "Switched on. What it missed is sent once you recover it."
    return turn(request, webhook_id, True, said)


@require_POST
def disable(request: HttpRequest, webhook_id: int) -> HttpResponse:
    said = "Switched off. What waits for it waits until it is switched on again."
    return turn(request, webhook_id, False, said)


def turn(request: HttpRequest, webhook_id: int, on: bool, said: str) -> HttpResponse:
    return done(
        request,
        lambda: webhooks.change(webhook_id, is_enabled=on),
        said,
        "console:webhook",
        webhook_id,
        refused=(),
    )


@require_POST
def delete(request: HttpRequest, webhook_id: int) -> HttpResponse:
    return done(
        request,
        lambda: webhooks.remove(webhook_id),
        "The webhook is deleted.",
        "console:webhooks",
        refused=(),
    )
