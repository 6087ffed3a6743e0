"""What happened to webhooks, in the admin: there to look at, and deliveries to send again. It is a record, and nothing of
it is changed by hand.

Tables of millions: nothing is counted further than it is paged, and lists are in the order of an index."""

from functools import cached_property
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from hooks import deliveries, webhooks
from hooks.models import Attempt, Delivery

if TYPE_CHECKING:
    # Django's own classes take no type parameter while they run.
    HistoryModelAdmin = admin.ModelAdmin[Model]
    AttemptInline = admin.TabularInline[Attempt, Delivery]
    PaginatorOfHistory = Paginator[Model]
else:
    HistoryModelAdmin = admin.ModelAdmin
    AttemptInline, PaginatorOfHistory = admin.TabularInline, Paginator

# Of the millions there may be.
ROWS_PAGED = 10_000
SENT_AGAIN_MAX = 1_000


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


class Paged(HistoryModelAdmin):
    """By the primary key, the newest first; also for the history of other apps."""

    ordering = ["-id"]
    sortable_by = ()
    paginator = HistoryPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER


class EventAdmin(ReadOnly, Paged):
    list_display = ["id", "event_type", "object_id", "occurred_at", "message_id"]
    fields = ["message_id", "event_type", "object_id", "occurred_at", "body"]


class AttemptsInline(ReadOnly, AttemptInline):
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
        chosen = list(queryset.values_list("pk", flat=True)[: SENT_AGAIN_MAX + 1])
        if len(chosen) > SENT_AGAIN_MAX:
            told = f"More than {SENT_AGAIN_MAX:,} are chosen. Recover their webhook in the console instead."
            self.message_user(request, told, messages.WARNING)
            return
        for delivery_id in chosen:
            try:
                deliveries.redeliver(delivery_id)
            except (webhooks.WebhookDisabled, deliveries.DeliveryNotFound) as refusal:
                told = f"Not sent again: {delivery_id}. {refusal.detail}"
                self.message_user(request, told, messages.WARNING)
            else:
                self.message_user(request, f"Sent again: {delivery_id}.", messages.SUCCESS)


class AttemptAdmin(ReadOnly, Paged):
    list_display = ["id", "delivery_id", "number", "started_at", "duration_ms", "status_code", "error_code"]


class BatchAdmin(ReadOnly, Paged):
    list_display = ["id", "next_id", "last_id", "webhook_id", "since", "until"]
    fields = ["next_id", "last_id", "webhook_id", "since", "until"]


class DeliveryCountAdmin(ReadOnly, Paged):
    list_display = ["id", "hour", "accepted", "failed", "pruned"]
