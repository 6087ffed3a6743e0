"""Read-only fields of responses, which requests may contain, so that the response of GET can be sent by PUT or PATCH.

They are ignored: many of them change by themselves between reading and writing. An `id` that differs from the path is an
error, though."""

from typing import Annotated

from pydantic import Field, StrictInt, WithJsonSchema
from pydantic.config import JsonDict

from lib.errors import Explanation, Invalid


class ReadOnlyFieldChanged(Invalid):
    code = "field.read_only"
    codes = {
        code: Explanation(
            "The `id` in the body differs from the one in the path.", "Send the same `id`, or omit it."
        )
    }
    pointer = "/id"

    def __init__(self, sent: int, own: int) -> None:
        super().__init__(f"The path has the id {own}, the body {sent}. An id cannot be changed.")


def ignored(schema: JsonDict) -> None:
    schema.pop("default", None)
    schema["readOnly"] = True
    schema["description"] = "Read-only; ignored in requests."


def own_id(schema: JsonDict) -> None:
    schema.pop("default", None)
    schema["readOnly"] = True
    schema["description"] = "Read-only; must match the path."


# Any value is accepted; absent fields stay as they are.
OwnId = Annotated[StrictInt | None, WithJsonSchema({"type": "integer"}), Field(json_schema_extra=own_id)]
Time = Annotated[
    object, WithJsonSchema({"type": "string", "format": "date-time"}), Field(json_schema_extra=ignored)
]
TimeOrNull = Annotated[
    object,
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}),
    Field(json_schema_extra=ignored),
]
Number = Annotated[object, WithJsonSchema({"type": "integer"}), Field(json_schema_extra=ignored)]
Text = Annotated[object, WithJsonSchema({"type": "string"}), Field(json_schema_extra=ignored)]
Facts = Annotated[object, WithJsonSchema({"type": "object"}), Field(json_schema_extra=ignored)]


def check_same_id(sent: int | None, own: int) -> None:
    if sent is not None and sent != own:
        raise ReadOnlyFieldChanged(sent, own)
