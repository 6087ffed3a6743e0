"""Webhooks and deliveries as requests and answers carry them: shapes only, for hooks.api."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from hooks.deliveries import PAGE_SIZE
from hooks.models import DESCRIPTION_MAX_LENGTH, IN_FLIGHT_DEFAULT, IN_FLIGHT_MAX, RATE_MAX, DeliveryStatus
from hooks.outbox import WANTABLE
from lib import read_only
from lib.moments import Moment

PAGE_SIZE_MAX = 500
PAGE_MAX = 10**12
ID_MAX = 2**63 - 1
EXAMPLE: JsonDict = {
    "url": "https://example.com/webhook",
    "event_types": ["product.created", "product.updated"],
    "is_enabled": True,
}


def without_default(schema: JsonDict) -> None:
    schema.pop("default", None)


def check_wanted(value: object) -> object:
    if value not in WANTABLE:
        known = ", ".join(WANTABLE)
        raise PydanticCustomError("event_types.unknown", "{detail}", {"detail": f"There are only {known}."})
    return value


ProductEvent = Literal["product.created", "product.updated", "product.deleted"]
Wanted = Annotated[
    str, BeforeValidator(check_wanted), WithJsonSchema({"type": "string", "enum": list(WANTABLE)})
]
EventTypes = Annotated[
    list[Wanted],
    Field(
        min_length=1,
        max_length=10,
        description="`product.*` are all events of products, `*` all there are. `import.completed` is sent for "
        "imports uploaded with `events=summary`.",
    ),
]
Description = Annotated[str, Field(max_length=DESCRIPTION_MAX_LENGTH)]
Headers = Annotated[
    dict[str, str],
    Field(
        description="Sent with every delivery, an `Authorization` for example. Answers have `***` for values that look "
        "secret; sent back like that, such a value stays as it is.",
    ),
]
InFlight = Annotated[
    int, Field(ge=1, le=IN_FLIGHT_MAX, description="How many deliveries may be under way at once.")
]
Rate = Annotated[
    Annotated[int, Field(ge=1, le=RATE_MAX)] | None,
    Field(description="How many deliveries are sent a second at most; null: as many as get through."),
]
SECRET = "`whsec_` and then base64, as Standard Webhooks has it."  # noqa: S105 - a description


class WebhookIn(BaseModel):
    """A whole webhook: what is left out gets its default."""

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
        None, description=f"One of your own to sign with: {SECRET} Left out, one is made."
    )


class Told(BaseModel):
    """What answers have beside the fields of a webhook."""

    id: read_only.OwnId = None
    disabled_at: read_only.TimeOrNull = None
    disabled_reason: read_only.Text = None
    health: read_only.Facts = None
    created_at: read_only.Time = None
    updated_at: read_only.Time = None


READ_ONLY = set(Told.model_fields)


class WebhookReplacement(Told, WebhookIn):
    """A whole webhook, as GET gives it: what is left out gets its default."""


class WebhookPatch(Told):
    """The fields to change: what is left out stays as it is."""

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
    state: Literal["healthy", "open", "disabled"] = Field(
        description="`open`: so many failures in a row that only single probes are sent; `disabled`: switched off."
    )
    consecutive_failures: int = 0
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    next_probe_at: datetime | None = None


class WebhookOut(BaseModel):
    id: int
    url: str = Field(
        description="Whoever may only read gets `***` for its query, and for the value of each header."
    )
    event_types: list[str]
    is_enabled: bool
    description: str
    headers: dict[str, str]
    max_in_flight: int
    rate_per_second: int | None
    disabled_at: datetime | None = Field(description="When it was switched off for its failures.")
    disabled_reason: str
    health: HealthOut
    created_at: datetime
    updated_at: datetime


class WebhookWithSecret(WebhookOut):
    secret: str = Field(description=f"Shown this once. {SECRET}")


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
        24, ge=0, le=168, description="For so long deliveries are signed with the old secret too."
    )
    secret: str | None = Field(None, description=f"One of your own: {SECRET} Left out, one is made.")


class TrialOut(BaseModel):
    success: bool
    status_code: int | None = Field(description="null if there was no answer.")
    response_time_ms: int
    error: str | None = Field(description="What went wrong, as a sentence.")
    error_code: str | None = Field(examples=["connect.refused"])
    response_body: str | None = Field(description="At most the first 8 KiB.")


class DeliveryOut(BaseModel):
    id: int
    webhook_id: int
    event_id: str = Field(
        description="The header webhook-id.", examples=["evt_0b0f6c0e5c554b0a9d0e0a3f1f3f7c11"]
    )
    event_type: str
    object_id: int | None = Field(description="The id of the product.")
    status: DeliveryStatus
    attempt_count: int
    next_attempt_at: datetime | None = Field(description="null once it is delivered or given up.")
    status_code: int | None = Field(description="Of the last attempt, as are the next two.")
    error_code: str | None
    response_time_ms: int | None
    occurred_at: datetime
    completed_at: datetime | None


class AttemptOut(BaseModel):
    number: int
    started_at: datetime
    response_time_ms: int
    status_code: int | None
    error_code: str | None
    error: str | None
    response_headers: dict[str, str]
    response_body: str
    truncated: bool = Field(description="The answer was longer, or broke off.")
    is_manual: bool = Field(description="Somebody asked for it.")


class DeliveryDetail(DeliveryOut):
    payload: dict[str, object]
    body: str = Field(description="The payload in the very words that were signed and sent.")
    attempts: list[AttemptOut]


class DeliveryPage(BaseModel):
    next: str | None
    results: list[DeliveryOut]


class Recovery(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"since": "2025-01-15T10:30:00Z"}}
    )

    since: Moment
    until: Moment | None = Field(None, description="Left out: until now.")


class RecoveryOut(BaseModel):
    since: datetime
    until: datetime
    message: str


class TrialQuery(BaseModel):
    event_type: ProductEvent | Literal["webhook.test"] = Field(
        "webhook.test", description="What to send with sample data."
    )


class Trial(TrialQuery):
    """The same as a body, which goes before the query."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"event_type": "product.created"}}
    )


class WebhookQuery(BaseModel):
    page: int = Field(1, ge=1, le=PAGE_MAX)
    page_size: int = Field(PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX)


class DeliveryQuery(BaseModel):
    page_size: int = Field(PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX)
    cursor: int | None = Field(None, ge=0, le=ID_MAX, description="As `next` has it.")
    status: DeliveryStatus | None = None
    event_type: str | None = Field(None, max_length=40)
    since: Moment | None = Field(None, description="Events that happened at or after this time.")
    until: Moment | None = Field(None, description="Events that happened before this time.")
