"""Events, deliveries and counts in the admin: read-only, except that deliveries can be resent.

The tables can have millions of rows: lists follow an index, and are not counted further than they are paged."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from hooks import deliveries, webhooks
from hooks.models import Attempt, Delivery
from lib.admin import Paged, ReadOnly

RESENT_MAX = 1_000


class EventAdmin(ReadOnly, Paged):
    list_display = ["id", "event_type", "object_id", "occurred_at", "message_id"]
    fields = ["message_id", "event_type", "object_id", "occurred_at", "body"]


class AttemptsInline(ReadOnly, admin.TabularInline[Attempt, Delivery]):
    model = Attempt
    fields = ["number", "started_at", "duration_ms", "status_code", "error", "response_body", "is_manual"]
    ordering = ["number"]
    extra = 0


class DeliveryAdmin(ReadOnly, Paged):
    list_display = [
        *("id", "webhook_id", "event_type", "status", "attempts", "status_code", "error_code", "due"),
    ]
    list_filter = ["status"]
    list_select_related = ["event"]
    fields = [
        *("webhook_id", "event", "status", "attempts", "next_attempt_at", "completed_at"),
        *("status_code", "error_code", "duration_ms", "response_body", "body"),
    ]
    inlines = [AttemptsInline]
    actions = ["resend"]

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

    @admin.action(description="Resend", permissions=["redeliver"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        chosen = list(queryset.values_list("pk", flat=True)[: RESENT_MAX + 1])
        if len(chosen) > RESENT_MAX:
            message = (
                f"More than {RESENT_MAX:,} deliveries are selected. Use recovery in the console instead."
            )
            self.message_user(request, message, messages.WARNING)
            return
        for delivery_id in chosen:
            try:
                deliveries.redeliver(delivery_id)
            except (webhooks.WebhookDisabled, deliveries.DeliveryNotFound) as error:
                message = f"Delivery {delivery_id} was not resent. {error.detail}"
                self.message_user(request, message, messages.WARNING)
            else:
                self.message_user(request, f"Delivery {delivery_id} is being resent.", messages.SUCCESS)


class AttemptAdmin(ReadOnly, Paged):
    list_display = ["id", "delivery_id", "number", "started_at", "duration_ms", "status_code", "error_code"]


class BatchAdmin(ReadOnly, Paged):
    list_display = ["id", "next_id", "last_id", "webhook_id", "since", "until"]
    fields = ["next_id", "last_id", "webhook_id", "since", "until"]


class DeliveryCountAdmin(ReadOnly, Paged):
    list_display = ["id", "hour", "accepted", "failed", "pruned"]
