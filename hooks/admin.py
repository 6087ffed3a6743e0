"""Webhooks in the admin: by the same rules as in the API. What happened to them is there to look at, and to send again.

Events, deliveries and attempts are a record; nothing of them is changed by hand."""

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from hooks import deliveries, webhooks
from hooks.events import WANTABLE
from hooks.headers import HeaderRefused, check_headers
from hooks.masking import masked_url
from hooks.models import Attempt, Delivery, Event, Webhook
from hooks.sealing import Unopenable
from hooks.targets import UrlRefused, check_url, default_rules
from hooks.trial import send_test

if TYPE_CHECKING:
    # Django's own classes take no type parameter while they run.
    WebhookModelForm = forms.ModelForm[Webhook]
    WebhookModelAdmin = admin.ModelAdmin[Webhook]
    EventModelAdmin = admin.ModelAdmin[Event]
    DeliveryModelAdmin = admin.ModelAdmin[Delivery]
    AttemptInline = admin.TabularInline[Attempt, Delivery]
    PaginatorOfHistory = Paginator[Model]
else:
    WebhookModelForm, WebhookModelAdmin = forms.ModelForm, admin.ModelAdmin
    EventModelAdmin = DeliveryModelAdmin = admin.ModelAdmin
    AttemptInline, PaginatorOfHistory = admin.TabularInline, Paginator

# Of the millions there may be.
ROWS_PAGED = 10_000
OVERLAP = timedelta(hours=24)


class WebhookForm(WebhookModelForm):
    event_types = forms.MultipleChoiceField(
        choices=[(name, name) for name in WANTABLE], widget=forms.CheckboxSelectMultiple
    )
    headers = forms.JSONField(
        required=False, initial=dict, help_text="A JSON object. *** stands for a secret value, and keeps it."
    )

    class Meta:
        model = Webhook
        fields = [
            *("url", "event_types", "is_enabled", "description", "headers", "max_in_flight"),
            "rate_per_second",
        ]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type] # whatever Django gives
        if self.instance.pk:
            self.initial["headers"] = webhooks.shown_headers(self.instance)

    def clean_url(self) -> str:
        return refusing(UrlRefused, lambda: check_url(self.cleaned_data["url"], default_rules()))

    def clean_headers(self) -> dict[str, str]:
        headers = self.cleaned_data["headers"] or {}
        if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
            raise ValidationError("A JSON object with text for values is needed.", "headers.invalid")
        return refusing(HeaderRefused, lambda: check_headers(headers))


T = TypeVar("T")


def refusing(refusal: type[UrlRefused] | type[HeaderRefused], check: Callable[[], T]) -> T:
    try:
        return check()
    except refusal as error:
        raise ValidationError(error.detail, error.code) from None


@admin.register(Webhook)
class WebhookAdmin(WebhookModelAdmin):
    form = WebhookForm
    list_display = ["address", "events", "is_enabled", "description", "failures"]
    list_filter = ["is_enabled"]
    list_select_related = ["health"]
    search_fields = ["url", "description"]
    ordering = ["id"]
    readonly_fields = ["disabled_at", "disabled_reason", "created_at", "updated_at"]
    actions = ["send_test_event", "give_new_secret"]

    @admin.display(description="URL", ordering="url")
    def address(self, webhook: Webhook) -> str:
        return masked_url(webhook.url)

    @admin.display
    def events(self, webhook: Webhook) -> str:
        return ", ".join(webhook.event_types)

    @admin.display(description="failures in a row")
    def failures(self, webhook: Webhook) -> int:
        health = getattr(webhook, "health", None)
        return health.consecutive_failures if health else 0

    def save_model(self, request: HttpRequest, obj: Webhook, form: WebhookModelForm, change: bool) -> None:
        values = cast(webhooks.Values, {name: form.cleaned_data[name] for name in WebhookForm.Meta.fields})
        if change:
            webhooks.change(obj.pk, **values)
            return
        created, secret = webhooks.create(**values)
        obj.pk = created.pk
        self.show_secret(request, obj, secret)

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
            except Unopenable as refusal:
                self.message_user(request, f"{webhook}: {refusal.detail}", messages.ERROR)
                continue
            answered = (
                f"{webhook}: {outcome.status_code} after {outcome.duration_ms} ms. {outcome.response_body}"
            )
            told = answered if outcome.succeeded else f"{webhook}: {outcome.error}"
            self.message_user(request, told, messages.SUCCESS if outcome.succeeded else messages.WARNING)

    @admin.action(description="Give a new secret; the old one is good for 24 hours", permissions=["change"])
    def give_new_secret(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for webhook in queryset:
            _, secret = webhooks.rotate_secret(webhook.pk, OVERLAP)
            self.show_secret(request, webhook, secret)

    def show_secret(self, request: HttpRequest, webhook: Webhook, secret: str) -> None:
        told = f"{webhook} signs with {secret}. It is not shown again."
        self.message_user(request, told, messages.WARNING)


# --- History ---


class ReadOnly:
    """Whoever may view it may view it."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class HistoryPaginator(PaginatorOfHistory):
    """Counts no further than it pages."""

    object_list: QuerySet[Model]

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:ROWS_PAGED].count()


@admin.register(Event)
class EventAdmin(ReadOnly, EventModelAdmin):
    list_display = ["id", "event_type", "object_id", "occurred_at", "message_id"]
    fields = ["message_id", "event_type", "object_id", "occurred_at", "body"]
    ordering = ["-id"]
    sortable_by = ()
    paginator = HistoryPaginator
    show_full_result_count = False


class AttemptsInline(ReadOnly, AttemptInline):
    model = Attempt
    fields = ["number", "started_at", "duration_ms", "status_code", "error", "response_body", "is_manual"]
    ordering = ["number"]
    extra = 0


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, DeliveryModelAdmin):
    list_display = [
        "id",
        "webhook_id",
        "event_type",
        "status",
        "attempts",
        "status_code",
        "error_code",
        "due",
    ]
    list_filter = ["status"]
    list_select_related = ["event"]
    fields = [
        *("webhook_id", "event", "status", "attempts", "next_attempt_at", "completed_at"),
        *("status_code", "error_code", "duration_ms", "response_body", "body"),
    ]
    ordering = ["-id"]
    sortable_by = ()
    inlines = [AttemptsInline]
    paginator = HistoryPaginator
    show_full_result_count = False
    actions = ["send_again"]

    @admin.display
    def event_type(self, delivery: Delivery) -> str:
        return delivery.event.event_type

    @admin.display(description="next attempt")
    def due(self, delivery: Delivery) -> str:
        return f"{delivery.next_attempt_at:%Y-%m-%d %H:%M:%S}" if delivery.status == "pending" else ""

    @admin.display
    def body(self, delivery: Delivery) -> str:
        return delivery.event.body

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("hooks.change_delivery")

    @admin.action(description="Send again", permissions=["redeliver"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        for delivery in queryset:
            try:
                deliveries.redeliver(delivery.pk)
            except webhooks.WebhookDisabled as refusal:
                self.message_user(
                    request, f"Not sent again: {delivery.pk}. {refusal.detail}", messages.WARNING
                )
            else:
                self.message_user(request, f"Sent again: {delivery.pk}.", messages.SUCCESS)
