"""The `webhooks` section of the OpenAPI schema: the requests endpoints get, and the responses they should give."""

from pydantic import BaseModel

from hooks.outbox import TEST, EventType
from hooks.payloads import ImportPayload
from hooks.policy.retry import SCHEDULE

Schema = dict[str, object]

TEXT: Schema = {"type": "string"}
PRODUCT: Schema = {
    "title": "ProductPayload",
    "type": "object",
    "required": ["id", "sku", "name", "description", "price", "is_active"],
    "properties": {
        "id": {"type": "integer"},
        "sku": TEXT,
        "name": TEXT,
        "description": TEXT,
        "price": {"type": "number", "description": "With two decimals."},
        "is_active": {"type": "boolean"},
    },
    "example": {
        "id": 1, "sku": "SKU001", "name": "Product Name", "description": "Product description", "price": 29.99,
        "is_active": True,
    },
}  # fmt: skip
HEADERS = {
    "webhook-id": "The id of the event, the same for all attempts. Events can arrive twice: ignore ids you have processed.",
    "webhook-timestamp": "The time of this attempt, in Unix seconds.",
    "webhook-signature": "`v1,` and a signature in base64; several, separated by spaces, while a rotated secret overlaps. "
    "HMAC-SHA256 with the secret over `{webhook-id}.{webhook-timestamp}.{body}` (Standard Webhooks).",
    "x-event-type": "The `event_type` of the body.",
    "x-event-sequence": "Increases with each event: of two events of a product, the one with the higher number is newer.",
    "x-delivery-attempt": "The number of the attempt, starting at 1.",
}
MEANINGS = {
    EventType.PRODUCT_CREATED: "A product was created.",
    EventType.PRODUCT_UPDATED: "A product was changed: its SKU, name, description, price or is_active.",
    EventType.PRODUCT_DELETED: "A product was deleted. `data` has its last values.",
    EventType.IMPORT_COMPLETED: "An import uploaded with `events=summary` has finished. `status` has the result.",
}
TEST_MEANING = (
    "A test event was requested, with `POST /webhooks/{id}/test/` or in the console. Sent once, whatever the webhook "
    "subscribes to, with sample data, the id 0 and the `x-event-sequence` 0."
)


def webhooks() -> Schema:
    meanings = {**{event_type.value: meaning for event_type, meaning in MEANINGS.items()}, TEST: TEST_MEANING}
    return {event_type: {"post": operation(event_type, meaning)} for event_type, meaning in meanings.items()}


def operation(event_type: str, meaning: str) -> Schema:
    return {
        "summary": meaning,
        "tags": ["Webhooks"],
        "parameters": [
            {"in": "header", "name": name, "required": True, "schema": TEXT, "description": description}
            for name, description in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": message(event_type)}}},
        "responses": {
            "2XX": {"description": "Accepted. The response body is shown with the delivery."},
            "410": {"description": "Gone: the webhook is disabled."},
            "default": {
                "description": "Shown to the sender of the test. Not retried."
                if event_type == TEST
                else f"Retried up to {len(SCHEDULE)} times over three days; Retry-After is honoured."
            },
        },
    }


def message(event_type: str) -> Schema:
    return {
        "type": "object",
        "required": ["event_type", "timestamp", "data"],
        "properties": {
            "event_type": {"type": "string", "const": event_type},
            "timestamp": {"type": "string", "format": "date-time", "example": "2025-01-15T10:30:00Z"},
            "data": schema_of(ImportPayload) if event_type == EventType.IMPORT_COMPLETED else PRODUCT,
        },
    }


def schema_of(payload: type[BaseModel]) -> Schema:
    """Return its schema without the titles that pydantic makes of the names of fields."""
    schema = payload.model_json_schema(mode="serialization")
    for field in schema["properties"].values():
        del field["title"]
    return schema
