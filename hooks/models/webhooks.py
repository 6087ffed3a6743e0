"""Webhooks, the health of their endpoints, and the switch of all deliveries."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

URL_MAX_LENGTH = 2000
DESCRIPTION_MAX_LENGTH = 500
IN_FLIGHT_DEFAULT = 16
IN_FLIGHT_MAX = 100
RATE_MAX = 10_000


class Webhook(models.Model):
    url = models.CharField(max_length=URL_MAX_LENGTH)
    # Names of hooks.outbox, or `product.*` or `*`.
    event_types = ArrayField(models.TextField())
    is_enabled = models.BooleanField(default=True)
    description = models.CharField(max_length=DESCRIPTION_MAX_LENGTH, blank=True, default="")

    # Encrypted (hooks.secrets.encryption): the secret, the previous one while it is valid, and the headers as a JSON object.
    secret = models.TextField()
    previous_secret = models.TextField(blank=True, default="")
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    headers = models.TextField(blank=True, default="")

    max_in_flight = models.SmallIntegerField(default=IN_FLIGHT_DEFAULT)
    rate_per_second = models.IntegerField(null=True, blank=True)

    # Events before this time are not delivered.
    enabled_at = models.DateTimeField(db_default=Now(), editable=False)
    # Disabled automatically after failures: events are still recorded for it until recorded_until, so that they can be recovered.
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
                violation_error_message=f"The maximum of concurrent deliveries must be from 1 to {IN_FLIGHT_MAX}.",
            ),
            models.CheckConstraint(
                condition=Q(rate_per_second__isnull=True)
                | (Q(rate_per_second__gte=1) & Q(rate_per_second__lte=RATE_MAX)),
                name="webhook_rate_in_bounds",
                violation_error_message=f"The rate limit must be from 1 to {RATE_MAX:,} per second, or none.",
            ),
        ]

    def __str__(self) -> str:
        return f"Webhook {self.pk}"

    @property
    def current_health(self) -> "Health":
        """A webhook without deliveries has no row of its health yet."""
        return getattr(self, "health", None) or Health(state="healthy", consecutive_failures=0)


class Health(models.Model):
    """The health of a webhook (the fields of hooks.policy.circuit_breaker.Health) and its lease.

    A table of its own, because it changes all the time. A webhook without deliveries has no row."""

    webhook = models.OneToOneField(Webhook, on_delete=models.CASCADE, primary_key=True)

    # The lease (hooks.delivery.leases): until then only this owner sends and writes results.
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


class DeliverySwitch(models.Model):
    """The only row: whether deliveries are paused, and the place they are sent from. See hooks.switch."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    is_paused = models.BooleanField(db_default=False)
    # Identifies the server, the database and this table; a copy has other values.
    place = models.TextField()
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="delivery_switch_is_one")]

    def __str__(self) -> str:
        return "paused" if self.is_paused else "on"
