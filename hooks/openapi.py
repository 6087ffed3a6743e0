"""The `webhooks` of the OpenAPI schema: what receivers are sent, and what they are to answer.

project.api.openapi puts it there."""

from hooks.outbox import TEST, EventType
from hooks.policy.retry import SCHEDULE

Schema = dict[str, object]

TEXT: Schema = {"type": "string"}
PRODUCT: Schema = {
    "title": "ProductTold",
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
COUNTS = (
    "total_rows", "created_count", "updated_count", "deactivated_count", "unchanged_count", "error_count"
)  # fmt: skip
IMPORT: Schema = {
    "title": "ImportTold",
    "type": "object",
    "description": "The job and its counts; `/jobs/{job_id}` has the rest.",
    "required": ["job_id", "filename", "status", *COUNTS],
    "properties": {
        "job_id": {"type": "string", "format": "uuid"},
        "filename": TEXT,
        "status": {"type": "string", "enum": ["completed", "failed", "cancelled"]},
        **{name: {"type": "integer"} for name in COUNTS},
    },
}
HEADERS = {
    "webhook-id": "The event, over all attempts. An event can come twice: one with an id you know needs nothing done.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "`v1,` and a signature in base64; several, with spaces between them, while a secret is being "
    "replaced. HMAC-SHA256 with the secret over `{webhook-id}.{webhook-timestamp}.{body}`, as Standard Webhooks has it.",
    "x-event-type": "As `event_type` in the body.",
    "x-event-sequence": "A number that is higher the later the event: of two events of a product the higher one holds.",
    "x-delivery-attempt": "1, then one more each time.",
}
WHEN = {
    EventType.PRODUCT_CREATED: "A product was created.",
    EventType.PRODUCT_UPDATED: "A product was changed: its SKU, name, description, price or is_active.",
    EventType.PRODUCT_DELETED: "A product was deleted; `data` is what it was.",
    EventType.IMPORT_COMPLETED: "An import that was uploaded with `events=summary` has ended; `status` says how.",
}
WHEN_TESTED = (
    "Somebody tries the webhook out, by `POST /webhooks/{id}/test/` or in the console. Sent whatever `event_types` are "
    "asked for, once, with made-up data, the id 0 and the `x-event-sequence` 0."
)


def webhooks() -> Schema:
    told = {**{event_type.value: when for event_type, when in WHEN.items()}, TEST: WHEN_TESTED}
    return {event_type: {"post": operation(event_type, when)} for event_type, when in told.items()}


def operation(event_type: str, when: str) -> Schema:
    return {
        "summary": when,
        "tags": ["webhooks"],
        "parameters": [
            {"in": "header", "name": name, "required": True, "schema": TEXT, "description": description}
            for name, description in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": message(event_type)}}},
        "responses": {
            "2XX": {"description": "Taken. The body of the answer is shown with the delivery."},
            "410": {"description": "Wanted no more: the webhook is switched off."},
            "default": {
                "description": "Told to whoever sent the test; it is not tried again."
                if event_type == TEST
                else f"Tried again, {len(SCHEDULE)} times over three days; Retry-After is honoured."
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
            "data": IMPORT if event_type == EventType.IMPORT_COMPLETED else PRODUCT,
        },
    }
