"""Webhooks in the admin, by the same rules as in the API. Their events and deliveries are in hooks.admin_history."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hooks import switch, webhooks
from hooks.admin_history import (
    AttemptAdmin,
    BatchAdmin,
    DeliveryAdmin,
    DeliveryCountAdmin,
    EventAdmin,
)
from hooks.http.headers import HeaderError, check_headers
from hooks.http.url_validation import UrlError, check_url, default_rules
from hooks.models import Attempt, Batch, Delivery, DeliveryCount, Event, Webhook
from hooks.outbox import SUBSCRIBABLE
from hooks.ping import send_test
from hooks.secrets.encryption import DecryptionError
from hooks.secrets.redaction import REDACTED, redact_url
from hooks.webhook_checks import TooManyWebhooks, check_webhook_count, restore_redacted

OVERLAP = timedelta(hours=24)


class WebhookForm(forms.ModelForm[Webhook]):
    event_types = forms.MultipleChoiceField(
        choices=[(name, name) for name in SUBSCRIBABLE], widget=forms.CheckboxSelectMultiple
    )
    headers = forms.JSONField(
        required=False,
        initial=dict,
        help_text="A JSON object. Secret values are shown as ***; leave *** to keep them.",
    )

    class Meta:
        model = Webhook
        fields = [
            *("url", "event_types", "is_enabled", "description", "headers", "max_in_flight"),
            "rate_per_second",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["headers"] = webhooks.redacted_headers(self.instance.headers)

    def clean_url(self) -> str:
        return checked((UrlError,), lambda: check_url(self.cleaned_data["url"], default_rules()))

    def clean_headers(self) -> dict[str, str]:
        headers = self.cleaned_data["headers"] or {}
        if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
            raise ValidationError("Enter a JSON object whose values are strings.", "headers.invalid")
        return checked((HeaderError,), lambda: check_headers(headers))

    def clean(self) -> dict[str, object] | None:
        values = super().clean()
        if self.is_valid_so_far():
            checked((HeaderError, TooManyWebhooks, DecryptionError), self.check_webhook)
        return values

    def is_valid_so_far(self) -> bool:
        return {"url", "headers"} <= self.cleaned_data.keys()

    def check_webhook(self) -> None:
        url, headers = self.cleaned_data["url"], self.cleaned_data["headers"]
        restore_redacted(headers, webhooks.headers_of(self.instance) if REDACTED in headers.values() else {})
        if self.instance.pk:
            webhooks.check_change(self.instance, url, headers)
        else:
            # The admin saves it in the same transaction.
            check_webhook_count()


T = TypeVar("T")
Errors = tuple[type[UrlError | HeaderError | TooManyWebhooks | DecryptionError], ...]


def checked(errors: Errors, check: Callable[[], T]) -> T:
    """Return the result of the check; its errors become errors of the form."""
    try:
        return check()
    except errors as error:
        raise ValidationError(error.detail, error.code) from None


@admin.register(Webhook)
class WebhookAdmin(admin.ModelAdmin[Webhook]):
    form = WebhookForm
    list_display = ["address", "events", "is_enabled", "description", "failures"]
    list_filter = ["is_enabled"]
    list_select_related = ["health"]
    search_fields = ["url", "description"]
    ordering = ["id"]
    readonly_fields = ["health_summary", "disabled_at", "disabled_reason", "created_at", "updated_at"]
    actions = ["send_test_event", "rotate_secret"]

    def get_fields(self, request: HttpRequest, obj: Webhook | None = None) -> tuple[str, ...]:
        """Hide the query of the URL and the headers from accounts that may only view, as in the API."""
        fields = tuple(str(field) for field in super().get_fields(request, obj))
        if obj is None or self.has_change_permission(request, obj):
            return fields
        return tuple("address" if field == "url" else field for field in fields if field != "headers")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        if held := switch.held_because():
            self.message_user(request, held, messages.WARNING)
        return super().changelist_view(request, extra_context)

    @admin.display(description="URL", ordering="url")
    def address(self, webhook: Webhook) -> str:
        return redact_url(webhook.url)

    @admin.display
    def events(self, webhook: Webhook) -> str:
        return ", ".join(webhook.event_types)

    @admin.display(description="failures in a row")
    def failures(self, webhook: Webhook) -> int:
        health = getattr(webhook, "health", None)
        return health.consecutive_failures if health else 0

    @admin.display(description="health")
    def health_summary(self, webhook: Webhook) -> str:
        return str(getattr(webhook, "health", "No deliveries yet."))

    def save_model(
        self, request: HttpRequest, obj: Webhook, form: forms.ModelForm[Webhook], change: bool
    ) -> None:
        values = cast(webhooks.Values, {name: form.cleaned_data[name] for name in WebhookForm.Meta.fields})
        if change:
            webhooks.change(obj.pk, **values)
            return
        created, secret = webhooks.create(**values)
        # For response_add, which shows the secret; the object is not saved again.
        obj.pk, obj.secret = created.pk, secret

    def response_add(
        self, request: HttpRequest, obj: Webhook, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.show_secrets(request, [(obj, obj.secret)])

    def delete_model(self, request: HttpRequest, obj: Webhook) -> None:
        webhooks.remove(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for webhook in queryset:
            webhooks.remove(webhook.pk)

    @admin.action(description="Send a test event", permissions=["change"])
    def send_test_event(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for webhook in queryset:
            try:
                outcome = send_test(webhook)
            except DecryptionError as error:
                self.message_user(request, f"{webhook}: {error.detail}", messages.ERROR)
                continue
            success = (
                f"{webhook}: {outcome.status_code} after {outcome.duration_ms} ms. {outcome.response_body}"
            )
            message = success if outcome.succeeded else f"{webhook}: {outcome.error}"
            self.message_user(request, message, messages.SUCCESS if outcome.succeeded else messages.WARNING)

    @admin.action(description="Rotate secret (the old one stays valid for 24 hours)", permissions=["change"])
    def rotate_secret(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> HttpResponse:
        return self.show_secrets(
            request, [webhooks.rotate_secret(webhook.pk, OVERLAP) for webhook in queryset]
        )

    def show_secrets(self, request: HttpRequest, secrets: Sequence[tuple[Webhook, str]]) -> HttpResponse:
        context = {**admin.site.each_context(request), "title": "Secrets", "secrets": secrets}
        return render(request, "admin/hooks/secrets.html", context)


admin.site.register(Event, EventAdmin)
admin.site.register(Delivery, DeliveryAdmin)
admin.site.register(Attempt, AttemptAdmin)
admin.site.register(Batch, BatchAdmin)
admin.site.register(DeliveryCount, DeliveryCountAdmin)
