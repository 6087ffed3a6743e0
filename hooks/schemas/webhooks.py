"""Schemas of webhooks in requests and responses."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from hooks.deliveries import PAGE_SIZE, PAGE_SIZE_MAX
from hooks.models import DESCRIPTION_MAX_LENGTH, IN_FLIGHT_DEFAULT, IN_FLIGHT_MAX, RATE_MAX
from hooks.outbox import SUBSCRIBABLE
from hooks.secrets.redaction import REDACTED, redact_url
from hooks.webhooks import redacted_headers
from lib import read_only
from lib.openapi import without_default
from lib.pagination import PAGE_MAX

EXAMPLE: JsonDict = {
    "url": "https://example.com/webhook",
    "event_types": ["product.created", "product.updated"],
    "is_enabled": True,
}


def check_event_type(value: object) -> object:
    if value not in SUBSCRIBABLE:
        detail = f"Unknown event type. Use one of {', '.join(SUBSCRIBABLE)}."
        raise PydanticCustomError("event_types.unknown", "{detail}", {"detail": detail})
    return value


Subscription = Annotated[
    str, BeforeValidator(check_event_type), WithJsonSchema({"type": "string", "enum": list(SUBSCRIBABLE)})
]
EventTypes = Annotated[
    list[Subscription],
    Field(
        min_length=1,
        max_length=10,
        description="The events to send. `product.*` is every product event, `*` every event, including future types. "
        "`import.completed` is sent for imports uploaded with `events=summary`.",
    ),
]
Description = Annotated[str, Field(max_length=DESCRIPTION_MAX_LENGTH)]
Headers = Annotated[
    dict[str, str],
    Field(
        description="Custom headers of every delivery, for example `Authorization`. Responses show secret values as `***`; "
        "send `***` back to keep the stored value.",
    ),
]
InFlight = Annotated[int, Field(ge=1, le=IN_FLIGHT_MAX, description="The maximum of concurrent deliveries.")]
Rate = Annotated[
    Annotated[int, Field(ge=1, le=RATE_MAX)] | None,
    Field(description="The maximum of deliveries per second; null for no limit."),
]
WHSEC_FORMAT = "`whsec_` followed by 24 to 64 random bytes in base64 (Standard Webhooks)."


class WebhookIn(BaseModel):
    """A complete webhook. Omitted fields get their defaults."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": EXAMPLE})

    url: str
    event_types: EventTypes
    is_enabled: bool = True
    description: Description = ""
    headers: Headers = {}
    max_in_flight: InFlight = IN_FLIGHT_DEFAULT
    rate_per_second: Rate = None


class NewWebhook(WebhookIn):
    secret: str | None = Field(
        None, description=f"A signing secret of your own: {WHSEC_FORMAT} Generated if omitted."
    )


class ReadOnlyFields(BaseModel):
    """The read-only fields of a response, which are accepted and ignored in requests."""

    id: read_only.OwnId = None
    disabled_at: read_only.TimeOrNull = None
    disabled_reason: read_only.Text = None
    health: read_only.Facts = None
    created_at: read_only.Time = None
    updated_at: read_only.Time = None


READ_ONLY = set(ReadOnlyFields.model_fields)


class WebhookReplacement(ReadOnlyFields, WebhookIn):
    """A complete webhook, in the form of GET. Omitted fields get their defaults."""


class WebhookPatch(ReadOnlyFields):
    """The fields to change. Omitted fields stay as they are."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"is_enabled": False}}
    )

    url: str = Field("", json_schema_extra=without_default)
    event_types: EventTypes = Field([], json_schema_extra=without_default)
    is_enabled: bool = Field(True, json_schema_extra=without_default)
    description: Description = Field("", json_schema_extra=without_default)
    headers: Headers = Field({}, json_schema_extra=without_default)
    max_in_flight: InFlight = Field(IN_FLIGHT_DEFAULT, json_schema_extra=without_default)
    rate_per_second: Rate = Field(None, json_schema_extra=without_default)


class HealthOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    state: Literal["healthy", "open", "disabled"] = Field(
        description="`open`: after ten failures in a row the circuit breaker only lets single probes through; `disabled`: no "
        "events are sent."
    )
    consecutive_failures: int = 0
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    next_probe_at: datetime | None = None


class WebhookOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    url: str = Field(
        description="Without the permission to change webhooks, the query and all header values are shown as `***`."
    )
    event_types: list[str]
    is_enabled: bool
    description: str
    headers: Annotated[dict[str, str], BeforeValidator(redacted_headers)]
    max_in_flight: int
    rate_per_second: int | None
    disabled_at: datetime | None = Field(description="When it was disabled automatically after failures.")
    disabled_reason: str
    health: HealthOut = Field(validation_alias="current_health")
    created_at: datetime
    updated_at: datetime

    @field_validator("health")
    @classmethod
    def disabled(cls, health: HealthOut, info: ValidationInfo) -> HealthOut:
        return health if info.data["is_enabled"] else health.model_copy(update={"state": "disabled"})

    def redacted(self) -> Self:
        """For those who may not change it. The query may contain a token, and so may a header whose name does not suggest
        it."""
        hidden = {"url": redact_url(self.url), "headers": dict.fromkeys(self.headers, REDACTED)}
        return self.model_copy(update=hidden)


class WebhookWithSecret(WebhookOut):
    secret: str = Field(description=f"Only shown in this response. {WHSEC_FORMAT}")


class WebhookPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[WebhookOut]


class Rotation(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"overlap_hours": 24}}
    )

    overlap_hours: int = Field(
        24,
        ge=0,
        le=168,
        description="How long deliveries are also signed with the old secret; 0 revokes it at once.",
    )
    secret: str | None = Field(
        None, description=f"A secret of your own: {WHSEC_FORMAT} Generated if omitted."
    )


class WebhookQuery(BaseModel):
    page: int = Field(1, ge=1, le=PAGE_MAX)
    page_size: int = Field(PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX)
