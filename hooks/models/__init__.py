"""The tables of webhooks: endpoints and their health, the outbox of events, deliveries with their attempts, and counts."""

from hooks.models.deliveries import (
    Attempt,
    Batch,
    Delivery,
    DeliveryQuerySet,
    DeliveryStatus,
    Event,
    RandomUUID,
)
from hooks.models.delivery_count import DeliveryCount, DeliveryCountQuerySet
from hooks.models.webhooks import (
    DESCRIPTION_MAX_LENGTH,
    IN_FLIGHT_DEFAULT,
    IN_FLIGHT_MAX,
    RATE_MAX,
    URL_MAX_LENGTH,
    DeliverySwitch,
    Health,
    Webhook,
)

__all__ = [
    "DESCRIPTION_MAX_LENGTH",
    "IN_FLIGHT_DEFAULT",
    "IN_FLIGHT_MAX",
    "RATE_MAX",
    "URL_MAX_LENGTH",
    "Attempt",
    "Batch",
    "Delivery",
    "DeliveryCount",
    "DeliveryCountQuerySet",
    "DeliveryQuerySet",
    "DeliveryStatus",
    "DeliverySwitch",
    "Event",
    "Health",
    "RandomUUID",
    "Webhook",
]
