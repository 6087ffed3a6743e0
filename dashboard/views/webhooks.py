"""The list of webhooks, and forms to create, edit, enable, disable and delete one.

A secret appears only in the response that creates it: in no URL, message or session."""

from functools import partial

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
from hooks.http.headers import HeaderError
from hooks.models import Webhook
from hooks.secrets.encryption import DecryptionError
from hooks.webhook_checks import TooManyWebhooks

PAGE_SIZE = 25
FORM_INVALID = 422

require_form = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    page, present = page_number(request), now()
    every = Webhook.objects.select_related("health").order_by("id")
    shown = list(every[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
    recent = webhook_metrics.recent_deliveries([webhook.pk for webhook in shown], present)
    held_because = switch.held_because()
    state_of = partial(webhook_metrics.state, now=present, is_held=bool(held_because))
    context = {
        "held_because": held_because,
        "pager": Pager(page, PAGE_SIZE, every.count()),
        "rows": [(webhook, state_of(webhook, recent[webhook.pk]), recent[webhook.pk]) for webhook in shown],
    }
    return render(request, "dashboard/webhooks.html", context)


# --- Pause and resume all deliveries ---


@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    message = "Deliveries paused. Events are recorded and sent when you resume."
    return done(request, switch.pause, message, "console:webhooks", errors=())


@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    return done(request, switch.resume, "Deliveries resumed", "console:webhooks", errors=())


# --- Create and edit ---


@require_form
def create(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return show_form(request, webhook_form.new())
    form = NewWebhookForm(request.POST)
    if not form.is_valid():
        return show_form(request, form)
    try:
        webhook, secret = webhooks.create(**form.values())
    except TooManyWebhooks as error:
        form.add_error("url", error.detail)
        return show_form(request, form)
    except HeaderError as error:
        # A new webhook has no secret value that *** could keep.
        form.add_error("headers", error.detail)
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
    messages.success(request, "Saved")
    return redirect("console:webhook", webhook_id)


def changed(form: WebhookForm, webhook: Webhook) -> bool:
    try:
        webhooks.change(webhook.pk, **form.values())
    except (HeaderError, DecryptionError) as error:
        # A redacted header can't be kept: the URL has a new host, or its value can't be decrypted.
        form.add_error("headers", error.detail)
    return form.is_valid()


def show_form(request: HttpRequest, form: WebhookForm, webhook: Webhook | None = None) -> HttpResponse:
    context = {
        "form": form,
        "webhook": webhook,
        "choices": webhook_form.event_choices(),
        "chosen": form["event_types"].value() or [],
        "examples": payload_examples.examples(),
    }
    status = FORM_INVALID if form.is_bound else 200
    return render(request, "dashboard/webhook_form.html", context, status=status)


def show_secret(request: HttpRequest, webhook: Webhook, secret: str, occasion: str) -> HttpResponse:
    context = {"webhook": webhook, "secret": secret, occasion: True}
    response = render(request, "dashboard/webhook_secret.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


# --- Enable, disable, delete ---


@require_POST
def enable(request: HttpRequest, webhook_id: int) -> HttpResponse:
    message = "Enabled. Use “Resend missed events” to catch up."
    return set_enabled(request, webhook_id, True, message)


@require_POST
def disable(request: HttpRequest, webhook_id: int) -> HttpResponse:
    message = "Disabled. Pending events are kept until you enable it."
    return set_enabled(request, webhook_id, False, message)


def set_enabled(request: HttpRequest, webhook_id: int, is_enabled: bool, message: str) -> HttpResponse:
    return done(
        request,
        lambda: webhooks.change(webhook_id, is_enabled=is_enabled),
        message,
        "console:webhook",
        webhook_id,
        errors=(),
    )


@require_POST
def delete(request: HttpRequest, webhook_id: int) -> HttpResponse:
    return done(
        request,
        lambda: webhooks.remove(webhook_id),
        "Webhook deleted",
        "console:webhooks",
        errors=(),
    )
