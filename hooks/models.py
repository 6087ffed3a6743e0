"""Webhooks, the events they are told of, and what became of each delivery.

Written where things happen: events by the triggers on products (catalog.triggers), deliveries by hooks.delivery.fanout, what
became of them by hooks.delivery.worker, and the ledger of how many got through by the triggers on deliveries (hooks.counters)."""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import connection, models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from hooks.counters import COUNTING
from hooks.policy.retry import ATTEMPTS

URL_MAX_LENGTH = 2000
DESCRIPTION_MAX_LENGTH = 500
IN_FLIGHT_DEFAULT = 16
IN_FLIGHT_MAX = 100
RATE_MAX = 10_000


class DeliveryStatus(models.TextChoices):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class RandomUUID(Func):
    """Made by the server, so that triggers need not."""

    function = "gen_random_uuid"
    template = "%(function)s()"
    output_field = models.UUIDField()


class Webhook(models.Model):
    url = models.CharField(max_length=URL_MAX_LENGTH)
    # Names of hooks.outbox, or `product.*` or `*`.
    event_types = ArrayField(models.TextField())
    is_enabled = models.BooleanField(default=True)
    description = models.CharField(max_length=DESCRIPTION_MAX_LENGTH, blank=True, default="")

    # Sealed (hooks.secrets.encryption): the secret, the one it replaced while that is good, and the headers as a JSON object.
    secret = models.TextField()
    previous_secret = models.TextField(blank=True, default="")
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    headers = models.TextField(blank=True, default="")

    max_in_flight = models.SmallIntegerField(default=IN_FLIGHT_DEFAULT)
    rate_per_second = models.IntegerField(null=True, blank=True)

    # It is told of nothing that happened before.
    enabled_at = models.DateTimeField(db_default=Now(), editable=False)
    # Switched off not by a person but for its failures: events go on being written for it, to be recovered.
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_reason = models.TextField(blank=True, default="", editable=False)
    recorded_until = models.DateTimeField(null=True, blank=True, editable=False)

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(event_types__len__gt=0),
                name="webhook_wants_something",
                violation_error_message="A webhook has at least one event type.",
            ),
            models.CheckConstraint(
                condition=Q(max_in_flight__gte=1) & Q(max_in_flight__lte=IN_FLIGHT_MAX),
                name="webhook_in_flight_in_bounds",
                violation_error_message=f"From 1 to {IN_FLIGHT_MAX} deliveries may be under way at once.",
            ),
            models.CheckConstraint(
                condition=Q(rate_per_second__isnull=True)
                | (Q(rate_per_second__gte=1) & Q(rate_per_second__lte=RATE_MAX)),
                name="webhook_rate_in_bounds",
                violation_error_message=f"The rate is from 1 to {RATE_MAX:,} a second, or none.",
            ),
        ]

    def __str__(self) -> str:
        return f"Webhook {self.pk}"


class Health(models.Model):
    """How a webhook is doing (hooks.policy.retry.Health, column by column), and which dispatcher sends for it at present.

    Apart from the webhook, because it changes all the time. A webhook that was never sent anything has none."""

    webhook = models.OneToOneField(Webhook, on_delete=models.CASCADE, primary_key=True)

    # The lease: until then nobody else sends, and nobody else's results count. See hooks.delivery.leases.
    owner = models.UUIDField(null=True)
    lease_until = models.DateTimeField(db_default=Now())

    state = models.CharField(max_length=16, db_default="healthy")
    consecutive_failures = models.IntegerField(db_default=0)
    failing_since = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    next_probe_at = models.DateTimeField(null=True)
    probes = models.IntegerField(db_default=0)
    paused_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "health"

    def __str__(self) -> str:
        return f"{self.state}, {self.consecutive_failures} failures in a row"


class Event(models.Model):
    """What happened, in the very words that are sent and signed."""

    # What receivers know it by, over all webhooks and attempts.
    uid = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    batch_id = models.BigIntegerField()
    event_type = models.TextField()
    # Of the product; null for events about something else.
    object_id = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField(db_default=Now())
    body = models.TextField()

    class Meta:
        indexes = [BrinIndex(F("occurred_at"), name="event_by_time", pages_per_range=16)]

    def __str__(self) -> str:
        return f"{self.event_type} {self.message_id}"

    @property
    def message_id(self) -> str:
        """The header webhook-id."""
        return f"evt_{self.uid.hex}"


class Batch(models.Model):
    """Events that are not deliveries yet: those with this batch_id whose ids are among these; hooks.delivery.fanout goes on at
    next_id. With a webhook it is a recovery: all the events among these, for that webhook alone."""

    next_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    # No constraint in the database: triggers write this table, and an import must not wait for a webhook's row.
    webhook = models.ForeignKey(
        Webhook, on_delete=models.DO_NOTHING, db_constraint=False, null=True, db_index=False
    )
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return f"events {self.next_id} to {self.last_id}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def send_again(self) -> int:
        """Due at once, with all attempts before them; says how many."""
        return self.update(status=DeliveryStatus.PENDING, tries=0, next_attempt_at=Now(), is_manual=True)


class Delivery(models.Model):
    """An event on its way to a webhook."""

    # Neither has a constraint in the database: it would lock and check two rows for each of a million deliveries. What
    # a deleted webhook leaves is pruned (hooks.retention), and an event goes after its deliveries.
    webhook = models.ForeignKey(
        Webhook, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="deliveries"
    )
    event = models.ForeignKey(
        Event, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="deliveries"
    )
    status = models.CharField(max_length=16, choices=DeliveryStatus, db_default=DeliveryStatus.PENDING)
    # All attempts; a result is written only over the number it was begun with, so no result replaces another.
    attempts = models.IntegerField(db_default=0)
    # Those since it became due, or was asked for again: where it stands in the schedule of hooks.policy.retry.
    tries = models.SmallIntegerField(db_default=0)
    # Asked for by a person: its attempts are kept even if the first gets through.
    is_manual = models.BooleanField(db_default=False)
    next_attempt_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    # When it was delivered or given up.
    completed_at = models.DateTimeField(null=True)
    # When a receiver took it first; sending it again does not undo that.
    accepted_at = models.DateTimeField(null=True)

    # The last attempt.
    status_code = models.SmallIntegerField(null=True)
    error_code = models.CharField(max_length=32, db_default="", blank=True)
    duration_ms = models.IntegerField(null=True)
    response_body = models.TextField(db_default="", blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="delivery_once_per_webhook_and_event"),
            models.CheckConstraint(condition=Q(tries__lte=ATTEMPTS), name="delivery_tries_in_bounds"),
        ]
        indexes = [
            models.Index(
                fields=["webhook", "next_attempt_at", "id"],
                condition=Q(status=DeliveryStatus.PENDING),
                name="delivery_due",
            ),
            models.Index(
                fields=["webhook", "event"], condition=Q(status=DeliveryStatus.FAILED), name="delivery_failed"
            ),
        ]
        triggers = COUNTING

    def __str__(self) -> str:
        return f"Delivery {self.pk}, {self.status}"


class Attempt(models.Model):
    """One try at a delivery. A delivery that got through at once has none: its own row says it all."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log", db_index=False)
    number = models.IntegerField()
    is_manual = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    duration_ms = models.IntegerField()
    status_code = models.SmallIntegerField(null=True)
    error_code = models.CharField(max_length=32, blank=True, default="")
    error = models.TextField(blank=True, default="")
    response_headers = models.JSONField(default=dict, blank=True)
    response_body = models.TextField(blank=True, default="")
    truncated = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_once_per_number")]

    def __str__(self) -> str:
        return f"Attempt {self.number}"


class DeliverySwitch(models.Model):
    """One row: whether deliveries are sent, and in which place. See hooks.switch."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    is_paused = models.BooleanField(db_default=False)
    # The server, the database and this very table, as numbers; a copy has others.
    place = models.TextField()
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="delivery_switch_is_one")]

    def __str__(self) -> str:
        return "paused" if self.is_paused else "on"


class DeliveryCountQuerySet(models.QuerySet["DeliveryCount"]):
    def fold(self) -> None:
        """One line for each hour. Beside writers, and beside another fold, the sums are the same at every moment."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH folded AS (
                    DELETE FROM hooks_deliverycount WHERE (hour, pruned) IN (
                        SELECT hour, pruned FROM hooks_deliverycount GROUP BY hour, pruned HAVING count(*) > 1
                    )
                    RETURNING hour, pruned, accepted, failed
                )
                INSERT INTO hooks_deliverycount (hour, pruned, accepted, failed)
                SELECT hour, pruned, sum(accepted), sum(failed) FROM folded GROUP BY hour, pruned
                """
            )

    def since(self, moment: datetime) -> Self:
        return self.filter(hour__gte=moment)


class DeliveryCount(models.Model):
    """One line per statement that changed how many deliveries were accepted, or given up; the sum is how many.

    Lines are added, never changed, so nobody waits for anybody. hooks.tasks folds those of an hour together. What
    pruning takes away stays counted, by lines of its own."""

    hour = models.DateTimeField()
    pruned = models.BooleanField(default=False)
    accepted = models.BigIntegerField()
    failed = models.BigIntegerField()

    objects = DeliveryCountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.accepted:+d} accepted, {self.failed:+d} failed"
